#ifndef RND_H
#define RND_H

#include <stddef.h>
#include <stdint.h>

/* Random numbers that depend on the seed and what they are for: splitmix64. */
struct rnd {
	uint64_t	s;
};

static inline uint64_t
rnd_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static inline uint64_t
rnd_next(struct rnd *r)
{
	return rnd_mix(r->s += 0x9e3779b97f4a7c15);
}

/* In [0, n). */
static inline unsigned
rnd_below(struct rnd *r, unsigned n)
{
	return (unsigned)((rnd_next(r) >> 32) * n >> 32);
}

/* In [0, 1). */
static inline double
rnd_unit(struct rnd *r)
{
	return (double)(rnd_next(r) >> 11) * 0x1p-53;
}

static inline struct rnd
rnd_seed(uint64_t seed, uint64_t salt, const uint8_t *p, size_t n)
{
	uint64_t h = rnd_mix(seed + salt * 0x9e3779b97f4a7c15 + 1);

	for (size_t i = 0; i < n; i++)
		h = rnd_mix(h ^ p[i]) + 0x9e3779b97f4a7c15;
	return (struct rnd){ h };
}

#endif
