#include "lbgraph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coupon.h"
#include "mem.h"

#define ROOM(array, n, cap) do {					\
	if ((n) == (cap)) {						\
		(cap) = (cap) == 0 ? 64 : (cap) * 2;			\
		(array) = mem_grow((array), (cap), sizeof *(array));	\
	}								\
} while (0)

/* A '*' is taken for rare when it would look so as seldom as this. */
#define RARE	0.01

static const struct pathtrace *
trace_of(const struct paths *p, const struct pathset *s, uint32_t i)
{
	return &p->trace[s->trace + i];
}

/* Does a cell belong to the graph? */
static bool
known(const struct lbgraph *g, const struct pathtrace *t,
    const struct pathcell *c)
{
	return c->ttl >= g->first && c->ttl <= t->end && (c->answered > 0 ||
	    c->n >= g->attempts[c->ttl] || c->next == UINT8_MAX);
}

/* A router that nothing makes answer need not be asked by every flow again. */
static void
count_attempts(struct lbgraph *g, const struct paths *p,
    const struct pathset *s, unsigned attempts)
{
	uint32_t silent[256] = { 0 }, answered[256] = { 0 };

	for (uint32_t i = 0; i < s->n; i++) {
		const struct pathtrace *t = trace_of(p, s, i);

		for (uint32_t k = t->cell; k < t->cell + t->n; k++) {
			const struct pathcell *c = &p->cell[k];

			if (c->ttl > t->end)
				break;
			answered[c->ttl] += c->answered;
			silent[c->ttl] += c->n;
		}
	}
	for (unsigned t = 0; t < 256; t++)
		g->attempts[t] = (uint8_t)(answered[t] == 0 &&
		    silent[t] >= 2 * attempts ? 1 : attempts);
}

/* By ttl, then address; what has none, the source and '*', last. */
static int
cmp_nodes(const void *x, const void *y)
{
	const struct lbnode *a = x, *b = y;

	if (a->ttl != b->ttl)
		return a->ttl < b->ttl ? -1 : 1;
	if ((a->addr.v == 0) != (b->addr.v == 0))
		return a->addr.v == 0 ? 1 : -1;
	return addr_cmp(&a->addr, &b->addr);
}

static void
add_node(struct lbgraph *g, unsigned ttl, const struct addr *a)
{
	ROOM(g->node, g->nnodes, g->capnodes);
	g->node[g->nnodes++] = (struct lbnode){ .ttl = (uint8_t)ttl,
	    .addr = *a, .star = a->v == 0 };
}

static uint32_t
find_node(const struct lbgraph *g, unsigned ttl, const struct addr *a)
{
	struct lbnode key = { .ttl = (uint8_t)ttl, .addr = *a }, *n;

	n = bsearch(&key, g->node, g->nnodes, sizeof key, cmp_nodes);
	return n == NULL ? LB_NONE : (uint32_t)(n - g->node);
}

/* Every address at every ttl, once. */
static void
collect_nodes(struct lbgraph *g, const struct paths *p,
    const struct pathset *s)
{
	static const struct addr none;
	size_t n = 0;

	g->nnodes = 0;
	add_node(g, g->first - 1u, &none);
	for (uint32_t i = 0; i < s->n; i++) {
		const struct pathtrace *t = trace_of(p, s, i);

		for (uint32_t k = t->cell; k < t->cell + t->n; k++) {
			const struct pathcell *c = &p->cell[k];

			if (!known(g, t, c))
				continue;
			if (!c->several) {
				add_node(g, c->ttl, &c->addr);
				continue;
			}
			for (uint32_t r = c->row; r < c->row + c->n; r++)
				if (p->row[r].answered)
					add_node(g, c->ttl, &p->row[r].from);
		}
	}
	qsort(g->node, g->nnodes, sizeof *g->node, cmp_nodes);
	for (size_t i = 0; i < g->nnodes; i++)
		if (n == 0 || cmp_nodes(&g->node[n - 1], &g->node[i]) != 0)
			g->node[n++] = g->node[i];
	g->nnodes = n;
	g->node[0].star = false;
	g->node[0].source = true;
	g->last = g->node[n - 1].ttl;
	for (unsigned t = 0, i = 0; t < sizeof g->at / sizeof g->at[0]; t++) {
		while (i < n && g->node[i].ttl < t)
			i++;
		g->at[t] = i;
	}
}

