/*
 * The nodes and links of all flows to a target: a trunk of nodes that all
 * flows pass, and between them trees of what load balancers spread them over.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "rec.h"
#include "show.h"

struct tree {
	struct show		*v;
	const struct paths	*p;
	const struct pathset	*set;
	const struct lbgraph	*g;
	bool			*drawn;		/* nodes that have a line */
	unsigned		 end;		/* of this tree: the ttl where all
						   flows meet again */
	struct str		 margin;	/* of the lines to come */
};

/* In percent, downwards to a tenth: nothing is quite sure. */
static double
percent(double confidence)
{
	return floor(confidence * 1000) / 10;
}

static unsigned
width(const struct lbgraph *g, unsigned ttl)
{
	return g->at[ttl + 1] - g->at[ttl];
}

/* "0-3 7 9-12 ...": the flows seen at a node. */
static void
show_flows(struct tree *t, uint32_t node)
{
	uint32_t i = 0;
	int flow = lbgraph_nodeflow(t->g, t->p, t->set, node, &i), from, to;

	for (int ranges = 0; flow != -1; ranges++) {
		if (ranges == 4) {
			str_add(&t->v->out, " ...");
			return;
		}
		for (from = to = flow; flow == to; to++)
			flow = lbgraph_nodeflow(t->g, t->p, t->set, node, &i);
		str_add(&t->v->out, to - 1 > from ? " %d-%d" : " %d", from,
		    to - 1);
	}
}

/* The sites that answers of a node came in at, if not only at the sender's. */
static void
show_sites(struct tree *t, uint32_t node)
{
	const struct pathrow *seen[8];
	unsigned ttl = t->g->node[node].ttl;
	size_t n = 0;
	bool away = t->v->sites;

	for (uint32_t i = 0; i < t->set->n && n < 8; i++) {
		const struct pathcell *c;

		if (t->g->of[i * t->g->stride + ttl] != node || (c = paths_cell(t->p,
		    &t->p->trace[t->set->trace + i], ttl)) == NULL)
			continue;
		for (uint32_t k = 0; k < c->n && n < 8; k++) {
			const struct pathrow *r = &t->p->row[c->row + k];
			size_t j = 0;

			if (!show_answer(t->p, r))
				continue;
			while (j < n && seen[j]->rx != r->rx)
				j++;
			if (j == n)
				seen[n++] = r;
			away = away || show_elsewhere(r);
		}
	}
	for (size_t j = 0; away && j < n; j++) {
		str_add(&t->v->out, " ");
		show_site(t->v, t->p, seen[j]);
	}
}

static void
show_facts(struct tree *t, const struct lbnode *n, const struct lblink *by)
{
	struct str *out = &t->v->out;

	if (n->nflows == 1)
		str_add(out, "  [flow");
	else
		str_add(out, "  [%u flows:", n->nflows);
	show_flows(t, (uint32_t)(n - t->g->node));
	if (by != NULL && n->nback > 1 && !n->loose)
		str_add(out, "; %u this way", by->nflows);
	if (n->nlinks > 1 && !n->perpacket && !n->loose)
		str_add(out, "; %u next", n->nlinks);
	if (n->ntried > 0 && !n->perpacket && !n->loose && !n->dst)
		str_add(out, "; %.1f%% sure", percent(n->confidence));
	str_add(out, "]");
	if (n->perpacket)
		str_add(out, " per-packet balancer");
	if (n->refused)
		str_add(out, " refused");
	if (n->looped)
		str_add(out, " loop");
	if (n->lost)
		str_add(out, " lost");
	if (n->dst)
		str_add(out, " reached");
}

static void
show_node(struct tree *t, uint32_t node, const struct lblink *by,
    bool trunk)
{
	const struct lbnode *n = &t->g->node[node];

	str_add(&t->v->out, trunk ? "%2u  " : "%u ", n->ttl);
	if (n->star)
		str_add(&t->v->out, "*");
	else
		show_addr(t->v, &n->addr);
	show_sites(t, node);
	if (t->drawn[node])
		str_add(&t->v->out, "  [see above; %u this way]",
		    by == NULL ? n->nflows : by->nflows);
	else
		show_facts(t, n, by);
	str_add(&t->v->out, "\n");
	t->drawn[node] = true;
}

static void
put(struct tree *t, const struct str *s)
{
	str_put(&t->v->out, s->n == 0 ? "" : s->s, s->n);
}

