#include "retrace.h"

/* How many attempts were made at once at a ttl: the fewest that sufficed. */
static unsigned
attempts_at_once(const struct paths *p, const struct pathtrace *t)
{
	unsigned some = 256, all = 256;

	for (uint32_t i = t->cell; i < t->cell + t->n; i++) {
		const struct pathcell *c = &p->cell[i];

		if (c->n < all)
			all = c->n;
		if (c->answered > 0 && c->n < some)
			some = c->n;
	}
	return some < 256 ? some : all;
}

static void
retrace_flow(const struct paths *p, const struct pathtrace *t,
    const struct pathask *ask, struct wants *w)
{
	unsigned end = t->end, k = attempts_at_once(p, t);
	const struct pathcell *c = &p->cell[t->cell], *stop = c + t->n;

	if (t->why == PATH_OPEN)
		end = (t->answered < ask->first ? ask->first - 1 :
		    t->answered) + ask->gap;
	if (end > ask->last)		/* rounds before may have gone on */
		end = ask->last;
	if (k > ask->queries)
		k = ask->queries;
	for (unsigned ttl = ask->first; ttl <= end; ttl++) {
		while (c < stop && c->ttl < ttl)
			c++;
		if (c == stop || c->ttl > ttl)
			wants_add(w, ttl, t->flow, 0, k);
		else if (c->answered == 0 && c->n < ask->queries)
			wants_add(w, ttl, t->flow, c->next, 1);
	}
}

void
retrace(const struct paths *p, const struct pathset *s,
    const struct pathask *ask, struct wants *w)
{
	for (uint32_t i = s->trace; i < s->trace + s->n; i++)
		retrace_flow(p, &p->trace[i], ask, w);
}
