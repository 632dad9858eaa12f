/* What was put aside comes back, from memory and from the file. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "spool.h"
#include "tap.h"

enum { N = 20000 };

/* Strings whose length and bytes tell which they are. */
static size_t
string(uint32_t i, uint8_t *out)
{
	size_t n = i % 1000 == 0 ? SPOOL_MAX : 1 + i * 7 % 300;

	for (size_t k = 0; k < n; k++)
		out[k] = (uint8_t)(i * 31 + k);
	return n;
}

int
main(void)
{
	uint64_t *number = mem_array(N, sizeof *number);
	uint8_t *p = mem_alloc(SPOOL_MAX), *q = mem_alloc(SPOOL_MAX);
	struct spool *s = spool_open("/tmp");
	size_t bad = 0;

	ok(spool_empty(s), "empty");
	ok(spool_add(s, p, 0) == 0 && spool_add(s, p, SPOOL_MAX + 1) == 0,
	    "nothing, and too much");
	number[0] = spool_add(s, p, string(0, p));
	ok(number[0] != 0 && !spool_empty(s) && spool_get(s, number[0], q) ==
	    SPOOL_MAX && memcmp(p, q, SPOOL_MAX) == 0, "one, in memory");
	for (uint32_t i = 1; i < N; i++)
		bad += (number[i] = spool_add(s, p, string(i, p))) == 0;
	for (uint32_t i = 0; i < N; i++) {
		uint32_t k = i * 7919 % N;
		size_t n = string(k, p);

		bad += spool_get(s, number[k], q) != (long)n ||
		    memcmp(p, q, n) != 0;
	}
	ok(bad == 0, "%d, in any order: %zu wrong", N, bad);
	spool_close(s);

	s = spool_open("/nonexistent");
	for (uint32_t i = 0; i < N && errno != ENOENT; i++)
		bad = spool_add(s, p, string(i, p)) == 0;
	ok(bad == 1 && errno == ENOENT, "no directory for the file");
	spool_close(s);
	free(number);
	free(p);
	free(q);
	return tap_done();
}
