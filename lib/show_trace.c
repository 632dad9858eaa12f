/* Traces, as traceroute(8) prints them. */

#include <stdio.h>
#include <string.h>

#include "num.h"
#include "rec.h"
#include "show.h"

/* One trace while it is shown. */
struct view {
	struct show		*v;
	const struct paths	*p;
	const struct pathset	*set;
	const struct pathtrace	*t;
	unsigned		 end;		/* last ttl that is shown */
};

/* RFC 4950 as traceroute -e has it: L, E, S, T for label:tc:s:ttl. */
static void
show_mpls(struct show *v, const char *s, size_t n, bool first)
{
	unsigned label, tc, bottom, ttl;

	if (sscanf(s, "%u:%u:%u:%u", &label, &tc, &bottom, &ttl) == 4)
		str_add(&v->out, "%sL=%u,E=%u,S=%u,T=%u", first ? "MPLS:" : "/",
		    label, tc, bottom, ttl);
	else
		str_add(&v->out, "%s%.*s", first ? "" : "/", (int)n, s);
}

/* RFC 5837: role|index|address|name|mtu, missing parts left out. */
static void
show_interface(struct show *v, const char *s, size_t n)
{
	static const char *const key[] = { ":", ",#", ",", ",", ",mtu=" };
	const char *end = s + n;

	str_add(&v->out, "IF");
	for (int i = 0; i < 5 && s <= end; i++) {
		size_t k = 0;

		while (s + k < end && s[k] != '|')
			k++;
		if (k > 0)
			str_add(&v->out, "%s%.*s", key[i], (int)k, s);
		s += k + 1;
	}
}

static void
show_extensions(struct show *v, const char *s)
{
	bool mpls = false;

	str_add(&v->out, " <");
	for (const char *at = s; *at != '\0';) {
		size_t n = strcspn(at, ",");

		if (memchr(at, '|', n) != NULL) {
			if (at != s)
				str_add(&v->out, ";");
			show_interface(v, at, n);
			mpls = false;
		} else {
			if (at != s && !mpls)
				str_add(&v->out, ";");
			show_mpls(v, at, n, !mpls);
			mpls = true;
		}
		at += n;
		at += *at == ',';
	}
	str_add(&v->out, ">");
}

/* What is left of an answer when address, site and time are printed. */
static void
show_flags(struct view *w, const struct pathrow *r)
{
	char text[24];

	str_add(&w->v->out, "%s", show_error(w->p, r, text));
	if (r->reached && show_is(w->p, r->kind, "synack"))
		str_add(&w->v->out, " [open]");
	if (r->reached && show_is(w->p, r->kind, "rst") &&
	    show_is(w->p, r->probe, "syn"))
		str_add(&w->v->out, " [closed]");
	if (w->v->ext && show_is(w->p, r->kind, "ttl") && r->qttl >= 0 &&
	    r->qttl != 1)
		str_add(&w->v->out, " !T%d", r->qttl);
}

static void
show_answer_of(struct view *w, const struct pathrow *r,
    const struct pathrow *before)
{
	struct show *v = w->v;
	bool again = before != NULL && addr_cmp(&before->from, &r->from) == 0 &&
	    (!v->ext || strcmp(paths_text(w->p, before->mpls),
	    paths_text(w->p, r->mpls)) == 0);

	if (!again) {
		str_add(&v->out, " ");
		show_addr(v, &r->from);
		if (v->ext && r->mpls != 0)
			show_extensions(v, paths_text(w->p, r->mpls));
	}
	if (again ? before->rx != r->rx || strcmp(paths_text(w->p, before->sites),
	    paths_text(w->p, r->sites)) != 0 :
	    v->sites || show_elsewhere(r)) {
		str_add(&v->out, " ");
		show_site(v, w->p, r);
	}
	str_add(&v->out, "  ");
	show_rtt(v, r);
	show_flags(w, r);
}

static void
show_cell(struct view *w, const struct pathcell *c)
{
	const struct pathrow *before = NULL;

	str_add(&w->v->out, "%2u ", c->ttl);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct pathrow *r = &w->p->row[c->row + i];

		if (show_answer(w->p, r)) {
			show_answer_of(w, r, before);
			before = r;
		} else
			str_add(&w->v->out, " *");
	}
	str_add(&w->v->out, "\n");
}

static const struct pathcell *
cell(const struct view *w, uint32_t i)
{
	return &w->p->cell[w->t->cell + i];
}

static void
show_hole(struct view *w, unsigned from, unsigned to)
{
	if (from == to)
		str_add(&w->v->out, "    hop %u was not probed\n", from);
	else if (from < to)
		str_add(&w->v->out, "    hops %u to %u were not probed\n",
		    from, to);
}

/*
 * The path ends at its target, or at a router that refuses what comes with a
 * larger ttl just so; of anything else all that was probed is shown.
 */
static unsigned
find_end(const struct view *w)
{
	const struct pathcell *stop;

	if (w->t->reached != 0)
		return w->t->reached;
	if (w->t->refused == 0)
		return 255;
	stop = paths_cell(w->p, w->t, w->t->refused);
	for (uint32_t i = 0; i < w->t->n; i++)
		for (uint32_t k = 0; k < cell(w, i)->n; k++) {
			const struct pathrow *r =
			    &w->p->row[cell(w, i)->row + k];

			if (r->ttl > stop->ttl && show_answer(w->p, r) &&
			    (addr_cmp(&r->from, &stop->addr) != 0 ||
			    show_is(w->p, r->kind, "ttl")))
				return 255;
		}
	return stop->ttl;
}

