#include "mda.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coupon.h"
#include "mem.h"

/* One flow at one ttl: is there a cell, and how many attempts to add. */
struct mdaslot {
	bool		cell;
	uint8_t		want;
};

/* A flow that may be at a node: how likely, and what it takes to see. */
struct mdacand {
	uint32_t	flow;
	unsigned	cost;		/* probes */
	double		p;
};

/* One call of mda_next. */
struct plan {
	struct mda		*m;
	struct lbgraph		*g;
	const struct paths	*p;
	const struct pathset	*s;
	const struct pathask	*ask;
	struct wants		*w;
	unsigned		 nflows;	/* flow numbers there may be */
	unsigned		 limit;		/* no probe beyond this ttl */
	unsigned		 probed;	/* the last ttl that was probed */
	size_t			 stride;
};

/* A balancer per packet is to be drawn as one per flow this rarely. */
#define PERPACKET_EPS	0.0001

/*
 * The share of flows that a node gets is estimated from those seen, and this
 * many more for each node of its kind: what one flow in ten passes may well
 * be one of two, and asking for ten times the flows it lacks would be waste.
 * More of it saves probes and costs rounds.
 */
#define PRIOR	2.0

/* What sums of shares may lack of a whole number. */
#define ROUNDING 1e-6

static struct mdaslot *
slot(const struct plan *a, unsigned flow, unsigned ttl)
{
	return &a->m->slot[flow * a->stride + ttl];
}

static const struct pathtrace *
trace_of(const struct plan *a, unsigned flow)
{
	uint32_t i = a->m->trace[flow];

	return i == LB_NONE ? NULL : &a->p->trace[a->s->trace + i];
}

/* The node a flow is known to be at. */
static uint32_t
node_of(const struct plan *a, unsigned flow, unsigned ttl)
{
	uint32_t i = a->m->trace[flow];

	return i == LB_NONE || ttl > a->g->last ? LB_NONE :
	    a->g->of[i * a->g->stride + ttl];
}

static bool
ended_before(const struct plan *a, unsigned flow, unsigned ttl)
{
	const struct pathtrace *t = trace_of(a, flow);

	return t != NULL && t->why != PATH_OPEN && t->end < ttl;
}

static void
want(const struct plan *a, unsigned flow, unsigned ttl, unsigned n)
{
	struct mdaslot *s = slot(a, flow, ttl);

	if (s->want < n)
		s->want = (uint8_t)(n > UINT8_MAX ? UINT8_MAX : n);
}

/* Tables of flows, and the ttl beyond which there is a gap. */
static void
lay_out(struct plan *a)
{
	struct mda *m = a->m;
	const struct pathtrace *t = a->p->trace + a->s->trace;
	unsigned answered = a->ask->first - 1;
	size_t n;

	for (size_t v = 1; v < a->g->nnodes; v++)
		if (!a->g->node[v].star && a->g->node[v].ttl > answered)
			answered = a->g->node[v].ttl;
	a->limit = answered + a->ask->gap;
	if (a->limit > a->ask->last)
		a->limit = a->ask->last;
	a->nflows = t[a->s->n - 1].flow + 1u;
	if (a->nflows < a->ask->max_flow + 1)
		a->nflows = a->ask->max_flow + 1;
	a->stride = (a->limit > a->g->last ? a->limit : a->g->last) + 2u;
	n = a->nflows * a->stride;
	if (n > m->capslot)
		m->slot = mem_grow(m->slot, m->capslot = n, sizeof *m->slot);
	memset(m->slot, 0, n * sizeof *m->slot);
	if (a->nflows > m->captrace) {
		m->captrace = a->nflows;
		m->trace = mem_grow(m->trace, m->captrace, sizeof *m->trace);
		m->cand = mem_grow(m->cand, m->captrace, sizeof *m->cand);
	}
	memset(m->trace, 0xff, a->nflows * sizeof *m->trace);
	for (uint32_t i = 0; i < a->s->n; i++) {
		m->trace[t[i].flow] = i;
		for (uint32_t k = t[i].cell; k < t[i].cell + t[i].n; k++)
			if (a->p->cell[k].ttl < a->stride)
				slot(a, t[i].flow, a->p->cell[k].ttl)->cell =
				    true;
		if (a->p->cell[t[i].cell + t[i].n - 1].ttl > a->probed)
			a->probed = a->p->cell[t[i].cell + t[i].n - 1].ttl;
	}
}

/* Is there a silent node at a ttl, more than what loss would make? */
static bool
has_silent(const struct plan *a, unsigned t)
{
	const struct lbnode *n;

	if (t > a->g->last || a->g->at[t + 1] == a->g->at[t])
		return false;
	n = &a->g->node[a->g->at[t + 1] - 1];
	return n->star && !n->rare;
}

