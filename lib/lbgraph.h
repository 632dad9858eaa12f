#ifndef LBGRAPH_H
#define LBGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paths.h"

/*
 * The nodes and links that the traces of one set show together: what load
 * balancers on the way spread its flows over.
 *
 * A node is an address at a ttl; address v 0 is '*', what stayed silent at
 * that ttl; ttl first - 1 has one node, the source, v 0 as well.  A flow is
 * at a node when its first answer at that ttl came from there, at '*' when
 * all attempts there were silent.  A link is there when a flow was seen at
 * both ends.  Beyond the ttl at which a flow reached the destination, was
 * refused or looped it is not looked at.  Of a flow that never ended, '*'
 * beyond the last answer are nodes too, down to the last ttl probed.
 *
 * Per-packet balancers: when one flow gets two addresses at ttl t, the node
 * it is at at t - 1 balances per packet if it is sure there.  What follows
 * is then not a property of flows, so those nodes are "loose", and their
 * links are possible, not certain, until all that passes the loose nodes is
 * seen at a single node again.  Nothing loose is a diamond.
 */
struct lbnode {
	struct addr	addr;
	uint8_t		ttl;
	bool		source;
	bool		star;		/* silent */
	bool		rare;		/* a '*' of far fewer flows than an even
					   share: it may be loss */
	bool		lost;		/* rare, and all its flows run between
					   nodes that others run between too by
					   way of nodes that answer: loss */
	bool		tail;		/* '*' after which nothing answered */
	bool		dst;		/* the destination */
	bool		refused;	/* a router that said unreachable */
	bool		looped;		/* a flow was here before */
	bool		ended;		/* all its flows ended here: dst, refused
					   or looped */
	bool		closed;		/* no use to go on: ended, or a router
					   that refused a flow at a later ttl,
					   or '*' that such are behind */
	bool		perpacket;	/* balances per packet */
	bool		loose;		/* after one that does: see above */
	uint32_t	nflows;		/* flows seen here */
	uint32_t	nended;		/* of these, ended here */
	uint32_t	ntried;		/* of these, seen at the next ttl too */
	uint32_t	link, nlinks;	/* to the next ttl: link[link .. +nlinks) */
	uint32_t	nback;		/* links from the ttl before */
	uint8_t		repeats;	/* most answers that one flow from here
					   got at the next ttl: how well it is
					   known not to balance per packet */
	double		confidence;	/* that there is no successor more, 0 to
					   1, each being equally likely; of
					   loose, ended and untried ones 0 */
};

struct lblink {
	uint32_t	from, to;	/* nodes */
	uint32_t	nflows;		/* flows seen at both ends */
	bool		loose;		/* possible only: both ends are loose */
};

struct lbgraph {
	struct lbnode	*node;		/* by ttl, then address, '*' last */
	struct lblink	*link;		/* by from, then to */
	size_t		 nnodes, nlinks;
	uint8_t		 first, last;	/* ttls it has nodes of, the source's
					   (first - 1) not counted */
	uint32_t	 at[258];	/* nodes of ttl t: at[t] .. at[t + 1) */
	uint8_t		 attempts[256];	/* after which silence at ttl t is '*' */

	/* Node of the set's trace i at ttl t: of[i * stride + t], or LB_NONE. */
	uint32_t	*of;
	size_t		 stride;
	size_t		 capnodes, caplinks, capof;
};

#define LB_NONE	UINT32_MAX

/*
 * Build it from a set; an lbgraph of zeros is ready, and may be used again.
 * first: the ttl that traces begin at.  attempts: what was silent in fewer
 * is not known yet, and left out; 1 takes all.  At a ttl where nothing ever
 * answered and twice as many were made, one will do.
 */
void	 lbgraph_build(struct lbgraph *, const struct paths *,
    const struct pathset *, unsigned first, unsigned attempts);
void	 lbgraph_free(struct lbgraph *);

/*
 * The flows at a node, or at both ends of a link, in ascending order: each
 * call gives the next; *i begins at 0.  Returns the flow, or -1 at the end.
 */
int	 lbgraph_nodeflow(const struct lbgraph *, const struct paths *,
    const struct pathset *, uint32_t node, uint32_t *i);
int	 lbgraph_linkflow(const struct lbgraph *, const struct paths *,
    const struct pathset *, const struct lblink *, uint32_t *i);

/*
 * Does the path go on after a node: is it not closed, and no loss?  And how
 * many successors does it have, loss not counted?
 */
bool	 lbgraph_open(const struct lbnode *);
unsigned lbgraph_next(const struct lbgraph *, const struct lbnode *);

/* Confidence in the whole: the product of its nodes' that had to be decided. */
double	 lbgraph_confidence(const struct lbgraph *);

#endif
