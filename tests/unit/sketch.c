/* Quantile sketches: errors within the bound, merging in any order. */

#include <stdlib.h>
#include <string.h>

#include "sketch.h"
#include "tap.h"

static int
cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Values of every size, from a fixed sequence. */
static void
make(int64_t *v, size_t n)
{
	uint64_t s = 1;

	for (size_t i = 0; i < n; i++) {
		s = s * UINT64_C(6364136223846793005) + 1442695040888963407;
		v[i] = (int64_t)(s >> 1 >> (s >> 58));
	}
}

static void
test_error(void)
{
	enum { N = 100000 };
	static int64_t v[N];
	static const double q[] = { 0, 0.001, 0.1, 0.5, 0.9, 0.99, 1 };
	struct sketch s = { 0 };

	make(v, N);
	for (size_t i = 0; i < N; i++)
		sketch_add(&s, v[i], 1);
	qsort(v, N, sizeof v[0], cmp);
	for (size_t i = 0; i < sizeof q / sizeof q[0]; i++) {
		double rank = q[i] * N;
		size_t at = rank < 1 ? 0 : (size_t)(rank + 0.999999) - 1;
		double is = (double)sketch_quantile(&s, q[i]);
		double want = (double)v[at];

		ok(is >= want * (1 - SKETCH_ERROR) &&
		    is <= want * (1 + SKETCH_ERROR),
		    "quantile %g is %.0f, of %.0f", q[i], is, want);
	}
	ok(s.total == N, "all are counted");
	sketch_free(&s);
}

static void
test_small(void)
{
	struct sketch s = { 0 };

	ok(sketch_quantile(&s, 0.5) == -1, "nothing has no median");
	for (int i = 0; i < 256; i++)
		sketch_add(&s, i, 1);
	ok(sketch_quantile(&s, 0.5) == 127, "small values are exact");
	sketch_add(&s, -5, 1);
	ok(sketch_quantile(&s, 0) == 0, "a negative value counts as 0");
	sketch_add(&s, INT64_MAX, 1000);
	ok((double)sketch_quantile(&s, 1) > (double)INT64_MAX * 0.99,
	    "the largest value has a bucket");
	sketch_add(&s, 7, 0);
	ok(s.total == 1257, "no times is nothing");
	sketch_free(&s);
}

/* The same text whatever way the values took. */
static void
test_merge(void)
{
	enum { N = 20000, PARTS = 7 };
	static int64_t v[N];
	static char a[1 << 20], b[1 << 20];
	struct sketch all = { 0 }, part[PARTS] = { { 0 } }, merged = { 0 };
	size_t na = 0, nb = 0, from;

	make(v, N);
	for (size_t i = 0; i < N; i++) {
		sketch_add(&all, v[i], 1);
		sketch_add(&part[v[i] % PARTS], v[i], 1);
	}
	for (size_t i = PARTS; i-- > 0;) {
		char text[500];

		for (from = 0; from < part[i].n;) {
			size_t n = sketch_format(&part[i], &from, text,
			    sizeof text);

			if (sketch_parse(&merged, text, n) == -1)
				break;
		}
		sketch_free(&part[i]);
	}
	from = 0;
	na = sketch_format(&all, &from, a, sizeof a);
	from = 0;
	nb = sketch_format(&merged, &from, b, sizeof b);
	ok(na == nb && memcmp(a, b, na) == 0 && merged.total == N,
	    "parts written, read and merged are the whole");
	sketch_merge(&merged, &all);
	ok(merged.total == 2 * N, "merging adds up");
	sketch_free(&all);
	sketch_free(&merged);
}

static void
test_parse(void)
{
	static const struct { const char *s; int r; } rows[] = {
		{ "", 0 }, { "1:1", 0 }, { "1:1,2:3", 0 }, { "7295:1", 0 },
		{ "7296:1", -1 }, { "1:0", -1 }, { "1:", -1 }, { ":1", -1 },
		{ "1", -1 }, { "1:1,", -1 }, { "1:1,,2:2", -1 },
		{ "1:-1", -1 }, { "x:1", -1 },
		{ "1:18446744073709551615", 0 },
		{ "1:18446744073709551615,2:1", -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sketch s = { 0 };

		ok(sketch_parse(&s, rows[i].s, strlen(rows[i].s)) ==
		    rows[i].r, "parse \"%s\"", rows[i].s);
		sketch_free(&s);
	}
}

int
main(void)
{
	test_error();
	test_small();
	test_merge();
	test_parse();
	return tap_done();
}
