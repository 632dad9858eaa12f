/* mkprobes - turn targets into the probes of pings, traceroutes, traceboxes */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boxspec.h"
#include "coupon.h"
#include "mem.h"
#include "num.h"
#include "opt.h"
#include "pathorder.h"
#include "rec.h"
#include "tmplset.h"

enum {
	SHOW_BAD = 5,
	ATTEMPTS = 255,			/* of one flow: 0 to 254 */
	TRACE_TTLS = 30, TRACE_QUERIES = 3, GAP = 5,
	LB_TTLS = 10,			/* of a first round: the flows cost */
	PING_COUNT = 5
};

#define PERCENT_MAX	99.999		/* nextround(1) */
#define DUE_STEP	1000		/* us; finer is for sendprobes -r */

static const char	*box_text, *type, *out_path, *header;
static uint64_t		 first = 1, last = TRACE_TTLS, until, queries, flows;
static uint64_t		 gap = GAP, dport, dscp = UINT64_MAX, ecn = UINT64_MAX;
static uint64_t		 tos = UINT64_MAX, size, seed;
static int64_t		 interval = INT64_C(1000000000);
static double		 percent = 95;
static bool		 ping, trace, tracelb, by_icmp, per_trace, force, quiet, verbose;

static const struct opt opts[] = {
	{ 0, "ping", OPT_FLAG, NULL, &ping, 0, 0,
	    "probe each target again and again" },
	{ 0, "trace", OPT_FLAG, NULL, &trace, 0, 0,
	    "traceroute: every ttl of one flow, or of --flows" },
	{ 0, "tracelb", OPT_FLAG, NULL, &tracelb, 0, 0,
	    "first round of multipath detection: every ttl of several flows" },
	{ 0, "tracebox", OPT_STR, "SPEC", &box_text, 0, 0,
	    "every ttl, with probes like IP/TCP/MSS(1460)/TS" },
	{ 'q', "queries", OPT_UINT, "N", &queries, 1, 65535,
	    "attempts per ttl and flow (3), or pings (5)" },
	{ 'f', "first-ttl", OPT_UINT, "N", &first, 1, 255,
	    "first time to live (1)" },
	{ 'm', "max-ttl", OPT_UINT, "N", &last, 1, 255,
	    "last time to live (30)" },
	{ 0, "until", OPT_UINT, "N", &until, 1, 255,
	    "leave those beyond N to the next round (-m; tracelb 10)" },
	{ 0, "flows", OPT_UINT, "N", &flows, 1, 65536,
	    "flows per target (1; tracelb as --confidence asks)" },
	{ 'g', "gap", OPT_UINT, "N", &gap, 1, 255,
	    "silent hops that end a path, for later rounds (5)" },
	{ 0, "confidence", OPT_REAL, "PERCENT", &percent, 1, 100,
	    "of finding all next hops of a router (95)" },
	{ 0, "per-trace", OPT_FLAG, NULL, &per_trace, 0, 0,
	    "of finding all there is, rather" },
	{ 'P', "probe", OPT_STR, "TYPE", &type, 0, 0,
	    "probe type, see probes(7) (udp; ping: icmp)" },
	{ 'I', "icmp", OPT_FLAG, NULL, &by_icmp, 0, 0, "the same as -P icmp" },
	{ 'p', "dest-port", OPT_UINT, "PORT", &dport, 1, 65535,
	    "destination port (the type's)" },
	{ 0, "tos", OPT_UINT, "N", &tos, 0, 255,
	    "type of service or traffic class byte (0)" },
	{ 0, "dscp", OPT_UINT, "N", &dscp, 0, 63, "the upper six bits of it" },
	{ 0, "ecn", OPT_UINT, "N", &ecn, 0, 3, "the lower two bits of it" },
	{ 0, "size", OPT_UINT, "N", &size, 28, PROBE_MAX,
	    "size of the packets from the IP header on (as needed)" },
	{ 0, "interval", OPT_SPAN, "TIME", &interval, 1000000, INT64_MAX,
	    "from one ping of a target to the next (1s)" },
	{ 'e', "seed", OPT_UINT, "N", &seed, 0, 0, "seed of the order (0)" },
	{ 'w', "output-file", OPT_STR, "FILE", &out_path, 0, 0,
	    "write there; .gz is compressed" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite an existing file" },
	{ 0, "header", OPT_STR, "LINE", &header, 0, 0,
	    "header of input that has none" },
	{ 0, "quiet", OPT_FLAG, NULL, &quiet, 0, 0,
	    "do not name refused lines" },
	{ 'v', "verbose", OPT_FLAG, NULL, &verbose, 0, 0,
	    "print the counts at the end" },
	{ 0 }
};

static const struct tool tool = {
	.name = "mkprobes",
	.args = "<targets",
	.summary = "turn targets into probes of pings, traceroutes, traceboxes",
	.opts = opts,
};

/* The targets, each once, in the order they came. */
struct targets {
	struct addr	*v;
	size_t		 n, cap;
	uint32_t	*hash;		/* 1 + index; half full at most */
	size_t		 nhash;
	uint64_t	 read, bad, twice, family;
};

/* What is the same in all probes of a run. */
struct plan {
	const struct probe_type	*probe;
	struct boxspec		 box;
	struct meta		 meta;		/* of the input */
	struct targets		 targets;
	bool			 damaged;
	char			 before[64];	/* "\ttype[\tdport]\t" */
	char			 after[128];	/* "[\ttos][\tsize][\toptions]" */
	size_t			 nbefore, nafter;
	uint64_t		 written;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	if (stopped != 0)
		_Exit(128 + sig);
	stopped = sig;
}

/* ---- options: what cannot be together, exit 2 ---- */

static void
check_spec(struct plan *p)
{
	char why[128];

	if (boxspec_parse(&p->box, box_text, why) == -1)
		errx(2, "%s: %s", box_text, why);
	if (type != NULL || by_icmp || dport != 0 || tos != UINT64_MAX ||
	    size != 0)
		opt_usage(&tool, "--tracebox says all of that in its SPEC: "
		    "no -P, -I, -p, --tos, --dscp, --ecn, --size");
	type = p->box.probe;
	dport = p->box.dport;
	size = p->box.size;
	if (p->box.tos >= 0)
		tos = (uint64_t)p->box.tos;
}

static void
check_type(struct plan *p)
{
	struct origin o = { .src = { .v = 4 } };
	uint16_t sport, port;

	if (by_icmp && type != NULL && strcmp(type, "icmp") != 0)
		opt_usage(&tool, "-I and -P %s", type);
	if (type == NULL)
		type = by_icmp || ping ? "icmp" : "udp";
	if ((p->probe = probe_find(type)) == NULL)
		opt_usage(&tool, "no such probe type: %s", type);
	o.probe = p->probe;
	probe_ports(p->probe, &sport, &port);
	if (dport != 0 && port == 0)
		opt_usage(&tool, "%s probes have no ports", type);
	if (flows > (uint64_t)tmplset_last_flow(&o) + 1)
		opt_usage(&tool, "%s probes have %lld flows at most", type,
		    (long long)tmplset_last_flow(&o) + 1);
}

static void
check_options(struct plan *p)
{
	if (ping + trace + tracelb + (box_text != NULL) != 1)
		opt_usage(&tool, "one of --ping, --trace, --tracelb and "
		    "--tracebox is needed");
	if (dscp != UINT64_MAX || ecn != UINT64_MAX) {
		if (tos != UINT64_MAX)
			opt_usage(&tool, "--tos excludes --dscp and --ecn");
		tos = (dscp == UINT64_MAX ? 0 : dscp << 2) |
		    (ecn == UINT64_MAX ? 0 : ecn);
	}
	if (box_text != NULL)
		check_spec(p);
	if (percent > PERCENT_MAX)
		opt_usage(&tool, "--confidence is at most %g", PERCENT_MAX);
	if (queries == 0)
		queries = ping ? PING_COUNT : TRACE_QUERIES;
	if (!ping && queries > ATTEMPTS)
		opt_usage(&tool, "-q is at most %d but with --ping", ATTEMPTS);
	if (flows == 0)
		flows = tracelb ? coupon_stop(2, 1 - percent / 100) : 1;
	if (ping && flows > 1)
		opt_usage(&tool, "--flows is not for --ping");
	if (first > last)
		opt_usage(&tool, "-f %llu is beyond -m %llu",
		    (unsigned long long)first, (unsigned long long)last);
	if (until == 0)
		until = tracelb ? first + LB_TTLS - 1 : last;
	if (until > last)
		until = last;
	if (until < first)
		opt_usage(&tool, "--until is before -f");
	check_type(p);
	/* A flow has 255 attempts; more pings are more flows. */
	if (ping && p->probe != probe_find("icmp") &&
	    (queries - 1) / ATTEMPTS > 1023)
		opt_usage(&tool, "too many pings for %s", type);
}

/* ---- targets ---- */

static uint64_t
hash_addr(const struct addr *a)
{
	uint64_t h = a->v;

	for (size_t i = 0; i < addr_bytes(a); i += 4) {
		uint32_t w;

		memcpy(&w, a->b + i, 4);
		h = permute_mix(h + w);
	}
	return h;
}

/* Its place in the table, or where it would be. */
static size_t
find_slot(const struct targets *t, const struct addr *a)
{
	size_t i = hash_addr(a) & (t->nhash - 1);

	while (t->hash[i] != 0 && addr_cmp(&t->v[t->hash[i] - 1], a) != 0)
		i = (i + 1) & (t->nhash - 1);
	return i;
}

static void
grow_hash(struct targets *t)
{
	free(t->hash);
	t->nhash = t->nhash == 0 ? 1024 : t->nhash * 2;
	t->hash = mem_array(t->nhash, sizeof(*t->hash));
	memset(t->hash, 0, t->nhash * sizeof(*t->hash));
	for (size_t i = 0; i < t->n; i++)
		t->hash[find_slot(t, &t->v[i])] = (uint32_t)(i + 1);
}

static void
add_target(struct targets *t, const struct addr *a)
{
	size_t i;

	if (2 * (t->n + 1) > t->nhash)
		grow_hash(t);
	i = find_slot(t, a);
	if (t->hash[i] != 0) {
		t->twice++;
		return;
	}
	if (t->n == UINT32_MAX)
		errx(2, "more than %u targets", UINT32_MAX);
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 1024 : t->cap * 2;
		t->v = mem_grow(t->v, t->cap, sizeof(*t->v));
	}
	t->v[t->n++] = *a;
	t->hash[i] = (uint32_t)t->n;
}

