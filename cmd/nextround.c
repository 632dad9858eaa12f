/* nextround - the probes that path measurements still need */

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hopfiles.h"
#include "mda.h"
#include "mem.h"
#include "opt.h"
#include "permute.h"
#include "rec.h"
#include "retrace.h"

static const char *output, *header, *tx;
static bool trace, tracelb, tracebox, per_node, per_trace, force, quiet;
static uint64_t first, last, queries, gap, max_probes;
static double percent;

static const struct opt opts[] = {
	{ 0, "trace", OPT_FLAG, NULL, &trace, 0, 0,
	    "traceroute: on to the end of each flow's path" },
	{ 0, "tracelb", OPT_FLAG, NULL, &tracelb, 0, 0,
	    "multipath: on until every node and link is found" },
	{ 0, "tracebox", OPT_FLAG, NULL, &tracebox, 0, 0,
	    "middleboxes: as --trace" },
	{ 'f', "first-ttl", OPT_UINT, "TTL", &first, 1, 255,
	    "where paths begin, default 1" },
	{ 'm', "max-ttl", OPT_UINT, "TTL", &last, 1, 255,
	    "where they end at the latest, default 30" },
	{ 'q', "queries", OPT_UINT, "N", &queries, 1, 255,
	    "attempts at what stays silent, default 3" },
	{ 'g', "gap", OPT_UINT, "N", &gap, 1, 255,
	    "silent ttls in a row that end a path, default 5" },
	{ 0, "confidence", OPT_REAL, "PERCENT", &percent, 1, 100,
	    "of finding every next hop of a node, default 95" },
	{ 0, "per-node", OPT_FLAG, NULL, &per_node, 0, 0,
	    "the confidence is that of each node, the default" },
	{ 0, "per-trace", OPT_FLAG, NULL, &per_trace, 0, 0,
	    "the confidence is that of the whole" },
	{ 0, "max-probes", OPT_UINT, "N", &max_probes, 1, UINT32_MAX,
	    "per target and sender, all rounds, default 10000" },
	{ 0, "tx", OPT_STR, "NODE", &tx, 0, 0,
	    "only what this node is to send" },
	{ 0, "header", OPT_STR, "LINE", &header, 0, 0,
	    "the #fsdb line of input that has none" },
	{ 'w', "output-file", OPT_STR, "FILE", &output, 0, 0,
	    "write here instead of standard output; .gz compresses" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite FILE" },
	{ 0, "quiet", OPT_FLAG, NULL, &quiet, 0, 0,
	    "do not say on standard error what was left out" },
	{ 0 }
};

static const struct tool tool = {
	.name = "nextround",
	.args = "[file ...]",
	.summary = "the probes that path measurements still need",
	.opts = opts,
};

/* A probe to write, and where in the order. */
struct pooled {
	uint64_t	 place;		/* of its target and ttl in a wave */
	uint32_t	 wave;		/* of this target and ttl, from 0 */
	struct addr	 dst;
	uint32_t	 probe, options;	/* words */
	int32_t		 sport, dport, tos, size;
	struct want	 want;
};

/*
 * Probes are held back, this many and those of the last target, to be sent
 * in an order that asks no router twice in a row.
 */
enum { POOL = 1 << 18 };

struct state {
	struct hopfiles	 files;
	struct pathask	 ask;
	bool		 multipath, done;	/* done: pings want nothing */
	struct mda	 mda;
	struct wants	 wants;
	struct pooled	*pool;
	size_t		 npool, cappool;
	struct recout	 out;
	const char	*name;		/* of the output */
	struct probe	 rec;
	bool		 seen_tx;
	uint64_t	 targets, wanting, capped, probes;
};

static int
cmp_probes(const void *x, const void *y)
{
	const struct pooled *a = x, *b = y;

	if (a->probe != b->probe)
		return a->probe < b->probe ? -1 : 1;
	if (a->want.ttl != b->want.ttl)
		return a->want.ttl < b->want.ttl ? -1 : 1;
	if (a->want.flow != b->want.flow)
		return a->want.flow < b->want.flow ? -1 : 1;
	return (a->want.attempt > b->want.attempt) -
	    (a->want.attempt < b->want.attempt);
}

static int
cmp_places(const void *x, const void *y)
{
	const struct pooled *a = x, *b = y;

	if (a->wave != b->wave)
		return a->wave < b->wave ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return addr_cmp(&a->dst, &b->dst);
}

static bool
same_router(const struct pooled *a, const struct pooled *b)
{
	return a->want.ttl == b->want.ttl && addr_cmp(&a->dst, &b->dst) == 0;
}

/*
 * Each wave in an order of its own: with a steady one, a router that deals
 * out packets in turn may give each ttl always the same way.
 */
static void
order_pool(struct state *s)
{
	if (s->npool > 0)
		qsort(s->pool, s->npool, sizeof *s->pool, cmp_places);
	for (size_t i = 1; i + 1 < s->npool; i++)
		if (same_router(&s->pool[i - 1], &s->pool[i])) {
			struct pooled b = s->pool[i];

			s->pool[i] = s->pool[i + 1];
			s->pool[i + 1] = b;
		}
}

static void
write_pool(struct state *s)
{
	order_pool(s);
	for (size_t i = 0; i < s->npool; i++) {
		const struct pooled *b = &s->pool[i];
		const char *options = paths_name(&s->files.paths, b->options);
		const char *probe = paths_name(&s->files.paths, b->probe);

		s->rec.dst = b->dst;
		rec_parse_field(rec_field(&rec_probe, "probe"), &s->rec, probe,
		    strlen(probe));
		rec_parse_field(rec_field(&rec_probe, "options"), &s->rec,
		    options, strlen(options));
		s->rec.ttl = b->want.ttl;
		s->rec.flow = b->want.flow;
		s->rec.attempt = b->want.attempt;
		s->rec.sport = b->sport == -1 ? NUM_NONE : b->sport;
		s->rec.dport = b->dport == -1 ? NUM_NONE : b->dport;
		s->rec.tos = b->tos == -1 ? NUM_NONE : b->tos;
		s->rec.size = b->size == -1 ? NUM_NONE : b->size;
		if (recout_write(&s->out, &s->rec) == -1)
			err(3, "%s", s->name);
	}
	s->probes += s->npool;
	s->npool = 0;
}

/* The wants of one set, with what its probes have in common. */
static void
pool_wants(struct state *s, const struct pathset *set)
{
	const struct paths *p = &s->files.paths;

	for (size_t i = 0; i < s->wants.n; i++) {
		const struct pathtrace *t = paths_trace(p, set,
		    s->wants.v[i].flow);
		const struct pathrow *r = &p->row[t == NULL ? set->row :
		    p->cell[t->cell].row];

		if (s->npool == s->cappool) {
			s->cappool = s->cappool * 2 + 1024;
			s->pool = mem_grow(s->pool, s->cappool,
			    sizeof *s->pool);
		}
		s->pool[s->npool++] = (struct pooled){ .dst = p->dst,
		    .probe = r->probe, .options = r->options,
		    .sport = r->sport, .dport = r->dport, .tos = r->tos,
		    .size = r->size, .want = s->wants.v[i] };
	}
}

/*
 * Those of one target, from `from` on: what several senders want is written
 * once; the first of each ttl goes into the first wave, and so on.
 */
static void
arrange(struct state *s, size_t from)
{
	size_t n = from;
	uint32_t wave = 0;

	if (s->npool > from)
		qsort(s->pool + from, s->npool - from, sizeof *s->pool,
		    cmp_probes);
	for (size_t i = from; i < s->npool; i++) {
		struct pooled *b = &s->pool[i];

		if (n > from && cmp_probes(&s->pool[n - 1], b) == 0)
			continue;
		wave = n > from && s->pool[n - 1].want.ttl == b->want.ttl ?
		    wave + 1 : 0;
		b->wave = wave;
		b->place = permute_draw(s->targets, (uint64_t)wave << 8 |
		    b->want.ttl);
		s->pool[n++] = *b;
	}
	s->npool = n;
}

static void
look_at(struct state *s)
{
	const struct paths *p = &s->files.paths;
	size_t from = s->npool;
	bool capped = false;

	s->targets++;
	for (size_t i = 0; i < p->nsets; i++) {
		const struct pathset *set = &p->set[i];

		if (tx != NULL && strcmp(paths_name(p, set->tx), tx) != 0)
			continue;
		s->seen_tx = true;
		s->wants.n = 0;
		s->wants.capped = false;
		if (s->done)
			continue;
		if (s->multipath)
			mda_next(&s->mda, p, set, &s->ask, &s->wants);
		else
			retrace(p, set, &s->ask, &s->wants);
		wants_limit(&s->wants, set->nrows, s->ask.max_probes);
		capped |= s->wants.capped;
		pool_wants(s, set);
	}
	s->capped += capped;
	s->wanting += s->npool > from;
	arrange(s, from);
	if (s->npool >= POOL)
		write_pool(s);
}

/* A number of the command line, or of the metadata, or the default. */
static unsigned
number(const struct state *s, uint64_t given, const char *key, uint64_t max,
    unsigned otherwise)
{
	const char *meta = hopfiles_meta(&s->files, key);
	uint64_t v = given;

	if (given == 0 && meta == NULL)
		return otherwise;
	if (given == 0 && (num_parse(&v, meta, strlen(meta), max) == -1 ||
	    v == 0))
		errx(2, "metadata: %s: not 1 to %" PRIu64 ": %s", key, max,
		    meta);
	return (unsigned)v;
}

static double
confidence(const struct state *s)
{
	const char *meta = hopfiles_meta(&s->files, "confidence");
	double v = percent;

	if (v == 0 && meta == NULL)
		return 0.95;
	if (v == 0 && (num_parse_real(&v, meta, strlen(meta)) == -1 || v < 1))
		errx(2, "metadata: confidence: not a percentage: %s", meta);
	if (v > 99.999)
		errx(2, "--confidence: %g%%: at most 99.999 is possible", v);
	return v / 100;
}

/* What is to be gone on with. */
static const char *
kind(const struct state *s)
{
	const char *meta = hopfiles_meta(&s->files, "paths");

	if (trace || tracelb || tracebox)
		return trace ? "trace" : tracelb ? "tracelb" : "tracebox";
	if (meta == NULL)
		errx(2, "what is to be gone on with? give --trace, --tracelb "
		    "or --tracebox");
	if (strcmp(meta, "ping") != 0 && strcmp(meta, "trace") != 0 &&
	    strcmp(meta, "tracelb") != 0 && strcmp(meta, "tracebox") != 0)
		errx(2, "metadata: paths: not known: %s", meta);
	return meta;
}

static void
read_ask(struct state *s)
{
	const char *meta = hopfiles_meta(&s->files, "per-trace");
	struct pathask *a = &s->ask;

	a->first = number(s, first, "first-ttl", 255, 1);
	a->last = number(s, last, "max-ttl", 255, 30);
	a->queries = number(s, queries, "queries", 255, 3);
	a->gap = number(s, gap, "gap", 255, 5);
	a->max_probes = number(s, max_probes, "max-probes", UINT32_MAX, 10000);
	a->max_flow = MDA_MAXFLOW;
	a->confidence = confidence(s);
	a->per_trace = per_trace || (!per_node && meta != NULL &&
	    strcmp(meta, "yes") == 0);
	if (a->first > a->last)
		errx(2, "first ttl %u is after the last, %u", a->first,
		    a->last);
}

/* The columns of probes, and of those not always there what the input has. */
static void
open_output(struct state *s, const char *what)
{
	static const char *const others[] = { "sport", "dport", "tos", "size",
	    "options" }, *const copied[] = { "spec", "interval", "flows" };
	const char *cols[11] = { "dst", "probe", "ttl", "flow", "attempt" };
	const struct pathask *a = &s->ask;
	struct recout *out = &s->out;
	bool compress;
	int fd, n = 5;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (hopfiles_column(&s->files, others[i]))
			cols[n++] = others[i];
	s->name = output == NULL ? "standard output" : output;
	if ((fd = recout_create(output, force, &compress)) == -1)
		err(2, "%s", s->name);
	if (recout_open(out, &rec_probe, fd, compress, false, cols) == -1)
		err(3, "%s", s->name);
	rec_clear(&rec_probe, &s->rec);
	recout_meta(out, "version", "%s", CASTNET_VERSION);
	recout_meta(out, "paths", "%s", what);
	recout_meta(out, "first-ttl", "%u", a->first);
	recout_meta(out, "max-ttl", "%u", a->last);
	recout_meta(out, "queries", "%u", a->queries);
	recout_meta(out, "gap", "%u", a->gap);
	recout_meta(out, "max-probes", "%" PRIu64, a->max_probes);
	if (s->multipath) {
		recout_meta(out, "confidence", "%.9g", a->confidence * 100);
		recout_meta(out, "per-trace", "%s", a->per_trace ? "yes" :
		    "no");
	}
	for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
		const char *meta = hopfiles_meta(&s->files, copied[i]);

		if (meta != NULL)
			recout_meta(out, copied[i], "%s", meta);
	}
}

