#include "fill.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "permute.h"

void
fill_init(struct fill *f)
{
	memset(f, 0, sizeof(*f));
}

void
fill_free(struct fill *f)
{
	free(f->range);
	fill_init(f);
}

static int
cmp(const void *va, const void *vb)
{
	const struct range *a = va, *b = vb;
	int c;

	if (a->v != b->v)
		return a->v < b->v ? -1 : 1;
	if ((c = u128_cmp(a->lo, b->lo)) != 0)
		return c;
	return u128_cmp(b->hi, a->hi);		/* the wider first */
}

void
fill_add(struct fill *f, const struct addr *from, const struct addr *to)
{
	struct range r = { u128_from_addr(from), u128_from_addr(to), from->v };

	/* bgpdump gives a prefix once for every peer, one after the other. */
	if (f->n > 0 && cmp(&f->range[f->n - 1], &r) == 0)
		return;
	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 256 : f->cap * 2;
		f->range = mem_grow(f->range, f->cap, sizeof(*f->range));
	}
	f->range[f->n++] = r;
}

static void
sort(struct fill *f)
{
	size_t i, to = 0;

	for (i = 1; i < f->n; i++)
		if (cmp(&f->range[i - 1], &f->range[i]) > 0)
			break;
	if (i < f->n)
		qsort(f->range, f->n, sizeof(*f->range), cmp);
	for (i = 0; i < f->n; i++)
		if (to == 0 || cmp(&f->range[to - 1], &f->range[i]) != 0)
			f->range[to++] = f->range[i];
	f->n = to;
}

/* A pseudo-random number from 0 to n - 1, n > 0. */
static struct u128
below(uint64_t seed, uint64_t i, struct u128 n)
{
	if (n.hi == 0)
		return u128_from(permute_below(seed, i, n.lo));
	return (struct u128){ permute_below(seed, i, n.hi),
	    permute_draw(seed ^ 1, i) };
}

static struct u128
choose(const struct fillhow *how, struct u128 a, struct u128 b, uint8_t v)
{
	struct u128 one = u128_from(1), size;
	uint64_t salt;

	/* Network and broadcast addresses are no hosts. */
	if (how->host == 0 && u128_cmp(u128_sub(b, a), u128_from(3)) >= 0) {
		a = u128_add(a, one);
		if (v == 4)
			b = u128_sub(b, one);
	}
	size = u128_sub(b, a);			/* less one */
	if (how->host != 0)
		return u128_cmp(u128_from(how->host), size) > 0 ? b :
		    u128_add(a, u128_from(how->host));
	if (size.hi != UINT64_MAX)
		size = u128_add(size, one);
	salt = permute_mix(a.hi ^ permute_mix(a.lo + v));
	return u128_add(a, below(how->seed, salt, size));
}

struct addr
fill_host(const struct fillhow *how, const struct addr *from,
    const struct addr *to)
{
	return u128_to_addr(choose(how, u128_from_addr(from),
	    u128_from_addr(to), from->v), from->v);
}

struct sweep {
	const struct fillhow *how;
	void	(*take)(void *, const struct addr *);
	void	*arg;
	unsigned host;			/* bits of an address below its block */
	uint8_t	 v;
};

/* One block of a range, or the part of it in the range. */
static void
take_block(const struct sweep *s, const struct range *r, struct u128 block)
{
	struct u128 a = u128_shl(block, s->host), b = u128_ceil(a, s->host);
	struct addr at;

	if (u128_cmp(a, r->lo) < 0)
		a = r->lo;
	if (u128_cmp(b, r->hi) > 0)
		b = r->hi;
	at = u128_to_addr(choose(s->how, a, b, s->v), s->v);
	s->take(s->arg, &at);
}

/* All blocks of the range from *next on, which moves past them. */
static void
take_all(const struct sweep *s, const struct range *r, struct u128 *next,
    bool *done)
{
	struct u128 block = u128_shr(r->lo, s->host);
	struct u128 last = u128_shr(r->hi, s->host);

	if (u128_cmp(block, *next) < 0)
		block = *next;
	while (!*done && u128_cmp(block, last) <= 0) {
		take_block(s, r, block);
		if (u128_cmp(block, u128_ones(128)) == 0)
			*done = true;
		block = u128_add(block, u128_from(1));
		*next = block;
	}
}

/*
 * At most how.most blocks of the range.  Where there are more than 2^63,
 * we choose among pieces of as many blocks as it takes, and one in each.
 */
static void
take_some(const struct sweep *s, const struct range *r, uint64_t *left)
{
	struct u128 first = u128_shr(r->lo, s->host);
	struct u128 count = u128_sub(u128_shr(r->hi, s->host), first);
	uint64_t seed = permute_draw(s->how->seed, r->lo.hi ^
	    permute_mix(r->lo.lo)), zero, rest;
	struct permute p;
	unsigned piece = 0;

	if (u128_cmp(count, u128_from(s->how->most)) < 0) {
		for (uint64_t i = 0; i <= count.lo; i++)
			take_block(s, r, u128_add(first, u128_from(i)));
		return;
	}
	while (u128_cmp(u128_shr(count, piece), u128_ones(62)) > 0)
		piece++;
	permute_init(&p, u128_shr(count, piece).lo + (piece == 0), seed);
	zero = permute_at(&p, 0);	/* so that the first block is in it */
	for (uint64_t i = 0; i < s->how->most; i++) {
		uint64_t at = permute_at(&p, i);
		struct u128 off = u128_from(at >= zero ? at - zero :
		    at + (p.n - zero));

		off = u128_shl(off, piece);
		if (i > 0 && piece > 0)
			off = u128_add(off, below(seed, i,
			    u128_shl(u128_from(1), piece)));
		take_block(s, r, u128_add(first, off));
	}
	count = u128_sub(count, u128_from(s->how->most - 1));
	rest = count.hi != 0 ? UINT64_MAX : count.lo;
	*left = *left + rest < *left ? UINT64_MAX : *left + rest;
}

void
fill_each(struct fill *f, uint8_t v, const struct fillhow *how,
    void (*take)(void *, const struct addr *), void *arg, uint64_t *left)
{
	struct sweep s = { how, take, arg, (v == 4 ? 32U : 128U) - how->len,
	    v };
	struct u128 next = u128_from(0);
	bool done = false;

	sort(f);
	*left = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct range *r = &f->range[i];

		if (r->v != v)
			continue;
		if (how->most == 0)
			take_all(&s, r, &next, &done);
		else
			take_some(&s, r, left);
	}
}
