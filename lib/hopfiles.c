#include "hopfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Keep the reason and place of the first bad line. */
static void
refuse(struct hopfile *f, const char *why)
{
	if (f->bad == NULL)
		f->bad = mem_format("%s:%lu: %s", f->path, f->in.lineno, why);
}

/* Read the next row that has a target; over at the end. */
static void
read_row(struct hopfile *f)
{
	int k;

	while ((k = recin_split(&f->in, f->v)) != 0 && k != -2) {
		struct span hex = f->v[at_hop_hex];

		if (k == 1 && addr_parse_hex(&f->next, hex.s, hex.n) == 0)
			return;
		if (k == 1) {
			recin_refuse(&f->in);
			snprintf(f->in.err, sizeof f->in.err, "bad hex: %.*s",
			    (int)(hex.n > 80 ? 80 : hex.n), hex.s);
		}
		refuse(f, f->in.err);
	}
	f->over = true;
}

int
hopfiles_open(struct hopfiles *h, size_t n, char *const path[],
    const char *header, char err[static 512])
{
	*h = (struct hopfiles){ .n = n };
	h->f = mem_array(n, sizeof *h->f);
	for (size_t i = 0; i < n; i++) {
		struct hopfile *f = &h->f[i];
		int fd = strcmp(path[i], "-") == 0 ? 0 :
		    open(path[i], O_RDONLY | O_CLOEXEC);

		f->path = fd == 0 ? "stdin" : path[i];
		if (fd == -1) {
			snprintf(err, 512, "%s: %s", path[i], strerror(errno));
			return -1;
		}
		if (recin_open(&f->in, &rec_hop, fd, f->path, header, NULL)
		    == -1) {
			snprintf(err, 512, "%s: %s", f->path, f->in.err);
			return -1;
		}
		read_row(f);
	}
	return 0;
}

/* All rows of this target in one file; -1: there are too many. */
static int
read_target(struct hopfiles *h, struct hopfile *f, char err[static 512])
{
	char why[256];

	while (!f->over && addr_cmp(&f->next, &h->paths.dst) == 0) {
		if (paths_add(&h->paths, f->v, why) == -1) {
			if (errno == ENOBUFS) {
				snprintf(err, 512, "%s:%lu: %s", f->path,
				    f->in.lineno, why);
				return -1;
			}
			recin_refuse(&f->in);
			refuse(f, why);
		}
		read_row(f);
	}
	return 0;
}

int
hopfiles_next(struct hopfiles *h, char err[static 512])
{
	const struct addr *low = NULL;

	for (size_t i = 0; i < h->n; i++)
		if (!h->f[i].over &&
		    (low == NULL || addr_cmp(&h->f[i].next, low) < 0))
			low = &h->f[i].next;
	if (low == NULL)
		return 0;
	paths_begin(&h->paths, low);
	for (size_t i = 0; i < h->n; i++) {
		struct hopfile *f = &h->f[i];

		if (read_target(h, f, err) == -1)
			return -1;
		if (!f->over && addr_cmp(&f->next, &h->paths.dst) < 0) {
			snprintf(err, 512, "%s:%lu: not sorted by hex", f->path,
			    f->in.lineno);
			return -1;
		}
	}
	paths_end(&h->paths);
	h->doubled += h->paths.doubled;
	return 1;
}

bool
hopfiles_column(const struct hopfiles *h, const char *name)
{
	const struct field *want = rec_field(&rec_hop, name);

	for (size_t i = 0; i < h->n; i++)
		for (size_t k = 0; k < h->f[i].in.ncols; k++)
			if (h->f[i].in.col[k] == want)
				return true;
	return false;
}

const char *
hopfiles_meta(const struct hopfiles *h, const char *key)
{
	const char *value = NULL;

	for (size_t i = h->n; i-- > 0 && value == NULL;)
		value = meta_get(&h->f[i].in.meta, key);
	return value;
}

int
hopfiles_close(struct hopfiles *h, size_t i)
{
	return recin_close(&h->f[i].in);
}

void
hopfiles_free(struct hopfiles *h)
{
	for (size_t i = 0; i < h->n; i++) {
		meta_free(&h->f[i].in.meta);
		free(h->f[i].bad);
	}
	free(h->f);
	paths_free(&h->paths);
	*h = (struct hopfiles){ 0 };
}
