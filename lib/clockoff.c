#include "clockoff.h"

#include <math.h>
#include <string.h>

static struct clockslot *
slot_of(struct clockoff *c, int64_t t)
{
	int64_t at = t / CLOCKOFF_SLOT_NS;
	struct clockslot *s = c->n == 0 ? NULL : &c->slot[c->n - 1];

	/* Exchanges may end in another order than they began. */
	if (s != NULL && at <= s->at)
		return s;
	if (c->n == CLOCKOFF_SLOTS) {
		memmove(c->slot, c->slot + 1, (CLOCKOFF_SLOTS - 1) *
		    sizeof(c->slot[0]));
		c->n--;
	}
	s = &c->slot[c->n++];
	*s = (struct clockslot){ .at = at, .up = INFINITY, .down = -INFINITY };
	return s;
}

void
clockoff_add(struct clockoff *c, int64_t t1, int64_t t2, int64_t t3,
    int64_t t4)
{
	struct clockslot *s;
	double up, down;

	/* Nanoseconds of now are too many for a double, and for a sum. */
	if (t1 < 0 || t2 < 0 || t3 < t2 || t4 < t1)
		return;
	if (c->n == 0) {
		c->base_t = t1;
		c->base_o = t2 - t1;
	}
	c->samples++;
	s = slot_of(c, t1);
	up = (double)(t2 - t1 - c->base_o);
	down = (double)(t3 - t4 - c->base_o);
	if (up < s->up) {
		s->up = up;
		s->up_t = (double)(t1 - c->base_t);
	}
	if (down > s->down) {
		s->down = down;
		s->down_t = (double)(t4 - c->base_t);
	}
}

/* The least upper and the greatest lower bound at t if the drift is d. */
static double
upper(const struct clockoff *c, unsigned from, double t, double d)
{
	double least = INFINITY;

	for (unsigned i = from; i < c->n; i++) {
		const struct clockslot *s = &c->slot[i];
		double dt = t - s->up_t;
		double v = s->up + d * dt + CLOCKOFF_WANDER * fabs(dt);

		if (v < least)		/* fmin() would be a call */
			least = v;
	}
	return least;
}

static double
lower(const struct clockoff *c, unsigned from, double t, double d)
{
	double most = -INFINITY;

	for (unsigned i = from; i < c->n; i++) {
		const struct clockslot *s = &c->slot[i];
		double dt = t - s->down_t;
		double v = s->down + d * dt - CLOCKOFF_WANDER * fabs(dt);

		if (v > most)
			most = v;
	}
	return most;
}

enum { STEPS = 48 };

enum what { WIDTH, UPPER, LOWER };

static double
value(const struct clockoff *c, unsigned from, double t, double d,
    enum what what)
{
	switch (what) {
	case UPPER:	return upper(c, from, t, d);
	case LOWER:	return -lower(c, from, t, d);
	default:	return upper(c, from, t, d) - lower(c, from, t, d);
	}
}

/* Where a concave function of the drift is greatest. */
static double
greatest(const struct clockoff *c, unsigned from, double t, double a,
    double b, enum what what)
{
	for (int i = 0; i < STEPS; i++) {
		double x = a + (b - a) / 3, y = b - (b - a) / 3;

		if (value(c, from, t, x, what) < value(c, from, t, y, what))
			a = x;
		else
			b = y;
	}
	return (a + b) / 2;
}

/* Between a drift that no line has and one that some have: the border. */
static double
border(const struct clockoff *c, unsigned from, double t, double out,
    double in)
{
	if (value(c, from, t, out, WIDTH) >= 0)
		return out;
	for (int i = 0; i < STEPS; i++) {
		double mid = (out + in) / 2;

		if (value(c, from, t, mid, WIDTH) >= 0)
			in = mid;
		else
			out = mid;
	}
	return out;
}

/*
 * The slots from which on some line passes, and a drift it may have.  The
 * width is concave in the drift, so its greatest value decides.
 */
static unsigned
passable(const struct clockoff *c, double t, double *drift)
{
	unsigned lo = 0, hi = c->n - 1;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		*drift = greatest(c, mid, t, -CLOCKOFF_DRIFT, CLOCKOFF_DRIFT,
		    WIDTH);
		if (value(c, mid, t, *drift, WIDTH) >= 0)
			hi = mid;
		else
			lo = mid + 1;
		if (mid == 0)
			break;
	}
	*drift = greatest(c, hi, t, -CLOCKOFF_DRIFT, CLOCKOFF_DRIFT, WIDTH);
	return hi;
}

static void
forget(struct clockoff *c, unsigned n)
{
	memmove(c->slot, c->slot + n, (c->n - n) * sizeof(c->slot[0]));
	c->n -= n;
	c->steps++;
}

bool
clockoff_at(struct clockoff *c, int64_t when, struct clockest *e)
{
	double t, mid, a, b, hi, lo;
	unsigned from;

	if (c->n == 0)
		return false;
	t = (double)(when - c->base_t);
	mid = greatest(c, 0, t, -CLOCKOFF_DRIFT, CLOCKOFF_DRIFT, WIDTH);
	if (value(c, 0, t, mid, WIDTH) < 0 &&
	    (from = passable(c, t, &mid)) > 0)
		forget(c, from);
	if (value(c, 0, t, mid, WIDTH) < 0) {	/* set within one slot */
		memset(c->slot, 0, sizeof(c->slot));
		c->n = 0;
		c->steps++;
		return false;
	}
	a = border(c, 0, t, -CLOCKOFF_DRIFT, mid);
	b = border(c, 0, t, CLOCKOFF_DRIFT, mid);
	hi = upper(c, 0, t, greatest(c, 0, t, a, b, UPPER));
	lo = lower(c, 0, t, greatest(c, 0, t, a, b, LOWER));
	/* The search ends a little short of the extremes. */
	e->err_ns = (int64_t)ceil((hi - lo) / 2) + 100;
	e->offset_ns = c->base_o + (int64_t)llround((hi + lo) / 2);
	e->drift_lo = a;
	e->drift_hi = b;
	return true;
}
