#ifndef TRUTH_H
#define TRUTH_H

#include "world.h"

/* How a packet counts for the probe it answers; the order is precedence. */
enum role { AS_OK, AS_ALIAS, AS_LATE, AS_ERROR, AS_ROLES, AS_EXTRA = AS_ROLES };

/* What a probe got so far; written as one row when nothing more can come. */
struct plan {
	uint8_t		 addr[32];	/* src, dst */
	size_t		 alen;
	enum ptype	 type;
	unsigned	 kind, site;
	uint16_t	 node, flow;
	uint8_t		 ttl, attempt;
	int64_t		 rx_ns, tx_ns;
	const char	*fate;
	unsigned	 refs;		/* events that may still happen */
	uint64_t	 sites;		/* bit per site with a genuine reply */
	struct {
		unsigned	 n, site;
		int64_t		 ns;		/* the first */
		uint8_t		 from[16];
		struct said	 said;
	}		 role[AS_ROLES];
};

void	 truth_begin(struct world *);
void	 truth_row(struct world *, const struct plan *);
void	 truth_end(struct world *);

#endif
