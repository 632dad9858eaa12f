/* Traces, as tracebox prints them: what was changed, seen in the quotes. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "rec.h"
#include "show.h"

/*
 * Bytes of the transport header that have to be quoted for a field to be
 * comparable.  What is not here, options and the payload, takes a full quote.
 */
static const struct { const char *name; int bytes; } fields[] = {
	{ "TCP::SPort", 2 }, { "TCP::DPort", 4 }, { "TCP::SeqNumber", 8 },
	{ "TCP::AckNumber", 12 }, { "TCP::Offset", 13 }, { "TCP::Flags", 14 },
	{ "TCP::Window", 16 }, { "TCP::Checksum", 18 },
	{ "TCP::UrgentPtr", 20 }, { "UDP::SPort", 2 }, { "UDP::DPort", 4 },
	{ "UDP::Length", 6 }, { "UDP::Checksum", 8 }, { "ICMP::Checksum", 4 },
	{ "ICMP::ID", 6 }, { "ICMP::Sequence", 8 },
};

/* A change as it is written, values and all: "IP::ECN(2>0)", "-TCP::...". */
struct change {
	const char	*text;
	size_t		 n;
	const struct pathrow *first;	/* that shows it */
};

struct box {
	struct show		*v;
	const struct paths	*p;
	const struct pathset	*set;
	const struct pathtrace	*t;
	struct change		*change;
	size_t			 n;
};

static bool
compared(const struct box *b, const struct pathrow *r)
{
	return show_answer(b->p, r) && r->mods != 0 &&
	    !show_is(b->p, r->qclass, "none");
}

static bool
changed(const struct box *b, const struct pathrow *r)
{
	return compared(b, r) && strcmp(paths_text(b->p, r->mods), "same") != 0;
}

/* Can the field have been compared in that quote? */
static bool
comparable(const struct box *b, const struct pathrow *r,
    const struct change *g)
{
	const char *name = g->text + (*g->text == '-' || *g->text == '+');
	size_t n = strcspn(name, ",(");
	int ip = b->p->dst.v == 6 ? 40 : 20;

	if (!compared(b, r))
		return false;
	if (strncmp(name, "IP", 2) == 0 || show_is(b->p, r->qclass, "full"))
		return true;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strlen(fields[i].name) == n &&
		    memcmp(fields[i].name, name, n) == 0)
			return show_is(b->p, r->qclass, "l3+8") ?
			    fields[i].bytes <= 8 :
			    show_is(b->p, r->qclass, "part") &&
			    r->qlen >= ip + fields[i].bytes;
	return false;
}

static void
note(struct box *b, const struct pathrow *r)
{
	for (const char *at = paths_text(b->p, r->mods); *at != '\0';) {
		struct change g = { at, strcspn(at, ","), r };
		size_t i = 0;

		while (i < b->n && (b->change[i].n != g.n ||
		    memcmp(b->change[i].text, at, g.n) != 0))
			i++;
		if (i == b->n) {
			b->change = mem_grow(b->change, b->n + 1,
			    sizeof *b->change);
			b->change[b->n++] = g;
		}
		at += g.n;
		at += *at == ',';
	}
}

/* Did an earlier row of the cell say the same? */
static bool
said(const struct box *b, const struct pathcell *c, uint32_t i)
{
	const struct pathrow *r = &b->p->row[c->row + i];

	for (const struct pathrow *q = &b->p->row[c->row]; q < r; q++)
		if (show_answer(b->p, q) && addr_cmp(&q->from, &r->from) == 0 &&
		    q->rx == r->rx && q->qclass == r->qclass &&
		    strcmp(paths_text(b->p, q->mods),
		    paths_text(b->p, r->mods)) == 0)
			return true;
	return false;
}

static void
show_row(struct box *b, const struct pathrow *r)
{
	struct show *v = b->v;
	char text[24];

	str_add(&v->out, "%u: ", r->ttl);
	show_addr(v, &r->from);
	if (v->sites || show_elsewhere(r)) {
		str_add(&v->out, " ");
		show_site(v, b->p, r);
	}
	str_add(&v->out, "%s", show_error(b->p, r, text));
	if (compared(b, r))
		str_add(&v->out, " [%s]", paths_name(b->p, r->qclass));
	else if (show_is(b->p, r->kind, "synack") ||
	    show_is(b->p, r->kind, "rst") || show_is(b->p, r->kind, "echo") ||
	    show_is(b->p, r->kind, "dns"))
		str_add(&v->out, " [%s: no quote]",
		    paths_name(b->p, r->kind));
	else if (r->qclass == 0 && r->qlen > 0)
		str_add(&v->out, " [not compared]");
	else
		str_add(&v->out, " [nothing comparable]");
	if (changed(b, r))
		for (const char *at = paths_text(b->p, r->mods); *at != '\0';) {
			size_t n = strcspn(at, ",");

			str_add(&v->out, " %.*s", (int)n, at);
			at += n;
			at += *at == ',';
		}
	str_add(&v->out, "\n");
}

