/* path - the routers between a site and a target */

#include "path.h"

#include <string.h>

const struct habitinfo habits[H_MAX] = {
	[H_DIAMOND] =	{ "diamond", 0.3, "of segments, balanced ones" },
	[H_PACKET] =	{ "packet", 0.05, "of balancers, those by packet" },
	[H_SILENT] =	{ "silent", 0.05, "of routers, those that say nothing" },
	[H_LIMITED] =	{ "limited", 0.01, "of routers, those that say little" },
	[H_MPLS] =	{ "mpls", 0.1, "of routers, those that tell a label" },
	[H_QUOTE8] =	{ "quote8", 0.3, "of routers (IPv4), these quote 8 bytes" },
	[H_QUOTE28] =	{ "quote28", 0.1, "or 28 bytes, of the transport" },
	[H_QUOTE128] =	{ "quote128", 0.1, "or 128 bytes with the IP header" },
	[H_TTL0] =	{ "ttl0", 0.05, "of routers, those that quote TTL 0" },
};

/* What random numbers are for; apart from those of world.c. */
enum salt { S_SHAPE = 64, S_GROUP, S_ROUTER, S_FLOW, S_PACKET };

enum { LIMIT = 5, SHARED = 4, LEAST = 6 };

/* One more layer, whose nodes are linked to all of it so far. */
static struct layer *
add(struct path *p, unsigned width)
{
	struct layer *l = &p->layer[p->n++];

	memset(l, 0, sizeof *l);
	l->width = width;
	return l;
}

/* Every node of a layer leads to n nodes of the next. */
static void
lead(struct layer *l, unsigned n)
{
	for (unsigned i = 0; i < l->width; i++) {
		l->next[i].first = 0;
		l->next[i].n = (uint8_t)n;
	}
}

/* 2 wide, then 1 and 7 of the next. */
static void
add_asymmetric(struct path *p)
{
	struct layer *l = add(p, 2);

	l->next[0].n = 1;
	l->next[1].first = 1;
	l->next[1].n = 7;
	lead(add(p, 8), 1);
}

/* One branch balances again. */
static void
add_nested(struct path *p)
{
	struct layer *l = add(p, 2);

	l->next[0].n = 2;
	l->next[1].first = 2;
	l->next[1].n = 1;
	l = add(p, 3);
	lead(l, 1);
	l->next[2].first = 1;
	lead(add(p, 2), 1);
}

static void
add_mesh(struct path *p)
{
	lead(add(p, 2), 2);
	lead(add(p, 2), 1);
}

/* What lies between a balancer, the layer so far, and one router again. */
static void
add_balanced(struct path *p, struct rnd *r, double by_packet)
{
	static const uint8_t wide[] = { 2, 2, 2, 3, 4, 8, 16 };
	struct layer *last = &p->layer[p->n - 1];
	unsigned shape = rnd_below(r, 10), at = p->n;

	last->packet = rnd_unit(r) < by_packet;
	if (shape == 7)
		add_asymmetric(p);
	else if (shape == 8)
		add_nested(p);
	else if (shape == 9)
		add_mesh(p);
	else
		lead(add(p, wide[shape]), 1);
	lead(last, p->layer[at].width);
}

void
path_make(struct path *p, uint64_t seed, const double rate[H_MAX],
    unsigned site, const uint8_t *dst, size_t alen)
{
	struct rnd r = rnd_seed(seed, S_SHAPE + ((uint64_t)site << 16), dst, alen);
	unsigned want = LEAST + rnd_below(&r, HOPS_MAX - 4 - LEAST);
	bool one = true;		/* the last layer is one router */

	p->seed = seed;
	p->site = site;
	p->dst = dst;
	p->alen = alen;
	p->n = 0;
	while (p->n < want) {
		if (one && p->n >= SHARED && rnd_unit(&r) < rate[H_DIAMOND]) {
			add_balanced(p, &r, rate[H_PACKET]);
			one = false;
		} else {
			lead(add(p, 1), 1);
			one = true;
		}
	}
}

/* What balancers look at: addresses, protocol, flow label, and ports or
 * the ICMP header without the sequence number. */
static struct rnd
flow_hash(const struct path *p, const struct seen *s)
{
	uint8_t in[48] = { s->proto };
	size_t n = 1, l4 = s->proto == PROTO_ICMP || s->proto == PROTO_ICMP6 ?
	    6 : 4;

	if (s->alen == 16) {
		memcpy(in + n, s->ip + 1, 3);
		in[n] &= 15;
		n += 3;
	}
	memcpy(in + n, s->src, s->alen);
	memcpy(in + n + s->alen, s->dst, s->alen);
	n += 2 * s->alen;
	memcpy(in + n, s->ip + s->l4, l4);
	return rnd_seed(p->seed, S_FLOW, in, n + l4);
}

unsigned
path_walk(const struct path *p, const struct seen *s, uint64_t nth,
    unsigned layer)
{
	struct rnd f = flow_hash(p, s);
	unsigned at = 0;

	for (unsigned t = 0; t < layer; t++) {
		const struct layer *l = &p->layer[t];
		struct rnd r = { f.s + (t << 8) + at };

		if (l->packet)
			r.s ^= rnd_mix(nth + S_PACKET);
		at = l->next[at].first + rnd_below(&r, l->next[at].n);
	}
	return at;
}

/*
 * 100.64.0.0/10 or fd64::/16: never a target.  Within a path all differ;
 * routers near a site are shared, those of targets hardly ever.
 */
static void
address(const struct path *p, unsigned layer, unsigned node, uint8_t out[16])
{
	struct rnd r = rnd_seed(p->seed, S_GROUP, p->dst, p->alen);
	uint32_t group = (uint32_t)rnd_next(&r);
	unsigned index = node;

	for (unsigned t = 0; t < layer; t++)
		index += p->layer[t].width;
	memset(out, 0, 16);
	if (layer == 0)
		index = p->site;
	else if (layer < SHARED)
		index = group & ((4U << 2 * (layer - 1)) - 1);
	if (p->alen == 4 && layer < SHARED)
		put32(out, 0x64400000 | layer << 8 | index);
	else if (p->alen == 4)
		put32(out, 0x64600000 | (group & 0x1fff) << 8 | index);
	else {
		put16(out, 0xfd64);
		put16(out + 2, layer < SHARED ? layer : SHARED);
		if (layer >= SHARED)
			put32(out + 4, group);
		put16(out + 14, index + 1);
	}
}

void
path_router(const struct path *p, const double rate[H_MAX], unsigned layer,
    unsigned node, struct router *to)
{
	struct rnd r;
	double u;

	memset(to, 0, sizeof *to);
	address(p, layer, node, to->addr);
	r = rnd_seed(p->seed, S_ROUTER, to->addr, p->alen);
	to->where = rnd_unit(&r);
	to->silent = rnd_unit(&r) < rate[H_SILENT];
	to->limit = rnd_unit(&r) < rate[H_LIMITED] && layer >= SHARED ? LIMIT : 0;
	to->mpls = rnd_unit(&r) < rate[H_MPLS];
	to->qttl = rnd_unit(&r) >= rate[H_TTL0];
	u = rnd_unit(&r);
	if (p->alen == 16 || to->mpls)
		return;			/* as much as fits, or 128 */
	if (u < rate[H_QUOTE8])
		to->quote = 8;
	else if ((u -= rate[H_QUOTE8]) < rate[H_QUOTE28])
		to->quote = 28;
	else if (u - rate[H_QUOTE28] < rate[H_QUOTE128])
		to->quote = 128;
}
