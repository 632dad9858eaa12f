/* Latency of exchanges: what columns say, against what was put in. */

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "connlat.h"
#include "tap.h"

#define START	(INT64_C(1780000000) * NS_PER_S)
#define US	INT64_C(1000)

/* Within a bucket of the sketch. */
static bool
about(int64_t is, int64_t want)
{
	return is != NUM_NONE && (double)llabs(is - want) <=
	    (double)want * SKETCH_ERROR + 1;
}

/* Up 3 ms and a ramp of 1 ms, 200 us there, down 2 ms; clock 100 ms off. */
static void
feed(struct connlat *l, int from, int to, double jitter[2])
{
	int64_t last[2] = { 0, 0 };

	for (int i = from; i < to; i++) {
		int64_t up = 3000 * US + i % 100 * 10 * US;
		int64_t t1 = START + i * 10 * NS_PER_MS, b = t1 + up;
		int64_t t4 = b + 200 * US + 2000 * US;
		int64_t off = 100 * NS_PER_MS;
		int64_t d[2] = { up + off, 2000 * US - off };

		connlat_add(l, t1, b + off, b + 200 * US + off, t4);
		for (int k = 0; k < 2; k++) {
			if (i > from)
				jitter[k] += (fabs((double)(d[k] - last[k])) -
				    jitter[k]) / 16;
			last[k] = d[k];
		}
	}
}

static void
test_values(void)
{
	struct clockoff clock = { 0 };
	struct connlat l;
	static struct conn r, up, down;
	double jitter[2] = { 0, 0 };

	connlat_init(&l, &clock);
	feed(&l, 0, 1000, jitter);
	connlat_settle(&l);
	rec_clear(&rec_conn, &r);
	rec_clear(&rec_conn, &up);
	rec_clear(&rec_conn, &down);
	connlat_fill_rt(&l.part, &r);
	connlat_fill_owd(&l, &l.part, LAT_UP, &up);
	connlat_fill_owd(&l, &l.part, LAT_DOWN, &down);
	ok(r.rtt_min_ms == 5000 * US && r.rtt_max_ms == 5990 * US,
	    "least and greatest round trip, the peer's time subtracted");
	ok(about(r.rtt_p50_ms, 5490 * US) && about(r.rtt_p90_ms, 5890 * US) &&
	    about(r.rtt_p99_ms, 5980 * US), "quantiles");
	ok(about(r.dwell_p50_ms, 200 * US), "time in the peer");
	ok(llabs(r.offset_ms + 100 * NS_PER_MS) <= r.owd_err_ms &&
	    r.owd_err_ms < 3100 * US, "offset, ours minus the peer's, within "
	    "half a round trip and what drift may be within a second");
	ok(llabs(up.owd_p50_ms - 3490 * US) <= up.owd_err_ms &&
	    llabs(down.owd_p50_ms - 2000 * US) <= down.owd_err_ms,
	    "one-way delays, within the bound");
	ok(llabs(up.jitter_ms - llround(jitter[0])) <= 1 && up.jitter_ms > 0 &&
	    down.jitter_ms == 0, "jitter of each direction");
	ok(r.hist.n > 0, "a histogram");
	connlat_free(&l);
}

/* Intervals are separate, the total is all of them. */
static void
test_parts(void)
{
	struct clockoff clock = { 0 };
	struct connlat l;
	static struct conn r;
	double jitter[2] = { 0, 0 };

	connlat_init(&l, &clock);
	feed(&l, 0, 50, jitter);
	connlat_settle(&l);
	connlat_next(&l);
	feed(&l, 50, 90, jitter);
	connlat_settle(&l);
	rec_clear(&rec_conn, &r);
	connlat_fill_rt(&l.part, &r);
	ok(r.rtt_min_ms == 5500 * US && l.part.rtt.total == 40,
	    "an interval has its own");
	connlat_next(&l);
	rec_clear(&rec_conn, &r);
	connlat_fill_rt(&l.part, &r);
	ok(r.rtt_min_ms == NUM_NONE && r.rtt_p50_ms == NUM_NONE &&
	    r.offset_ms == NUM_NONE, "an empty one has nothing");
	connlat_fill_rt(&l.total, &r);
	ok(r.rtt_min_ms == 5000 * US && l.total.rtt.total == 90 &&
	    l.total.owd[LAT_UP].total == 90, "the total has all");
	connlat_free(&l);
}

/* More exchanges in an interval than are kept for the offset. */
static void
test_many(void)
{
	struct clockoff clock = { 0 };
	struct connlat l;
	double jitter[2] = { 0, 0 };

	connlat_init(&l, &clock);
	feed(&l, 0, 3 * CONNLAT_RAW + 5, jitter);
	connlat_settle(&l);
	ok(l.total.rtt.total == 3 * CONNLAT_RAW + 5 &&
	    l.total.owd[LAT_DOWN].total == l.total.rtt.total,
	    "none is left out");
	connlat_free(&l);
}

int
main(void)
{
	test_values();
	test_parts();
	test_many();
	return tap_done();
}