static void
show_hop(struct box *b, const struct pathcell *c)
{
	bool any = false;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct pathrow *r = &b->p->row[c->row + i];

		if (!show_answer(b->p, r))
			continue;
		any = true;
		if (changed(b, r))
			note(b, r);
		if (!said(b, c, i))
			show_row(b, r);
	}
	if (!any)
		str_add(&b->v->out, "%u: *\n", c->ttl);
}

static const struct pathcell *
cell(const struct box *b, uint32_t i)
{
	return &b->p->cell[b->t->cell + i];
}

/*
 * The change happened after the last hop before that could show it, and did
 * not, as the first one that shows it comes later; hops between could not.
 */
static void
show_change(struct box *b, const struct change *g)
{
	struct str *out = &b->v->out;
	unsigned clean = 0;

	for (uint32_t i = 0; i < b->t->n && cell(b, i)->ttl < g->first->ttl;
	    i++)
		for (uint32_t k = 0; k < cell(b, i)->n; k++) {
			const struct pathrow *r =
			    &b->p->row[cell(b, i)->row + k];

			if (comparable(b, r, g))
				clean = r->ttl;
		}
	str_add(out, "   %.*s first seen at hop %u, ", (int)g->n, g->text,
	    g->first->ttl);
	show_addr(b->v, &g->first->from);
	if (clean + 1 == g->first->ttl && clean > 0)
		str_add(out, "; not yet at hop %u\n", clean);
	else if (clean + 1 == g->first->ttl)
		str_add(out, "\n");
	else if (clean > 0)
		str_add(out, "; not yet at hop %u, not comparable between\n",
		    clean);
	else
		str_add(out, "; not comparable before\n");
}

/* Was all of the probe comparable at this hop, or is there nothing to? */
static bool
all_seen(const struct box *b, const struct pathcell *c)
{
	for (uint32_t k = 0; k < c->n; k++) {
		const struct pathrow *r = &b->p->row[c->row + k];

		if (compared(b, r) ? show_is(b->p, r->qclass, "full") :
		    r->reached && show_answer(b->p, r))
			return true;
	}
	return b->t->reached != 0 && c->ttl > b->t->reached;
}

/* Say where a change could have been overlooked: "3, 5-7". */
static void
show_unseen(struct box *b)
{
	const char *before = "   not everything comparable at hops ";
	unsigned from = 0, to = 0;

	for (uint32_t i = 0; i <= b->t->n; i++) {
		const struct pathcell *c = i < b->t->n ? cell(b, i) : NULL;
		bool unseen = c != NULL && !all_seen(b, c);

		if (unseen && from != 0 && c->ttl == to + 1) {
			to++;
			continue;
		}
		if (from != 0) {
			str_add(&b->v->out, to > from ? "%s%u-%u" : "%s%u",
			    before, from, to);
			before = ", ";
		}
		from = to = unseen ? c->ttl : 0;
	}
	if (*before == ',')
		str_add(&b->v->out, "\n");
}

static void
show_summary(struct box *b)
{
	struct str *out = &b->v->out;

	for (size_t i = 0; i < b->n; i++)
		show_change(b, &b->change[i]);
	if (b->n == 0)
		str_add(out, "   no change seen\n");
	show_unseen(b);
	if (b->t->reached == 0)
		str_add(out, "   not reached\n");
}

static void
show_head(struct box *b)
{
	const struct pathrow *r = &b->p->row[b->p->cell[b->t->cell].row];
	struct show *v = b->v;

	str_add(&v->out, "%stracebox ", v->ntargets++ > 0 ? "\n" : "");
	show_to(v, b->p, b->set);
	if (b->set->n > 1)
		str_add(&v->out, " flow %u", b->t->flow);
	if (v->max_ttl > 0)
		str_add(&v->out, ", %u hops max", v->max_ttl);
	if (v->spec != NULL)
		str_add(&v->out, ", %s", v->spec);
	else if (r->options != 0)
		str_add(&v->out, ", %s", paths_name(b->p, r->options));
	str_add(&v->out, "\n");
}

void
show_box(struct show *v, const struct paths *p)
{
	for (size_t s = 0; s < p->nsets; s++)
		for (uint32_t i = 0; i < p->set[s].n; i++) {
			struct box b = { .v = v, .p = p, .set = &p->set[s],
			    .t = &p->trace[p->set[s].trace + i] };

			show_head(&b);
			for (uint32_t k = 0; k < b.t->n; k++) {
				if (b.t->reached != 0 &&
				    cell(&b, k)->ttl > b.t->reached)
					break;
				show_hop(&b, cell(&b, k));
			}
			show_summary(&b);
			free(b.change);
		}
}
