/*
 * The path graph as a picture that needs no other program: columns by ttl; a
 * link over more than one column has a waypoint in those between, so that it
 * passes no node; nodes and waypoints stand in the order that their neighbours'
 * give (the barycentres of Sugiyama, Tagawa and Toda, 1981).
 * dot(1) takes more trouble and draws better.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pathgraph.h"

enum { SWEEPS = 12, LINE = 14, CHAR = 7, BETWEEN = 70, APART = 14, MARGIN = 20,
	COLUMNS = 256 };

/* A node, or where a link passes a column: node GRAPH_MANY. */
struct place {
	uint32_t	node, id;
	uint16_t	column;
	double		x, y, w, h;	/* of its upper left corner; its size */
	double		want;		/* average of its neighbours */
	size_t		nwant;
	uint32_t	rank;		/* in its column, from the top */
};

struct column {
	double		x, w, h;
	size_t		n;
};

struct svg {
	const struct pathgraph	*g;
	struct show		*v;
	struct place		*at;	/* by column, then from top to bottom */
	uint32_t		*of;	/* place by id: nodes, then waypoints */
	size_t			 n, cap;
	uint32_t		*way;	/* id of the first waypoint of a link */
	struct column		 column[COLUMNS];
	unsigned		 ncolumns;
	double			 width, height;
};

static int
cmp_places(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	if (a->want < b->want || a->want > b->want)
		return a->want < b->want ? -1 : 1;
	return (a->rank > b->rank) - (a->rank < b->rank);
}

static void
sort_places(struct svg *s)
{
	for (unsigned c = 0; c < s->ncolumns; c++)
		s->column[c].n = 0;
	if (s->n > 0)
		qsort(s->at, s->n, sizeof *s->at, cmp_places);
	for (size_t i = 0; i < s->n; i++) {
		s->at[i].rank = (uint32_t)s->column[s->at[i].column].n++;
		s->of[s->at[i].id] = (uint32_t)i;
	}
}

static struct place *
place_of(const struct svg *s, uint32_t id)
{
	return &s->at[s->of[id]];
}

/* How many columns a link goes to the right; 0: it does not. */
static unsigned
span(const struct svg *s, const struct graphlink *k)
{
	unsigned a = place_of(s, k->from)->column;
	unsigned b = place_of(s, k->to)->column;

	return b > a ? b - a : 0;
}

/* The end of a link's part in the i-th column from where it begins. */
static struct place *
stop(const struct svg *s, size_t link, unsigned i)
{
	const struct graphlink *k = &s->g->link[link];

	return place_of(s, i == 0 ? k->from : i >= span(s, k) ? k->to :
	    s->way[link] + i - 1);
}

/* Order every column by the neighbours on its left, or on its right. */
static void
sweep(struct svg *s, double *depth, bool left)
{
	for (size_t i = 0; i < s->n; i++) {
		struct place *p = &s->at[i];

		depth[p->id] = p->rank -
		    (double)(s->column[p->column].n - 1) / 2;
		p->want = 0;
		p->nwant = 0;
	}
	for (size_t l = 0; l < s->g->links.n; l++)
		for (unsigned i = 0; i < span(s, &s->g->link[l]); i++) {
			struct place *a = stop(s, l, i), *b = stop(s, l, i + 1);
			struct place *p = left ? b : a;

			p->want += depth[left ? a->id : b->id];
			p->nwant++;
		}
	for (size_t i = 0; i < s->n; i++) {
		struct place *p = &s->at[i];

		p->want = p->nwant > 0 ? p->want / (double)p->nwant :
		    depth[p->id];
	}
	sort_places(s);
}

/* The size that a label needs: bytes of UTF-8 that begin a character. */
static void
measure(struct place *p, const char *s)
{
	size_t n = 0, most = 0, lines = 1;

	for (; *s != '\0'; s++) {
		n = *s == '\n' ? 0 : n + ((*s & 0xc0) != 0x80);
		lines += *s == '\n';
		most = n > most ? n : most;
	}
	p->w = (double)most * CHAR + 14;
	p->h = (double)lines * LINE + 8;
}

static struct place *
new_place(struct svg *s, uint32_t node, unsigned column)
{
	struct place *p;

	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 64;
		s->at = mem_grow(s->at, s->cap, sizeof *s->at);
		s->of = mem_grow(s->of, s->cap, sizeof *s->of);
	}
	p = &s->at[s->n];
	*p = (struct place){ .node = node, .id = (uint32_t)s->n,
	    .column = (uint16_t)column, .rank = (uint32_t)s->n,
	    .h = 2 };
	s->of[s->n] = (uint32_t)s->n;
	s->n++;
	return p;
}

