#include "show.h"

#include <stdio.h>
#include <string.h>

#include "num.h"
#include "rec.h"

bool
show_is(const struct paths *p, uint32_t word, const char *name)
{
	return strcmp(paths_name(p, word), name) == 0;
}

bool
show_answer(const struct paths *p, const struct pathrow *r)
{
	return r->answered && r->from.v != 0 &&
	    !show_is(p, r->verdict, "late");
}

bool
show_elsewhere(const struct pathrow *r)
{
	return r->rx != r->tx;
}

void
show_addr(struct show *v, const struct addr *a)
{
	char text[ADDR_STRLEN];
	const char *name;

	addr_string(a, text);
	if (v->names == NULL) {
		str_add(&v->out, "%s", text);
		return;
	}
	name = names_find(v->names, a);
	str_add(&v->out, "%s (%s)", name == NULL ? text : name, text);
}

void
show_site(struct show *v, const struct paths *p, const struct pathrow *r)
{
	str_add(&v->out, "%s%s%s", paths_name(p, r->tx),
	    v->ascii ? "->" : "\xe2\x86\x92", r->rx != 0 ?
	    paths_name(p, r->rx) : r->sites != 0 ?
	    paths_text(p, r->sites) : "?");
}

void
show_rtt(struct show *v, const struct pathrow *r)
{
	if (r->rtt == NUM_NONE) {
		str_add(&v->out, "? ms");
		return;
	}
	str_add(&v->out, "%.3f", (double)r->rtt / 1e6);
	if (r->rtt_err != NUM_NONE)
		str_add(&v->out, "%s%.3f", v->ascii ? "+-" : "\xc2\xb1",
		    (double)r->rtt_err / 1e6);
	str_add(&v->out, " ms");
}

/* What traceroute(8) has for codes of RFC 792, 1122 and 1812. */
static const char *
unreach4(int code)
{
	switch (code) {
	case 0: case 6: case 8: case 11:
		return "!N";
	case 1: case 7: case 12:
		return "!H";
	case 2:
		return "!P";
	case 3:
		return "";		/* port */
	case 4:
		return "!F";
	case 5:
		return "!S";
	case 9: case 10: case 13:
		return "!X";
	case 14:
		return "!V";
	case 15:
		return "!C";
	default:
		return NULL;
	}
}

/* And for those of RFC 4443. */
static const char *
unreach6(int code)
{
	switch (code) {
	case 0:
		return "!N";
	case 1: case 5: case 6:
		return "!X";
	case 2: case 3:
		return "!H";
	case 4:
		return "";		/* port */
	default:
		return NULL;
	}
}

const char *
show_error(const struct paths *p, const struct pathrow *r,
    char out[static 24])
{
	const char *icmp = paths_name(p, r->icmp), *s = NULL;
	int type, code;

	if (sscanf(icmp, "%d/%d", &type, &code) != 2)
		return "";
	if (r->from.v == 6) {
		if (type == 3 && code == 0)
			s = "";
		else if (type == 1)
			s = unreach6(code);
		else if (type == 2)
			s = "!F";
		else if (type == 4 && code == 1)
			s = "!P";
	} else {
		if (type == 11 && code == 0)
			s = "";
		else if (type == 3)
			s = unreach4(code);
	}
	if (s != NULL)
		snprintf(out, 24, "%s%s", *s != '\0' ? " " : "", s);
	else if (type == (r->from.v == 6 ? 1 : 3))
		snprintf(out, 24, " !<%d>", code);
	else
		snprintf(out, 24, " !<%d-%d>", type, code);
	return out;
}

void
show_to(struct show *v, const struct paths *p, const struct pathset *set)
{
	bool src = false, probe = false;
	char text[ADDR_STRLEN];

	for (size_t i = 0; i < p->nsets; i++) {
		const struct pathset *s = &p->set[i];

		if (s->tx != set->tx)
			continue;
		src = src || addr_cmp(&s->src, &set->src) != 0;
		probe = probe || s->probe != set->probe;
	}
	str_add(&v->out, "to ");
	show_addr(v, &p->dst);
	str_add(&v->out, " from %s", paths_name(p, set->tx));
	if (src)
		str_add(&v->out, " (%s)", addr_string(&set->src, text));
	if (probe)
		str_add(&v->out, " by %s", paths_name(p, set->probe));
}
