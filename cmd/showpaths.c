/* showpaths - print paths and pings as people know them */

#include <err.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hopfiles.h"
#include "mem.h"
#include "names.h"
#include "num.h"
#include "opt.h"
#include "pathgraph.h"
#include "show.h"

static const char *header, *graph, *namesfile;
static bool want_trace, want_ping, want_fping, want_lb, want_box;
static bool want_names, want_sites, want_ext, ascii;
static int64_t nameswait = INT64_C(5000000000);

static const struct opt opts[] = {
	{ 0, "trace", OPT_FLAG, NULL, &want_trace, 0, 0,
	    "as traceroute prints paths" },
	{ 0, "ping", OPT_FLAG, NULL, &want_ping, 0, 0,
	    "as ping sums replies up" },
	{ 0, "fping", OPT_FLAG, NULL, &want_fping, 0, 0,
	    "as fping does, a line for each target and sender" },
	{ 0, "tracelb", OPT_FLAG, NULL, &want_lb, 0, 0,
	    "nodes and links of all flows together" },
	{ 0, "tracebox", OPT_FLAG, NULL, &want_box, 0, 0,
	    "what was changed on the way, as tracebox prints it" },
	{ 0, "graph", OPT_STR, "dot|svg", &graph, 0, 0,
	    "one graph of all paths, for dot or as a picture" },
	{ 'e', "extensions", OPT_FLAG, NULL, &want_ext, 0, 0,
	    "MPLS labels, interfaces and odd quoted TTLs too" },
	{ 0, "sites", OPT_FLAG, NULL, &want_sites, 0, 0,
	    "say where answers were received, not only when elsewhere" },
	{ 0, "ascii", OPT_FLAG, NULL, &ascii, 0, 0,
	    "print nothing but ASCII" },
	{ 0, "names", OPT_FLAG, NULL, &want_names, 0, 0,
	    "ask the resolver for names of addresses" },
	{ 0, "names-file", OPT_STR, "FILE", &namesfile, 0, 0,
	    "names of addresses: lines of address and name" },
	{ 0, "names-wait", OPT_SPAN, "TIME", &nameswait, 1000000,
	    INT64_C(3600000000000), "wait that long for the names of a target, "
	    "default 5s" },
	{ 0, "header", OPT_STR, "LINE", &header, 0, 0,
	    "the #fsdb line of input that has none" },
	{ 0 }
};

static const struct tool tool = {
	.name = "showpaths",
	.args = "[file ...]",
	.summary = "print paths and pings as people know them",
	.opts = opts,
};

enum view { VIEW_TRACE, VIEW_PING, VIEW_FPING, VIEW_LB, VIEW_BOX, VIEW_GRAPH };

struct state {
	struct hopfiles	 in;
	struct show	 show;
	struct names	 names;
	struct pings	 pings;
	struct pathgraph graph;
	struct addr	*addr;		/* of a target, to be resolved */
	size_t		 naddrs, capaddrs;
	enum view	 view;
};

/* The view asked for, or the one that the input was measured for. */
static enum view
choose(const struct hopfiles *in)
{
	const char *paths = hopfiles_meta(in, "paths");

	if (want_trace)
		return VIEW_TRACE;
	if (want_ping)
		return VIEW_PING;
	if (want_fping)
		return VIEW_FPING;
	if (want_lb)
		return VIEW_LB;
	if (want_box)
		return VIEW_BOX;
	if (graph != NULL)
		return VIEW_GRAPH;
	if (paths == NULL || strcmp(paths, "trace") == 0)
		return VIEW_TRACE;
	if (strcmp(paths, "ping") == 0)
		return VIEW_PING;
	if (strcmp(paths, "tracelb") == 0)
		return VIEW_LB;
	if (strcmp(paths, "tracebox") == 0)
		return VIEW_BOX;
	errx(2, "metadata says paths: %s, which is not known: say how to show "
	    "them", paths);
}

/* A number that metadata may have; 0: it does not. */
static unsigned
parameter(const struct hopfiles *in, const char *key)
{
	const char *s = hopfiles_meta(in, key);
	uint64_t n;

	return s == NULL || num_parse(&n, s, strlen(s), 255) == -1 ? 0 :
	    (unsigned)n;
}

/* Metadata to be printed: NULL if a terminal might obey it. */
static const char *
plain(const struct hopfiles *in, const char *key)
{
	const char *s = hopfiles_meta(in, key);

	for (const char *p = s; p != NULL && *p != '\0'; p++)
		if (*p < ' ' || *p >= 127)
			return NULL;
	return s;
}

