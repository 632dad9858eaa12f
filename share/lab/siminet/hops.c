/* hops - what the routers on the way do */

#include "hops.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"

#define S	INT64_C(1000000000)

/* Numbers by key, open addressing; a key is a hash that is taken as unique. */
struct table {
	size_t		 n, cap;
	struct {
		uint64_t key;
		int64_t	 value;
	}		*at;
};

struct hops {
	double		 rate[H_MAX];
	FILE		*graph;
	uint64_t	 nrows, nth;
	struct table	 drawn;		/* site and target: in the graph */
	struct table	 next;		/* router: when it may answer again */
};

static int64_t *table_get(struct table *, uint64_t key);

static void
grow(struct table *t)
{
	struct table old = *t;

	t->cap = old.cap == 0 ? 1024 : 2 * old.cap;
	t->n = 0;
	if ((t->at = calloc(t->cap, sizeof *t->at)) == NULL)
		err(2, "memory");
	for (size_t i = 0; i < old.cap; i++)
		if (old.at[i].key != 0)
			*table_get(t, old.at[i].key) = old.at[i].value;
	free(old.at);
}

/* The value of a key, which is 0 at first. */
static int64_t *
table_get(struct table *t, uint64_t key)
{
	size_t i;

	key += key == 0;
	if (2 * t->n >= t->cap)
		grow(t);
	i = key & (t->cap - 1);
	while (t->at[i].key != 0 && t->at[i].key != key)
		i = (i + 1) & (t->cap - 1);
	t->n += t->at[i].key == 0;
	t->at[i].key = key;
	return &t->at[i].value;
}

struct hops *
hops_open(const double rate[H_MAX], FILE *graph)
{
	struct hops *h = calloc(1, sizeof *h);

	if (h == NULL)
		err(2, "memory");
	memcpy(h->rate, rate, sizeof h->rate);
	h->graph = graph;
	if (graph != NULL)
		fputs("#fsdb -F t sender:a dst:a ttl:l what:a addr:a to:a "
		    "manner:a name:a\n", graph);
	return h;
}

/* The site that what comes from a router arrives at. */
static unsigned
site_of(const struct world *w, const struct router *r)
{
	double total = 0, at;
	unsigned i;

	for (i = 0; i < w->nsites; i++)
		total += w->site[i].weight;
	at = r->where * total;
	for (i = 0; i < w->nsites - 1 && at >= w->site[i].weight; i++)
		at -= w->site[i].weight;
	return i;
}

static void
put_addr(FILE *f, const uint8_t *a, size_t alen)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(alen == 4 ? AF_INET : AF_INET6, a, text, sizeof text);
	fprintf(f, "\t%s", text);
}

/* sender, target, ttl, what */
static void
begin_row(const struct world *w, struct hops *h, const struct path *p,
    unsigned layer, const char *what)
{
	fputs(w->site[p->site].name, h->graph);
	put_addr(h->graph, p->dst, p->alen);
	fprintf(h->graph, "\t%u\t%s", layer + 1, what);
	h->nrows++;
}

static void
put_manner(FILE *f, const struct path *p, const struct router *r,
    unsigned layer, unsigned node)
{
	const char *sep = "";

	if (r->silent)
		fprintf(f, "%ssilent", sep), sep = ",";
	if (r->limit > 0)
		fprintf(f, "%slimit:%u", sep, r->limit), sep = ",";
	if (r->mpls)
		fprintf(f, "%smpls", sep), sep = ",";
	if (r->quote > 0)
		fprintf(f, "%squote%u", sep, r->quote), sep = ",";
	if (p->layer[layer].next[node].n > 1)
		fprintf(f, "%s%s", sep, p->layer[layer].packet ? "packet" :
		    "flow"), sep = ",";
	fprintf(f, "%s\t%u.%u\n", *sep == '\0' ? "-" : "", layer + 1, node);
}

static void
draw_node(const struct world *w, struct hops *h, const struct path *p,
    unsigned layer, unsigned node)
{
	struct router r, to;
	const uint8_t *next;

	path_router(p, h->rate, layer, node, &r);
	begin_row(w, h, p, layer, "node");
	put_addr(h->graph, r.addr, p->alen);
	fprintf(h->graph, "\t%s\t", w->site[site_of(w, &r)].name);
	put_manner(h->graph, p, &r, layer, node);
	for (unsigned i = 0; i < p->layer[layer].next[node].n; i++) {
		next = p->dst;
		if (layer + 1 < p->n) {
			path_router(p, h->rate, layer + 1,
			    p->layer[layer].next[node].first + i, &to);
			next = to.addr;
		}
		begin_row(w, h, p, layer, "link");
		put_addr(h->graph, r.addr, p->alen);
		put_addr(h->graph, next, p->alen);
		fputs("\t-\t-\n", h->graph);
	}
}

/* The target's own row says whether it answers at all. */
static void
draw(const struct world *w, struct hops *h, const struct path *p, bool answers)
{
	struct rnd r = rnd_seed(w->seed, p->site, p->dst, p->alen);
	int64_t *done = table_get(&h->drawn, rnd_next(&r));

	if (*done != 0)
		return;
	*done = 1;
	for (unsigned t = 0; t < p->n; t++)
		for (unsigned i = 0; i < p->layer[t].width; i++)
			draw_node(w, h, p, t, i);
	begin_row(w, h, p, p->n, "node");
	put_addr(h->graph, p->dst, p->alen);
	fprintf(h->graph, "\t-\t%s\ttarget\n", answers ? "-" : "silent");
}

/* So many a second, and so many at once at most. */
static bool
over_limit(struct hops *h, const struct router *r, const struct seen *s)
{
	struct rnd k = rnd_seed(0, 0, r->addr, s->alen);
	int64_t *next, gap;

	if (r->limit == 0)
		return false;
	next = table_get(&h->next, rnd_next(&k));
	gap = S / r->limit;
	if (*next < s->rx_ns - S)
		*next = s->rx_ns - S;
	if (*next > s->rx_ns)
		return true;
	*next += gap;
	return false;
}

bool
hops_take(struct world *w, struct plan *plan, const struct seen *s)
{
	struct hops *h = w->hops;
	struct router r;
	struct path p;
	unsigned layer = s->ttl - 1U;

	path_make(&p, w->seed, h->rate, s->site, s->dst, s->alen);
	if (h->graph != NULL)
		draw(w, h, &p, world_answers(w, s));
	h->nth++;
	if (layer >= p.n)
		return false;
	path_router(&p, h->rate, layer, path_walk(&p, s, h->nth, layer), &r);
	if (r.silent)
		plan->fate = "silent-hop";
	else if (over_limit(h, &r, s))
		plan->fate = "limited";
	else {
		plan->fate = "hop";
		world_hop(w, plan, s, &r, site_of(w, &r), (layer + 1.0) / (p.n + 1));
	}
	return true;
}

void
hops_close(struct hops *h)
{
	if (h->graph != NULL) {
		fprintf(h->graph, "# end: %llu\n", (unsigned long long)h->nrows);
		if (fclose(h->graph) == EOF)
			err(3, "graph");
	}
	free(h->drawn.at);
	free(h->next.at);
	free(h);
}
