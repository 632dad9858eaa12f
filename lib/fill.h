#ifndef FILL_H
#define FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "u128.h"

/*
 * From ranges of addresses to one address in each of their blocks: what a
 * hitlist is made of where nobody has listed who answers.
 */
struct fill {
	struct range {
		struct u128	lo, hi;
		uint8_t		v;
	}		*range;
	size_t		 n, cap;
};

struct fillhow {
	uint8_t		len;		/* prefix length of a block */
	uint64_t	most;		/* blocks per range, 0: all */
	uint64_t	host;		/* its number in the block, 0: random */
	uint64_t	seed;
};

void	 fill_init(struct fill *);
void	 fill_add(struct fill *, const struct addr *lo, const struct addr *hi);

/*
 * Call take for one address in every block of the ranges of a family.
 *
 * With how.most 0, each block once and in order, however the ranges
 * overlap.  Otherwise at most that many blocks of each range: its first
 * and a pseudo-random choice of the others, and *left is how many there
 * were besides (at most 2^64 - 1).  Ranges given twice count once.
 */
void	 fill_each(struct fill *, uint8_t v, const struct fillhow *,
    void (*take)(void *, const struct addr *), void *arg, uint64_t *left);

/* The address for the block's part from lo to hi. */
struct addr fill_host(const struct fillhow *, const struct addr *lo,
    const struct addr *hi);

void	 fill_free(struct fill *);

#endif