static void
set_up(struct state *s)
{
	struct show *v = &s->show;
	const char *per_trace;
	char why[512];

	v->ascii = ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	v->sites = want_sites;
	v->ext = want_ext;
	v->first_ttl = parameter(&s->in, "first-ttl");
	v->max_ttl = parameter(&s->in, "max-ttl");
	v->gap = parameter(&s->in, "gap");
	v->spec = plain(&s->in, "spec");
	v->confidence = plain(&s->in, "confidence");
	per_trace = hopfiles_meta(&s->in, "per-trace");
	v->per_trace = per_trace != NULL && strcmp(per_trace, "yes") == 0;
	if (namesfile != NULL &&
	    names_load(&s->names, namesfile, why) == -1)
		errx(2, "%s", why);
	if (want_names || namesfile != NULL)
		v->names = &s->names;
	s->view = choose(&s->in);
}

static void
want_name(struct state *s, const struct addr *a)
{
	if (a->v == 0 || names_known(&s->names, a))
		return;
	for (size_t i = 0; i < s->naddrs; i++)
		if (addr_cmp(&s->addr[i], a) == 0)
			return;
	if (s->naddrs == s->capaddrs) {
		s->capaddrs = s->capaddrs * 2 + 64;
		s->addr = mem_grow(s->addr, s->capaddrs, sizeof *s->addr);
	}
	s->addr[s->naddrs++] = *a;
}

/* The names of whoever is on the paths to this target. */
static void
resolve(struct state *s)
{
	const struct paths *p = &s->in.paths;

	s->naddrs = 0;
	want_name(s, &p->dst);
	for (size_t i = 0; i < p->nrows; i++)
		want_name(s, &p->row[i].from);
	names_resolve(&s->names, s->addr, s->naddrs, nameswait);
}

static void
put(struct str *out)
{
	if (out->n > 0 && fwrite(out->s, 1, out->n, stdout) != out->n)
		err(3, "standard output");
	str_clear(out);
}

static void
show_target(struct state *s)
{
	const struct paths *p = &s->in.paths;

	if (want_names)
		resolve(s);
	switch (s->view) {
	case VIEW_TRACE:
		show_trace(&s->show, p);
		break;
	case VIEW_PING:
		show_ping(&s->show, p, &s->pings);
		break;
	case VIEW_FPING:
		show_fping(&s->show, p, &s->pings);
		break;
	case VIEW_LB:
		show_lb(&s->show, p);
		break;
	case VIEW_BOX:
		show_box(&s->show, p);
		break;
	case VIEW_GRAPH:
		pathgraph_add(&s->graph, p);
		break;
	}
	put(&s->show.out);
}

/* What is said of all targets together. */
static void
show_rest(struct state *s)
{
	if (s->view == VIEW_PING || s->view == VIEW_FPING)
		show_pings(&s->show, &s->pings);
	if (s->view == VIEW_GRAPH && strcmp(graph, "dot") == 0)
		show_dot(&s->show, &s->graph);
	else if (s->view == VIEW_GRAPH)
		show_svg(&s->show, &s->graph);
	put(&s->show.out);
}

/* Close the input; true if some of it was missing or not understood. */
static bool
close_files(struct hopfiles *h)
{
	bool bad = h->doubled > 0;

	for (size_t i = 0; i < h->n; i++) {
		struct hopfile *f = &h->f[i];

		if (f->bad != NULL)
			warnx("%s", f->bad);
		if (f->in.nbad > 1)
			warnx("%s: %" PRIu64 " bad lines", f->path,
			    f->in.nbad);
		bad = bad || f->in.nbad > 0;
		if (hopfiles_close(h, i) == -1) {
			warnx("%s: %s", f->path, f->in.err);
			bad = true;
		}
	}
	if (h->doubled > 0)
		warnx("%" PRIu64 " probes were there more than once and are "
		    "shown once: show each measurement by itself", h->doubled);
	return bad;
}

int
main(int argc, char *argv[])
{
	char dash[] = "-", *const standard[] = { dash, NULL };
	struct state s = { 0 };
	char why[512];
	bool bad;
	int r;

	opt_parse(&tool, &argc, &argv);
	if (want_trace + want_ping + want_fping + want_lb + want_box +
	    (graph != NULL) > 1)
		opt_usage(&tool, "only one view at a time");
	if (graph != NULL && strcmp(graph, "dot") != 0 &&
	    strcmp(graph, "svg") != 0)
		opt_usage(&tool, "--graph: not dot or svg: %s", graph);
	setlocale(LC_CTYPE, "");
	if (hopfiles_open(&s.in, argc == 0 ? 1 : (size_t)argc,
	    argc == 0 ? standard : argv, header, why) == -1)
		errx(2, "%s", why);
	set_up(&s);

	while ((r = hopfiles_next(&s.in, why)) == 1)
		show_target(&s);
	if (r == -1)
		errx(2, "%s", why);
	show_rest(&s);
	if (s.names.late > 0)
		warnx("%" PRIu64 " names were not found in time",
		    s.names.late);
	bad = close_files(&s.in);
	if (fflush(stdout) == EOF)
		err(3, "standard output");

	hopfiles_free(&s.in);
	pathgraph_free(&s.graph);
	lbgraph_free(&s.show.lb);
	names_free(&s.names);
	str_free(&s.show.out);
	free(s.addr);
	return bad;
}
