#include "intern.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { BLOCK = 1 << 16 };

/* Eight bytes a step, each multiplied and folded (after wyhash). */
static uint64_t
hash(const char *s, size_t n)
{
	uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15), w;

	for (; n > 0; s += 8, n -= 8) {
		w = 0;
		memcpy(&w, s, n < 8 ? n : 8);
		h = (h ^ w) * UINT64_C(0xd6e8feb86659fd93);
		h ^= h >> 32;
		if (n < 8)
			break;
	}
	return h ^ h >> 29;
}

/* The slot that holds the string, or the free one where it would go. */
static size_t
slot(const struct intern *t, const char *s, size_t n, uint64_t h)
{
	size_t i = h & (t->nslots - 1);

	for (; t->slot[i] != 0; i = (i + 1) & (t->nslots - 1)) {
		const struct interned *e = &t->v[t->slot[i] - 1];

		if (e->hash == h && e->n == n && memcmp(e->s, s, n) == 0)
			break;
	}
	return i;
}

static void
grow(struct intern *t)
{
	t->nslots = t->nslots == 0 ? 64 : t->nslots * 2;
	free(t->slot);
	t->slot = mem_array(t->nslots, sizeof *t->slot);
	for (size_t e = 0; e < t->n; e++) {
		size_t i = t->v[e].hash & (t->nslots - 1);

		while (t->slot[i] != 0)
			i = (i + 1) & (t->nslots - 1);
		t->slot[i] = (uint32_t)e + 1;
	}
}

static const char *
keep(struct intern *t, const char *s, size_t n)
{
	char *p;

	if (t->left < n + 1) {
		t->left = n + 1 > BLOCK ? n + 1 : BLOCK;
		t->free = mem_alloc(t->left);
		t->block = mem_grow(t->block, t->nblocks + 1, sizeof *t->block);
		t->block[t->nblocks++] = t->free;
	}
	p = t->free;
	memcpy(p, s, n);
	p[n] = '\0';
	t->free += n + 1;
	t->left -= n + 1;
	return p;
}

uint32_t
intern_add(struct intern *t, const char *s, size_t n)
{
	uint64_t h = hash(s, n);
	size_t i;

	if (t->n * 2 >= t->nslots)
		grow(t);
	i = slot(t, s, n, h);
	if (t->slot[i] != 0)
		return t->slot[i] - 1;
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 32 : t->cap * 2;
		t->v = mem_grow(t->v, t->cap, sizeof *t->v);
	}
	t->v[t->n] = (struct interned){ h, keep(t, s, n), n };
	t->slot[i] = (uint32_t)++t->n;
	return (uint32_t)t->n - 1;
}

uint32_t
intern_find(const struct intern *t, const char *s, size_t n)
{
	size_t i;

	if (t->n == 0)
		return INTERN_NONE;
	i = slot(t, s, n, hash(s, n));
	return t->slot[i] == 0 ? INTERN_NONE : t->slot[i] - 1;
}

void
intern_free(struct intern *t)
{
	for (size_t i = 0; i < t->nblocks; i++)
		free(t->block[i]);
	free(t->block);
	free(t->slot);
	free(t->v);
	memset(t, 0, sizeof *t);
}
