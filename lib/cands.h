#ifndef CANDS_H
#define CANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/*
 * Candidate addresses of one family, best first within their blocks: 8
 * bytes each for IPv4, 24 for IPv6.  Add all, sort, keep the best of each
 * block; from then on blocks are numbered in order of address.
 */
struct cands {
	uint8_t		 v;		/* 4 or 6 */
	uint8_t		 len;		/* prefix length of a block */
	size_t		 n, cap;
	union {
		struct cand4	*c4;
		struct cand6	*c6;
		void		*p;
	};
	size_t		 nblocks;
	uint32_t	*first;		/* of each block; NULL: block i is i */
};

#define CANDS_NOSCORE	(-32768)

/* What cands_keep dropped, by reason. */
struct cands_lost {
	uint64_t	duplicate;	/* listed again */
	uint64_t	surplus;	/* worse than the best we keep */
	uint64_t	covered;	/* made up for a block with listed ones */
};

void	 cands_init(struct cands *, uint8_t v, uint8_t len);

/*
 * Add an address with a score (CANDS_NOSCORE: none); made_up says that
 * nobody listed it and it stands for a block without a better one.
 */
void	 cands_add(struct cands *, const struct addr *, int score,
    bool made_up);

/* By block; listed before made up, then by score, then as added. */
void	 cands_sort(struct cands *);

/* Keep the best of each block, at most that many. */
void	 cands_keep(struct cands *, unsigned keep, struct cands_lost *);

/* Drop the blocks for which want() is false. */
void	 cands_filter(struct cands *, bool (*want)(void *,
    const struct addr *first), void *arg);

/*
 * The k-th best candidate (from 0) of block i: false when it has fewer.
 */
bool	 cands_get(const struct cands *, size_t i, unsigned k,
    struct addr *, int *score);

/* Soon cands_get will ask for block i. */
void	 cands_expect(const struct cands *, size_t i);

/* Most blocks within one network of that prefix length. */
size_t	 cands_crowd(const struct cands *, uint8_t len);

void	 cands_free(struct cands *);

#endif
