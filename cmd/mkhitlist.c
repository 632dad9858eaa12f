/* mkhitlist - turn addresses, prefixes and routes into targets */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocklist.h"
#include "cands.h"
#include "fill.h"
#include "hitin.h"
#include "mem.h"
#include "num.h"
#include "opt.h"
#include "order.h"
#include "prefixset.h"
#include "rec.h"
#include "sentset.h"
#include "strata.h"
#include "targetline.h"

enum { SHOW_BAD = 5, BATCH = 64 };

static struct optlist	 block_paths, allowed, resumed;
static const char	*format_name = "auto", *host_text = "listed,1";
static const char	*shard_text, *max_text, *sample_text, *by = "as";
static const char	*asn_path, *only_node, *only_probe, *only_src;
static const char	*out_path;
static uint64_t		 block4 = 24, block6 = 48, keep = 1, seed;
static uint64_t		 per_prefix = UINT64_MAX;
static bool		 only4, only6, force, quiet, verbose;

static const struct opt opts[] = {
	{ 'e', "seed", OPT_UINT, "N", &seed, 0, 0,
	    "seed of order, hosts and samples; default 0" },
	{ 's', "shard", OPT_STR, "I/N", &shard_text, 0, 0,
	    "only the i-th of n parts, 1/n to n/n" },
	{ 0, "max-targets", OPT_STR, "N[%]", &max_text, 0, 0,
	    "end after that many, of all shards together" },
	{ 'b', "blocklist-file", OPT_LIST, "FILE", &block_paths, 0, 0,
	    "prefixes not to probe; again for more" },
	{ 0, "allow-prefix", OPT_LIST, "PREFIX", &allowed, 0, 0,
	    "special-purpose addresses that may be probed; again for more" },
	{ 0, "block", OPT_UINT, "LEN", &block4, 8, 32,
	    "prefix length of IPv4 blocks; default 24" },
	{ 0, "block6", OPT_UINT, "LEN", &block6, 16, 128,
	    "prefix length of IPv6 blocks; default 48" },
	{ 0, "candidates", OPT_UINT, "N", &keep, 1, 256,
	    "targets per block, the best first; default 1" },
	{ 0, "host", OPT_STR, "HOW", &host_text, 0, 0,
	    "listed, a number, random, or listed,X; default listed,1" },
	{ 0, "per-prefix", OPT_UINT, "N", &per_prefix, 0, UINT32_MAX,
	    "blocks of one prefix or range, 0 all; default all, IPv6 16" },
	{ 0, "sample", OPT_STR, "N[%]", &sample_text, 0, 0,
	    "a stratified sample of the blocks" },
	{ 0, "by", OPT_STR, "WHAT", &by, 0, 0,
	    "strata of the sample: as, length, none; default as" },
	{ 0, "asn", OPT_STR, "FILE", &asn_path, 0, 0,
	    "routes for --by, when the input has none" },
	{ 0, "format", OPT_STR, "NAME", &format_name, 0, 0,
	    "auto, list, fsdb, isi, pfx2as, ranges, bgpdump" },
	{ 0, "resume", OPT_LIST, "SENT", &resumed, 0, 0,
	    "leave out what this log says was sent; again for more" },
	{ 'N', "node", OPT_STR, "NAME", &only_node, 0, 0,
	    "heed only what this node sent" },
	{ 'P', "probe", OPT_STR, "TYPE", &only_probe, 0, 0,
	    "heed only probes of this type" },
	{ 'S', "source-ip", OPT_STR, "ADDR", &only_src, 0, 0,
	    "heed only probes from this address" },
	{ '4', "ipv4", OPT_FLAG, NULL, &only4, 0, 0, "IPv4 only" },
	{ '6', "ipv6", OPT_FLAG, NULL, &only6, 0, 0, "IPv6 only" },
	{ 'w', "output-file", OPT_STR, "FILE", &out_path, 0, 0,
	    "write there; .gz is compressed" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite an existing file" },
	{ 0, "quiet", OPT_FLAG, NULL, &quiet, 0, 0,
	    "do not name refused lines" },
	{ 'v', "verbose", OPT_FLAG, NULL, &verbose, 0, 0,
	    "print what became of everything" },
	{ 0 }
};

static const struct tool tool = {
	.name = "mkhitlist",
	.args = "[file ...]",
	.summary = "turn addresses, prefixes and routes into targets",
	.opts = opts,
};

/* N or N%: in millionths when percent. */
struct amount {
	bool		given, percent;
	uint64_t	n;
};

/* What became of everything: each address is in one of the later ones. */
static struct {
	uint64_t	lines, bad, ranges, left;
	uint64_t	addresses, special, blocklist;
	struct cands_lost lost;
	uint64_t	unsampled, beyond, elsewhere, done, targets;
} count;

static const struct {
	const char	*name;
	const uint64_t	*n;
} counts[] = {
	{ "lines", &count.lines },
	{ "bad", &count.bad },
	{ "ranges", &count.ranges },
	{ "left.per_prefix", &count.left },
	{ "addresses", &count.addresses },
	{ "refused.special", &count.special },
	{ "refused.blocklist", &count.blocklist },
	{ "duplicate", &count.lost.duplicate },
	{ "surplus", &count.lost.surplus },
	{ "covered", &count.lost.covered },
	{ "left.sample", &count.unsampled },
	{ "left.max", &count.beyond },
	{ "left.shard", &count.elsewhere },
	{ "left.resume", &count.done },
	{ "targets", &count.targets },
};

struct work {
	/* asked for */
	enum hitfmt	 format;
	struct fillhow	 how[2];	/* IPv4, IPv6 */
	bool		 listed, made_up;	/* hosts to take */
	uint64_t	 shard, shards;
	struct amount	 max, sample;
	struct sentheed	 heed;

	/* read */
	struct blocklist bl;
	struct cands	 c[2];
	struct fill	 fill;
	struct prefixset routes;
	struct strata	 strata;
	struct sentset	 sent;
	struct meta	 meta;
	unsigned	 segments;
	bool		 cut;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = sig;
}

static struct amount
parse_amount(const char *name, const char *s)
{
	struct amount a = { .given = s != NULL };
	size_t n = s == NULL ? 0 : strlen(s);
	double real;

	if (s == NULL)
		return a;
	a.percent = n > 0 && s[n - 1] == '%';
	if (!a.percent && num_parse(&a.n, s, n, UINT32_MAX) == 0)
		return a;
	if (!a.percent || num_parse_real(&real, s, n - 1) == -1 || real > 100)
		opt_usage(&tool, "--%s: not a number or percentage: %s",
		    name, s);
	a.n = (uint64_t)(real * 10000 + 0.5);
	return a;
}

/* "listed", "7", "random", "listed,7", "listed,random" */
static void
parse_host(struct work *w)
{
	const char *rest = host_text;
	uint64_t n = 0;

	if (strncmp(rest, "listed", 6) == 0 &&
	    (rest[6] == '\0' || rest[6] == ',')) {
		w->listed = true;
		rest += 6 + (rest[6] == ',');
		if (*rest == '\0' && rest[-1] != ',')
			return;
	}
	if (strcmp(rest, "random") != 0 && (num_parse(&n, rest, strlen(rest),
	    UINT32_MAX) == -1 || n == 0))
		opt_usage(&tool, "--host: not listed, a number or random: %s",
		    host_text);
	w->made_up = true;
	w->how[0].host = w->how[1].host = n;
}

static void
parse_shard(struct work *w)
{
	const char *slash;

	w->shard = 0;
	w->shards = 1;
	if (shard_text == NULL)
		return;
	slash = strchr(shard_text, '/');
	if (slash == NULL || num_parse(&w->shard, shard_text,
	    (size_t)(slash - shard_text), UINT32_MAX) == -1 ||
	    num_parse(&w->shards, slash + 1, strlen(slash + 1),
	    UINT32_MAX) == -1 || w->shard < 1 || w->shard > w->shards)
		opt_usage(&tool, "--shard: not i/n with i from 1 to n: %s",
		    shard_text);
	w->shard--;
}

static void
check_options(struct work *w)
{
	w->heed = (struct sentheed){ .node = only_node, .probe = only_probe };
	if (hitin_format(&w->format, format_name) == -1)
		opt_usage(&tool, "--format: no such format: %s", format_name);
	if (strcmp(by, "as") != 0 && strcmp(by, "length") != 0 &&
	    strcmp(by, "none") != 0)
		opt_usage(&tool, "--by: not as, length or none: %s", by);
	if (only_src != NULL &&
	    addr_parse(&w->heed.src, only_src, strlen(only_src)) == -1)
		opt_usage(&tool, "--source-ip: not an address: %s", only_src);
	if (resumed.n == 0 && (w->heed.node != NULL ||
	    w->heed.probe != NULL || only_src != NULL))
		opt_usage(&tool, "-N, -P and -S go with --resume");
	if (only4 && only6)
		opt_usage(&tool, "-4 and -6: neither is left");
	w->max = parse_amount("max-targets", max_text);
	w->sample = parse_amount("sample", sample_text);
	w->how[0] = (struct fillhow){ (uint8_t)block4,
	    per_prefix == UINT64_MAX ? 0 : per_prefix, 0, seed };
	w->how[1] = (struct fillhow){ (uint8_t)block6,
	    per_prefix == UINT64_MAX ? 16 : per_prefix, 0, seed };
	parse_host(w);
	parse_shard(w);
}

static void
load_blocklist(struct work *w)
{
	char why[256];
	struct prefix p;

	blocklist_init(&w->bl);
	for (size_t i = 0; i < block_paths.n; i++)
		if (blocklist_load(&w->bl, block_paths.v[i], why) == -1)
			errx(2, "%s", why);
	for (size_t i = 0; i < allowed.n; i++) {
		if (prefix_parse(&p, allowed.v[i], strlen(allowed.v[i])) == -1)
			opt_usage(&tool, "--allow-prefix: not a prefix: %s",
			    allowed.v[i]);
		blocklist_allow(&w->bl, &p);
	}
	blocklist_ready(&w->bl);
}

/* May this address be probed?  Count it, and why not. */
static bool
allowed_target(const struct work *w, const struct addr *a)
{
	enum blockwhy why = blocklist_refuses(&w->bl, a);

	count.addresses++;
	count.special += why == BLOCK_SPECIAL;
	count.blocklist += why == BLOCK_FILE;
	return why == BLOCK_NO;
}

static void
take_listed(struct work *w, const struct hit *hit)
{
	bool v6 = hit->lo.v == 6;
	struct addr a = hit->lo;

	if (!w->listed) {
		unsigned host = 8 * addr_bytes(&a) - w->how[v6].len;
		struct u128 u = u128_from_addr(&a);
		struct addr lo = u128_to_addr(u128_floor(u, host), a.v);
		struct addr hi = u128_to_addr(u128_ceil(u, host), a.v);

		a = fill_host(&w->how[v6], &lo, &hi);
	}
	if (allowed_target(w, &a))
		cands_add(&w->c[v6], &a, hit->score, false);
}

static void
take_hit(struct work *w, const struct hit *hit, bool routes_only)
{
	if (w->sample.given && !hit->listed &&
	    (routes_only || asn_path == NULL))
		prefixset_add_range(&w->routes, &hit->lo, &hit->hi, hit->as);
	if (routes_only || (hit->lo.v == 4 ? only6 : only4))
		return;
	if (hit->listed) {
		take_listed(w, hit);
		return;
	}
	count.ranges++;
	if (w->made_up)
		fill_add(&w->fill, &hit->lo, &hit->hi);
}

static void
bad_line(const char *path, unsigned long lineno, const char *why,
    uint64_t nth)
{
	count.bad++;
	if (!quiet && nth <= SHOW_BAD)
		warnx("%s:%lu: %s", path, lineno, why);
}

/* Metadata of input that has any, for the output. */
static void
keep_meta(struct work *w, struct hitin *h)
{
	for (size_t i = 0; i < h->meta.n; i++)
		meta_set(&w->meta, w->segments + h->meta.line[i].segment,
		    h->meta.line[i].key, h->meta.line[i].value);
	for (size_t i = 0; i < h->meta.nprov; i++) {
		w->meta.prov = mem_grow(w->meta.prov, w->meta.nprov + 1,
		    sizeof(char *));
		w->meta.prov[w->meta.nprov++] = mem_string(h->meta.prov[i]);
	}
	w->segments += h->segment + 1;
	meta_free(&h->meta);
}

/* Read every line of gz; return whether it was all there. */
static bool
read_lines(struct work *w, struct gzin *gz, const char *path,
    struct hitin *h, bool routes_only)
{
	unsigned long lineno = 0;
	uint64_t bad = 0;
	struct hit hit;
	bool whole = true;
	char *line;
	ssize_t n;
	int r = 0;

	while (r != -2 && (n = gzin_line(gz, &line)) >= 0) {
		lineno++;
		r = hitin_line(h, line, (size_t)n, !gzin_cut(gz), &hit);
		if (r == 1)
			take_hit(w, &hit, routes_only);
		else if (r < 0)
			bad_line(path, lineno, h->err, ++bad);
	}
	if (bad > SHOW_BAD && !quiet)
		warnx("%s: %llu more lines like these", path,
		    (unsigned long long)(bad - SHOW_BAD));
	if (gzin_error(gz) != NULL) {
		warnx("%s: %s", path, gzin_error(gz));
		whole = false;
	} else if (r != -2 && hitin_end(h) == -1) {
		warnx("%s: %s", path, h->err);
		whole = false;
	}
	return whole && r != -2;
}

static void
read_file(struct work *w, const char *path, bool routes_only)
{
	struct hitin h;
	struct gzin *gz;
	int fd = 0;

	if (strcmp(path, "-") == 0)
		path = "stdin";
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(2, "%s", path);
	gz = gzin_open(fd);
	hitin_init(&h, routes_only ? HIT_AUTO : w->format);
	if (!read_lines(w, gz, path, &h, routes_only))
		w->cut = true;
	count.lines += h.lines;
	if (verbose)
		warnx("%s: %s, %llu lines", path, hitin_format_name(h.fmt),
		    (unsigned long long)h.lines);
	keep_meta(w, &h);
	hitin_free(&h);
	gzin_close(gz);
}

static void
read_inputs(struct work *w, int argc, char *argv[])
{
	cands_init(&w->c[0], 4, w->how[0].len);
	cands_init(&w->c[1], 6, w->how[1].len);
	fill_init(&w->fill);
	prefixset_init(&w->routes);
	if (argc == 0)
		read_file(w, "-", false);
	for (int i = 0; i < argc; i++)
		read_file(w, argv[i], false);
	if (asn_path != NULL && w->sample.given)
		read_file(w, asn_path, true);
}

/* What was sent before, by the logs. */
static void
read_sent(struct work *w)
{
	char why[256];
	uint64_t bad;

	for (size_t i = 0; i < resumed.n; i++) {
		switch (sentset_load(&w->sent, resumed.v[i], &w->heed, &bad,
		    why)) {
		case -1:
			errx(2, "%s", why);
		case 1:
			warnx("%s", why);
			w->cut = true;
		}
		count.bad += bad;
	}
	sentset_ready(&w->sent);
}

static void
take_made_up(void *arg, const struct addr *a)
{
	struct work *w = arg;

	if (allowed_target(w, a))
		cands_add(&w->c[a->v == 6], a, CANDS_NOSCORE, true);
}

/* All we know of to at most 'keep' candidates in each block. */
static void
choose_candidates(struct work *w)
{
	uint64_t left;

	for (int f = 0; f < 2; f++) {
		fill_each(&w->fill, f == 0 ? 4 : 6, &w->how[f], take_made_up,
		    w, &left);
		count.left = count.left + left < left ? UINT64_MAX :
		    count.left + left;
		cands_sort(&w->c[f]);
		cands_keep(&w->c[f], (unsigned)keep, &count.lost);
	}
	fill_free(&w->fill);
}

static uint32_t
stratum(const struct work *w, const struct addr *a)
{
	struct prefixhit hit = { 0, 0 };

	if (*by == 'n' || !prefixset_find(&w->routes, a, &hit))
		return *by == 'l' ? PREFIXSET_NONE : 0;
	return *by == 'l' ? hit.len : hit.value;
}

static bool
want_block(void *arg, const struct addr *a)
{
	struct work *w = arg;

	return strata_pick(&w->strata, stratum(w, a));
}

static void
take_sample(struct work *w)
{
	uint64_t before = w->c[0].n + w->c[1].n;
	uint64_t blocks = w->c[0].nblocks + w->c[1].nblocks;
	struct addr a;
	int score;

	prefixset_seal(&w->routes);
	if (*by != 'n' && w->routes.v4.n == 0 && w->routes.v6.n == 0)
		errx(2, "--sample: no routes to take it by: --asn or "
		    "--by none");
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < w->c[f].nblocks; i++) {
			cands_get(&w->c[f], i, 0, &a, &score);
			strata_count(&w->strata, stratum(w, &a));
		}
	if (w->sample.percent)
		strata_share(&w->strata, w->sample.n, 1000000, seed);
	else if (w->sample.n < blocks)
		strata_share(&w->strata, w->sample.n, blocks, seed);
	else
		return;
	for (int f = 0; f < 2; f++)
		cands_filter(&w->c[f], want_block, w);
	count.unsampled = before - w->c[0].n - w->c[1].n;
}

