/*
 * mda: over seeded simulated topologies, how often rounds find every node
 * and link, and with how many probes, next to the sequential algorithm.
 */

#include <stdlib.h>
#include <string.h>

#include "coupon.h"
#include "mda.h"
#include "mem.h"
#include "permute.h"
#include "tap.h"
#include "topo.h"

enum { TRIALS = 200, ROUNDS = 40, QUERIES = 3 };

struct topo {
	const char	*name;
	const char	*text;		/* topo.h */
	bool		 perpacket;
	unsigned	 loss;		/* of answers, percent */
};

static const struct topo topos[] = {
	{ .name = "a plain path", .text = "0:1 1:2 2:3 3:4 4:5" },
	{ .name = "2 wide", .text = "0:1 1:2,3 2:4 3:4 4:5" },
	{ .name = "4 wide", .text = "0:1 1:2,3,4,5 2:6 3:6 4:6 5:6 6:7" },
	{ .name = "16 wide", .text = "0:1 "
	    "1:2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 2:18 3:18 4:18 5:18 "
	    "6:18 7:18 8:18 9:18 10:18 11:18 12:18 13:18 14:18 15:18 16:18 "
	    "17:18 18:19" },
	{ .name = "2->(1,7)", .text = "0:1 1:2,3 2:4 3:5,6,7,8,9,10,11 4:12 "
	    "5:12 6:12 7:12 8:12 9:12 10:12 11:12 12:13" },
	{ .name = "nested", .text = "0:1 1:2,3 2:4,5 3:6,7 4:8 5:8 6:9 7:9 "
	    "8:10 9:10 10:11" },
	{ .name = "two in a row", .text = "0:1 1:2,3 2:4 3:4 4:5,6,7 5:8 6:8 "
	    "7:8 8:9" },
	{ .name = "meshed", .text = "0:1 1:2,3,4 2:5,6 3:6,7 4:7,5 5:8 6:8 "
	    "7:8 8:9" },
	{ .name = "unequal lengths", .text = "0:1 1:2,3 2:4 3:5 4:6 5:4 6:7" },
	{ .name = "4 wide, 5% loss", .text = "0:1 1:2,3,4,5 2:6 3:6 4:6 5:6 "
	    "6:7", .loss = 5 },
	{ .name = "a silent branch", .text = "0:1 1:2,3* 2:4 3:4 4:5" },
	{ .name = "per packet, 2", .text = "0:1 1!2,3 2:4 3:4 4:5",
	    .perpacket = true },
	{ .name = "per packet, 4", .text = "0:1 1!2,3,4,5 2:6 3:6 4:6 5:6 6:7",
	    .perpacket = true },
	{ .name = "per packet, long", .text = "0:1 1!2,3 2:4 3:5 4:6 5:6 6:7,8 "
	    "7:9 8:9 9:10", .perpacket = true },
};

/* The links there are: truth[ttl][from][to]. */
static unsigned
links(const struct net *net, bool truth[NODES][NODES][NODES])
{
	bool at[NODES][NODES] = { { true } };
	unsigned n = 0;

	memset(truth, 0, sizeof(bool) * NODES * NODES * NODES);
	for (unsigned t = 0; t < 20; t++)
		for (unsigned v = 0; v + 1 < net->n; v++)
			for (unsigned i = 0; at[t][v] && i < net->k[v]; i++) {
				at[t + 1][net->next[v][i]] = true;
				truth[t][v][net->next[v][i]] = true;
				n++;
			}
	return n;
}

struct outcome {
	bool		 found, diamond, flagged, false_flag;
	unsigned	 rounds;
	uint64_t	 probes;
	double		 eps;
};

/* The number of a node in the graph; the silent one is taken as itself. */
static unsigned
number(const struct net *net, const struct lbnode *n)
{
	if (n->addr.v != 0)
		return addr_u32(&n->addr) - NET_BASE;
	for (unsigned v = 0; v < net->n && !n->source; v++)
		if (net->silent[v])
			return v;
	return n->source ? 0 : NODES - 1;
}