static void
refuse(struct targets *t, const struct recin *in, const char *why)
{
	if (t->bad++ < SHOW_BAD && !quiet)
		warnx("%s:%lu: %s", in->path, in->lineno, why);
}

/* Read them all: every target has a probe early on. */
static void
read_targets(struct plan *p)
{
	static const char *const want[] = { "dst", NULL };
	struct targets *t = &p->targets;
	struct recin in = { .path = "stdin" };
	struct target rec;
	int got;

	if ((header != NULL ? recin_open(&in, &rec_target, 0, "stdin", header,
	    want) : recin_open_bare(&in, &rec_target, 0, "stdin")) == -1)
		errx(2, "stdin: %s", in.err);
	rec_clear(&rec_target, &rec);
	while (!stopped && (got = recin_read(&in, &rec)) != 0 && got != -2) {
		t->read++;
		if (got == -1 || rec.dst.v == 0)
			refuse(t, &in, got == -1 ? in.err : "no dst");
		else if (p->box.v != 0 && p->box.v != rec.dst.v)
			t->family++;
		else
			add_target(t, &rec.dst);
	}
	if (recin_close(&in) == -1) {
		warnx("stdin: %s", in.err);
		p->damaged = true;
	}
	p->meta = in.meta;
	free(t->hash);
	t->hash = NULL;
}

