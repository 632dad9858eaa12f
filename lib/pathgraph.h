#ifndef PATHGRAPH_H
#define PATHGRAPH_H

#include <stdbool.h>

#include "intern.h"
#include "paths.h"
#include "show.h"

/*
 * The graph of many paths: senders, routers, targets, and who answered after
 * whom.  Memory is that of its nodes and links, whatever the number of paths.
 */
struct graphnode {
	struct addr	addr;		/* v 0: a sender */
	char		*name;		/* of a sender */
	char		*sites;		/* that got its answers and were not the
					   sender, comma-separated; or NULL */
	bool		target;
	bool		reached;	/* by some path */
	bool		leads;		/* a path goes on from here */
	uint8_t		ttl;		/* smallest it was seen at; senders 0 */
	uint64_t	npaths;
};

struct graphlink {
	uint32_t	from, to;
	uint8_t		silent;		/* hops between that did not answer */
	bool		possible;	/* only: one end is one of several
					   addresses of its hop */
	bool		unreached;	/* to the target: that is where it ends */
	uint32_t	tx;		/* number of the sender, GRAPH_MANY */
	uint64_t	npaths;
};

#define GRAPH_MANY	UINT32_MAX

struct pathgraph {
	struct intern	 nodes, links, rx, tx;	/* their keys */
	struct graphnode *node;
	struct graphlink *link;
};

/* Add all traces to a target. */
void	 pathgraph_add(struct pathgraph *, const struct paths *);
void	 pathgraph_free(struct pathgraph *);

/* Append it to v->out: for dot(1), or as a picture. */
void	 show_dot(struct show *, const struct pathgraph *);
void	 show_svg(struct show *, const struct pathgraph *);

/* What both have in common: colours of senders, of links, words for them. */
const char *show_colour(const struct pathgraph *, uint32_t tx);
/* The name of a node, its address where it has another, its sites: lines. */
void	 show_label(const struct show *, const struct graphnode *, struct str *);

#endif
