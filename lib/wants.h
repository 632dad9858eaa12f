#ifndef WANTS_H
#define WANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a path measurement was asked to do, and the probes of one target that
 * it still wants: the result of retrace.h and mda.h.
 */
struct pathask {
	unsigned	first, last;	/* ttls, 1 to 255 */
	unsigned	queries;	/* attempts at what stays silent */
	unsigned	gap;		/* silent ttls in a row that end a path */
	double		confidence;	/* of finding every successor, < 1 */
	bool		per_trace;	/* of a whole trace, not of each node */
	uint64_t	max_probes;	/* per target and sender */
	unsigned	max_flow;	/* highest flow number to use */
};

struct want {
	uint16_t	flow;
	uint8_t		ttl, attempt;
};

struct wants {
	struct want	*v;
	size_t		 n, cap;
	bool		 capped;	/* it wants more than max_probes, or than
					   flows or attempts there are */
};

/* Add k attempts from first on; those beyond 254 are left out: capped. */
void	 wants_add(struct wants *, unsigned ttl, unsigned flow, unsigned first,
    unsigned k);

/* Keep to max_probes of which done were sent before. */
void	 wants_limit(struct wants *, uint64_t done, uint64_t max_probes);

#endif
