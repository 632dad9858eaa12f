#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gz.h"
#include "mem.h"

int
names_parse(const char *line, struct addr *a, char name[static 256],
    const char **why)
{
	const char *s = line + strspn(line, " \t\r\n");
	size_t n = strcspn(s, " \t\r\n#"), k;

	if (n == 0)
		return 0;
	if (addr_parse(a, s, n) == -1) {
		*why = "not an address";
		return -1;
	}
	s += n;
	s += strspn(s, " \t");
	k = strcspn(s, " \t\r\n#");
	if (k == 0) {
		*why = "no name";
		return -1;
	}
	if (k > 255) {
		*why = "a name longer than 255 bytes";
		return -1;
	}
	for (size_t i = 0; i < k; i++)
		if (s[i] <= ' ' || s[i] >= 127) {
			*why = "a name with a byte that is not printable ASCII";
			return -1;
		}
	memcpy(name, s, k);
	name[k] = '\0';
	return 1;
}

int
names_load(struct names *t, const char *path, char err[static 512])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), k = 0;
	unsigned long lineno = 0;
	const char *why = NULL;
	char *line, name[256];
	struct gzin *gz;
	struct addr a;
	ssize_t n;

	if (fd == -1) {
		snprintf(err, 512, "%s: %s", path, strerror(errno));
		return -1;
	}
	gz = gzin_open(fd);
	while (k != -1 && (n = gzin_line(gz, &line)) >= 0) {
		lineno++;
		k = names_parse(line, &a, name, &why);
		if (k == 1)
			names_set(t, &a, strcmp(name, "-") == 0 ? NULL : name);
	}
	if (k == -1)
		snprintf(err, 512, "%s:%lu: %s: %.200s", path, lineno, why,
		    line);
	else if (n == -2) {
		snprintf(err, 512, "%s: %s", path, gzin_error(gz));
		k = -1;
	}
	gzin_close(gz);
	return k == -1 ? -1 : 0;
}

void
names_set(struct names *t, const struct addr *a, const char *name)
{
	size_t had = t->addr.n;
	uint32_t id = intern_add(&t->addr, (const char *)a, sizeof *a);

	if (t->addr.n == had)
		return;
	if ((had & (had - 1)) == 0)
		t->name = mem_grow(t->name, had * 2 + 1, sizeof *t->name);
	t->name[id] = name == NULL ? NULL : mem_string(name);
}

bool
names_known(const struct names *t, const struct addr *a)
{
	return intern_find(&t->addr, (const char *)a, sizeof *a) !=
	    INTERN_NONE;
}

const char *
names_find(const struct names *t, const struct addr *a)
{
	uint32_t id = intern_find(&t->addr, (const char *)a, sizeof *a);

	return id == INTERN_NONE ? NULL : t->name[id];
}

void
names_free(struct names *t)
{
	for (size_t i = 0; i < t->addr.n; i++)
		free(t->name[i]);
	free(t->name);
	intern_free(&t->addr);
}
