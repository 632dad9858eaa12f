#ifndef TOPO_H
#define TOPO_H

#include <stdlib.h>

#include "paths.h"
#include "permute.h"
#include "wants.h"

/*
 * A simulated network of load balancers.  Its text names each node's next
 * ones, "0:1 1:2,3 2:4 3:4"; node 0 is the source, the highest the
 * destination.  A node balances per flow by its own seeded hash; with "1!2,3"
 * node 1 does so per packet, and "1:2,3*" makes 3 silent.
 */
enum { NODES = 64, DEGREE = 16 };

#define NET_BASE	0xc6336400u	/* node n has 198.51.100.n */

struct net {
	unsigned	 n;		/* nodes */
	unsigned	 k[NODES], next[NODES][DEGREE];
	bool		 perpacket[NODES], silent[NODES];
	unsigned	 loss;		/* of answers, percent */
	uint64_t	 seed, packets;
};

static inline void
net_parse(struct net *net, const char *s)
{
	char *end;

	*net = (struct net){ 0 };
	while (*s != '\0') {
		unsigned v = (unsigned)strtoul(s, &end, 10);

		net->perpacket[v] = *end == '!';
		do {
			unsigned w = (unsigned)strtoul(end + 1, &end, 10);

			net->next[v][net->k[v]++] = w;
			if (w >= net->n)
				net->n = w + 1;
			if (*end == '*') {
				net->silent[w] = true;
				end++;
			}
		} while (*end == ',');
		s = end + (*end == ' ');
	}
}

static inline struct addr
net_addr(unsigned node)
{
	return addr_from_u32(NET_BASE + node);
}

/* Which node a packet reaches. */
static inline unsigned
net_walk(struct net *net, unsigned flow, unsigned ttl)
{
	unsigned v = 0;

	net->packets++;
	for (; ttl > 0 && v + 1 < net->n; ttl--)
		v = net->next[v][permute_below(net->seed * NODES + v,
		    net->perpacket[v] ? net->packets << 16 : flow, net->k[v])];
	return v;
}

/* What it answers: a row. */
static inline struct pathrow
net_answer(struct net *net, const struct want *w)
{
	unsigned v = net_walk(net, w->flow, w->ttl);
	struct pathrow r = paths_norow;

	r.ttl = w->ttl;
	r.flow = w->flow;
	r.attempt = w->attempt;
	r.answered = !net->silent[v] && permute_below(net->seed + 7777,
	    net->packets, 100) >= net->loss;
	if (r.answered) {
		r.from = net_addr(v);
		r.reached = v + 1 == net->n;
	}
	return r;
}

#endif