/* A flow ends in this cell, whose first answer is at this node. */
static void
end_flow(struct lbgraph *g, const struct paths *p, const struct pathtrace *t,
    const struct pathcell *c, struct lbnode *n)
{
	n->nended++;
	n->refused |= t->why == PATH_REFUSED;
	n->looped |= t->why == PATH_LOOP;
	for (uint32_t r = c->row; r < c->row + c->n; r++)
		if (p->row[r].reached)
			g->node[find_node(g, c->ttl, &p->row[r].from)].dst =
			    true;
}

/* Which node each flow is at, at each ttl. */
static void
place_flows(struct lbgraph *g, const struct paths *p, const struct pathset *s)
{
	g->stride = g->last + 2u;
	if (s->n * g->stride > g->capof) {
		g->capof = s->n * g->stride;
		g->of = mem_grow(g->of, g->capof, sizeof *g->of);
	}
	memset(g->of, 0xff, s->n * g->stride * sizeof *g->of);
	for (uint32_t i = 0; i < s->n; i++) {
		const struct pathtrace *t = trace_of(p, s, i);
		uint32_t *of = g->of + i * g->stride;

		of[g->first - 1] = 0;
		g->node[0].nflows++;
		for (uint32_t k = t->cell; k < t->cell + t->n; k++) {
			const struct pathcell *c = &p->cell[k];
			struct lbnode *n;

			if (!known(g, t, c))
				continue;
			of[c->ttl] = find_node(g, c->ttl, &c->addr);
			n = &g->node[of[c->ttl]];
			n->nflows++;
			if (t->why != PATH_OPEN && c->ttl == t->end)
				end_flow(g, p, t, c, n);
		}
	}
	for (size_t v = 0; v < g->nnodes; v++)
		g->node[v].ended = g->node[v].nended >= g->node[v].nflows &&
		    (g->node[v].dst || g->node[v].refused ||
		    g->node[v].looped);
}

static void
add_link(struct lbgraph *g, uint32_t from, uint32_t to, uint32_t nflows)
{
	ROOM(g->link, g->nlinks, g->caplinks);
	g->link[g->nlinks++] = (struct lblink){ .from = from, .to = to,
	    .nflows = nflows };
}

static int
cmp_links(const void *x, const void *y)
{
	const struct lblink *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

/*
 * A link for each flow and two ttls in a row, then equal ones made one; and
 * one from where a flow was to every address it got at the next ttl.
 */
static void
collect_links(struct lbgraph *g, const struct paths *p,
    const struct pathset *s)
{
	size_t n = 0;

	g->nlinks = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct pathtrace *t = trace_of(p, s, i);
		const uint32_t *of = g->of + i * g->stride;

		for (unsigned ttl = g->first; ttl <= g->last; ttl++)
			if (of[ttl] != LB_NONE && of[ttl - 1] != LB_NONE) {
				add_link(g, of[ttl - 1], of[ttl], 1);
				g->node[of[ttl - 1]].ntried++;
			}
		for (uint32_t k = t->cell; k < t->cell + t->n; k++) {
			const struct pathcell *c = &p->cell[k];
			struct lbnode *from;

			if (!known(g, t, c) || of[c->ttl - 1] == LB_NONE)
				continue;
			from = &g->node[of[c->ttl - 1]];
			if (c->answered > from->repeats)
				from->repeats = c->answered;
			if (!c->several)
				continue;
			for (uint32_t r = c->row; r < c->row + c->n; r++)
				if (p->row[r].answered)
					add_link(g, of[c->ttl - 1],
					    find_node(g, c->ttl,
					    &p->row[r].from), 0);
		}
	}
	qsort(g->link, g->nlinks, sizeof *g->link, cmp_links);
	for (size_t i = 0; i < g->nlinks; i++)
		if (n > 0 && cmp_links(&g->link[n - 1], &g->link[i]) == 0)
			g->link[n - 1].nflows += g->link[i].nflows;
		else
			g->link[n++] = g->link[i];
	g->nlinks = n;
	for (size_t i = n; i-- > 0;) {
		g->node[g->link[i].from].link = (uint32_t)i;
		g->node[g->link[i].from].nlinks++;
		g->node[g->link[i].to].nback++;
	}
}

/* The last ttl at which a flow got an answer that is no refusal. */
static unsigned
last_useful(const struct paths *p, const struct pathtrace *t)
{
	unsigned last = 0;

	for (uint32_t k = t->cell; k < t->cell + t->n; k++)
		if (p->cell[k].answered > 0 && !p->cell[k].refused)
			last = p->cell[k].ttl;
	return last;
}

/*
 * A router may refuse the target at ttls beyond its own, and limit how often
 * it says so: what is silent then is not worth following.  Mark the routers
 * that refuse, and '*' at ttls where some flow was refused already, unless a
 * flow got further from there.
 */
