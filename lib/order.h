#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "cands.h"
#include "permute.h"

/*
 * The order in which blocks are probed: those of each family spread so
 * that neighbours of one IPv4 /16 or IPv6 /32 are far apart (permute.h),
 * the two families mixed evenly.
 */
struct order {
	struct spread	 s[2];		/* IPv4, IPv6 */
	uint64_t	 n6, total, at;
};

void	 order_init(struct order *, const struct cands *v4,
    const struct cands *v6, uint64_t seed);

/* The next: its family (0: IPv4, 1: IPv6) and block; false at the end. */
bool	 order_next(struct order *, int *family, uint64_t *block);

#endif
