/* Clock offsets: simulated clocks, the truth within the stated bound. */

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "clockoff.h"
#include "tap.h"

static uint64_t seed;

static double
uniform(void)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* A delay: least, and a tail that loads of packets meet. */
static int64_t
delay(double least_ms, double load_ms)
{
	return (int64_t)((least_ms - load_ms * log(1 - uniform())) * 1e6);
}

static const struct row {
	const char	*what;
	double		 apart_ms, ppm, up_ms, down_ms, load_ms;
	double		 want_err_ms;	/* no wider than that at the end */
} rows[] = {
	{ "the same clock", 0, 0, 1, 1, 0.1, 1.1 },
	{ "100 ms apart", 100, 0, 1, 1, 0.1, 1.1 },
	{ "100 ms apart, 50 ppm", 100, 50, 1, 1, 0.1, 1.1 },
	{ "-100 ms, -50 ppm", -100, -50, 1, 1, 0.1, 1.1 },
	{ "100 ms, 50 ppm, loaded", 100, 50, 1, 1, 5, 1.6 },
	{ "asymmetric, 50 ppm", 100, 50, 1, 39, 2, 20.6 },
	{ "the other way", 100, 50, 39, 1, 2, 20.6 },
	{ "a year apart, 200 ppm", 31536e6, 200, 10, 10, 1, 10.3 },
	{ "LAN", 100, 50, 0.02, 0.02, 0.01, 0.03 },
};

static int64_t
theirs(const struct row *r, int64_t t, int64_t start)
{
	return t + (int64_t)(r->apart_ms * 1e6) +
	    (int64_t)((double)(t - start) * r->ppm * 1e-6);
}

static void
test_row(const struct row *r)
{
	int64_t start = INT64_C(1780000000) * NS_PER_S, t;
	struct clockoff c = { 0 };
	struct clockest e = { 0 };
	int outside = 0, asked = 0;
	double drift = 0;

	seed = 42;
	for (int i = 0; i < 20000; i++) {
		int64_t t1 = start + i * 10 * NS_PER_MS;
		int64_t b = t1 + delay(r->up_ms, r->load_ms);
		int64_t t3 = b + 50000;
		int64_t t4 = t3 + delay(r->down_ms, r->load_ms);

		clockoff_add(&c, t1, theirs(r, b, start),
		    theirs(r, t3, start), t4);
		if (i % 50 != 7)
			continue;
		t = t4;
		asked++;
		if (!clockoff_at(&c, t, &e) || llabs(e.offset_ns -
		    (theirs(r, t, start) - t)) > e.err_ns)
			outside++;
	}
	drift = r->ppm * 1e-6;
	ok(outside == 0, "%s: %d of %d outside the bound", r->what, outside,
	    asked);
	ok((double)e.err_ns <= r->want_err_ms * 1e6, "%s: bound %.3f ms",
	    r->what, (double)e.err_ns / 1e6);
	ok(e.drift_lo <= drift + 1e-9 && drift - 1e-9 <= e.drift_hi,
	    "%s: drift %.1f to %.1f ppm", r->what, e.drift_lo * 1e6,
	    e.drift_hi * 1e6);
	ok(c.steps == 0, "%s: no clock was set", r->what);
}

/* The peer's clock is set by 300 ms in the middle. */
static void
test_step(void)
{
	int64_t start = INT64_C(1780000000) * NS_PER_S, off = 0;
	struct clockoff c = { 0 };
	struct clockest e = { 0 };

	seed = 1;
	for (int i = 0; i < 600; i++) {
		int64_t t1 = start + i * 100 * NS_PER_MS;
		int64_t b = t1 + delay(1, .2), t4 = b + delay(1, .2);

		off = i < 300 ? 0 : 300 * NS_PER_MS;
		clockoff_add(&c, t1, b + off, b + off, t4);
		(void)clockoff_at(&c, t4, &e);
	}
	ok(c.steps >= 1 && llabs(e.offset_ns - off) <= e.err_ns &&
	    e.err_ns < 2 * NS_PER_MS, "a clock that was set is noticed");
}

static void
test_nonsense(void)
{
	struct clockoff c = { 0 };
	struct clockest e;

	ok(!clockoff_at(&c, 1, &e), "nothing known at first");
	clockoff_add(&c, 10, 20, 19, 30);
	clockoff_add(&c, 30, 20, 25, 10);
	clockoff_add(&c, -1, 20, 25, 10);
	ok(c.samples == 0 && !clockoff_at(&c, 1, &e),
	    "exchanges that end before they begin are not taken");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		test_row(&rows[i]);
	test_step();
	test_nonsense();
	return tap_done();
}
