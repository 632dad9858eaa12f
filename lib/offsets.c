#include "offsets.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "num.h"

struct offset_entry {
	uint32_t	a, b;
	int64_t		time, offset, err, drift;
};

static void
add(struct offsets *o, struct offset_entry e)
{
	if (o->n == o->cap) {
		o->cap = o->cap == 0 ? 16 : o->cap * 2;
		o->v = mem_grow(o->v, o->cap, sizeof *o->v);
	}
	o->v[o->n++] = e;
}

void
offsets_add(struct offsets *o, uint32_t a, uint32_t b, int64_t offset_ns,
    int64_t err_ns, int64_t time, int64_t drift_ns)
{
	add(o, (struct offset_entry){ a, b, time, offset_ns, err_ns,
	    drift_ns });
	add(o, (struct offset_entry){ b, a, time, -offset_ns, err_ns,
	    drift_ns });
}

static int
cmp(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By pair and time, those without a time first; of equals the best first. */
static int
cmp_entries(const void *x, const void *y)
{
	const struct offset_entry *a = x, *b = y;
	int c;

	if ((c = cmp(a->a, b->a)) != 0 || (c = cmp(a->b, b->b)) != 0 ||
	    (c = cmp(a->time, b->time)) != 0 ||
	    (c = cmp(a->err, b->err)) != 0 ||
	    (c = cmp(a->drift, b->drift)) != 0)
		return c;
	return cmp(a->offset, b->offset);
}

void
offsets_ready(struct offsets *o)
{
	if (o->n > 0)
		qsort(o->v, o->n, sizeof *o->v, cmp_entries);
}

/* The bound of an entry at time t. */
static int64_t
bound(const struct offset_entry *e, int64_t t)
{
	double ns = (double)e->err;

	if (e->time != NUM_NONE)
		ns += (double)e->drift * (fabs((double)t - (double)e->time) /
		    (60.0 * NS_PER_S));
	return ns < (double)OFFSETS_MAX ? (int64_t)ns : OFFSETS_MAX;
}

/* The first entry of (a, b, time) or after it. */
static size_t
lower(const struct offsets *o, uint32_t a, uint32_t b, int64_t time)
{
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct offset_entry *e = &o->v[mid];
		int c;

		if ((c = cmp(e->a, a)) == 0 && (c = cmp(e->b, b)) == 0)
			c = cmp(e->time, time);
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * The best of a pair's measurements: the one without a time, the last
 * before t, the first after it.
 */
static bool
direct(const struct offsets *o, uint32_t a, uint32_t b, int64_t t,
    int64_t *offset, int64_t *err)
{
	size_t at[3] = { lower(o, a, b, NUM_NONE), lower(o, a, b, t), 0 };
	bool found = false;

	at[2] = at[1] > 0 ? at[1] - 1 : at[1];
	for (int i = 0; i < 3; i++) {
		const struct offset_entry *e = o->v + at[i];
		int64_t is;

		if (at[i] >= o->n || e->a != a || e->b != b)
			continue;
		is = bound(e, t);
		if (found && is >= *err)
			continue;
		found = true;
		*offset = e->offset;
		*err = is;
	}
	return found;
}

int
offsets_find(const struct offsets *o, uint32_t a, uint32_t b, int64_t t,
    int64_t *offset_ns, int64_t *err_ns)
{
	bool found = direct(o, a, b, t, offset_ns, err_ns);
	size_t i = lower(o, a, 0, NUM_NONE);

	while (i < o->n && o->v[i].a == a) {
		uint32_t p = o->v[i].b;
		int64_t off[2], err[2];

		if (p != b && direct(o, a, p, t, &off[0], &err[0]) &&
		    direct(o, p, b, t, &off[1], &err[1]) &&
		    (!found || err[0] + err[1] < *err_ns)) {
			found = true;
			*offset_ns = off[0] + off[1];
			*err_ns = err[0] + err[1];
		}
		i = lower(o, a, p + 1, NUM_NONE);
	}
	return found ? 0 : -1;
}

void
offsets_free(struct offsets *o)
{
	free(o->v);
	*o = (struct offsets){ 0 };
}
