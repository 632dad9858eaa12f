#include "pathorder.h"

#include <assert.h>

/* The greatest common divisor; b is not 0. */
static unsigned
common(unsigned a, unsigned b)
{
	do {
		unsigned r = a % b;

		a = b;
		b = r;
	} while (b != 0);
	return a;
}

/* The number from n * 3 / 8 on, around the end, without a factor of n. */
static unsigned
prime_to(unsigned n)
{
	unsigned k = n * 3 / 8;

	while (k == 0 || common(k, n) != 1)
		k++;
	return n == 1 ? 0 : k;
}

void
pathorder_init(struct pathorder *o, uint64_t nflows, unsigned first,
    unsigned last, unsigned nattempts, uint64_t seed)
{
	unsigned n = last - first + 1, ahead;

	assert(1 <= first && first <= last && last <= 255);
	*o = (struct pathorder){ .nflows = nflows, .seed = seed,
	    .first = first, .nttls = n, .nattempts = nattempts };
	permute_init(&o->flows, nflows, seed);
	o->step = prime_to(n);
	/*
	 * From the last flow of a turn to the first of the next, the ttl must
	 * move as well.
	 */
	ahead = (unsigned)((nflows - 1) % n * o->step % n);
	o->turn = o->step == ahead ? n - o->step : o->step;
	if (nflows == 0)
		o->attempt = nattempts;
}

int
pathorder_next(struct pathorder *o, uint64_t *flow, unsigned *ttl,
    unsigned *attempt)
{
	if (o->attempt == o->nattempts)
		return 0;
	*flow = permute_at(&o->flows, o->j);
	*ttl = o->first + o->ttl;
	*attempt = o->attempt;
	if (++o->j < o->nflows) {
		o->ttl = (o->ttl + o->step) % o->nttls;
		return 1;
	}
	o->j = 0;
	if (++o->i < o->nttls) {
		o->ttl = o->i * o->turn % o->nttls;
		return 1;
	}
	o->i = o->ttl = 0;			/* which the last was not */
	o->attempt++;
	permute_init(&o->flows, o->nflows, permute_draw(o->seed, o->attempt));
	return 1;
}