/*
 * What is silent and may be loss is asked again; if a node there is silent
 * anyway, with all attempts at once.
 */
static void
ask_again(const struct plan *a)
{
	const struct pathtrace *t = a->p->trace + a->s->trace;

	for (uint32_t i = 0; i < a->s->n; i++)
		for (uint32_t k = t[i].cell; k < t[i].cell + t[i].n; k++) {
			const struct pathcell *c = &a->p->cell[k];

			if (c->ttl >= a->ask->first && c->ttl <= t[i].end &&
			    c->ttl <= a->limit && c->answered == 0 &&
			    c->n < a->g->attempts[c->ttl] &&
			    c->next < UINT8_MAX)
				want(a, t[i].flow, c->ttl,
				    has_silent(a, c->ttl) ?
				    a->g->attempts[c->ttl] - c->n : 1);
		}
}

static bool
branches(const struct lbnode *n)
{
	return lbgraph_open(n) && !n->loose && !n->perpacket;
}

/* What each node may fail with. */
static double
share_failure(const struct plan *a)
{
	unsigned b = 0;

	if (!a->ask->per_trace)
		return 1 - a->ask->confidence;
	for (size_t v = 0; v < a->g->nnodes; v++)
		b += branches(&a->g->node[v]) && !a->g->node[v].tail;
	return coupon_share(a->ask->confidence, b);
}

/* Flows that a node has to be seen with at the next ttl. */
static unsigned
flows_needed(const struct plan *a, const struct lbnode *n)
{
	unsigned k = lbgraph_next(a->g, n);

	if (n->star && n->tail)
		return 1;
	return k >= COUPON_MAX ? 0 :
	    coupon_stop((k == 0 ? 1 : k) + 1, a->m->eps);
}

/* Flows seen at ttl t. */
static uint32_t
flows_at(const struct plan *a, unsigned t)
{
	uint32_t n = 0;

	for (uint32_t v = a->g->at[t]; v < a->g->at[t + 1]; v++)
		n += a->g->node[v].nflows;
	return n;
}

/* How likely is a flow, not seen at v's ttl, to be at v? */
static double
chance(const struct plan *a, unsigned flow, uint32_t v, double even)
{
	unsigned t = a->g->node[v].ttl;
	uint32_t u = node_of(a, flow, t - 1);
	const struct lbnode *n;

	if (u == LB_NONE || a->g->node[u].loose)
		return even;
	n = &a->g->node[u];
	for (uint32_t k = n->link; k < n->link + n->nlinks; k++)
		if (a->g->link[k].to == v && n->ntried > 0)
			return (a->g->link[k].nflows + PRIOR) /
			    (n->ntried + PRIOR * n->nlinks);
	return 0;
}

/* What costs nothing first, then by hits per probe. */
static int
cmp_cands(const void *x, const void *y)
{
	const struct mdacand *a = x, *b = y;
	double pa = a->p * b->cost, pb = b->p * a->cost;

	if ((a->cost == 0) != (b->cost == 0))
		return a->cost == 0 ? -1 : 1;
	if (pa != pb)
		return pa > pb ? -1 : 1;
	return (a->flow > b->flow) - (a->flow < b->flow);
}

/* The flows that may be at v, of those that nothing is known of enough. */
static size_t
candidates(const struct plan *a, uint32_t v, double need)
{
	unsigned t = a->g->node[v].ttl;
	double even = (a->g->node[v].nflows + PRIOR) / (flows_at(a, t) +
	    PRIOR * (a->g->at[t + 1] - a->g->at[t]));
	double enough = ceil(need / even);
	size_t n = 0;

	for (unsigned f = 0; f < a->nflows && enough > 0; f++) {
		struct mdacand c = { .flow = f };

		if (slot(a, f, t)->cell || ended_before(a, f, t))
			continue;
		if ((c.p = chance(a, f, v, even)) <= 0)
			continue;
		c.cost = (slot(a, f, t)->want == 0 ? 1u : 0u) +
		    (slot(a, f, t + 1)->cell || slot(a, f, t + 1)->want > 0 ?
		    0u : 1u);
		if (c.cost == 2 && trace_of(a, f) == NULL)
			enough--;
		a->m->cand[n++] = c;
	}
	qsort(a->m->cand, n, sizeof *a->m->cand, cmp_cands);
	return n;
}

