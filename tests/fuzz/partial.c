/* Partial results: what is read can be written, and reads the same again. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "groups.h"
#include "mem.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
file(const void *p, size_t n)
{
	int fd = memfd_create("partial", 0);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) == -1)
		abort();
	return fd;
}

/* Read a stream; return how many of its records are no partial results. */
static size_t
take(struct groups *t, int fd)
{
	struct partial *p = mem_alloc(sizeof *p);
	struct recin in;
	size_t bad = 0;
	int r;

	rec_clear(&rec_partial, p);
	if (recin_open(&in, &rec_partial, fd, "input", NULL, NULL) == 0)
		while ((r = recin_read(&in, p)) == 1 || r == -1)
			bad += r == -1 || groups_read(t, p) == -1;
	recin_close(&in);
	meta_free(&in.meta);
	free(p);
	return bad;
}

static char *
give(const struct groups *t, size_t *n)
{
	struct recout out;
	int fd = memfd_create("out", 0);
	char *text;
	off_t end;

	recout_open(&out, &rec_partial, dup(fd), false, false, NULL);
	if (groups_write(t, "group", &out) == -1) {
		recout_close(&out, NULL, NULL);
		close(fd);
		return NULL;
	}
	recout_close(&out, NULL, NULL);
	end = lseek(fd, 0, SEEK_END);
	text = mem_alloc((size_t)end + 1);
	if (pread(fd, text, (size_t)end, 0) != end)
		abort();
	close(fd);
	*n = (size_t)end;
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct groups a = { 0 }, b = { 0 };
	size_t na, nb;
	char *x, *y;

	if (take(&a, file(p, n)) == 0 && (x = give(&a, &na)) != NULL) {
		if (take(&b, file(x, na)) != 0 || (y = give(&b, &nb)) == NULL ||
		    na != nb || memcmp(x, y, na) != 0)
			abort();
		free(x);
		free(y);
	}
	groups_free(&a);
	groups_free(&b);
	return 0;
}
