#include "prefixset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "u128.h"

/*
 * Prefixes are nested or apart, never half overlapping.  Sorted by first
 * address and then length, each comes after those that hold it; so one pass
 * with a stack of the open ones gives, for every stretch of addresses, the
 * longest prefix over it.  A lookup goes by the upper 64 bits (all 32 of
 * IPv4) through an index to a few ranges and halves those.  The index covers
 * only the span in which there are ranges, as IPv6 uses one part in twenty.
 */
struct prefixent {
	struct u128	first;
	uint32_t	value;
	uint32_t	seq;		/* order of adding */
	uint8_t		v, len;
};

#define INDEX_MAX	(1U << 20)

void
prefixset_init(struct prefixset *ps)
{
	memset(ps, 0, sizeof(*ps));
}

static void
add(struct prefixset *ps, struct u128 first, uint8_t v, uint8_t len,
    uint32_t value)
{
	assert(!ps->sealed);
	if (ps->nent == ps->cap) {
		ps->cap = ps->cap == 0 ? 64 : ps->cap * 2;
		ps->ent = mem_grow(ps->ent, ps->cap, sizeof(*ps->ent));
	}
	ps->ent[ps->nent] = (struct prefixent){ first, value,
	    (uint32_t)ps->nent, v, len };
	ps->nent++;
	ps->built = false;
}

void
prefixset_add(struct prefixset *ps, const struct prefix *p, uint32_t value)
{
	unsigned width = p->addr.v == 4 ? 32 : 128;

	assert(p->len <= width);
	add(ps, u128_floor(u128_from_addr(&p->addr), width - p->len),
	    p->addr.v, p->len, value);
}

void
prefixset_add_range(struct prefixset *ps, const struct addr *lo,
    const struct addr *hi, uint32_t value)
{
	unsigned width = lo->v == 4 ? 32 : 128;
	struct u128 a = u128_from_addr(lo), end = u128_from_addr(hi);

	assert(lo->v == hi->v && u128_cmp(a, end) <= 0);
	for (;;) {
		unsigned bits = 0;

		/* Widen while it stays aligned at a and within the end. */
		while (bits < width &&
		    u128_cmp(u128_floor(a, bits + 1), a) == 0 &&
		    u128_cmp(u128_ceil(a, bits + 1), end) <= 0)
			bits++;
		add(ps, a, lo->v, (uint8_t)(width - bits), value);
		a = u128_ceil(a, bits);
		if (u128_cmp(a, end) >= 0)
			break;
		a = u128_add(a, u128_from(1));
	}
}

static int
cmp_ent(const void *va, const void *vb)
{
	const struct prefixent *a = va, *b = vb;
	int c;

	if (a->v != b->v)
		return a->v < b->v ? -1 : 1;
	if ((c = u128_cmp(a->first, b->first)) != 0)
		return c;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->seq < b->seq ? -1 : 1;
}

static void
sort(struct prefixset *ps)
{
	size_t i;

	for (i = 1; i < ps->nent; i++)
		if (cmp_ent(&ps->ent[i - 1], &ps->ent[i]) > 0)
			break;
	if (i < ps->nent)
		qsort(ps->ent, ps->nent, sizeof(*ps->ent), cmp_ent);
}

/* From this address on, e (NULL: no prefix) is the longest. */
static void
emit(struct prefixtab *t, struct u128 from, const struct prefixent *e)
{
	uint8_t len = e == NULL ? PREFIXSET_NONE : e->len;
	uint32_t value = e == NULL ? 0 : e->value;

	if (t->n > 0 && (t->start4 != NULL ?
	    t->start4[t->n - 1] == (uint32_t)from.lo :
	    u128_cmp(t->start6[t->n - 1], from) == 0))
		t->n--;
	if (t->n > 0 && t->len[t->n - 1] == len &&
	    t->value[t->n - 1] == value)
		return;
	if (t->start4 != NULL)
		t->start4[t->n] = (uint32_t)from.lo;
	else
		t->start6[t->n] = from;
	t->value[t->n] = value;
	t->len[t->n] = len;
	t->n++;
}

/* Close the open prefixes that end before a (NULL: all). */
static size_t
pop(struct prefixtab *t, const struct prefixent **open, size_t depth,
    unsigned width, const struct u128 *a)
{
	while (depth > 0) {
		const struct prefixent *e = open[depth - 1];
		struct u128 last = u128_ceil(e->first, width - e->len);

		if (a != NULL && u128_cmp(last, *a) >= 0)
			break;
		depth--;
		if (u128_cmp(last, u128_ones(width)) < 0)
			emit(t, u128_add(last, u128_from(1)),
			    depth == 0 ? NULL : open[depth - 1]);
	}
	return depth;
}

/* What the index goes by. */
static uint64_t
top(const struct prefixtab *t, size_t i)
{
	return t->start4 != NULL ? t->start4[i] : t->start6[i].hi;
}

