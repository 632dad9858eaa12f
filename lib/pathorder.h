#ifndef PATHORDER_H
#define PATHORDER_H

#include "permute.h"

/*
 * In which order to send the probes of many paths, so that no router is hit
 * twice in a row: the first attempt of everything, then the second, and so
 * on.  Within an attempt the flows (of all targets) are in an order drawn
 * from the seed, and each flow's next ttl comes when all others had one.
 * From one probe to the next the ttl moves on by about three eighths of the
 * range; with three ttls or more it is never the same twice in a row.
 *
 * Needs no memory: 2^63 probes are as good as ten.
 */
struct pathorder {
	struct permute	flows;
	uint64_t	nflows, seed;
	unsigned	first, nttls, nattempts;
	unsigned	step, turn;	/* of the ttl: per flow, per turn */
	uint64_t	j;		/* where we are: flow of the turn, */
	unsigned	i, attempt;	/* turn, attempt */
	unsigned	ttl;		/* less first */
};

/* ttls first to last, 1 <= first <= last <= 255; nflows up to 2^63. */
void	 pathorder_init(struct pathorder *, uint64_t nflows, unsigned first,
    unsigned last, unsigned nattempts, uint64_t seed);

/* The next probe: 1, or 0 after the last. */
int	 pathorder_next(struct pathorder *, uint64_t *flow, unsigned *ttl,
    unsigned *attempt);

#endif
