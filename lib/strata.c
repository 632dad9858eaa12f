#include "strata.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "permute.h"

void
strata_count(struct strata *s, uint32_t key)
{
	size_t before = s->keys.n;
	uint32_t id = intern_add(&s->keys, (const char *)&key, sizeof(key));

	if (id >= s->cap) {
		s->cap = s->cap == 0 ? 64 : s->cap * 2;
		s->v = mem_grow(s->v, s->cap, sizeof(*s->v));
	}
	if (id == before)
		s->v[id] = (struct stratum){ 0, 0 };
	s->v[id].n++;
}

/*
 * Systematic: stand the strata in a row and step through it by den/num; a
 * stratum takes as many as there are steps in it.
 */
void
strata_share(struct strata *s, uint64_t num, uint64_t den, uint64_t seed)
{
	uint64_t start = permute_below(seed, 0, den), at = 0, taken = 0;

	for (size_t i = 0; i < s->keys.n; i++) {
		uint64_t upto;

		at += s->v[i].n;
		upto = at / den * num + (at % den * num + start) / den;
		s->v[i].take = upto - taken;
		taken = upto;
	}
	s->seed = seed;
	s->draws = 0;
}

/* Selection sampling (Knuth 3.4.2, S): each subset is equally likely. */
bool
strata_pick(struct strata *s, uint32_t key)
{
	uint32_t id = intern_find(&s->keys, (const char *)&key, sizeof(key));
	struct stratum *v;

	if (id == INTERN_NONE || s->v[id].n == 0)
		return false;
	v = &s->v[id];
	if (permute_below(s->seed, ++s->draws, v->n--) >= v->take)
		return false;
	v->take--;
	return true;
}

void
strata_free(struct strata *s)
{
	intern_free(&s->keys);
	free(s->v);
	memset(s, 0, sizeof(*s));
}