/* The links that can be known: not those among what is loose. */
static unsigned
certain(const struct net *net, const struct lbgraph *g,
    bool truth[NODES][NODES][NODES])
{
	bool loose[NODES][NODES] = { { false } };
	unsigned n = 0;

	links(net, truth);
	for (size_t v = 0; v < g->nnodes; v++)
		loose[g->node[v].ttl][number(net, &g->node[v])] =
		    g->node[v].loose;
	for (unsigned t = 0; t < 20; t++)
		for (unsigned v = 0; v < net->n; v++)
			for (unsigned w = 0; w < net->n; w++)
				n += truth[t][v][w] && !(loose[t][v] &&
				    loose[t + 1][w]);
	return n;
}

static void
compare(const struct net *net, const struct lbgraph *g, struct outcome *o)
{
	static bool truth[NODES][NODES][NODES];
	unsigned n = certain(net, g, truth), got = 0, wrong = 0;

	for (size_t i = 0; i < g->nlinks; i++) {
		const struct lbnode *from = &g->node[g->link[i].from];
		const struct lbnode *to = &g->node[g->link[i].to];

		if (from->lost || to->lost || g->link[i].loose)
			continue;
		if (truth[from->ttl][number(net, from)][number(net, to)])
			got++;
		else
			wrong++;
	}
	o->found = got == n && wrong == 0;
	for (size_t v = 0; v < g->nnodes; v++) {
		const struct lbnode *x = &g->node[v];
		bool is = net->perpacket[number(net, x)];

		o->flagged |= is && x->perpacket;
		o->false_flag |= !is && x->perpacket;
		o->diamond |= is && !x->perpacket && x->nlinks > 1;
	}
}

/* Rounds until nothing is wanted, from rows there may be already. */
static struct outcome
rounds(struct net *net, const struct pathask *ask, struct paths *p,
    unsigned first_last)
{
	const struct addr dst = net_addr(net->n - 1);
	struct outcome o = { 0 };
	struct wants w = { 0 };
	struct mda m = { 0 };

	if (p->nrows == 0) {
		paths_begin(p, &dst);
		for (unsigned t = 1; t <= first_last; t++)
			wants_add(&w, t, 0, 0, 1);
	}
	for (;;) {
		for (size_t i = 0; i < w.n; i++) {
			struct pathrow r = net_answer(net, &w.v[i]);

			paths_addrow(p, &r);
		}
		o.probes += w.n;
		p->ncells = p->ntraces = p->nsets = 0;
		paths_end(p);
		w.n = 0;
		mda_next(&m, p, &p->set[0], ask, &w);
		if (w.n == 0 || ++o.rounds == ROUNDS)
			break;
	}
	compare(net, &m.graph, &o);
	o.eps = m.eps;
	mda_free(&m);
	free(w.v);
	return o;
}

/*
 * The sequential MDA, to compare with: for each node, one flow after the
 * other through it, found by trying new flows at its ttl, until the stopping
 * point; one flow repeated where it branches.  Returns the probes sent.
 */
enum { FLOWS = 4096, TTLS = 16, UNKNOWN = 0 };

struct sequential {
	struct net	*net;
	uint8_t		 at[FLOWS][TTLS];	/* node + 1 */
	unsigned	 nflows;
	uint64_t	 probes;
};

static unsigned
see(struct sequential *q, unsigned flow, unsigned ttl)
{
	if (ttl > 0 && q->at[flow][ttl] == UNKNOWN) {
		unsigned v = net_walk(q->net, flow, ttl);

		q->at[flow][ttl] = (uint8_t)(v + 1);
		q->probes += q->net->silent[v] ? QUERIES : 1;
	}
	return ttl == 0 ? 0 : q->at[flow][ttl] - 1u;
}

/* A flow through v at ttl t that is not among the first *i. */
static unsigned
flow_through(struct sequential *q, unsigned v, unsigned t, unsigned *i)
{
	for (; *i < q->nflows; ++*i)
		if (t == 0 || q->at[*i][t] == v + 1)
			return (*i)++;
	while (see(q, q->nflows++, t) != v && q->nflows < FLOWS - 1)
		;
	*i = q->nflows;
	return q->nflows - 1;
}

