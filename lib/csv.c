#include "csv.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Undouble the quotes of a quoted field; return what follows it, or NULL. */
static char *
unquote(char *s)
{
	char *to = s, *from = s + 1;

	for (; *from != '\0'; from++) {
		if (*from == '"' && *++from != '"') {
			char *rest = from;

			*to = '\0';
			return rest;
		}
		*to++ = *from;
	}
	return NULL;
}

static int
split_commas(struct csv *t, char *s)
{
	for (;;) {
		char *rest, *comma;

		s += strspn(s, " ");
		t->field[t->n++] = s;
		if ((rest = *s == '"' ? unquote(s) : s) == NULL)
			return -1;
		if ((comma = strchr(rest, ',')) == NULL)
			break;
		*comma = '\0';
		s = comma + 1;
		if (t->n == CSV_MAX)
			break;
	}
	return (int)t->n;
}

int
csv_split(struct csv *t, char *line)
{
	static const char space[] = " \t\r";
	size_t len = strlen(line);

	while (len > 0 && strchr(space, line[len - 1]) != NULL)
		line[--len] = '\0';
	line += strspn(line, space);
	t->n = 0;
	t->comma = strchr(line, ',') != NULL;
	if (*line == '\0' || *line == '#')
		return 0;
	if (t->comma && line[strcspn(line, " \t,")] == ',')
		return split_commas(t, line);
	t->comma = false;
	for (char *p; t->n < CSV_MAX && (p = strsep(&line, space)) != NULL;)
		if (*p != '\0')
			t->field[t->n++] = p;
	return (int)t->n;
}

int
csv_open(struct csv *t, const char *path)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);

	*t = (struct csv){ 0 };
	if (fd == -1)
		return -1;
	t->gz = gzin_open(fd);
	return 0;
}

int
csv_next(struct csv *t)
{
	char *line;
	ssize_t n;
	int k;

	while ((n = gzin_line(t->gz, &line)) >= 0) {
		t->lineno++;
		if ((k = csv_split(t, line)) != 0)
			return k == -1 ? -1 : 1;
	}
	return n == -1 ? 0 : -2;
}

const char *
csv_error(const struct csv *t)
{
	return gzin_error(t->gz);
}

void
csv_close(struct csv *t)
{
	if (t->gz != NULL)
		gzin_close(t->gz);
	t->gz = NULL;
}