/*
 * Should the link go to the right?  All but those back to a smaller ttl, or
 * to a node of the same that was seen before.  There is no way round along
 * the others, and none through a node that all paths end at.
 */
static bool
goes_on(const struct svg *s, const struct graphlink *k)
{
	const struct graphnode *a = &s->g->node[k->from];
	const struct graphnode *b = &s->g->node[k->to];

	return !b->leads || a->ttl < b->ttl ||
	    (a->ttl == b->ttl && k->from < k->to);
}

/* The column of each node: the smallest ttl it was seen at, or more. */
static void
find_columns(const struct svg *s, unsigned column[])
{
	bool more = true;

	for (size_t i = 0; i < s->g->nodes.n; i++)
		column[i] = s->g->node[i].ttl;
	for (unsigned rounds = 0; more && rounds < COLUMNS; rounds++) {
		more = false;
		for (size_t i = 0; i < s->g->links.n; i++) {
			const struct graphlink *k = &s->g->link[i];

			if (!goes_on(s, k) || column[k->to] > column[k->from] ||
			    column[k->from] + 1 == COLUMNS)
				continue;
			column[k->to] = column[k->from] + 1;
			more = true;
		}
	}
}

/* Columns without nodes are none; waypoints are numbered after all nodes. */
static void
new_places(struct svg *s)
{
	struct str label = { 0 };
	unsigned used[COLUMNS] = { 0 };
	unsigned *column = mem_array(s->g->nodes.n + 1, sizeof *column);

	find_columns(s, column);
	for (size_t i = 0; i < s->g->nodes.n; i++)
		used[column[i]] = 1;
	for (unsigned c = 0; c < COLUMNS; c++)
		if (used[c] > 0)
			used[c] = s->ncolumns++;
	for (uint32_t i = 0; i < s->g->nodes.n; i++) {
		show_label(s->v, &s->g->node[i], &label);
		measure(new_place(s, i, used[column[i]]), label.s);
	}
	s->way = mem_array(s->g->links.n + 1, sizeof *s->way);
	for (size_t l = 0; l < s->g->links.n; l++) {
		unsigned from = place_of(s, s->g->link[l].from)->column;

		s->way[l] = (uint32_t)s->n;
		for (unsigned i = 1; i < span(s, &s->g->link[l]); i++)
			new_place(s, GRAPH_MANY, from + i);
	}
	free(column);
	str_free(&label);
}

/* Columns side by side, each centred. */
static void
place(struct svg *s)
{
	double x = MARGIN;

	for (size_t i = 0; i < s->n; i++) {
		struct place *p = &s->at[i];
		struct column *c = &s->column[p->column];

		c->w = p->w > c->w ? p->w : c->w;
		p->y = c->h;
		c->h += p->h + APART;
		s->height = c->h > s->height ? c->h : s->height;
	}
	for (unsigned i = 0; i < s->ncolumns; i++) {
		s->column[i].x = x;
		x += s->column[i].w + BETWEEN;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct place *p = &s->at[i];
		const struct column *c = &s->column[p->column];

		if (p->node == GRAPH_MANY)
			p->w = c->w;
		p->x = c->x + (c->w - p->w) / 2;
		p->y += MARGIN + (s->height - c->h) / 2;
	}
	s->width = x + MARGIN - (s->ncolumns > 0 ? BETWEEN : 0);
	s->height += 2 * MARGIN + LINE;		/* a line for the senders */
}

static void
lay_out(struct svg *s)
{
	double *depth;

	new_places(s);
	depth = mem_array(s->n + 1, sizeof *depth);
	sort_places(s);
	for (int i = 0; i < SWEEPS; i++)
		sweep(s, depth, i % 2 == 0);
	place(s);
	free(depth);
}

static void
escape(struct str *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		switch (s[i]) {
		case '<':	str_add(out, "&lt;"); break;
		case '>':	str_add(out, "&gt;"); break;
		case '&':	str_add(out, "&amp;"); break;
		default:	str_put(out, &s[i], 1); break;
		}
}

static void
show_node(struct svg *s, const struct place *p, struct str *label)
{
	const struct graphnode *n = &s->g->node[p->node];
	struct str *out = &s->v->out;
	double y = p->y + LINE + 1;

	str_add(out, "<g><title>%ju path%s</title>"
	    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
	    "rx=\"%d\" fill=\"%s\" stroke=\"#222\" stroke-width=\"%s\"%s/>",
	    (uintmax_t)n->npaths, n->npaths == 1 ? "" : "s", p->x, p->y, p->w,
	    p->h, n->addr.v == 0 ? 0 : 6, n->addr.v == 0 ? "#ddd" : "#fff",
	    n->target ? "2.5" : "1", n->target && !n->reached ?
	    " stroke-dasharray=\"4 3\"" : "");
	show_label(s->v, n, label);
	for (const char *at = label->s; *at != '\0';) {
		size_t k = strcspn(at, "\n");

		str_add(out, "<text x=\"%.1f\" y=\"%.1f\">", p->x + p->w / 2,
		    y);
		escape(out, at, k);
		str_add(out, "</text>");
		y += LINE;
		at += k;
		at += *at == '\n';
	}
	str_add(out, "</g>\n");
}

