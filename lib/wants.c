#include "wants.h"

#include "mem.h"

void
wants_add(struct wants *w, unsigned ttl, unsigned flow, unsigned first,
    unsigned k)
{
	for (; k > 0; k--, first++) {
		if (first > 254) {
			w->capped = true;
			return;
		}
		if (w->n == w->cap) {
			w->cap = w->cap * 2 + 64;
			w->v = mem_grow(w->v, w->cap, sizeof *w->v);
		}
		w->v[w->n++] = (struct want){ (uint16_t)flow, (uint8_t)ttl,
		    (uint8_t)first };
	}
}

void
wants_limit(struct wants *w, uint64_t done, uint64_t max_probes)
{
	uint64_t left = done < max_probes ? max_probes - done : 0;

	if (w->n > left) {
		w->n = (size_t)left;
		w->capped = true;
	}
}