/* The mark before a node: a branch, the last one, or one of a crowd. */
static const char *
mark(const struct tree *t, bool loose, bool last)
{
	if (loose)
		return "~  ";
	if (t->v->ascii)
		return last ? "`- " : "|- ";
	return last ? "\xe2\x94\x94\xe2\x94\x80 " :
	    "\xe2\x94\x9c\xe2\x94\x80 ";
}

/*
 * A node and what follows it up to the end of the tree.  Depth: at most one
 * level per ttl.
 */
static void
show_branch(struct tree *t, uint32_t node, const struct lblink *by, bool last)
{
	const struct lbnode *n = &t->g->node[node];
	size_t had = t->margin.n;

	put(t, &t->margin);
	str_add(&t->v->out, "%s", mark(t, n->loose, last));
	if (t->drawn[node]) {
		show_node(t, node, by, false);
		return;
	}
	show_node(t, node, by, false);
	if (n->loose)
		return;			/* what follows is listed, not drawn */
	str_add(&t->margin, "%s", last ? "   " : t->v->ascii ?
	    "|  " : "\xe2\x94\x82  ");
	while (n->ttl + 1u < t->end && n->nlinks == 1 && !n->perpacket) {
		const struct lblink *k = &t->g->link[n->link];
		bool again = t->drawn[k->to];

		put(t, &t->margin);
		show_node(t, k->to, k, false);
		if (again)
			break;
		n = &t->g->node[k->to];
	}
	for (uint32_t i = 0; n->nlinks > 1 && n->ttl + 1u < t->end &&
	    i < n->nlinks; i++) {
		const struct lblink *k = &t->g->link[n->link + i];

		if (!n->perpacket || !t->drawn[k->to])
			show_branch(t, k->to, k, i + 1 == n->nlinks);
	}
	t->margin.n = had;
	if (t->margin.s != NULL)
		t->margin.s[had] = '\0';
}

/* Each ttl that all flows pass at one node is a line; a tree between. */
static void
show_trunk(struct tree *t)
{
	const struct lbgraph *g = t->g;
	unsigned ttl = g->first;

	while (ttl <= g->last) {
		if (width(g, ttl) == 1)
			show_node(t, g->at[ttl], NULL, true);
		if (width(g, ttl) <= 1) {
			ttl++;
			continue;
		}
		for (t->end = ttl; t->end <= g->last &&
		    width(g, t->end) != 1;)
			t->end++;
		str_clear(&t->margin);
		str_add(&t->margin, "   ");
		for (unsigned at = ttl; at < t->end; at++)
			for (uint32_t i = g->at[at]; i < g->at[at + 1]; i++)
				if (!t->drawn[i])
					show_branch(t, i, NULL,
					    i + 1 == g->at[at + 1]);
		ttl = t->end;
	}
}

static void
show_set(struct show *v, const struct paths *p, const struct pathset *set)
{
	struct tree t = { .v = v, .p = p, .set = set, .g = &v->lb };
	unsigned first = 255, nodes = 0, balancers = 0;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct pathtrace *tr = &p->trace[set->trace + i];

		if (tr->n > 0 && p->cell[tr->cell].ttl < first)
			first = p->cell[tr->cell].ttl;
	}
	lbgraph_build(&v->lb, p, set, first, 1);
	for (size_t i = 0; i < v->lb.nnodes; i++) {
		nodes += !v->lb.node[i].source && !v->lb.node[i].star;
		balancers += v->lb.node[i].perpacket;
	}
	str_add(&v->out, "%stracelb ", v->ntargets++ > 0 ? "\n" : "");
	show_to(v, p, set);
	str_add(&v->out, ", %u flow%s: %u node%s, %.1f%% sure of all", set->n,
	    set->n == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s",
	    percent(lbgraph_confidence(&v->lb)));
	if (v->confidence != NULL)
		str_add(&v->out, ", %s%% asked for %s", v->confidence,
		    v->per_trace ? "all" : "each");
	str_add(&v->out, "\n");
	t.drawn = mem_array(v->lb.nnodes + 1, sizeof *t.drawn);
	show_trunk(&t);
	if (balancers > 0)
		str_add(&v->out, "   ~ follows a per-packet balancer: "
		    "which of these are linked is not known\n");
	free(t.drawn);
	str_free(&t.margin);
}

void
show_lb(struct show *v, const struct paths *p)
{
	for (size_t i = 0; i < p->nsets; i++)
		show_set(v, p, &p->set[i]);
}
