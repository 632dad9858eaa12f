/* Offsets of clocks: direct, in either direction, through one peer; ageing. */

#include "clock.h"
#include "num.h"
#include "offsets.h"
#include "tap.h"

enum { A, B, C, D, E };

#define MS	NS_PER_MS
#define MIN	(60 * NS_PER_S)
#define NEVER	NUM_NONE

static const struct {
	const char	*what;
	struct { uint32_t a, b; int64_t offset, err, time, drift; } in[5];
	uint32_t	 a, b;
	int64_t		 t;
	int64_t		 offset, err;	/* err -1: not known */
} rows[] = {
	{ "nothing", { { 0 } }, A, B, 0, 0, -1 },
	{ "direct", { { A, B, 5, 2, NEVER, 0 } }, A, B, 0, 5, 2 },
	{ "reversed", { { A, B, 5, 2, NEVER, 0 } }, B, A, 0, -5, 2 },
	{ "of others", { { A, B, 5, 2, NEVER, 0 } }, A, C, 0, 0, -1 },
	{ "through a peer", { { A, C, 5, 2, NEVER, 0 },
	    { C, B, 7, 3, NEVER, 0 } }, A, B, 0, 12, 5 },
	{ "both to a peer", { { A, C, 5, 2, NEVER, 0 },
	    { B, C, 7, 3, NEVER, 0 } }, A, B, 0, -2, 5 },
	{ "through two", { { A, C, 5, 2, NEVER, 0 }, { C, D, 7, 3, NEVER, 0 },
	    { D, B, 1, 1, NEVER, 0 } }, A, B, 0, 0, -1 },
	{ "the better of two peers", { { A, C, 5, 9, NEVER, 0 },
	    { C, B, 5, 9, NEVER, 0 }, { A, D, 6, 2, NEVER, 0 },
	    { D, B, 5, 2, NEVER, 0 } }, A, B, 0, 11, 4 },
	{ "a peer better than direct", { { A, B, 8, 9, NEVER, 0 },
	    { A, C, 5, 2, NEVER, 0 }, { C, B, 5, 2, NEVER, 0 } }, A, B, 0,
	    10, 4 },
	{ "direct better than a peer", { { A, B, 8, 3, NEVER, 0 },
	    { A, C, 5, 2, NEVER, 0 }, { C, B, 5, 2, NEVER, 0 } }, A, B, 0,
	    8, 3 },
	{ "the smaller bound of two", { { A, B, 8, 3, NEVER, 0 },
	    { A, B, 7, 2, NEVER, 0 } }, A, B, 0, 7, 2 },
	{ "no drift known", { { A, B, 8, 3, 0, 0 } }, A, B, 100 * MIN, 8, 3 },
	{ "drift after", { { A, B, 8, 3, 0, 10 } }, A, B, 2 * MIN, 8, 23 },
	{ "drift before", { { A, B, 8, 3, 3 * MIN, 10 } }, A, B, MIN, 8, 23 },
	{ "the one nearest before", { { A, B, 1, 3, 0, 10 },
	    { A, B, 2, 3, 4 * MIN, 10 }, { A, B, 3, 3, 10 * MIN, 10 } },
	    A, B, 5 * MIN, 2, 13 },
	{ "the one nearest after", { { A, B, 1, 3, 0, 10 },
	    { A, B, 2, 3, 4 * MIN, 10 }, { A, B, 3, 3, 10 * MIN, 10 } },
	    A, B, 9 * MIN, 3, 13 },
	{ "reversed and aged", { { B, A, 1, 3, 0, 10 } }, A, B, MIN, -1, 13 },
	{ "one bound for ever, one that ages", { { A, B, 1, 30, NEVER, 0 },
	    { A, B, 2, 3, 0, 10 } }, A, B, 2 * MIN, 2, 23 },
	{ "the same, later", { { A, B, 1, 30, NEVER, 0 },
	    { A, B, 2, 3, 0, 10 } }, A, B, 3 * MIN, 1, 30 },
};

/* Bounds do not wrap, whatever was given. */
static void
test_extremes(void)
{
	struct offsets o = { 0 };
	int64_t offset, err;

	offsets_add(&o, A, B, OFFSETS_MAX, OFFSETS_MAX, INT64_MIN + 1,
	    OFFSETS_MAX);
	offsets_add(&o, B, C, OFFSETS_MAX, OFFSETS_MAX, INT64_MAX,
	    OFFSETS_MAX);
	offsets_ready(&o);
	ok(offsets_find(&o, A, B, INT64_MAX, &offset, &err) == 0 &&
	    err == OFFSETS_MAX, "a bound that has grown over all bounds");
	ok(offsets_find(&o, A, C, 0, &offset, &err) == 0 &&
	    offset == 2 * OFFSETS_MAX && err == 2 * OFFSETS_MAX, "two of them");
	offsets_free(&o);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct offsets o = { 0 };
		int64_t offset = 0, err = -1;

		for (int k = 0; k < 5 && rows[i].in[k].err != 0; k++)
			offsets_add(&o, rows[i].in[k].a, rows[i].in[k].b,
			    rows[i].in[k].offset * MS, rows[i].in[k].err * MS,
			    rows[i].in[k].time, rows[i].in[k].drift * MS);
		offsets_ready(&o);
		ok(offsets_find(&o, rows[i].a, rows[i].b, rows[i].t, &offset,
		    &err) == (rows[i].err < 0 ? -1 : 0) &&
		    (rows[i].err < 0 || (offset == rows[i].offset * MS &&
		    err == rows[i].err * MS)), "%s: %g +- %g ms",
		    rows[i].what, (double)offset / MS, (double)err / MS);
		offsets_free(&o);
	}
	test_extremes();
	return tap_done();
}