/* ---- probes ---- */

/* The columns, and the text of those that never change. */
static void
set_columns(struct plan *p, const char *cols[])
{
	char *s = p->before, *e = p->after;
	size_t n = 0, b = sizeof(p->before), a = sizeof(p->after);

	cols[n++] = "dst";
	cols[n++] = "probe";
	p->nbefore = (size_t)snprintf(s, b, "\t%s\t", type);
	if (dport != 0) {
		cols[n++] = "dport";
		p->nbefore += (size_t)snprintf(s + p->nbefore, b - p->nbefore,
		    "%llu\t", (unsigned long long)dport);
	}
	if (!ping)
		cols[n++] = "ttl";
	cols[n++] = "flow";
	cols[n++] = "attempt";
	if (tos != UINT64_MAX) {
		cols[n++] = "tos";
		p->nafter += (size_t)snprintf(e + p->nafter, a - p->nafter,
		    "\t%llu", (unsigned long long)tos);
	}
	if (size != 0) {
		cols[n++] = "size";
		p->nafter += (size_t)snprintf(e + p->nafter, a - p->nafter,
		    "\t%llu", (unsigned long long)size);
	}
	if (p->box.options[0] != '\0') {
		cols[n++] = "options";
		p->nafter += (size_t)snprintf(e + p->nafter, a - p->nafter,
		    "\t%s", p->box.options);
	}
	if (ping)
		cols[n++] = "due_us";
	cols[n] = NULL;
}

