#ifndef PATH_H
#define PATH_H

#include "rnd.h"
#include "wire.h"

/*
 * The way of a probe from a site to its target: layers of routers, one per
 * TTL, that follow from the seed, the site and the target alone.  The first
 * are shared by many targets, as near a site; then come routers of the
 * target's own, in a row, or between a router that balances and the ones
 * where its branches meet again.
 */
enum {
	HOPS_MAX = 26, WIDTH_MAX = 16
};

/* What routers do, as shares: of balanced segments, of balancers, of routers. */
enum habit {
	H_DIAMOND, H_PACKET, H_SILENT, H_LIMITED, H_MPLS, H_QUOTE8, H_QUOTE28,
	H_QUOTE128, H_TTL0,
	H_MAX
};

struct habitinfo {
	const char	*name;
	double		 mix;		/* rate of "mix" */
	const char	*help;
};
extern const struct habitinfo habits[H_MAX];

struct layer {
	unsigned	 width;
	bool		 packet;	/* balances by packet */
	struct {
		uint8_t	 first, n;	/* its successors in the next layer */
	}		 next[WIDTH_MAX];
};

struct path {
	uint64_t	 seed;
	unsigned	 site;
	const uint8_t	*dst;
	size_t		 alen;
	unsigned	 n;		/* the target's TTL is n + 1 */
	struct layer	 layer[HOPS_MAX];
};

struct router {
	uint8_t		 addr[16];
	bool		 silent, mpls;
	unsigned	 limit;		/* answers a second, 0: no limit */
	unsigned	 quote;		/* bytes of transport or, 128, of all; 0: all */
	uint8_t		 qttl;		/* what it quotes as TTL */
	double		 where;		/* its catchment, [0, 1) */
};

/* Make the path of a site to a target, whose address must stay. */
void	 path_make(struct path *, uint64_t seed, const double rate[H_MAX],
    unsigned site, const uint8_t *dst, size_t alen);

/*
 * The node of the layer (from 0) at which the probe is when its TTL ends
 * there; nth tells one packet from another where they are balanced so.
 */
unsigned path_walk(const struct path *, const struct seen *, uint64_t nth,
    unsigned layer);

/* Who that is. */
void	 path_router(const struct path *, const double rate[H_MAX],
    unsigned layer, unsigned node, struct router *);

#endif