static uint64_t
sequential(struct net *net, double eps, unsigned repeats)
{
	static struct sequential q;

	q = (struct sequential){ .net = net };
	for (unsigned t = 0; t + 1 < TTLS; t++) {
		bool at[NODES] = { t == 0 };

		for (unsigned f = 0; f < q.nflows; f++)
			if (t > 0 && q.at[f][t] != UNKNOWN)
				at[q.at[f][t] - 1] = true;
		for (unsigned v = 0; v + 1 < net->n; v++) {
			bool seen[NODES] = { false };
			unsigned k = 0, n = 0, i = 0;

			if (!at[v])
				continue;
			while (n < coupon_stop(k < 2 ? 2 : k + 1, eps)) {
				unsigned w = see(&q, flow_through(&q, v, t,
				    &i), t + 1);

				n++;
				k += !seen[w];
				seen[w] = true;
			}
			if (k > 1)
				q.probes += repeats - 1;
		}
	}
	return q.probes;
}

struct tally {
	unsigned	 found, diamond, flagged, false_flag, rounds, most;
	uint64_t	 probes, sequential;
};

/* All trials of a topology, first to last as in one invocation. */
static struct tally
trials(const struct topo *t, const struct pathask *ask, unsigned first_last)
{
	struct tally y = { 0 };
	struct net net;

	for (unsigned i = 0; i < TRIALS; i++) {
		struct paths p = { 0 };
		struct outcome o;
		uint64_t n;

		net_parse(&net, t->text);
		net.loss = t->loss;
		net.seed = permute_mix(i + 1);
		o = rounds(&net, ask, &p, first_last);
		y.found += o.found;
		y.diamond += o.diamond;
		y.false_flag += o.false_flag;
		y.flagged += o.flagged;
		y.rounds += o.rounds;
		if (o.rounds > y.most)
			y.most = o.rounds;
		y.probes += o.probes;
		n = sequential(&net, o.eps, coupon_stop(2, o.eps));
		y.sequential += n;
		paths_free(&p);
	}
	return y;
}

static const struct pathask asked = { .first = 1, .last = 30,
    .queries = QUERIES, .gap = 5, .confidence = 0.95, .per_trace = true,
    .max_probes = 10000, .max_flow = MDA_MAXFLOW };

/*
 * What is published of the sequential algorithm is kept: every node and
 * link found at least as often as promised, with at most 2.3 times the
 * probes, and no balancer per packet taken for one per flow.
 */
static void
run(const struct topo *t, double confidence, bool per_trace)
{
	struct pathask ask = asked;
	struct tally y;
	double ratio;

	ask.confidence = confidence;
	ask.per_trace = per_trace;
	y = trials(t, &ask, 30);
	ratio = (double)y.probes / (double)y.sequential;
	printf("# %s, %g%% per %s: %u of %u found all, %.1f rounds (at most "
	    "%u), %.1f probes, sequential %.1f, ratio %.2f; flagged %u\n",
	    t->name, 100 * confidence, per_trace ? "trace" : "node", y.found,
	    TRIALS, (double)y.rounds / TRIALS, y.most,
	    (double)y.probes / TRIALS, (double)y.sequential / TRIALS, ratio,
	    y.flagged);
	ok(!per_trace || y.found >= confidence * TRIALS,
	    "%s: found as often as promised", t->name);
	ok(ratio <= 2.3, "%s: %.2f times the sequential probes", t->name,
	    ratio);
	ok(y.most < 15, "%s: it ends", t->name);
	ok(y.diamond == 0, "%s: no false diamond", t->name);
	ok(!per_trace || y.flagged >= (t->perpacket ? confidence * TRIALS : 0),
	    "%s: flagged", t->name);
	ok(!per_trace || y.false_flag <= (1 - confidence) * TRIALS,
	    "%s: not flagged falsely", t->name);
}

/*
 * More confidence asked for later: what is wanted then, and what it took
 * before, are together about what it takes at once, and no probe is sent
 * twice.
 */