/* One record; ttl 0: has no such column, due -1 likewise. */
static int
put_probe(struct plan *p, struct recout *out, const struct addr *dst,
    unsigned ttl, uint64_t flow, uint64_t attempt, int64_t due)
{
	char line[512];
	size_t n = addr_format(dst, line);

	memcpy(line + n, p->before, p->nbefore);
	n += p->nbefore;
	if (ttl != 0) {
		n += num_format(ttl, line + n);
		line[n++] = '\t';
	}
	n += num_format(flow, line + n);
	line[n++] = '\t';
	n += num_format(attempt, line + n);
	memcpy(line + n, p->after, p->nafter);
	n += p->nafter;
	if (due >= 0) {
		line[n++] = '\t';
		n += num_format((uint64_t)due, line + n);
	}
	line[n++] = '\n';
	p->written++;
	return recout_line(out, line, n);
}

static int
put_paths(struct plan *p, struct recout *out)
{
	const struct targets *t = &p->targets;
	struct pathorder o;
	uint64_t at;
	unsigned ttl, attempt;

	/* Multipath detection asks again only what stays silent. */
	pathorder_init(&o, t->n * flows, (unsigned)first, (unsigned)until,
	    tracelb ? 1 : (unsigned)queries, seed);
	while (!stopped && pathorder_next(&o, &at, &ttl, &attempt))
		if (put_probe(p, out, &t->v[at / flows], ttl, at % flows,
		    attempt, -1) == -1)
			return -1;
	return 0;
}

/*
 * Round after round in the same order, spread over the interval, so that
 * each target has its pings that far apart.
 */
static int
put_pings(struct plan *p, struct recout *out)
{
	const struct targets *t = &p->targets;
	struct permute order;

	permute_init(&order, t->n, seed);
	for (uint64_t k = 0; k < queries && !stopped; k++) {
		double at = (double)interval * (double)k / 1000;
		double apart = (double)interval / 1000 / (double)t->n;

		for (uint64_t j = 0; j < t->n && !stopped; j++) {
			int64_t due = (int64_t)(at + apart * (double)j);

			if (apart < DUE_STEP)
				due -= due % DUE_STEP;
			if (put_probe(p, out,
			    &t->v[permute_at(&order, j)], 0, k / ATTEMPTS,
			    k % ATTEMPTS, due) == -1)
				return -1;
		}
	}
	return 0;
}

