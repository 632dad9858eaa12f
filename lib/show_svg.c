/*
 * The path graph as a picture that needs no other program: a column for each
 * ttl, nodes in the order that their neighbours' give (the barycentres of
 * Sugiyama, Tagawa and Toda, 1981), links as curves.  dot(1) takes more
 * trouble and draws better.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pathgraph.h"

enum { SWEEPS = 12, LINE = 14, CHAR = 7, BETWEEN = 90, MARGIN = 20 };

struct place {
	uint32_t	node;
	uint8_t		ttl;
	double		x, y, w, h;	/* of its upper left corner; its size */
	double		want;		/* average of its neighbours */
	size_t		nwant;
	uint32_t	rank;
};

struct svg {
	const struct pathgraph	*g;
	struct show		*v;
	struct place		*at;	/* by ttl, then from top to bottom */
	uint32_t		*of;	/* place of a node */
	size_t			 n;
	double			 width, height;
};

static int
cmp_places(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->ttl != b->ttl)
		return a->ttl < b->ttl ? -1 : 1;
	if (a->want < b->want || a->want > b->want)
		return a->want < b->want ? -1 : 1;
	return (a->rank > b->rank) - (a->rank < b->rank);
}

static void
sort_places(struct svg *s)
{
	qsort(s->at, s->n, sizeof *s->at, cmp_places);
	for (size_t i = 0, rank = 0; i < s->n; i++) {
		rank = i > 0 && s->at[i].ttl == s->at[i - 1].ttl ? rank + 1 : 0;
		s->at[i].rank = (uint32_t)rank;
		s->of[s->at[i].node] = (uint32_t)i;
	}
}

/* How far down its column a place is, the middle being 0. */
static double
down(const struct svg *s, const struct place *p)
{
	size_t i = (size_t)(p - s->at), last = i;

	while (last + 1 < s->n && s->at[last + 1].ttl == p->ttl)
		last++;
	return (double)p->rank -
	    (double)(s->at[last].rank) / 2;
}

/* Order every column by the neighbours on its left, or on its right. */
static void
sweep(struct svg *s, double *depth, bool left)
{
	for (size_t i = 0; i < s->n; i++) {
		depth[i] = down(s, &s->at[i]);
		s->at[i].want = 0;
		s->at[i].nwant = 0;
	}
	for (size_t i = 0; i < s->g->links.n; i++) {
		uint32_t a = s->of[s->g->link[i].from];
		uint32_t b = s->of[s->g->link[i].to], to, by;

		to = (s->at[a].ttl < s->at[b].ttl) == left ? b : a;
		by = to == a ? b : a;
		if (s->at[a].ttl == s->at[b].ttl)
			continue;
		s->at[to].want += depth[by];
		s->at[to].nwant++;
	}
	for (size_t i = 0; i < s->n; i++)
		s->at[i].want = s->at[i].nwant > 0 ? s->at[i].want /
		    (double)s->at[i].nwant : depth[i];
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

/* Columns side by side, each centred. */
static void
place(struct svg *s)
{
	double x = MARGIN, high = 0;

	for (size_t i = 0; i < s->n; i++)
		high = s->at[i].h > high ? s->at[i].h : high;
	for (size_t i = 0, end; i < s->n; i = end) {
		double w = 0;

		for (end = i; end < s->n && s->at[end].ttl == s->at[i].ttl;
		    end++)
			w = s->at[end].w > w ? s->at[end].w : w;
		for (size_t k = i; k < end; k++) {
			s->at[k].x = x + (w - s->at[k].w) / 2;
			s->at[k].y = (double)(k - i) * (high + 16);
		}
		x += w + BETWEEN;
		if ((double)(end - i) * (high + 16) > s->height)
			s->height = (double)(end - i) * (high + 16);
	}
	s->width = x - BETWEEN + MARGIN;
	for (size_t i = 0, end; i < s->n; i = end) {
		for (end = i; end < s->n && s->at[end].ttl == s->at[i].ttl;)
			end++;
		for (size_t k = i; k < end; k++)
			s->at[k].y += MARGIN + (s->height -
			    (double)(end - i) * (high + 16)) / 2;
	}
	s->height += 2 * MARGIN + LINE;		/* a line for the senders */
}

static void
lay_out(struct svg *s)
{
	struct str label = { 0 };
	double *depth;

	s->n = s->g->nodes.n;
	s->at = mem_array(s->n + 1, sizeof *s->at);
	s->of = mem_array(s->n + 1, sizeof *s->of);
	depth = mem_array(s->n + 1, sizeof *depth);
	for (size_t i = 0; i < s->n; i++) {
		s->at[i] = (struct place){ .node = (uint32_t)i,
		    .ttl = s->g->node[i].ttl, .rank = (uint32_t)i };
		show_label(s->v, &s->g->node[i], &label);
		measure(&s->at[i], label.s);
	}
	sort_places(s);
	for (int i = 0; i < SWEEPS; i++)
		sweep(s, depth, i % 2 == 0);
	place(s);
	free(depth);
	str_free(&label);
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

/* From right to left side; back, within a column and to itself round below. */
static void
show_curve(struct svg *s, const struct place *a, const struct place *b)
{
	struct str *out = &s->v->out;
	double ax = a->x + a->w, ay = a->y + a->h / 2;
	double bx = b->x, by = b->y + b->h / 2, bend = (bx - ax) / 2;

	if (a->ttl < b->ttl) {
		str_add(out, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f",
		    ax, ay, ax + bend, ay, bx - bend, by, bx, by);
		return;
	}
	ax = a->x + a->w / 2, ay = a->y + a->h;
	bx = b->x + b->w / 2 - (a == b ? 16 : 0), by = b->y + b->h;
	ax += a == b ? 16 : 0;
	str_add(out, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", ax, ay, ax,
	    ay + 24, bx, by + 24, bx, by);
}

static void
show_link(struct svg *s, const struct graphlink *k)
{
	const struct place *a = &s->at[s->of[k->from]];
	const struct place *b = &s->at[s->of[k->to]];
	struct str *out = &s->v->out;
	const char *dash = k->unreached || k->possible ?
	    " stroke-dasharray=\"1 4\"" : k->silent > 0 ?
	    " stroke-dasharray=\"6 4\"" : "";

	str_add(out, "<g><title>%ju path%s%s</title><path d=\"",
	    (uintmax_t)k->npaths, k->npaths == 1 ? "" : "s",
	    k->unreached ? ", not reached" : k->possible ? ", possible" : "");
	show_curve(s, a, b);
	str_add(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\"%s "
	    "marker-end=\"url(#to)\"/>", show_colour(s->g, k->tx),
	    1 + log2((double)k->npaths) / 2, dash);
	if (k->silent > 0 && !k->unreached)
		str_add(out, "<text class=\"few\" x=\"%.1f\" y=\"%.1f\">"
		    "%u silent</text>", (a->x + a->w + b->x) / 2,
		    (a->y + a->h / 2 + b->y + b->h / 2) / 2 - 4, k->silent);
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
		show_link(&s, &g->link[i]);
	for (size_t i = 0; i < s.n; i++)
		show_node(&s, &s.at[i], &label);
	show_senders(&s);
	str_add(&v->out, "</svg>\n");
	free(s.at);
	free(s.of);
	str_free(&label);
}