/* One candidate, in its place in the order of all: is it for us? */
static int
offer(struct recout *out, const struct work *w, uint64_t max,
    uint64_t position, const struct addr *a, int score)
{
	static uint64_t nth;

	if (nth++ >= max)
		count.beyond++;
	else if (position % w->shards != w->shard)
		count.elsewhere++;
	else if (resumed.n > 0 && sentset_done(&w->sent, a))
		count.done++;
	else {
		char line[TARGET_LINE];

		count.targets++;
		return recout_line(out, line, target_line(line, a, score,
		    w->how[a->v == 6].len));
	}
	return 0;
}

/*
 * The k-th candidates of all blocks, in order.  Looking up blocks in such
 * an order is all cache misses, so a batch is asked for ahead.
 */
static int
write_round(struct recout *out, const struct work *w, uint64_t max, unsigned k)
{
	struct { uint64_t i; int family; } next[BATCH];
	uint64_t position = 0;
	struct order o;
	size_t n = BATCH;

	order_init(&o, &w->c[0], &w->c[1], seed);
	while (n == BATCH && !stopped) {
		for (n = 0; n < BATCH && order_next(&o, &next[n].family,
		    &next[n].i); n++)
			cands_expect(&w->c[next[n].family], next[n].i);
		for (size_t j = 0; j < n; j++, position++) {
			struct addr a;
			int score;

			if (cands_get(&w->c[next[j].family], next[j].i, k, &a,
			    &score) && offer(out, w, max, position, &a,
			    score) == -1)
				return -1;
		}
	}
	return 0;
}

