/* paths, retrace: rows in order, where paths end, and what is asked then */

#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "retrace.h"
#include "tap.h"
#include "trace.h"

static const struct {
	const char	*trace;
	enum pathend	 why;
	unsigned	 end, answered;
	const char	*wants;		/* ttl.attempt, with -m 8 -q 3 -g 2 */
} rows[] = {
	{ "abD", PATH_REACHED, 3, 3, "" },
	{ "abDD.", PATH_REACHED, 3, 3, "" },
	{ "ab", PATH_OPEN, 2, 2, "3.0 4.0" },
	{ "ab.", PATH_OPEN, 3, 2, "3.1 4.0" },
	{ "ab[...]", PATH_OPEN, 3, 2, "4.0" },
	{ "ab[...].", PATH_OPEN, 4, 2, "4.1" },
	{ "ab[...][...]", PATH_OPEN, 4, 2, "" },
	{ "ab[...][...]..", PATH_OPEN, 6, 2, "" },
	{ "ab[...]d", PATH_OPEN, 4, 4, "5.0 6.0" },
	{ "ab[..]d", PATH_OPEN, 4, 4, "3.2 5.0 6.0" },
	{ "[.a]b", PATH_OPEN, 2, 2, "3.0 4.0" },
	{ "[aa][bb]", PATH_OPEN, 2, 2, "3.0 3.1 4.0 4.1" },
	{ "[aaa][bb]", PATH_OPEN, 2, 2, "3.0 3.1 4.0 4.1" },
	{ "[aaaa]", PATH_OPEN, 1, 1, "2.0 2.1 2.2 3.0 3.1 3.2" },
	{ "a D", PATH_REACHED, 3, 3, "2.0" },
	{ "a.D", PATH_REACHED, 3, 3, "2.1" },
	{ "abb", PATH_OPEN, 3, 3, "4.0 5.0" },
	{ "aba", PATH_LOOP, 3, 3, "" },
	{ "aaa", PATH_LOOP, 3, 3, "" },
	{ "a.a", PATH_LOOP, 3, 3, "2.1" },
	{ "abac.", PATH_LOOP, 3, 3, "" },
	{ "a[bc]aD", PATH_REACHED, 4, 4, "" },
	{ "abaD", PATH_REACHED, 4, 4, "" },
	{ "a[bc]b", PATH_OPEN, 3, 3, "4.0 5.0" },
	{ "ac[ab]", PATH_OPEN, 3, 3, "4.0 5.0" },
	{ "[ab]ca", PATH_OPEN, 3, 3, "4.0 5.0" },
	{ "[aa].", PATH_OPEN, 2, 1, "2.1 3.0 3.1" },
	{ "ab!", PATH_REFUSED, 2, 2, "" },
	{ "ab!c!..", PATH_REFUSED, 2, 2, "" },
	{ "ab!D", PATH_REACHED, 3, 3, "" },
	{ "abab!", PATH_LOOP, 3, 3, "" },
	{ "abcdefgh", PATH_OPEN, 8, 8, "" },
	{ "abcdefg", PATH_OPEN, 7, 7, "8.0" },
	{ "..", PATH_OPEN, 2, 0, "1.1 2.1" },
	{ "[...][...]", PATH_OPEN, 2, 0, "" },
};

static void
ends(void)
{
	struct pathask ask = { .first = 1, .last = 8, .queries = 3, .gap = 2 };
	struct paths p = { 0 };
	struct wants w = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char got[256] = "";
		size_t n = 0;

		paths_begin(&p, &trace_dst);
		trace_add(&p, rows[i].trace, 0, "ams");
		paths_end(&p);
		ok(p.nsets == 1 && p.ntraces == 1 &&
		    p.trace[0].why == rows[i].why &&
		    p.trace[0].end == rows[i].end &&
		    p.trace[0].answered == rows[i].answered,
		    "%s: why %d end %u answered %u", rows[i].trace,
		    p.trace[0].why, p.trace[0].end, p.trace[0].answered);
		w.n = 0;
		retrace(&p, &p.set[0], &ask, &w);
		for (size_t k = 0; k < w.n; k++)
			n += (size_t)snprintf(got + n, sizeof got - n,
			    "%s%u.%u", k == 0 ? "" : " ", w.v[k].ttl,
			    w.v[k].attempt);
		ok(strcmp(got, rows[i].wants) == 0, "%s: wants: %s",
		    rows[i].trace, got);
	}
	paths_free(&p);
	free(w.v);
}

