/* aggregate - count results per group: shares, load, round-trip times */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "groups.h"
#include "label.h"
#include "load.h"
#include "mem.h"
#include "opt.h"
#include "rec.h"
#include "rowkeys.h"
#include "shares.h"

static const char *group_by = "site,verdict", *within_what, *output, *header;
static const char *blocklens = "24,48";
static struct optlist asnfiles, geofiles, loadfiles;
static uint64_t top;
static bool table, partial, merge, force;

static const struct opt opts[] = {
	{ 'g', "group", OPT_STR, "COLS", &group_by, 0, 0,
	    "group by these columns, default site,verdict" },
	{ 0, "within", OPT_STR, "COLS", &within_what, 0, 0,
	    "shares of the groups alike in these columns, not of everything" },
	{ 'a', "asn", OPT_LIST, "FILE", &asnfiles, 0, 0,
	    "AS numbers by range or prefix, text or mmdb" },
	{ 0, "geo", OPT_LIST, "FILE", &geofiles, 0, 0,
	    "countries and cities by range, text or mmdb" },
	{ 'l', "load", OPT_LIST, "FILE", &loadfiles, 0, 0,
	    "load by prefix: prefix weight, or netblock,weight" },
	{ 0, "block", OPT_STR, "LEN[,LEN6]", &blocklens, 0, 0,
	    "prefix lengths of a block, default 24,48" },
	{ 0, "top", OPT_UINT, "N", &top, 1, UINT32_MAX,
	    "only the N groups with the most load, or blocks" },
	{ 0, "table", OPT_FLAG, NULL, &table, 0, 0,
	    "write a table for people instead of records" },
	{ 0, "partial", OPT_FLAG, NULL, &partial, 0, 0,
	    "write what --merge reads" },
	{ 0, "merge", OPT_FLAG, NULL, &merge, 0, 0,
	    "read what --partial wrote" },
	{ 0, "header", OPT_STR, "LINE", &header, 0, 0,
	    "the #fsdb line of input that has none" },
	{ 'w', "output-file", OPT_STR, "FILE", &output, 0, 0,
	    "write here instead of standard output; .gz compresses" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite FILE" },
	{ 0 }
};

static const struct tool tool = {
	.name = "aggregate",
	.args = "[[label=]file ...]",
	.summary = "count results per group: shares, load, round-trip times",
	.opts = opts,
};

struct state {
	struct rowkeys	 keys, within;
	struct groups	 groups, scopes;
	struct join	 asn, geo;
	struct load	 load;
	struct row	 row;
	struct meta	 meta;		/* of all files, each line once */
	uint64_t	 load_total;
	bool		 have_load;
	bool		 bad;		/* something was missing */
	char		 key[ROWKEYS_LEN];
	uint64_t	 last_block, last_load;
	bool		 any;
};

/* ---- setting up ---- */

static void
read_joins(struct join *j, enum joinkind kind, const struct optlist *files)
{
	char why[512];

	join_init(j, kind);
	for (size_t i = 0; i < files->n; i++)
		if (join_add(j, files->v[i], why) == -1)
			errx(2, "%s", why);
	join_ready(j);
}

static void
read_loads(struct state *s)
{
	char why[512];

	load_init(&s->load, s->row.len4, s->row.len6);
	for (size_t i = 0; i < loadfiles.n; i++)
		if (load_add(&s->load, loadfiles.v[i], why) == -1)
			errx(2, "%s", why);
	load_ready(&s->load);
	s->load_total = s->load.total;
	s->have_load = loadfiles.n > 0;
}

static bool
part_of(const struct rowkeys *a, const struct rowkeys *b)
{
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;

		while (k < b->n && b->col[k].field != a->col[i].field)
			k++;
		if (k == b->n)
			return false;
	}
	return true;
}

static void
parse_columns(struct state *s)
{
	char why[128];

	if (rowkeys_parse(&s->keys, group_by, why) == -1)
		opt_usage(&tool, "--group: %s", why);
	if (within_what != NULL &&
	    rowkeys_parse(&s->within, within_what, why) == -1)
		opt_usage(&tool, "--within: %s", why);
	if (!part_of(&s->within, &s->keys))
		opt_usage(&tool, "--within %s is not part of --group %s",
		    within_what, group_by);
	if (s->within.n == 0)
		groups_get(&s->scopes, "", 0);
}

static void
set_up(struct state *s)
{
	s->row.len6 = 48;
	if (block_parse(blocklens, 64, &s->row.len4, &s->row.len6) == -1)
		opt_usage(&tool, "--block: not LEN (0 to 32) or LEN,LEN6 "
		    "(0 to 64): %s", blocklens);
	parse_columns(s);
	if (merge && (asnfiles.n > 0 || geofiles.n > 0 || loadfiles.n > 0))
		opt_usage(&tool, "--merge: the partial results hold what was "
		    "looked up");
	if (merge)
		return;
	if (rowkeys_need_asn(&s->keys) && asnfiles.n == 0)
		opt_usage(&tool, "--group %s needs --asn", group_by);
	if (rowkeys_need_geo(&s->keys) && geofiles.n == 0)
		opt_usage(&tool, "--group %s needs --geo", group_by);
	s->row.want_plen = rowkeys_need_plen(&s->keys);
	read_joins(&s->asn, JOIN_ASN, &asnfiles);
	read_joins(&s->geo, JOIN_GEO, &geofiles);
	s->row.asn = &s->asn;
	s->row.geo = &s->geo;
	read_loads(s);
}