/* Close the input; true if some of it was missing. */
static bool
close_input(struct hopfiles *h)
{
	bool bad = false;

	for (size_t i = 0; i < h->n; i++) {
		struct hopfile *f = &h->f[i];

		if (f->bad != NULL)
			warnx("%s", f->bad);
		if (f->in.nbad > 1)
			warnx("%s: %" PRIu64 " bad lines", f->path, f->in.nbad);
		bad |= f->in.nbad > 0;
		if (hopfiles_close(h, i) == -1) {
			warnx("%s: %s", f->path, f->in.err);
			bad = true;
		}
	}
	return bad;
}

int
main(int argc, char *argv[])
{
	char dash[] = "-", *in[] = { dash }, why[512], **all = argv;
	static struct state s;
	const char *what;
	bool bad;
	int r;

	opt_parse(&tool, &argc, &argv);
	if (trace + tracelb + tracebox > 1)
		opt_usage(&tool, "--trace, --tracelb and --tracebox: only one");
	if (per_node && per_trace)
		opt_usage(&tool, "--per-node and --per-trace: only one");
	if (hopfiles_open(&s.files, argc > 0 ? (size_t)argc : 1,
	    argc > 0 ? argv : in, header, why) == -1)
		errx(2, "%s", why);
	what = kind(&s);
	s.multipath = strcmp(what, "tracelb") == 0;
	s.done = strcmp(what, "ping") == 0;
	read_ask(&s);
	open_output(&s, what);

	while ((r = hopfiles_next(&s.files, why)) == 1)
		look_at(&s);
	if (r == -1)
		errx(2, "%s", why);
	write_pool(&s);
	recout_meta(&s.out, "counts", "targets=%" PRIu64 " wanting=%" PRIu64
	    " probes=%" PRIu64 " capped=%" PRIu64 " doubled=%" PRIu64,
	    s.targets, s.wanting, s.probes, s.capped, s.files.doubled);
	bad = close_input(&s.files);
	if (tx != NULL && !s.seen_tx) {
		warnx("no row was sent by %s", tx);
		bad = true;
	}
	if (s.capped > 0 && !quiet)
		warnx("%" PRIu64 " targets want more than --max-probes, or "
		    "than flows or attempts there are", s.capped);
	if (recout_close(&s.out, NULL, all) == -1)
		err(3, "%s", s.name);
	hopfiles_free(&s.files);
	mda_free(&s.mda);
	free(s.wants.v);
	free(s.pool);
	return bad;
}