static void
mark_refusing(struct lbgraph *g, const struct paths *p,
    const struct pathset *s)
{
	unsigned first = 256;

	for (uint32_t v = 0; v < g->nnodes; v++) {
		if (g->node[v].refused && g->node[v].ttl < first)
			first = g->node[v].ttl;
		g->node[v].closed = g->node[v].ended || (g->node[v].star &&
		    g->node[v].ttl >= first);
	}
	for (uint32_t i = 0; i < s->n; i++) {
		const struct pathtrace *t = trace_of(p, s, i);
		const struct pathcell *c = paths_cell(p, t, t->end);
		const uint32_t *of = g->of + i * g->stride;

		for (unsigned ttl = g->first; t->why == PATH_REFUSED &&
		    ttl < t->end; ttl++)
			if (of[ttl] != LB_NONE && addr_cmp(&c->addr,
			    &g->node[of[ttl]].addr) == 0)
				g->node[of[ttl]].closed = true;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		const uint32_t *of = g->of + i * g->stride;
		unsigned last = last_useful(p, trace_of(p, s, i));

		for (unsigned ttl = g->first; ttl < last && ttl <= g->last;
		    ttl++)
			if (of[ttl] != LB_NONE && !g->node[of[ttl]].ended)
				g->node[of[ttl]].closed = false;
	}
}

/* Which nodes need no next ones: '*' after such are such, too. */
static void
find_closed(struct lbgraph *g, const struct paths *p, const struct pathset *s)
{
	mark_refusing(g, p, s);
	for (uint32_t v = 0; v < g->nnodes; v++) {
		bool before = g->node[v].star && g->node[v].nback > 0;

		for (size_t k = 0; k < g->nlinks && before; k++)
			if (g->link[k].to == v)
				before = g->node[g->link[k].from].closed;
		g->node[v].closed |= before;
	}
}

/* Nodes at ttl t that come after loose (or per-packet) ones: how many answer? */
static unsigned
mark_after(struct lbgraph *g, unsigned t, bool perpacket, bool mark)
{
	unsigned n = 0;

	for (uint32_t v = g->at[t]; v < g->at[t + 1]; v++) {
		bool after = false;

		for (uint32_t u = g->at[t - 1]; u < g->at[t] && !after; u++) {
			const struct lbnode *x = &g->node[u];

			if (!(perpacket ? x->perpacket : x->loose))
				continue;
			for (uint32_t k = x->link; k < x->link + x->nlinks; k++)
				after |= g->link[k].to == v;
		}
		n += after && !g->node[v].star;
		g->node[v].loose |= after && mark;
	}
	return n;
}

/* Flows that got several addresses at ttl t: the balancer, and the rest. */
static void
mark_several(struct lbgraph *g, const struct paths *p, const struct pathset *s,
    unsigned ttl)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const uint32_t *of = g->of + i * g->stride;
		const struct pathcell *c;

		if (of[ttl] == LB_NONE)
			continue;
		c = paths_cell(p, trace_of(p, s, i), ttl);
		if (!c->several)
			continue;
		if (of[ttl - 1] != LB_NONE && !g->node[of[ttl - 1]].loose)
			g->node[of[ttl - 1]].perpacket = true;
		for (uint32_t r = c->row; r < c->row + c->n; r++)
			if (p->row[r].answered)
				g->node[find_node(g, ttl, &p->row[r].from)]
				    .loose = true;
	}
}

/* Find what balances per packet, and how far that reaches. */
static void
find_perpacket(struct lbgraph *g, const struct paths *p,
    const struct pathset *s)
{
	for (unsigned t = g->first; t <= g->last; t++) {
		if (mark_after(g, t, false, false) > 1)
			mark_after(g, t, false, true);
		mark_several(g, p, s, t);
		mark_after(g, t, true, true);
	}
	for (size_t i = 0; i < g->nlinks; i++)
		g->link[i].loose = g->node[g->link[i].from].loose &&
		    g->node[g->link[i].to].loose;
}

static bool
has_link(const struct lbgraph *g, uint32_t from, uint32_t to)
{
	struct lblink key = { .from = from, .to = to };

	return bsearch(&key, g->link, g->nlinks, sizeof key, cmp_links) != NULL;
}

/* Does a node that answers, beside v, join u and w?  Either may be LB_NONE. */
static bool
other_way(const struct lbgraph *g, uint32_t v, uint32_t u, uint32_t w)
{
	unsigned t = g->node[v].ttl;

	if (u == LB_NONE && w == LB_NONE)
		return false;
	for (uint32_t x = g->at[t]; x < g->at[t + 1]; x++)
		if (!g->node[x].star && (u == LB_NONE || has_link(g, u, x)) &&
		    (w == LB_NONE || has_link(g, x, w)))
			return true;
	return false;
}

