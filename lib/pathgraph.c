#include "pathgraph.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { ADDRS = 16 };		/* of one hop that are looked at */

static struct graphnode *
node(struct pathgraph *g, const char *key, size_t n, uint32_t *id)
{
	size_t had = g->nodes.n;

	*id = intern_add(&g->nodes, key, n);
	if (g->nodes.n > had) {
		if ((had & (had - 1)) == 0)
			g->node = mem_grow(g->node, had * 2 + 1,
			    sizeof *g->node);
		g->node[*id] = (struct graphnode){ .ttl = UINT8_MAX };
	}
	return &g->node[*id];
}

static uint32_t
sender(struct pathgraph *g, const char *name)
{
	char key[sizeof(rec_word) + 1] = "s";
	size_t n = strlen(name);
	struct graphnode *s;
	uint32_t id;

	memcpy(key + 1, name, n);
	s = node(g, key, n + 1, &id);
	if (s->name == NULL)
		s->name = mem_string(name);
	s->ttl = 0;
	s->npaths++;
	return id;
}

static uint32_t
host(struct pathgraph *g, const struct addr *a, unsigned ttl)
{
	struct graphnode *h;
	uint32_t id;

	h = node(g, (const char *)a, sizeof *a, &id);
	h->addr = *a;
	if (ttl < h->ttl)
		h->ttl = (uint8_t)ttl;
	return id;
}

/* Remember where answers of a node came in, if not at the sender. */
static void
note_site(struct pathgraph *g, uint32_t id, const struct paths *p,
    const struct pathrow *r)
{
	const char *rx = r->rx != 0 ? paths_name(p, r->rx) :
	    paths_text(p, r->sites);
	char key[sizeof id + sizeof(rec_text)];
	size_t n = strlen(rx), had = g->rx.n;
	struct graphnode *h = &g->node[id];
	char *both;

	if (!show_elsewhere(r))
		return;
	memcpy(key, &id, sizeof id);
	memcpy(key + sizeof id, rx, n);
	intern_add(&g->rx, key, sizeof id + n);
	if (g->rx.n == had)
		return;
	both = h->sites == NULL ? mem_string(rx) :
	    mem_format("%s,%s", h->sites, rx);
	free(h->sites);
	h->sites = both;
}

static void
join(struct pathgraph *g, uint32_t from, uint32_t to, struct graphlink how)
{
	uint32_t key[4] = { from, to, how.silent, how.unreached }, id;
	size_t had = g->links.n;
	struct graphlink *k;

	id = intern_add(&g->links, (const char *)key, sizeof key);
	if (g->links.n > had) {
		if ((had & (had - 1)) == 0)
			g->link = mem_grow(g->link, had * 2 + 1,
			    sizeof *g->link);
		g->link[id] = how;
		g->link[id].from = from;
		g->link[id].to = to;
	}
	g->node[from].leads = true;
	k = &g->link[id];
	k->possible = k->possible && how.possible;
	if (k->tx != how.tx)
		k->tx = GRAPH_MANY;
	k->npaths++;
}

/* The addresses that answered at one ttl, each once. */
static size_t
answerers(struct pathgraph *g, const struct paths *p, const struct pathcell *c,
    uint32_t id[ADDRS])
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct pathrow *r = &p->row[c->row + i];
		uint32_t h;
		size_t k = 0;

		if (!show_answer(p, r))
			continue;
		h = host(g, &r->from, c->ttl);
		note_site(g, h, p, r);
		while (k < n && id[k] != h)
			k++;
		if (k == n && n < ADDRS) {
			id[n++] = h;
			g->node[h].npaths++;
		}
	}
	return n;
}

static void
add_trace(struct pathgraph *g, const struct paths *p, const struct pathset *set,
    const struct pathtrace *t)
{
	uint32_t from[ADDRS], to[ADDRS], target;
	size_t nfrom = 1, nto;
	const char *name = paths_name(p, set->tx);
	uint32_t tx = intern_add(&g->tx, name, strlen(name));
	unsigned last = 0;

	from[0] = sender(g, name);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct pathcell *c = &p->cell[t->cell + i];

		if (t->reached != 0 && c->ttl > t->reached)
			break;
		if ((nto = answerers(g, p, c, to)) == 0)
			continue;
		for (size_t a = 0; a < nfrom; a++)
			for (size_t b = 0; b < nto; b++)
				join(g, from[a], to[b], (struct graphlink){
				    .silent = (uint8_t)(c->ttl - last - 1),
				    .possible = nfrom > 1 || nto > 1,
				    .tx = tx });
		memcpy(from, to, sizeof from);
		nfrom = nto;
		last = c->ttl;
	}
	target = host(g, &p->dst, t->reached != 0 ? t->reached : last + 1);
	g->node[target].target = true;
	g->node[target].reached = g->node[target].reached || t->reached != 0;
	if (t->reached != 0 && last == t->reached)
		return;
	/* Not reached; or it was, but what it said came too late. */
	for (size_t a = 0; a < nfrom; a++)
		join(g, from[a], target, (struct graphlink){
		    .silent = (uint8_t)(t->reached != 0 ?
		    t->reached - last - 1 : 0),
		    .unreached = t->reached == 0, .possible = nfrom > 1,
		    .tx = tx });
}

void
pathgraph_add(struct pathgraph *g, const struct paths *p)
{
	for (size_t s = 0; s < p->nsets; s++)
		for (uint32_t i = 0; i < p->set[s].n; i++)
			add_trace(g, p, &p->set[s],
			    &p->trace[p->set[s].trace + i]);
}

void
pathgraph_free(struct pathgraph *g)
{
	for (size_t i = 0; i < g->nodes.n; i++) {
		free(g->node[i].name);
		free(g->node[i].sites);
	}
	free(g->node);
	free(g->link);
	intern_free(&g->nodes);
	intern_free(&g->links);
	intern_free(&g->rx);
	intern_free(&g->tx);
}

/* Okabe and Ito's colours, which nearly everybody can tell apart. */
const char *
show_colour(const struct pathgraph *g, uint32_t tx)
{
	static const char *const colours[] = {
		"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
		"#56b4e9"
	};

	return tx == GRAPH_MANY || g->tx.n == 1 ? "#444444" :
	    colours[tx % (sizeof colours / sizeof *colours)];
}

void
show_label(const struct show *v, const struct graphnode *n, struct str *out)
{
	char text[ADDR_STRLEN];
	const char *name;

	str_clear(out);
	if (n->addr.v == 0) {
		str_add(out, "%s", n->name);
		return;
	}
	addr_string(&n->addr, text);
	name = v->names == NULL ? NULL : names_find(v->names, &n->addr);
	if (name != NULL)
		str_add(out, "%s\n", name);
	str_add(out, "%s", text);
	if (n->sites != NULL)
		str_add(out, "\n%s%s", v->ascii ? "->" : "\xe2\x86\x92",
		    n->sites);
}
