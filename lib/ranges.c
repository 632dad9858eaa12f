#include "ranges.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Every IPv4 address before any IPv6 one, unlike the hex column's order. */
static int
order(const struct addr *a, const struct addr *b)
{
	return a->v != b->v ? a->v - b->v : memcmp(a->b, b->b, 16);
}

void
ranges_add(struct ranges *t, const struct addr *lo, const struct addr *hi,
    uint32_t value)
{
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 1024 : t->cap * 2;
		t->r = mem_grow(t->r, t->cap, sizeof *t->r);
	}
	/* Until sorted, parent holds the order of adding. */
	t->r[t->n] = (struct range){ *lo, *hi, value, (uint32_t)t->n };
	t->n++;
}

void
ranges_add_prefix(struct ranges *t, const struct prefix *p, uint32_t value)
{
	struct addr hi = p->addr;

	for (unsigned bit = p->len; bit < addr_bytes(&hi) * 8; bit++)
		hi.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	ranges_add(t, &p->addr, &hi, value);
}

/* By start; the wider, then the one added first, before what it holds. */
static int
cmp(const void *x, const void *y)
{
	const struct range *a = x, *b = y;
	int c = order(&a->lo, &b->lo);

	if (c == 0)
		c = order(&b->hi, &a->hi);
	return c != 0 ? c : (a->parent > b->parent) - (a->parent < b->parent);
}

void
ranges_sort(struct ranges *t)
{
	uint32_t top = RANGES_NONE;

	if (t->n > 0)
		qsort(t->r, t->n, sizeof *t->r, cmp);
	for (size_t i = 0; i < t->n; i++) {
		while (top != RANGES_NONE &&
		    order(&t->r[top].hi, &t->r[i].lo) < 0)
			top = t->r[top].parent;
		t->r[i].parent = top;
		top = (uint32_t)i;
	}
	t->at = 0;
}

uint32_t
ranges_around(const struct ranges *t, uint32_t i, const struct addr *a)
{
	do
		i = t->r[i].parent;
	while (i != RANGES_NONE && order(a, &t->r[i].hi) > 0);
	return i;
}

/* Is at the last range that begins at or before a? */
static bool
here(const struct ranges *t, size_t at, const struct addr *a)
{
	return at < t->n && order(&t->r[at].lo, a) <= 0 &&
	    (at + 1 == t->n || order(&t->r[at + 1].lo, a) > 0);
}

uint32_t
ranges_find(struct ranges *t, const struct addr *a)
{
	size_t lo = 0, hi = t->n;

	if (!here(t, t->at, a) && !here(t, ++t->at, a)) {
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (order(&t->r[mid].lo, a) <= 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo == 0) {
			t->at = 0;
			return RANGES_NONE;
		}
		t->at = lo - 1;
	}
	return order(a, &t->r[t->at].hi) <= 0 ? (uint32_t)t->at :
	    ranges_around(t, (uint32_t)t->at, a);
}

uint8_t
ranges_plen(const struct ranges *t, uint32_t i, const struct addr *a)
{
	uint8_t bits = (uint8_t)(addr_bytes(a) * 8), len = 0;

	for (; len < bits; len++) {
		struct prefix p = addr_block(a, len);
		struct addr hi = p.addr;

		for (unsigned bit = len; bit < bits; bit++)
			hi.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		if (order(&p.addr, &t->r[i].lo) >= 0 &&
		    order(&hi, &t->r[i].hi) <= 0)
			break;
	}
	return len;
}

void
ranges_free(struct ranges *t)
{
	free(t->r);
	memset(t, 0, sizeof *t);
}