/* Send new flows to v's ttl and the next, so that need of them should hit. */
static void
find_flows(const struct plan *a, uint32_t v, double need)
{
	unsigned t = a->g->node[v].ttl;
	size_t n, i;

	if (t < a->ask->first) {	/* all flows pass the source */
		for (unsigned f = 0; f < a->nflows && need > 0; f++)
			if (trace_of(a, f) == NULL &&
			    slot(a, f, t + 1)->want == 0) {
				want(a, f, t + 1, 1);
				need--;
			}
		a->w->capped |= need > 0;
		return;
	}
	n = candidates(a, v, need);
	for (i = 0; i < n && need > ROUNDING; i++) {
		unsigned f = a->m->cand[i].flow;

		if (slot(a, f, t)->want == 0)
			want(a, f, t, 1);
		if (!slot(a, f, t + 1)->cell)
			want(a, f, t + 1, 1);
		need -= a->m->cand[i].p;
	}
	a->w->capped |= need > ROUNDING;
}

/*
 * See enough flows of the nodes v .. end - 1, taken together, at the next
 * ttl: first those known, then others if fresh.
 */
static void
explore(const struct plan *a, uint32_t v, uint32_t end, unsigned enough,
    bool fresh)
{
	unsigned t = a->g->node[v].ttl, have = 0;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned f = 0; f < a->nflows && have < enough; f++) {
			uint32_t u = node_of(a, f, t);
			const struct mdaslot *s = slot(a, f, t + 1);
			bool seen = s->cell || s->want > 0;

			if (u < v || u >= end || ended_before(a, f, t + 1) ||
			    (end - v > 1 && !a->g->node[u].loose))
				continue;
			if (pass == 0 && seen)
				have++;
			else if (pass == 1 && !seen) {
				want(a, f, t + 1, 1);
				have++;
			}
		}
	if (fresh && have < enough)
		find_flows(a, v, enough - have);
}

/* Repeat one flow after a node that branches. */
static void
check_perpacket(const struct plan *a, uint32_t v)
{
	unsigned t = a->g->node[v].ttl, best = 0, flow = 0, n = 0;
	unsigned enough = coupon_stop(2, a->m->eps < PERPACKET_EPS ?
	    a->m->eps : PERPACKET_EPS);

	for (unsigned f = 0; f < a->nflows; f++) {
		const struct pathcell *c;

		if (node_of(a, f, t) != v || node_of(a, f, t + 1) == LB_NONE)
			continue;
		c = paths_cell(a->p, trace_of(a, f), t + 1);
		if (c->answered > best) {
			best = c->answered;
			flow = f;
			n = c->n;
		}
	}
	if (best > 0 && best < enough && n < 2 * enough)
		want(a, flow, t + 1, enough - best);
}

static void
explore_ttl(const struct plan *a, unsigned t)
{
	uint32_t from = a->g->at[t], end = a->g->at[t + 1];
	bool loose = false;

	for (uint32_t v = from; v < end; v++) {
		const struct lbnode *n = &a->g->node[v];

		loose |= n->loose;
		if (!branches(n))
			continue;
		explore(a, v, v + 1, flows_needed(a, n), !n->rare);
		if (lbgraph_next(a->g, n) > 1)
			check_perpacket(a, v);
	}
	if (loose)
		explore(a, from, end, coupon_stop(2, a->m->eps), false);
}

/* Flows that go beyond what was probed go on as far as they may at once. */
static void
run_ahead(const struct plan *a)
{
	for (unsigned f = 0; f < a->nflows && a->probed < a->limit; f++)
		for (unsigned t = a->probed + 2; t <= a->limit; t++)
			if (slot(a, f, a->probed + 1)->want > 0)
				want(a, f, t, 1);
}

void
mda_next(struct mda *m, const struct paths *p, const struct pathset *s,
    const struct pathask *ask, struct wants *w)
{
	struct plan a = { .m = m, .g = &m->graph, .p = p, .s = s, .ask = ask,
	    .w = w };

	lbgraph_build(&m->graph, p, s, ask->first, ask->queries);
	m->eps = share_failure(&a);
	lay_out(&a);
	ask_again(&a);
	for (unsigned t = ask->first - 1; t < a.limit && t <= a.g->last; t++)
		explore_ttl(&a, t);
	run_ahead(&a);
	for (unsigned f = 0; f < a.nflows; f++)
		for (unsigned t = ask->first; t <= a.limit; t++) {
			const struct pathcell *c;

			if (slot(&a, f, t)->want == 0)
				continue;
			c = trace_of(&a, f) == NULL ? NULL :
			    paths_cell(p, trace_of(&a, f), t);
			wants_add(w, t, f, c == NULL ? 0 : c->next,
			    slot(&a, f, t)->want);
		}
}

void
mda_free(struct mda *m)
{
	lbgraph_free(&m->graph);
	free(m->slot);
	free(m->cand);
	free(m->trace);
	*m = (struct mda){ 0 };
}