/* ---- reading ---- */

/* Metadata of a file; each line once, those about partial results not. */
static void
keep_meta(struct state *s, const struct meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct metaline *l = &m->line[i];
		size_t k = 0;

		if (strncmp(l->key, "partial.", 8) == 0)
			continue;
		while (k < s->meta.n &&
		    (strcmp(s->meta.line[k].key, l->key) != 0 ||
		    strcmp(s->meta.line[k].value, l->value) != 0))
			k++;
		if (k == s->meta.n)
			meta_set(&s->meta, (unsigned)k, l->key, l->value);
	}
	for (size_t i = 0; i < m->nprov; i++) {
		s->meta.prov = mem_grow(s->meta.prov, s->meta.nprov + 1,
		    sizeof *s->meta.prov);
		s->meta.prov[s->meta.nprov++] = mem_string(m->prov[i]);
	}
}

static void
missing(struct state *s, const char *path, const char *why)
{
	char *line = mem_format("%s: %s", path, why);

	warnx("%s", line);
	meta_set(&s->meta, (unsigned)s->meta.n, "cut", line);
	free(line);
	s->bad = true;
}

static void
bad_line(struct state *s, const struct recin *in, const char *why)
{
	s->bad = true;
	if (in->nbad <= 3)
		warnx("%s:%lu: %s", in->path, in->lineno, why);
}

/* Count one result; return 0, or -1: its hex is bad. */
static int
count(struct state *s)
{
	struct row *r = &s->row;
	struct span hex = r->v[at_result_hex], verdict = r->v[at_result_verdict];
	struct span rtt = r->v[at_result_rtt_ms];
	struct group *g, *scope;
	size_t n;
	uint64_t block;
	int64_t ns;

	if (addr_parse_hex(&r->dst, hex.s, hex.n) == -1)
		return -1;
	row_next(r);
	block = group_block(&r->dst, r->len4, r->len6);
	if (!s->any || block != s->last_block)
		s->last_load = s->have_load ? load_find(&s->load, &r->dst) : 0;
	s->last_block = block;
	s->any = true;
	n = s->within.n == 0 ? 0 : rowkeys_make(&s->within, r, s->key);
	scope = groups_get(&s->scopes, s->key, n);
	if ((n = rowkeys_make(&s->keys, r, s->key)) == 0)
		errx(2, "a database of --asn or --geo is damaged");
	g = groups_get(&s->groups, s->key, n);
	g->probes++;
	tally_add(&g->all, block, s->last_load);
	tally_add(&scope->all, block, s->last_load);
	if (verdict.n != 2 || memcmp(verdict.s, "ok", 2) != 0)
		return 0;
	tally_add(&g->ok, block, s->last_load);
	tally_add(&scope->ok, block, s->last_load);
	groups_site(&s->groups, g, r->v[at_result_rx].s, r->v[at_result_rx].n);
	if ((rtt.n != 1 || *rtt.s != '-') &&
	    num_parse_ms(&ns, rtt.s, rtt.n) == 0)
		sketch_add(&g->rtt, ns, 1);
	return 0;
}

static void
read_results(struct state *s, struct recin *in)
{
	int r;

	for (size_t i = 0; i < nfields_result; i++)
		s->row.v[i] = (struct span){ "-", 1 };
	while ((r = recin_split(in, s->row.v)) != 0 && r != -2) {
		if (r == 1 && count(s) == 0)
			continue;
		if (r == 1) {
			recin_refuse(in);
			snprintf(in->err, sizeof in->err, "bad hex");
		}
		bad_line(s, in, in->err);
	}
}

/* What the partial results were made with has to be the same for all. */
static void
same_setting(const char *path, const struct meta *m, const char *key,
    const char *want)
{
	const char *have = meta_get(m, key);

	if (have == NULL || strcmp(have, want) != 0)
		errx(2, "%s: %s is %s, not %s", path, key,
		    have == NULL ? "missing" : have, want);
}

