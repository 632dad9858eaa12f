#ifndef RANGES_H
#define RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/*
 * Ranges of addresses, each with a number of the caller's; the narrowest
 * that holds an address is found, and from it the wider ones around it.
 * Ranges may nest, overlap and be added in any order.  Asking for addresses
 * in rising order is fast: the last answer is where the search begins.
 */
struct ranges {
	struct range {
		struct addr	lo, hi;
		uint32_t	value;
		uint32_t	parent;		/* index of one around it */
	}		*r;
	size_t		 n, cap, at;
};

#define RANGES_NONE	UINT32_MAX

/* A ranges of zeros is empty.  lo and hi have one family, lo <= hi. */
void	 ranges_add(struct ranges *, const struct addr *lo,
    const struct addr *hi, uint32_t value);
void	 ranges_add_prefix(struct ranges *, const struct prefix *,
    uint32_t value);

/* After the last is added; of equal ranges the last added counts. */
void	 ranges_sort(struct ranges *);

/* Index of the narrowest range that holds the address, or RANGES_NONE. */
uint32_t ranges_find(struct ranges *, const struct addr *);

/* The next wider one that holds it, or RANGES_NONE. */
uint32_t ranges_around(const struct ranges *, uint32_t, const struct addr *);

/* Length of the largest prefix around the address within range i. */
uint8_t	 ranges_plen(const struct ranges *, uint32_t i, const struct addr *);

void	 ranges_free(struct ranges *);

#endif