/* "name=n name=n ...", into out. */
static char *
format_counts(char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts) && n < cap;
	    i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s=%llu",
		    i == 0 ? "" : " ", counts[i].name,
		    (unsigned long long)*counts[i].n);
	return out;
}

/* The metadata, the targets round by round, the end. */
static int
write_all(struct work *w, struct recout *out, char *argv[])
{
	static const char *const cols[] = { "dst", "score", "block", NULL };
	uint64_t all = w->c[0].n + w->c[1].n, max = UINT64_MAX;
	char text[1024];
	bool compress;
	int fd, rc = 0;

	if (w->max.given)
		max = w->max.percent ? (all * w->max.n + 999999) / 1000000 :
		    w->max.n;
	if ((fd = recout_create(out_path, force, &compress)) == -1)
		err(2, "%s", out_path == NULL ? "stdout" : out_path);
	recout_open(out, &rec_target, fd, compress, false, cols);
	recout_copymeta(out, &w->meta);
	recout_meta(out, "version", "%s", CASTNET_VERSION);
	recout_meta(out, "seed", "%llu", (unsigned long long)seed);
	for (unsigned k = 0; k < keep && rc == 0 && !stopped; k++)
		rc = write_round(out, w, max, k);
	if (stopped)
		recout_meta(out, "interrupted", "%s",
		    stopped == SIGINT ? "SIGINT" : "SIGTERM");
	recout_meta(out, "counts", "%s", format_counts(text, sizeof(text)));
	if (verbose)
		warnx("%s", text);
	return recout_close(out, &w->meta, argv);
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
release(struct work *w)
{
	blocklist_free(&w->bl);
	cands_free(&w->c[0]);
	cands_free(&w->c[1]);
	prefixset_free(&w->routes);
	strata_free(&w->strata);
	sentset_free(&w->sent);
	meta_free(&w->meta);
}

int
main(int argc, char *argv[])
{
	char **all = argv;
	struct work w = { 0 };
	struct recout out;

	opt_parse(&tool, &argc, &argv);
	check_options(&w);
	load_blocklist(&w);
	read_inputs(&w, argc, argv);
	read_sent(&w);
	choose_candidates(&w);
	if (w.sample.given)
		take_sample(&w);

	catch_signals();
	if (write_all(&w, &out, all) == -1)
		err(3, "%s", out_path == NULL ? "stdout" : out_path);
	release(&w);
	if (stopped)
		return 128 + stopped;
	return count.bad > 0 || w.cut ? 1 : 0;
}