/* Sets, traces, cells: from rows in any order. */
static void
order(void)
{
	struct paths p = { 0 };
	const struct pathtrace *t;
	const struct pathcell *c;

	paths_begin(&p, &trace_dst);
	trace_add(&p, "abD", 7, "fra");
	trace_add(&p, "a[bc]D", 3, "ams");
	trace_add(&p, "...", 7, "fra");
	trace_add(&p, "axD", 3, "fra");
	paths_end(&p);
	ok(p.nsets == 2 && strcmp(paths_name(&p, p.set[0].tx), "ams") == 0 &&
	    strcmp(paths_name(&p, p.set[1].tx), "fra") == 0,
	    "a set for each sender, by name");
	ok(p.set[0].n == 1 && p.set[1].n == 2 && p.set[0].nrows == 4 &&
	    p.set[1].nrows == 6, "their traces and rows");
	ok(p.doubled == 3 && p.nrows == 10, "rows that were there are one");
	t = paths_trace(&p, &p.set[1], 7);
	ok(t != NULL && t->flow == 7 && t->reached == 3,
	    "of two the answered one");
	ok(paths_trace(&p, &p.set[1], 5) == NULL &&
	    paths_trace(&p, &p.set[0], 7) == NULL, "no such flow");
	t = paths_trace(&p, &p.set[0], 3);
	c = paths_cell(&p, t, 2);
	ok(c != NULL && c->n == 2 && c->several && c->next == 2 &&
	    c->answered == 2 && c->addr.b[3] == 'b', "a cell of two attempts");
	ok(paths_cell(&p, t, 4) == NULL, "no such ttl");

	paths_begin(&p, &trace_dst);
	paths_end(&p);
	ok(p.nsets == 0 && p.nrows == 0, "again, of nothing");
	paths_free(&p);
}

/* Rows as they stand in files. */
static void
lines(void)
{
	static const struct {
		const char	*what, *ttl, *flow, *attempt, *from, *kind;
		int		 answered, reached;	/* answered -1: refused */
	} hop[] = {
		{ "silent", "1", "0", "0", "-", "-", 0, 0 },
		{ "a router", "255", "65535", "254", "10.0.0.1", "ttl", 1, 0 },
		{ "echo", "1", "0", "0", "192.0.2.1", "echo", 1, 1 },
		{ "an alias", "1", "0", "0", "192.0.2.9", "rst", 1, 1 },
		{ "port unreachable", "1", "0", "0", "192.0.2.1", "unreach", 1, 1 },
		{ "a firewall", "1", "0", "0", "10.0.0.1", "unreach", 1, 0 },
		{ "ttl 0", "0", "0", "0", "-", "-", -1, 0 },
		{ "ttl 256", "256", "0", "0", "-", "-", -1, 0 },
		{ "no ttl", "-", "0", "0", "-", "-", -1, 0 },
		{ "flow 65536", "1", "65536", "0", "-", "-", -1, 0 },
		{ "flow -1", "1", "-1", "0", "-", "-", -1, 0 },
		{ "attempt 255", "1", "0", "255", "-", "-", -1, 0 },
		{ "no address", "1", "0", "0", "10.0.0", "ttl", -1, 0 },
		{ "no word", "1", "0", "0", "10.0.0.1", "t t", -1, 0 },
	};
	struct paths p = { 0 };

	for (size_t i = 0; i < sizeof hop / sizeof hop[0]; i++) {
		struct span v[nfields_hop] = { { 0 } };
		char why[256] = "";
		int r;

#define SET(f) v[at_hop_##f] = (struct span){ hop[i].f, strlen(hop[i].f) }
		SET(ttl); SET(flow); SET(attempt); SET(from); SET(kind);
		paths_begin(&p, &trace_dst);
		r = paths_add(&p, v, why);
		if (hop[i].answered == -1) {
			ok(r == -1 && why[0] != '\0' && p.nrows == 0,
			    "%s: %s", hop[i].what, why);
			continue;
		}
		ok(r == 0 && p.nrows == 1 &&
		    p.row[0].answered == hop[i].answered &&
		    p.row[0].reached == hop[i].reached, "%s", hop[i].what);
		paths_end(&p);
	}
	paths_free(&p);
}

int
main(void)
{
	ends();
	order();
	lines();
	return tap_done();
}