static void
raise(const struct topo *t)
{
	uint64_t before = 0, more = 0, again = 0, once = 0, doubled = 0;
	struct pathask low = asked, high = asked;
	unsigned found = 0;
	struct net net;

	high.confidence = 0.999;
	for (unsigned i = 0; i < TRIALS; i++) {
		struct paths p = { 0 }, q = { 0 };
		struct outcome o;

		net_parse(&net, t->text);
		net.loss = t->loss;
		net.seed = permute_mix(i + 1);
		before += rounds(&net, &low, &p, 10).probes;
		o = rounds(&net, &high, &p, 10);
		more += o.probes;
		found += o.found;
		doubled += p.doubled;
		again += rounds(&net, &high, &p, 10).probes;
		once += rounds(&net, &high, &q, 10).probes;
		paths_free(&p);
		paths_free(&q);
	}
	printf("# %s: 95%%: %.1f probes, 99.9%% after it: %.1f more, at once: "
	    "%.1f\n", t->name, (double)before / TRIALS, (double)more / TRIALS,
	    (double)once / TRIALS);
	ok(found >= 0.999 * TRIALS - 1, "%s: found after raising", t->name);
	ok(more > 0 && (double)(before + more) < 1.1 * (double)once,
	    "%s: only the difference", t->name);
	ok(again == 0, "%s: then nothing", t->name);
	ok(doubled == 0, "%s: no probe twice", t->name);
}

/* A path longer than the first round goes is followed in strides. */
static void
strides(void)
{
	struct paths p = { 0 };
	struct outcome o;
	struct net net;

	net_parse(&net, "0:1 1:2 2:3 3:4 4:5 5:6 6:7 7:8 8:9 9:10 10:11 "
	    "11:12 12:13 13:14");
	o = rounds(&net, &asked, &p, 4);
	ok(o.found && o.rounds <= 4, "14 ttls from 4 in %u rounds, %u probes",
	    o.rounds, (unsigned)o.probes);
	ok(o.probes <= 14 * 16, "and not many more probes than they need");
	paths_free(&p);
}

/* Limits are kept, and said. */
static void
limits(void)
{
	const struct addr dst = net_addr(19);
	struct pathask ask = asked;
	struct wants w = { 0 };
	struct mda m = { 0 };
	struct paths p = { 0 };
	struct net net;
	size_t all;

	net_parse(&net, topos[3].text);
	paths_begin(&p, &dst);
	for (unsigned f = 0; f < 10; f++)
		for (unsigned t = 1; t <= 4; t++) {
			struct want x = { (uint16_t)f, (uint8_t)t, 0 };
			struct pathrow r = net_answer(&net, &x);

			paths_addrow(&p, &r);
		}
	paths_end(&p);
	mda_next(&m, &p, &p.set[0], &ask, &w);
	all = w.n;
	ok(!w.capped && all > 20, "without limits: %zu wanted", all);

	wants_limit(&w, p.nrows, p.nrows + 20);
	ok(w.capped && w.n == 20, "no more probes than allowed");

	w = (struct wants){ .v = w.v, .cap = w.cap };
	ask.max_flow = 12;
	mda_next(&m, &p, &p.set[0], &ask, &w);
	for (size_t i = 0; i < w.n; i++)
		all -= w.v[i].flow > 12 ? 1000 : 0;
	ok(w.capped && w.n < all && w.n > 0, "no flow beyond the last");

	w = (struct wants){ .v = w.v, .cap = w.cap };
	wants_add(&w, 3, 7, 253, 5);
	ok(w.capped && w.n == 2 && w.v[1].attempt == 254,
	    "no attempt beyond 254");
	mda_free(&m);
	paths_free(&p);
	free(w.v);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof topos / sizeof topos[0]; i++) {
		run(&topos[i], 0.95, false);
		run(&topos[i], 0.95, true);
		run(&topos[i], 0.99, true);
	}
	for (size_t i = 1; i < 9; i++)
		raise(&topos[i]);
	strides();
	limits();
	return tap_done();
}