/* P(at most k of n, each with probability p). */
static double
at_most(uint32_t k, uint32_t n, double p)
{
	double one = pow(1 - p, n), sum = 0;

	for (uint32_t i = 0; i <= k && i <= n; i++) {
		sum += one;
		one *= (double)(n - i) / (i + 1) * p / (1 - p);
	}
	return sum;
}

/*
 * Is a '*' surely rarer than half of what an even share of the flows would
 * be?
 */
static bool
is_rare(const struct lbgraph *g, const struct lbnode *n)
{
	uint32_t from = g->at[n->ttl], to = g->at[n->ttl + 1], flows = 0;

	for (uint32_t x = from; x < to; x++)
		flows += g->node[x].nflows;
	return at_most(n->nflows, flows, 0.5 / (to - from)) < RARE;
}

/* Do others join all that a '*' joins? */
static bool
is_explained(const struct lbgraph *g, const struct pathset *s, uint32_t v)
{
	unsigned t = g->node[v].ttl;

	for (uint32_t i = 0; i < s->n; i++) {
		const uint32_t *of = g->of + i * g->stride;
		uint32_t w = t < g->last ? of[t + 1] : LB_NONE;

		if (of[t] == v && !other_way(g, v, of[t - 1], w))
			return false;
	}
	return true;
}

static void
judge_stars(struct lbgraph *g, const struct pathset *s)
{
	for (size_t v = g->nnodes; v-- > 1;) {
		struct lbnode *n = &g->node[v];

		if (!n->star)
			continue;
		n->tail = true;
		for (uint32_t k = n->link; k < n->link + n->nlinks; k++)
			n->tail &= g->node[g->link[k].to].tail;
		n->rare = is_rare(g, n);
		n->lost = n->rare && is_explained(g, s, (uint32_t)v);
	}
}

/* Successors that count, for stopping: what was lost is none. */
unsigned
lbgraph_next(const struct lbgraph *g, const struct lbnode *n)
{
	unsigned k = 0;

	for (uint32_t i = n->link; i < n->link + n->nlinks; i++)
		k += !g->node[g->link[i].to].lost;
	return k;
}

bool
lbgraph_open(const struct lbnode *n)
{
	return !n->closed && !n->lost;
}

static void
judge_nodes(struct lbgraph *g)
{
	for (size_t v = 0; v < g->nnodes; v++) {
		struct lbnode *n = &g->node[v];
		unsigned k = lbgraph_next(g, n) + 1;

		if (!lbgraph_open(n) || n->loose || n->perpacket ||
		    n->ntried == 0 || k > COUPON_MAX)
			continue;
		n->confidence = 1 - coupon_miss(k, n->ntried);
	}
}

void
lbgraph_build(struct lbgraph *g, const struct paths *p,
    const struct pathset *s, unsigned first, unsigned attempts)
{
	g->first = (uint8_t)first;
	count_attempts(g, p, s, attempts);
	collect_nodes(g, p, s);
	place_flows(g, p, s);
	collect_links(g, p, s);
	find_closed(g, p, s);
	find_perpacket(g, p, s);
	judge_stars(g, s);
	judge_nodes(g);
}

void
lbgraph_free(struct lbgraph *g)
{
	free(g->node);
	free(g->link);
	free(g->of);
	*g = (struct lbgraph){ 0 };
}

int
lbgraph_nodeflow(const struct lbgraph *g, const struct paths *p,
    const struct pathset *s, uint32_t node, uint32_t *i)
{
	unsigned t = g->node[node].ttl;

	while (*i < s->n) {
		uint32_t k = (*i)++;

		if (g->of[k * g->stride + t] == node)
			return trace_of(p, s, k)->flow;
	}
	return -1;
}

int
lbgraph_linkflow(const struct lbgraph *g, const struct paths *p,
    const struct pathset *s, const struct lblink *l, uint32_t *i)
{
	unsigned t = g->node[l->from].ttl;

	while (*i < s->n) {
		uint32_t k = (*i)++;
		const uint32_t *of = g->of + k * g->stride;

		if (of[t] == l->from && of[t + 1] == l->to)
			return trace_of(p, s, k)->flow;
	}
	return -1;
}

double
lbgraph_confidence(const struct lbgraph *g)
{
	double c = 1;

	for (size_t v = 0; v < g->nnodes; v++) {
		const struct lbnode *n = &g->node[v];

		if (lbgraph_open(n) && !n->loose && !n->perpacket && !n->tail)
			c *= n->confidence;
	}
	return c;
}
