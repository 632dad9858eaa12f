/* The path graph in the language of dot(1). */

#include <math.h>

#include "pathgraph.h"

/* A quoted string of dot's; lines of a label are centred. */
static void
quote(struct str *out, const char *s)
{
	str_put(out, "\"", 1);
	for (; *s != '\0'; s++)
		if (*s == '\n')
			str_put(out, "\\n", 2);
		else {
			if (*s == '"' || *s == '\\')
				str_put(out, "\\", 1);
			str_put(out, s, 1);
		}
	str_put(out, "\"", 1);
}

static void
show_node(struct show *v, const struct graphnode *n, size_t id,
    struct str *label)
{
	show_label(v, n, label);
	str_add(&v->out, "\tn%zu [label=", id);
	quote(&v->out, label->s);
	if (n->addr.v == 0)
		str_add(&v->out, ", shape=house, style=filled, "
		    "fillcolor=\"#dddddd\"");
	else if (n->target)
		str_add(&v->out, ", peripheries=2, style=\"%s\"",
		    n->reached ? "rounded" : "rounded,dashed");
	str_add(&v->out, ", tooltip=\"%ju path%s\"];\n", (uintmax_t)n->npaths,
	    n->npaths == 1 ? "" : "s");
}

static void
show_link(struct show *v, const struct pathgraph *g, const struct graphlink *k)
{
	str_add(&v->out, "\tn%u -> n%u [penwidth=%.1f, color=\"%s\"",
	    k->from, k->to, 1 + log2((double)k->npaths) / 2,
	    show_colour(g, k->tx));
	if (k->unreached)
		str_add(&v->out, ", style=dotted, label=\"not reached\"");
	else if (k->silent > 0)
		str_add(&v->out, ", style=dashed, label=\"%u silent\"",
		    k->silent);
	else if (k->possible)
		str_add(&v->out, ", style=dotted, label=\"possible\"");
	str_add(&v->out, ", edgetooltip=\"%ju path%s\"];\n",
	    (uintmax_t)k->npaths, k->npaths == 1 ? "" : "s");
}

void
show_dot(struct show *v, const struct pathgraph *g)
{
	struct str label = { 0 };

	str_add(&v->out, "digraph paths {\n\trankdir=LR;\n"
	    "\tnode [shape=box, style=rounded, fontname=monospace, "
	    "fontsize=11];\n"
	    "\tedge [fontname=monospace, fontsize=9, arrowsize=0.6];\n");
	for (size_t i = 0; i < g->nodes.n; i++)
		show_node(v, &g->node[i], i, &label);
	for (size_t i = 0; i < g->links.n; i++)
		show_link(v, g, &g->link[i]);
	str_add(&v->out, "}\n");
	str_free(&label);
}