/*
 * From right to left side by way of its waypoints; back, within a column and
 * to itself round below.
 */
static void
show_curve(struct svg *s, size_t link)
{
	const struct graphlink *k = &s->g->link[link];
	const struct place *a = place_of(s, k->from), *b = place_of(s, k->to);
	struct str *out = &s->v->out;
	double ax = a->x + a->w, ay = a->y + a->h / 2, bx, by;

	if (span(s, k) > 0)
		str_add(out, "M%.1f %.1f", ax, ay);
	for (unsigned i = 1; i <= span(s, k); i++) {
		const struct place *p = stop(s, link, i);
		double bend = (p->x - ax) / 2;

		by = p->y + p->h / 2;
		str_add(out, "C%.1f %.1f %.1f %.1f %.1f %.1f", ax + bend, ay,
		    p->x - bend, by, p->x, by);
		ax = p->x + p->w, ay = by;
		if (i < span(s, k))
			str_add(out, "H%.1f", ax);
	}
	if (span(s, k) > 0)
		return;
	ax = a->x + a->w / 2 + (a == b ? 16 : 0), ay = a->y + a->h;
	bx = b->x + b->w / 2 - (a == b ? 16 : 0), by = b->y + b->h;
	str_add(out, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", ax, ay, ax,
	    ay + 24, bx, by + 24, bx, by);
}

static void
show_link(struct svg *s, size_t link)
{
	const struct graphlink *k = &s->g->link[link];
	const struct place *to = place_of(s, k->to);
	struct str *out = &s->v->out;
	const char *dash = k->unreached || k->possible ?
	    " stroke-dasharray=\"1 4\"" : k->silent > 0 ?
	    " stroke-dasharray=\"6 4\"" : "";

	str_add(out, "<g><title>%ju path%s%s</title><path d=\"",
	    (uintmax_t)k->npaths, k->npaths == 1 ? "" : "s",
	    k->unreached ? ", not reached" : k->possible ? ", possible" : "");
	show_curve(s, link);
	str_add(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\"%s "
	    "marker-end=\"url(#to)\"/>", show_colour(s->g, k->tx),
	    1 + log2((double)k->npaths) / 2, dash);
	if (k->silent > 0 && !k->unreached)
		str_add(out, "<text class=\"few\" x=\"%.1f\" y=\"%.1f\">"
		    "%u silent</text>", to->x - BETWEEN / 2.0,
		    to->y + to->h / 2 - 5, k->silent);
	str_add(out, "</g>\n");
}

/* Whose links have which colour, when there are several senders. */
static void
show_senders(struct svg *s)
{
	struct str *out = &s->v->out;
	double x = MARGIN, y = s->height - MARGIN / 2.0;

	for (uint32_t i = 0; s->g->tx.n > 1 && i < s->g->tx.n; i++) {
		const char *name = intern_string(&s->g->tx, i);

		str_add(out, "<text x=\"%.1f\" y=\"%.1f\" style=\"fill:%s;"
		    "text-anchor:start\">", x, y, show_colour(s->g, i));
		escape(out, name, strlen(name));
		str_add(out, "</text>\n");
		x += (double)strlen(name) * CHAR + 20;
	}
}

void
show_svg(struct show *v, const struct pathgraph *g)
{
	struct svg s = { .g = g, .v = v };
	struct str label = { 0 };

	lay_out(&s);
	str_add(&v->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n"
	    "<style>text{font:12px monospace;text-anchor:middle}"
	    ".few{font-size:10px;fill:#555}</style>\n"
	    "<defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
	    "markerUnits=\"userSpaceOnUse\" markerWidth=\"8\" "
	    "markerHeight=\"8\" orient=\"auto\">"
	    "<path d=\"M0 0L8 4L0 8z\" fill=\"#444\"/></marker></defs>\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
	    s.width, s.height, s.width, s.height);
	for (size_t i = 0; i < g->links.n; i++)
		show_link(&s, i);
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i].node != GRAPH_MANY)
			show_node(&s, &s.at[i], &label);
	show_senders(&s);
	str_add(&v->out, "</svg>\n");
	free(s.at);
	free(s.of);
	free(s.way);
	str_free(&label);
}
