#include "permute.h"

#include <stdbool.h>
#include <string.h>

enum { ROUNDS = 6 };

uint64_t
permute_below(uint64_t seed, uint64_t i, uint64_t n)
{
	uint64_t r = permute_draw(seed, i);
	uint64_t nlo = n & UINT32_MAX, nhi = n >> 32;
	uint64_t rlo = r & UINT32_MAX, rhi = r >> 32;
	uint64_t mid;

	/* The upper half of r * n. */
	mid = (rlo * nlo >> 32) + (rhi * nlo & UINT32_MAX) +
	    (rlo * nhi & UINT32_MAX);
	return rhi * nhi + (rhi * nlo >> 32) + (rlo * nhi >> 32) +
	    (mid >> 32);
}

static uint64_t
mask(unsigned bits)
{
	return (UINT64_C(1) << bits) - 1;
}

static void
set_keys(struct permute *p, uint64_t seed)
{
	uint64_t key = permute_draw(seed, 0);

	for (unsigned i = 0; i < ROUNDS; i++)
		p->round[i] = key += UINT64_C(0x9e3779b97f4a7c15);
}

void
permute_init(struct permute *p, uint64_t n, uint64_t seed)
{
	unsigned bits = 2;

	while (bits < 63 && UINT64_C(1) << bits < n)
		bits++;
	memset(p, 0, sizeof(*p));
	p->n = n;
	p->hibits = bits / 2;
	p->lobits = bits - p->hibits;
	set_keys(p, seed);
}

uint64_t
permute_at(const struct permute *p, uint64_t i)
{
	do {
		uint64_t hi = i >> p->lobits, lo = i & mask(p->lobits);

		for (unsigned r = 0; r < ROUNDS; r += 2) {
			hi ^= permute_mix(lo ^ p->round[r]) &
			    mask(p->hibits);
			lo ^= permute_mix(hi ^ p->round[r + 1]) &
			    mask(p->lobits);
		}
		i = hi << p->lobits | lo;
	} while (i >= p->n);
	return i;
}

/* x with a * x = 1 (mod m), or 0 when a and m share a factor. */
static uint64_t
inverse(uint64_t a, uint64_t m)
{
	int64_t r0 = (int64_t)m, r1 = (int64_t)(a % m), x0 = 0, x1 = 1;

	while (r1 != 0) {
		int64_t q = r0 / r1, r = r0 - q * r1, x = x0 - q * x1;

		r0 = r1;
		r1 = r;
		x0 = x1;
		x1 = x;
	}
	if (r0 != 1)
		return 0;
	return (uint64_t)(x0 < 0 ? x0 + (int64_t)m : x0);
}

/*
 * A number about m / 4 to m / 2 whose ratio to m begins with the continued
 * fraction [0; 2 or 3, then ones and twos], drawn from the seed.  (The
 * golden ratio, all ones, keeps its multiples farthest apart; these are
 * nearly as good, and many.)
 */
static uint64_t
draw_apart(uint64_t m, uint64_t seed)
{
	uint64_t draw = permute_draw(seed, 0);
	uint64_t p0 = 0, p = 1, q0 = 1, q = 2 + (draw & 1);

	while (q <= m && q < UINT32_MAX / 4) {
		uint64_t a = 1 + (draw >> 1 & 1), next = a * q + q0;

		draw = draw >> 1 | draw << 63;
		q0 = q;
		q = next;
		next = a * p + p0;
		p0 = p;
		p = next;
	}
	return m / q * p + m % q * p / q;
}

void
spread_init(struct spread *s, uint64_t n, uint64_t run, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->n = n;
	s->run = run == 0 ? 1 : run;
	s->columns = n / s->run + (n % s->run != 0);
	s->seed = seed;
	if (n == 0)
		return;
	s->apart = draw_apart(s->columns, permute_draw(seed, 1));
	while ((s->stride = inverse(s->apart, s->columns)) == 0 &&
	    s->columns > 1)
		s->apart++;
	permute_init(&s->member, s->run, 0);
	s->start = permute_below(seed, 2, s->columns);
	s->column = s->start;
}

/* Element i of column c's own permutation. */
static uint64_t
member(struct spread *s, uint64_t c, uint64_t i)
{
	if (s->run == 1)
		return 0;
	set_keys(&s->member, permute_draw(s->seed ^ 3, c));
	return permute_at(&s->member, i);
}

int
spread_next(struct spread *s, uint64_t *i)
{
	/* The last column may be shorter than the others: its gaps pass. */
	while (s->pass < s->run && s->n > 0) {
		*i = s->column * s->run + member(s, s->column, s->pass);
		s->column += s->stride;
		if (s->column >= s->columns)
			s->column -= s->columns;
		if (s->column == s->start)
			s->pass++;
		if (*i < s->n)
			return 1;
	}
	return 0;
}
