/*
 * No stream may make the reader misbehave; what it accepts can be written
 * and read again the same.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"
#include "rec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
file_of(const uint8_t *p, size_t n)
{
	int fd = memfd_create("rec", 0);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) == -1)
		abort();
	return fd;
}

/* Each field that was parsed must survive being formatted and parsed. */
static void
there_and_back(const struct rectype *t, const void *rec, void *again)
{
	static char a[REC_FIELDLEN], b[REC_FIELDLEN];

	for (size_t k = 0; k < t->nfields; k++) {
		const struct field *f = &t->fields[k];
		size_t n = rec_format_field(f, rec, a);

		if (rec_parse_field(f, again, a, n) == -1 ||
		    rec_format_field(f, again, b) != n || memcmp(a, b, n) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct rectype *t;
	struct recin in;
	void *rec, *again;
	int r;

	if (n == 0)
		return 0;
	t = rec_types[p[0] % 5];
	rec = mem_alloc(t->size);
	again = mem_alloc(t->size);
	rec_clear(t, rec);
	if (recin_open(&in, t, file_of(p + 1, n - 1), "input", NULL, NULL) == 0)
		while ((r = recin_read(&in, rec)) == 1 || r == -1)
			if (r == 1)
				there_and_back(t, rec, again);
	recin_close(&in);
	meta_free(&in.meta);
	free(rec);
	free(again);
	return 0;
}
