#ifndef HOPS_H
#define HOPS_H

#include "world.h"

/*
 * Time exceeded on the way: with hops_open the world's probes go over paths
 * (path.h), and those whose TTL does not last are answered by a router, at
 * the site its way back leads to.  The graph, if wanted, gets what each
 * target that was probed is reached over, as "pathlab truth" tells it.
 */
struct plan;

struct hops *hops_open(const double rate[H_MAX], FILE *graph);
/* Does the probe end on the way?  Then its plan has what comes of it. */
bool	 hops_take(struct world *, struct plan *, const struct seen *);
void	 hops_close(struct hops *);

#endif