/* The hops at which the address that came again answered. */
static void
show_loop(struct view *w)
{
	const struct pathcell *again = paths_cell(w->p, w->t, w->t->loop);
	const char *comma = "";

	str_add(&w->v->out, "    loop: ");
	show_addr(w->v, &again->addr);
	str_add(&w->v->out, " at hops");
	for (uint32_t i = 0; i < w->t->n; i++) {
		const struct pathcell *c = cell(w, i);
		bool here = false;

		if (c->ttl > w->end)
			break;
		for (uint32_t k = 0; k < c->n; k++)
			here = here || addr_cmp(&w->p->row[c->row + k].from,
			    &again->addr) == 0;
		if (here) {
			str_add(&w->v->out, "%s %u", comma, c->ttl);
			comma = ",";
		}
	}
	str_add(&w->v->out, "\n");
}

static void
show_refused(struct view *w)
{
	const struct pathcell *c = paths_cell(w->p, w->t, w->t->refused);
	char text[24];

	for (uint32_t i = 0; i < c->n; i++) {
		const struct pathrow *r = &w->p->row[c->row + i];

		if (!show_answer(w->p, r) || r->reached ||
		    show_is(w->p, r->kind, "ttl"))
			continue;
		str_add(&w->v->out, "    not reached: ");
		show_addr(w->v, &r->from);
		str_add(&w->v->out, " said%s at hop %u\n",
		    show_error(w->p, r, text), c->ttl);
		return;
	}
}

/* Nobody refused and nothing came again: silence, or the last ttl. */
static void
show_silence(struct view *w)
{
	unsigned last = w->t->n == 0 ? 0 : cell(w, w->t->n - 1)->ttl;
	unsigned heard = 0, before = w->v->first_ttl > 0 ?
	    w->v->first_ttl - 1 : 0;
	struct str *out = &w->v->out;

	for (uint32_t i = 0; i < w->t->n; i++)
		for (uint32_t k = 0; k < cell(w, i)->n; k++)
			if (show_answer(w->p, &w->p->row[cell(w, i)->row + k]))
				heard = cell(w, i)->ttl;
	str_add(out, "    not reached: ");
	if (heard == 0)
		str_add(out, "nothing answered");
	else if (last > heard)
		str_add(out, "silent after hop %u", heard);
	if (heard > before)
		before = heard;
	if (w->v->gap > 0 && last >= before + w->v->gap && last < w->v->max_ttl)
		str_add(out, ", the gap limit is %u", w->v->gap);
	else if (w->v->max_ttl > 0 && last >= w->v->max_ttl)
		str_add(out, "%s%u hops are the limit", heard == last ? "" :
		    ", ", w->v->max_ttl);
	else
		str_add(out, "%sprobed up to hop %u", heard == last ? "" :
		    ", ", last);
	str_add(out, "\n");
}

static const char *
s_of(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Why it ended, and what the lines above cannot show. */
static void
show_end(struct view *w)
{
	const struct pathtrace *t = w->t;
	uint64_t beyond = 0, late = 0, twice = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct pathcell *c = cell(w, i);

		for (uint32_t k = 0; k < c->n; k++) {
			const struct pathrow *r = &w->p->row[c->row + k];

			if (c->ttl > w->end) {
				beyond++;
				continue;
			}
			late += show_is(w->p, r->verdict, "late");
			twice += r->replies > 1 ? (uint64_t)r->replies - 1 : 0;
		}
	}
	if (t->loop != 0 && (t->reached == 0 || t->loop < t->reached))
		show_loop(w);
	if (t->reached != 0)
		str_add(&w->v->out, "    reached at hop %u\n", t->reached);
	else if (t->refused != 0)
		show_refused(w);
	else if (t->loop == 0)
		show_silence(w);
	if (beyond > 0)
		str_add(&w->v->out, "    %ju probe%s beyond it not shown\n",
		    (uintmax_t)beyond, s_of(beyond));
	if (late > 0)
		str_add(&w->v->out, "    %ju answer%s came too late\n",
		    (uintmax_t)late, s_of(late));
	if (twice > 0)
		str_add(&w->v->out, "    %ju duplicate%s\n",
		    (uintmax_t)twice, s_of(twice));
}

static void
show_head(struct view *w)
{
	const struct pathrow *r = &w->p->row[w->set->row];
	struct show *v = w->v;

	str_add(&v->out, "%straceroute ", v->ntargets++ > 0 ? "\n" : "");
	show_to(v, w->p, w->set);
	if (w->set->n > 1)
		str_add(&v->out, " flow %u", w->t->flow);
	if (v->max_ttl > 0)
		str_add(&v->out, ", %u hops max", v->max_ttl);
	if (r->size > 0)
		str_add(&v->out, ", %d byte packets", r->size);
	str_add(&v->out, "\n");
}

void
show_trace(struct show *v, const struct paths *p)
{
	for (size_t s = 0; s < p->nsets; s++)
		for (uint32_t i = 0; i < p->set[s].n; i++) {
			struct view w = { v, p, &p->set[s],
			    &p->trace[p->set[s].trace + i], 0 };
			unsigned next = v->first_ttl > 0 ? v->first_ttl : 1;

			w.end = find_end(&w);
			show_head(&w);
			for (uint32_t k = 0; k < w.t->n; k++) {
				const struct pathcell *c = cell(&w, k);

				if (c->ttl > w.end)
					break;
				if (c->ttl > next)
					show_hole(&w, next, c->ttl - 1u);
				show_cell(&w, c);
				next = c->ttl + 1u;
			}
			show_end(&w);
		}
}
