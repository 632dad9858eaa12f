/*
 * Paths as a Graphviz graph: senders, routers and targets, an edge for every
 * two that followed each other in a trace, with how many traces went there;
 * dashed when hops lie between that were not seen.
 */

#include <string.h>

#include "escape.h"
#include "export_path.h"
#include "mem.h"

static void
begin(struct pathexport *p)
{
	str_add(&p->out, "digraph paths {\n\trankdir=LR;\n"
	    "\tnode [shape=box];\n");
}

static uint32_t
node(struct pathexport *p, const char *name, const char *shape)
{
	size_t n = p->nodes.n;
	uint32_t id = intern_add(&p->nodes, name, strlen(name));

	if (id < n)
		return id;
	str_add(&p->out, "\tn%u [label=", id);
	escape_label(&p->out, name, strlen(name));
	str_add(&p->out, "%s%s];\n", shape == NULL ? "" : " shape=",
	    shape == NULL ? "" : shape);
	return id;
}

static void
edge(struct pathexport *p, uint32_t from, uint32_t to, uint32_t unseen)
{
	uint32_t key[3] = { from, to, unseen };
	size_t n = p->edges.n;
	uint32_t id = intern_add(&p->edges, (const char *)key, sizeof key);

	if (id == p->cap) {
		p->cap = p->cap * 2 + 64;
		p->count = mem_grow(p->count, p->cap, sizeof *p->count);
	}
	p->count[id] = id < n ? p->count[id] + 1 : 1;
}

static void
trace(struct pathexport *p, const struct pathset *set,
    const struct pathtrace *t)
{
	const struct paths *x = &p->files->paths;
	const struct pathcell *c = &x->cell[t->cell];
	uint32_t at = node(p, paths_name(x, set->tx), "ellipse"), to;
	unsigned ttl = 0;
	char addr[ADDR_STRLEN];

	for (uint32_t i = 0; i < t->n && c[i].ttl <= t->end; i++) {
		if (c[i].answered == 0)
			continue;
		to = node(p, addr_string(&c[i].addr, addr), c[i].reached ?
		    "doubleoctagon" : NULL);
		edge(p, at, to, c[i].ttl - ttl - 1);
		at = to;
		ttl = c[i].ttl;
	}
}

static void
set_of(struct pathexport *p, const struct pathset *set)
{
	const struct pathtrace *t = &p->files->paths.trace[set->trace];

	for (uint32_t i = 0; i < set->n; i++)
		trace(p, set, &t[i]);
}

static void
end(struct pathexport *p)
{
	for (uint32_t i = 0; i < p->edges.n; i++) {
		uint32_t key[3];

		memcpy(key, intern_string(&p->edges, i), sizeof key);
		str_add(&p->out, "\tn%u -> n%u [label=\"%llu\"", key[0],
		    key[1], (unsigned long long)p->count[i]);
		if (key[2] > 0)
			str_add(&p->out, " style=dashed taillabel=\"%u "
			    "unseen\"", key[2]);
		str_add(&p->out, "];\n");
	}
	str_add(&p->out, "}\n");
}

const struct pathformat export_dot = {
	.name = "dot",
	.doc = "a Graphviz graph of all paths",
	.begin = begin,
	.set = set_of,
	.end = end,
};
