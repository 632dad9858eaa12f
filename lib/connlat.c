#include "connlat.h"

#include <math.h>
#include <stdlib.h>

#include "mem.h"

static void
clear(struct latsum *s)
{
	*s = (struct latsum){ .rtt_min = INT64_MAX, .owd_err = -1,
	    .owd_min = { INT64_MAX, INT64_MAX } };
}

static void
free_sum(struct latsum *s)
{
	sketch_free(&s->rtt);
	sketch_free(&s->dwell);
	sketch_free(&s->owd[LAT_UP]);
	sketch_free(&s->owd[LAT_DOWN]);
	clear(s);
}

void
connlat_init(struct connlat *l, struct clockoff *clock)
{
	*l = (struct connlat){ .clock = clock };
	l->raw = mem_array(CONNLAT_RAW, sizeof(*l->raw));
	clear(&l->part);
	clear(&l->total);
}

void
connlat_free(struct connlat *l)
{
	free_sum(&l->part);
	free_sum(&l->total);
	free(l->raw);
	l->raw = NULL;
}

static void
add_jitter(struct connlat *l, int dir, int64_t transit)
{
	if (l->n > 0)
		l->jitter[dir] += (fabs((double)(transit - l->transit[dir])) -
		    l->jitter[dir]) / 16;
	l->transit[dir] = transit;
}

/* One-way delays of the exchanges kept, now that the offset is known. */
static void
place(struct connlat *l)
{
	struct latsum *s = &l->part;
	struct clockest e;
	double drift;
	int64_t now, first = l->raw[0].t;

	if (l->nraw == 0)
		return;
	now = l->raw[l->nraw - 1].t;
	if (!clockoff_at(l->clock, now, &e)) {
		l->nraw = 0;
		return;
	}
	drift = (e.drift_lo + e.drift_hi) / 2;
	for (unsigned i = 0; i < l->nraw; i++) {
		int64_t off = e.offset_ns - llround(drift *
		    (double)(now - l->raw[i].t));

		for (int d = 0; d < 2; d++) {
			int64_t v = l->raw[i].d[d] + (d == LAT_UP ? -off : off);

			if (v < 0) {
				s->clipped++;
				v = 0;
			}
			sketch_add(&s->owd[d], v, 1);
			if (v < s->owd_min[d])
				s->owd_min[d] = v;
			if (v > s->owd_max[d])
				s->owd_max[d] = v;
		}
	}
	l->nraw = 0;
	s->offset = e.offset_ns;
	s->offset_err = e.err_ns;
	/* Back then it was known as well but for what the drift may be. */
	e.err_ns += llround((e.drift_hi - e.drift_lo) / 2 *
	    (double)(now - first));
	if (e.err_ns > s->owd_err)
		s->owd_err = e.err_ns;
}

void
connlat_add(struct connlat *l, int64_t t1, int64_t t2, int64_t t3, int64_t t4)
{
	int64_t dwell = t3 < t2 ? 0 : t3 - t2, rtt = t4 - t1 - dwell;

	if (rtt < 0)		/* a clock was set meanwhile */
		rtt = 0;
	clockoff_add(l->clock, t1, t2, t3, t4);
	sketch_add(&l->part.rtt, rtt, 1);
	sketch_add(&l->part.dwell, dwell, 1);
	if (rtt < l->part.rtt_min)
		l->part.rtt_min = rtt;
	if (rtt > l->part.rtt_max)
		l->part.rtt_max = rtt;
	add_jitter(l, LAT_UP, t2 - t1);
	add_jitter(l, LAT_DOWN, t4 - t3);
	l->n++;
	if (l->nraw == CONNLAT_RAW)
		place(l);
	l->raw[l->nraw++] = (struct latraw){ t4, { t2 - t1, t4 - t3 } };
}

static void
merge(struct latsum *to, const struct latsum *from)
{
	sketch_merge(&to->rtt, &from->rtt);
	sketch_merge(&to->dwell, &from->dwell);
	if (from->rtt_min < to->rtt_min)
		to->rtt_min = from->rtt_min;
	if (from->rtt_max > to->rtt_max)
		to->rtt_max = from->rtt_max;
	for (int d = 0; d < 2; d++) {
		sketch_merge(&to->owd[d], &from->owd[d]);
		if (from->owd_min[d] < to->owd_min[d])
			to->owd_min[d] = from->owd_min[d];
		if (from->owd_max[d] > to->owd_max[d])
			to->owd_max[d] = from->owd_max[d];
	}
	to->clipped += from->clipped;
	if (from->owd_err == -1)
		return;
	to->offset = from->offset;
	to->offset_err = from->offset_err;
	if (from->owd_err > to->owd_err)
		to->owd_err = from->owd_err;
}

void
connlat_settle(struct connlat *l)
{
	place(l);
	merge(&l->total, &l->part);
}

void
connlat_next(struct connlat *l)
{
	free_sum(&l->part);
}

/* Quantiles lie within their bucket; they must not lie beyond the extremes. */
static rec_dur
quantile(const struct sketch *s, double q, int64_t min, int64_t max)
{
	int64_t v = sketch_quantile(s, q);

	return v == -1 ? NUM_NONE : v < min ? min : v > max ? max : v;
}

void
connlat_fill_rt(const struct latsum *s, struct conn *r)
{
	char text[REC_FIELDLEN];
	size_t from = 0, n;

	if (s->rtt.total == 0)
		return;
	r->rtt_min_ms = s->rtt_min;
	r->rtt_max_ms = s->rtt_max;
	r->rtt_p50_ms = quantile(&s->rtt, .5, s->rtt_min, s->rtt_max);
	r->rtt_p90_ms = quantile(&s->rtt, .9, s->rtt_min, s->rtt_max);
	r->rtt_p99_ms = quantile(&s->rtt, .99, s->rtt_min, s->rtt_max);
	r->rtt_p999_ms = quantile(&s->rtt, .999, s->rtt_min, s->rtt_max);
	r->dwell_p50_ms = sketch_quantile(&s->dwell, .5);
	if (s->owd_err != -1) {
		r->offset_ms = -s->offset;
		r->owd_err_ms = s->offset_err;
	}
	/* All of it or nothing: half a histogram would be a wrong one. */
	n = sketch_format(&s->rtt, &from, text, sizeof(text) - 1);
	if (from == s->rtt.n)
		(void)text_set(&r->hist, text, n);
}

void
connlat_fill_owd(const struct connlat *l, const struct latsum *s, int dir,
    struct conn *r)
{
	if (l->n > 1)
		r->jitter_ms = llround(l->jitter[dir]);
	if (s->owd_err == -1 || s->owd[dir].total == 0)
		return;
	r->owd_p50_ms = quantile(&s->owd[dir], .5, s->owd_min[dir],
	    s->owd_max[dir]);
	r->owd_p99_ms = quantile(&s->owd[dir], .99, s->owd_min[dir],
	    s->owd_max[dir]);
	r->owd_min_ms = s->owd_min[dir];
	r->owd_max_ms = s->owd_max[dir];
	r->owd_err_ms = s->owd_err;
}
