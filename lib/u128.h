#ifndef U128_H
#define U128_H

#include <stdint.h>

#include "addr.h"

/*
 * The 128-bit numbers that addresses are.  An IPv4 address is the number
 * 0 to 2^32-1, so ranges of both families go through the same arithmetic.
 */
struct u128 {
	uint64_t	hi, lo;
};

static inline struct u128
u128_from(uint64_t u)
{
	return (struct u128){ 0, u };
}

static inline int
u128_cmp(struct u128 a, struct u128 b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static inline struct u128
u128_add(struct u128 a, struct u128 b)
{
	uint64_t lo = a.lo + b.lo;

	return (struct u128){ a.hi + b.hi + (lo < a.lo), lo };
}

static inline struct u128
u128_sub(struct u128 a, struct u128 b)
{
	return (struct u128){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

/* Shifts by 0 to 128. */
static inline struct u128
u128_shr(struct u128 a, unsigned n)
{
	if (n >= 128)
		return (struct u128){ 0, 0 };
	if (n >= 64)
		return (struct u128){ 0, a.hi >> (n - 64) };
	if (n == 0)
		return a;
	return (struct u128){ a.hi >> n, a.lo >> n | a.hi << (64 - n) };
}

static inline struct u128
u128_shl(struct u128 a, unsigned n)
{
	if (n >= 128)
		return (struct u128){ 0, 0 };
	if (n >= 64)
		return (struct u128){ a.lo << (n - 64), 0 };
	if (n == 0)
		return a;
	return (struct u128){ a.hi << n | a.lo >> (64 - n), a.lo << n };
}

/* The largest number of n bits. */
static inline struct u128
u128_ones(unsigned n)
{
	return u128_shr((struct u128){ UINT64_MAX, UINT64_MAX }, 128 - n);
}

/* a with its lowest n bits zero, and with them one. */
static inline struct u128
u128_floor(struct u128 a, unsigned n)
{
	return u128_shl(u128_shr(a, n), n);
}

static inline struct u128
u128_ceil(struct u128 a, unsigned n)
{
	struct u128 m = u128_ones(n);

	return (struct u128){ a.hi | m.hi, a.lo | m.lo };
}

static inline struct u128
u128_from_addr(const struct addr *a)
{
	struct u128 u = { 0, 0 };

	if (a->v == 4)
		return u128_from(addr_u32(a));
	for (unsigned i = 0; i < 8; i++) {
		u.hi = u.hi << 8 | a->b[i];
		u.lo = u.lo << 8 | a->b[8 + i];
	}
	return u;
}

/* The address of that family (4 or 6) and number. */
static inline struct addr
u128_to_addr(struct u128 u, uint8_t v)
{
	struct addr a = { .v = v };

	for (unsigned i = addr_bytes(&a); i-- > 0; u = u128_shr(u, 8))
		a.b[i] = (uint8_t)u.lo;
	return a;
}

#endif
