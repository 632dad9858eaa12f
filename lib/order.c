#include "order.h"

/* A network of more blocks than this is cut: spread keeps its parts apart. */
enum { RUN_MAX = 256 };

void
order_init(struct order *o, const struct cands *v4, const struct cands *v6,
    uint64_t seed)
{
	uint64_t run4 = cands_crowd(v4, 16), run6 = cands_crowd(v6, 32);

	spread_init(&o->s[0], v4->nblocks, run4 > RUN_MAX ? RUN_MAX : run4,
	    permute_draw(seed, 4));
	spread_init(&o->s[1], v6->nblocks, run6 > RUN_MAX ? RUN_MAX : run6,
	    permute_draw(seed, 6));
	o->n6 = v6->nblocks;
	o->total = v4->nblocks + o->n6;
	o->at = 0;
}

bool
order_next(struct order *o, int *family, uint64_t *block)
{
	if (o->at == o->total)
		return false;
	*family = (o->at + 1) * o->n6 / o->total >
	    o->at * o->n6 / o->total;
	o->at++;
	return spread_next(&o->s[*family], block) == 1;
}