static void
read_partial(struct state *s, struct recin *in)
{
	struct partial *p = mem_alloc(sizeof *p);
	const char *load;
	uint64_t total;
	bool checked = false;
	int r;

	rec_clear(&rec_partial, p);
	while ((r = recin_read(in, p)) != -2) {
		if (!checked) {
			same_setting(in->path, &in->meta, "partial.group",
			    group_by);
			same_setting(in->path, &in->meta, "partial.within",
			    within_what == NULL ? "" : within_what);
			load = meta_get(&in->meta, "partial.load");
			if (load != NULL && num_parse(&total, load,
			    strlen(load), INT64_MAX) == 0) {
				if (s->have_load && total != s->load_total)
					errx(2, "%s: made with other load",
					    in->path);
				s->have_load = true;
				s->load_total = total;
			}
			checked = true;
		}
		if (r == 0)
			break;
		if (r == 1 && groups_read(strcmp(p->kind.s, "scope") == 0 ?
		    &s->scopes : &s->groups, p) == 0)
			continue;
		if (r == 1) {
			recin_refuse(in);
			snprintf(in->err, sizeof in->err,
			    "not a partial result");
		}
		bad_line(s, in, in->err);
	}
	free(p);
}

static void
read_file(struct state *s, const char *operand)
{
	const char *want[nfields_result + 1] = { "hex", "rx", "verdict",
	    "rtt_ms" }, *path;
	char *label = label_of(operand, &path);
	struct recin in;
	size_t n = 4;
	int fd, r;

	fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(2, "%s", path);
	if (fd == 0)
		path = "standard input";
	s->row.label = label;
	rowkeys_want(&s->keys, want, &n);
	want[n] = NULL;
	r = recin_open(&in, merge ? &rec_partial : &rec_result, fd, path,
	    header, merge ? NULL : want);
	if (r == -1 && in.lineno > 0)	/* a cut one has not a line */
		errx(2, "%s: %s", path, in.err);
	if (r == -1)
		missing(s, path, in.err);
	else if (merge)
		read_partial(s, &in);
	else
		read_results(s, &in);
	if (recin_close(&in) == -1 && r != -1)
		missing(s, path, in.err);
	if (in.nbad > 3)
		warnx("%s: %" PRIu64 " bad lines", path, in.nbad);
	keep_meta(s, &in.meta);
	meta_free(&in.meta);
	free(label);
}

/* ---- writing ---- */

static int
write_partial(struct state *s, struct recout *out)
{
	recout_meta(out, "partial.group", "%s", group_by);
	recout_meta(out, "partial.within", "%s",
	    within_what == NULL ? "" : within_what);
	if (s->have_load)
		recout_meta(out, "partial.load", "%" PRIu64, s->load_total);
	if (groups_write(&s->scopes, "scope", out) == -1)
		return -1;
	return groups_write(&s->groups, "group", out);
}

static int
write_shares(struct state *s, struct shares *t, struct recout *out)
{
	char *line = mem_alloc(SHARES_LEN), units[2 * NUM_STRLEN];
	int r = 0;

	(void)s;
	if (t->have_load) {
		units[load_format(t->load_total, units)] = '\0';
		recout_meta(out, "load", "%s", units);
	}
	for (size_t i = 0; i < t->n && r == 0; i++)
		r = recout_line(out, line, shares_line(t, t->order[i], line));
	if (t->left_out > 0)
		recout_meta(out, "left_out", "groups=%zu blocks=%" PRIu64,
		    t->left_out, t->left_out_blocks);
	free(line);
	return r;
}

static void
write_all(struct state *s, char *argv[])
{
	const char *name = output == NULL ? "standard output" : output;
	struct shares t = { .keys = &s->keys, .within = &s->within,
	    .groups = &s->groups, .scopes = &s->scopes,
	    .have_load = s->have_load, .load_total = s->load_total };
	struct rectype *type = NULL;
	struct recout out;
	struct gzout *gz;
	bool compress;
	int fd = recout_create(output, force, &compress);

	if (fd == -1)
		err(2, "%s", name);
	if (!partial)
		shares_order(&t, top);
	if (table) {
		gz = gzout_open(fd, compress, false);
		if (shares_table(&t, gz) == -1 || gzout_close(gz) == -1)
			err(3, "%s", name);
	} else {
		type = shares_type(&t);
		if (recout_open(&out, partial ? &rec_partial : type, fd,
		    compress, false, NULL) == -1 ||
		    recout_copymeta(&out, &s->meta) == -1 ||
		    (partial ? write_partial(s, &out) :
		    write_shares(s, &t, &out)) == -1 ||
		    recout_close(&out, &s->meta, argv) == -1)
			err(3, "%s", name);
	}
	free(type);
	shares_free(&t);
}

int
main(int argc, char *argv[])
{
	struct state *s = mem_alloc(sizeof *s);
	char **all = argv;
	bool bad;

	opt_parse(&tool, &argc, &argv);
	if (table && partial)
		opt_usage(&tool, "--table and --partial together");
	set_up(s);
	if (argc == 0)
		read_file(s, "-");
	for (int i = 0; i < argc; i++)
		read_file(s, argv[i]);
	write_all(s, all);

	bad = s->bad;
	groups_free(&s->groups);
	groups_free(&s->scopes);
	if (!merge) {
		join_free(&s->asn);
		join_free(&s->geo);
		load_free(&s->load);
	}
	meta_free(&s->meta);
	free(s);
	return bad;
}
