#ifndef MDA_H
#define MDA_H

#include "lbgraph.h"
#include "paths.h"
#include "wants.h"

/*
 * Multipath detection in rounds.  What a set of traces still wants, until
 * every node has as many flows seen to its next ttl as rule out one
 * successor more than it has (coupon.h), with the failure of each node
 * bounded, or of the whole trace.
 *
 * The MDA (Augustin, Friedman, Teixeira 2007; Veitch et al. 2009) sends one
 * probe at a time.  Here all nodes at all ttls are looked at at once, with
 * whatever rows there are: flows known to pass a node come first, then as
 * many new ones as should hit it, at its ttl and the next; flows that pass a
 * node before it, or are known or wanted at one of the two ttls, before
 * others.  No state is kept between rounds but the rows, so the confidence
 * may be raised later, and only the difference is wanted.
 *
 * Where a node seems to branch, one of its flows is repeated at the next
 * ttl, enough times to tell a balancer per packet (RFC 2991 section 2) from
 * one per flow; what comes after one per packet is followed but not
 * explored (lbgraph.h).
 *
 * What stays silent is asked ask->queries times, and then is a node '*' of
 * its ttl; one so rare that it may be loss gets no flows of its own.
 */
enum { MDA_MAXFLOW = 1023 };	/* ports that belong to an origin: probes(7) */

struct mda {
	struct lbgraph	 graph;		/* of the set looked at last */
	double		 eps;		/* and what a node may fail with */

	/* mda.c's own */
	struct mdaslot	*slot;
	struct mdacand	*cand;
	uint32_t	*trace;
	size_t		 capslot, capcand, captrace;
};

/* Add the wants of a set to *w.  A struct mda of zeros is ready. */
void	 mda_next(struct mda *, const struct paths *, const struct pathset *,
    const struct pathask *, struct wants *w);
void	 mda_free(struct mda *);

#endif
