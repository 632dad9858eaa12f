#ifndef PERMUTE_H
#define PERMUTE_H

#include <stdint.h>

/*
 * Seeded permutations of 0 .. n-1 that need no memory: any element of the
 * order is computed in constant time, the same on every machine.
 */

/* A good mixing of 64 bits (splitmix64's finisher): a bijection. */
static inline uint64_t
permute_mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number drawn from a seed and an index: a stream without a state. */
static inline uint64_t
permute_draw(uint64_t seed, uint64_t i)
{
	return permute_mix(permute_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) +
	    i * UINT64_C(0x9e3779b97f4a7c15));
}

/* The same, from 0 to n - 1 (n > 0), each equally likely up to n / 2^64. */
uint64_t permute_below(uint64_t seed, uint64_t i, uint64_t n);

/*
 * A pseudo-random permutation: a Feistel network over the next power of
 * two, walked until it lands below n (less than two steps on average).
 */
struct permute {
	uint64_t	n;
	uint64_t	round[8];	/* keys */
	unsigned	hibits, lobits;
};

/* n up to 2^63. */
void	 permute_init(struct permute *, uint64_t n, uint64_t seed);
uint64_t permute_at(const struct permute *, uint64_t i);	/* i < n */

/*
 * An order for sorted things of which neighbours should not come close
 * together: the blocks of one network.
 *
 * The n things are cut into columns of `run` neighbours.  The order takes
 * one thing of every column, then a second of every column, and so on,
 * always through the columns in the same circle, in which column c + 1
 * stands `apart` behind column c; apart is a quarter to a half of their
 * number, in a ratio with small partial quotients (drawn from the seed), so
 * that columns that are near in number are far in time at every scale.
 * Which thing of a column comes first is a permutation drawn from the seed
 * and the column.  Of any run + 1 neighbours no two are therefore closer
 * than a quarter of n / run, where a random order has some side by side.
 *
 * The first part of the order is as even a sample of the whole as can be.
 */
struct spread {
	uint64_t	n, run, columns;
	uint64_t	apart, stride, start;
	uint64_t	seed;
	struct permute	member;		/* of one column; keys change */
	uint64_t	pass, column;	/* where we are */
};

void	 spread_init(struct spread *, uint64_t n, uint64_t run, uint64_t seed);

/* The next element: 1 and *i, or 0 after all n. */
int	 spread_next(struct spread *, uint64_t *i);

#endif