static void
build_index(struct prefixtab *t)
{
	uint64_t span;
	size_t i = 0;

	t->base = top(t, t->n > 1);
	span = top(t, t->n - 1) - t->base;
	for (t->shift = 0; span >> t->shift >= INDEX_MAX ||
	    span >> t->shift > t->n; t->shift++)
		;
	t->nindex = (size_t)(span >> t->shift) + 1;
	t->index = mem_array(t->nindex + 1, sizeof(*t->index));
	for (size_t b = 0; b < t->nindex; b++) {
		uint64_t from = t->base + ((uint64_t)b << t->shift);

		/* The last that surely begins before what falls here. */
		while (i + 1 < t->n && top(t, i + 1) < from)
			i++;
		t->index[b] = (uint32_t)i;
	}
	t->index[t->nindex] = (uint32_t)(t->n - 1);
}

static void
free_tab(struct prefixtab *t)
{
	free(t->index);
	free(t->start4);
	free(t->start6);
	free(t->value);
	free(t->len);
	memset(t, 0, sizeof(*t));
}

/* Flatten ent[0..n), all of one family and sorted. */
static void
build_tab(struct prefixtab *t, const struct prefixent *ent, size_t n,
    unsigned width)
{
	const struct prefixent *open[129];
	size_t depth = 0, room = 2 * n + 1;

	free_tab(t);
	if (n == 0)
		return;
	if (width == 32)
		t->start4 = mem_array(room, sizeof(*t->start4));
	else
		t->start6 = mem_array(room, sizeof(*t->start6));
	t->value = mem_array(room, sizeof(*t->value));
	t->len = mem_array(room, sizeof(*t->len));
	emit(t, u128_from(0), NULL);
	for (size_t i = 0; i < n; i++) {
		const struct prefixent *e = &ent[i];

		depth = pop(t, open, depth, width, &e->first);
		if (depth > 0 && open[depth - 1]->len == e->len)
			depth--;	/* the same again: this one counts */
		open[depth++] = e;
		emit(t, e->first, e);
	}
	pop(t, open, depth, width, NULL);

	if (width == 32)
		t->start4 = mem_grow(t->start4, t->n, sizeof(*t->start4));
	else
		t->start6 = mem_grow(t->start6, t->n, sizeof(*t->start6));
	t->value = mem_grow(t->value, t->n, sizeof(*t->value));
	t->len = mem_grow(t->len, t->n, sizeof(*t->len));
	build_index(t);
}

void
prefixset_build(struct prefixset *ps)
{
	size_t n4 = 0;

	sort(ps);
	while (n4 < ps->nent && ps->ent[n4].v == 4)
		n4++;
	build_tab(&ps->v4, ps->ent, n4, 32);
	if (n4 == ps->nent)
		build_tab(&ps->v6, NULL, 0, 128);
	else
		build_tab(&ps->v6, ps->ent + n4, ps->nent - n4, 128);
	ps->built = true;
}

void
prefixset_seal(struct prefixset *ps)
{
	if (!ps->built)
		prefixset_build(ps);
	free(ps->ent);
	ps->ent = NULL;
	ps->nent = ps->cap = 0;
	ps->sealed = true;
}

static bool
answer(const struct prefixtab *t, size_t i, struct prefixhit *hit)
{
	if (t->len[i] == PREFIXSET_NONE)
		return false;
	if (hit != NULL)
		*hit = (struct prefixhit){ t->value[i], t->len[i] };
	return true;
}

/* The ranges an address with that top may be in: *lo to *hi. */
static void
narrow(const struct prefixtab *t, uint64_t a, uint32_t *lo, uint32_t *hi)
{
	uint64_t b;

	*lo = *hi = 0;
	if (a < t->base)
		return;
	b = (a - t->base) >> t->shift;
	if (b >= t->nindex)
		b = t->nindex - 1;
	*lo = t->index[b];
	*hi = t->index[b + 1];
}

static bool
find4(const struct prefixtab *t, uint32_t a, struct prefixhit *hit)
{
	uint32_t lo, hi;

	if (t->n == 0)
		return false;
	narrow(t, a, &lo, &hi);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo + 1) / 2;

		if (t->start4[mid] <= a)
			lo = mid;
		else
			hi = mid - 1;
	}
	return answer(t, lo, hit);
}

static bool
find6(const struct prefixtab *t, struct u128 a, struct prefixhit *hit)
{
	uint32_t lo, hi;

	if (t->n == 0)
		return false;
	narrow(t, a.hi, &lo, &hi);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo + 1) / 2;

		if (u128_cmp(t->start6[mid], a) <= 0)
			lo = mid;
		else
			hi = mid - 1;
	}
	return answer(t, lo, hit);
}

bool
prefixset_find(const struct prefixset *ps, const struct addr *a,
    struct prefixhit *hit)
{
	assert(ps->built);
	if (a->v == 4)
		return find4(&ps->v4, addr_u32(a), hit);
	if (a->v == 6)
		return find6(&ps->v6, u128_from_addr(a), hit);
	return false;
}

void
prefixset_free(struct prefixset *ps)
{
	free(ps->ent);
	free_tab(&ps->v4);
	free_tab(&ps->v6);
	prefixset_init(ps);
}