/* ---- the file ---- */

static void
put_number(struct recout *out, const char *key, uint64_t v)
{
	recout_meta(out, key, "%llu", (unsigned long long)v);
}

/* What later rounds and readers of the results go by. */
static void
put_meta(struct recout *out)
{
	recout_meta(out, "version", "%s", CASTNET_VERSION);
	recout_meta(out, "paths", "%s", ping ? "ping" : trace ? "trace" :
	    tracelb ? "tracelb" : "tracebox");
	put_number(out, "order-seed", seed);
	put_number(out, "queries", queries);
	if (ping) {
		recout_meta(out, "interval", "%.9g", (double)interval / 1e9);
		return;
	}
	put_number(out, "first-ttl", first);
	put_number(out, "max-ttl", last);
	put_number(out, "gap", gap);
	put_number(out, "flows", flows);
	if (tracelb) {
		recout_meta(out, "confidence", "%.9g", percent);
		recout_meta(out, "per-trace", "%s", per_trace ? "yes" : "no");
	}
	if (box_text != NULL)
		recout_meta(out, "spec", "%s", box_text);
}

/* The input's metadata, but for what we say ourselves. */
static void
put_input_meta(struct recout *out, const struct meta *m)
{
	static const char *const ours[] = { "version", "paths", "order-seed",
	    "queries", "interval", "first-ttl", "max-ttl", "gap", "flows",
	    "confidence", "per-trace", "spec", "counts" };

	for (size_t i = 0; i < m->n; i++) {
		bool skip = false;

		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			skip = skip || strcmp(ours[k], m->line[i].key) == 0;
		if (!skip)
			recout_meta(out, m->line[i].key, "%s",
			    m->line[i].value);
	}
}

static int
write_all(struct plan *p, char *argv[])
{
	const struct targets *t = &p->targets;
	const char *cols[16];
	struct recout out;
	char *counts;
	bool compress;
	int fd, rc;

	if ((fd = recout_create(out_path, force, &compress)) == -1)
		err(2, "%s", out_path == NULL ? "stdout" : out_path);
	set_columns(p, cols);
	recout_open(&out, &rec_probe, fd, compress, false, cols);
	put_input_meta(&out, &p->meta);
	put_meta(&out);
	rc = t->n == 0 ? 0 : ping ? put_pings(p, &out) : put_paths(p, &out);
	if (stopped)
		recout_meta(&out, "interrupted", "SIG%s",
		    sigabbrev_np(stopped));
	counts = mem_format("read=%llu bad=%llu duplicate=%llu "
	    "refused.family=%llu targets=%zu probes=%llu",
	    (unsigned long long)t->read, (unsigned long long)t->bad,
	    (unsigned long long)t->twice, (unsigned long long)t->family, t->n,
	    (unsigned long long)p->written);
	recout_meta(&out, "counts", "%s", counts);
	if (verbose)
		warnx("%s", counts);
	free(counts);
	if (recout_close(&out, &p->meta, argv) == -1)
		rc = -1;
	return rc;
}

int
main(int argc, char *argv[])
{
	static struct plan p;
	struct sigaction sa = { .sa_handler = on_signal };
	char **all = argv;

	opt_parse(&tool, &argc, &argv);
	if (argc != 0)
		opt_usage(&tool, "unexpected: %s", argv[0]);
	check_options(&p);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	read_targets(&p);
	if (write_all(&p, all) == -1)
		err(3, "%s", out_path == NULL ? "stdout" : out_path);
	free(p.targets.v);
	meta_free(&p.meta);
	if (stopped)
		return 128 + stopped;
	if (p.targets.bad + p.targets.family > 0)
		warnx("refused: %llu lines, %llu of the wrong family",
		    (unsigned long long)p.targets.bad,
		    (unsigned long long)p.targets.family);
	return p.targets.bad + p.targets.family > 0 || p.damaged;
}
