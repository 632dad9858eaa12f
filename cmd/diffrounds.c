/* diffrounds - compare the catchments, or the paths, of rounds */

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "groups.h"
#include "join.h"
#include "load.h"
#include "mem.h"
#include "opt.h"
#include "pathdiff.h"
#include "rec.h"
#include "rounds.h"

#define WHOLE	"32,128"		/* blocks that are targets */

static const char *output, *header, *blocklens = WHOLE;
static struct optlist asnfiles, loadfiles;
static double alert = -1;
static bool want_moved, want_matrix, want_ases, want_paths, force;

static const struct opt opts[] = {
	{ 0, "paths", OPT_FLAG, NULL, &want_paths, 0, 0,
	    "compare paths: files of hops" },
	{ 0, "moved", OPT_FLAG, NULL, &want_moved, 0, 0,
	    "write the blocks, or paths, that moved" },
	{ 0, "matrix", OPT_FLAG, NULL, &want_matrix, 0, 0,
	    "write how many went from which site to which" },
	{ 0, "ases", OPT_FLAG, NULL, &want_ases, 0, 0,
	    "write the ASes whose blocks flipped, most flips first" },
	{ 0, "alert", OPT_REAL, "SHARE", &alert, 0, 1,
	    "exit 1 when more than this share moved in any round" },
	{ 'a', "asn", OPT_LIST, "FILE", &asnfiles, 0, 0,
	    "AS numbers by range or prefix, text or mmdb" },
	{ 'l', "load", OPT_LIST, "FILE", &loadfiles, 0, 0,
	    "load by prefix: prefix weight, or netblock,weight" },
	{ 0, "block", OPT_STR, "LEN[,LEN6]", &blocklens, 0, 0,
	    "compare prefixes of these lengths, default 32,128: targets" },
	{ 0, "header", OPT_STR, "LINE", &header, 0, 0,
	    "the #fsdb line of input that has none" },
	{ 'w', "output-file", OPT_STR, "FILE", &output, 0, 0,
	    "write here instead of standard output; .gz compresses" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite FILE" },
	{ 0 }
};

static const struct tool tool = {
	.name = "diffrounds",
	.args = "[label=]file [label=]file ...",
	.summary = "compare the catchments, or the paths, of rounds",
	.opts = opts,
};

/* What is counted for one round and the one before it. */
struct tallies {
	uint64_t	 n[CHANGE_MAX], load[CHANGE_MAX];
	struct intern	 pair;		/* from and to: two numbers */
	struct { uint64_t n, load; } *cell;
};

struct asflip {
	uint64_t	 flips, blocks, load;
};

struct state {
	struct rounds	 rounds;
	struct tallies	*tally;		/* [0] is not used */
	struct join	 asn;
	struct load	 load;
	struct intern	 as;		/* "asn\tname" */
	struct asflip	*asflip;
	struct recout	 out;
	const char	*name;		/* of the output */
};

static void
read_files(struct state *s)
{
	char why[512];

	join_init(&s->asn, JOIN_ASN);
	for (size_t i = 0; i < asnfiles.n; i++)
		if (join_add(&s->asn, asnfiles.v[i], why) == -1)
			errx(2, "%s", why);
	join_ready(&s->asn);
	load_init(&s->load, 24, 48);
	for (size_t i = 0; i < loadfiles.n; i++)
		if (load_add(&s->load, loadfiles.v[i], why) == -1)
			errx(2, "%s", why);
	load_ready(&s->load);
}

static void
count_pair(struct tallies *t, uint32_t from, uint32_t to, uint64_t load)
{
	uint32_t pair[2] = { from, to }, id;
	size_t had = t->pair.n;

	id = intern_add(&t->pair, (const char *)pair, sizeof pair);
	if (t->pair.n > had) {
		t->cell = mem_grow(t->cell, had + 1, sizeof *t->cell);
		t->cell[id].n = t->cell[id].load = 0;
	}
	t->cell[id].n++;
	t->cell[id].load += load;
}

static double
units(uint64_t load)
{
	return (double)load / LOAD_UNIT;
}

static void
count_as(struct state *s, uint64_t flips, uint64_t load)
{
	char key[2 * sizeof(rec_word)];
	struct joined in;
	size_t had = s->as.n;
	uint32_t id;
	int n;

	if (join_find(&s->asn, &s->rounds.dst, false, &in) == -1)
		errx(2, "a database of --asn is damaged");
	n = snprintf(key, sizeof key, "%s\t%s", in.asn, in.asname);
	id = intern_add(&s->as, key, (size_t)n);
	if (s->as.n > had) {
		s->asflip = mem_grow(s->asflip, had + 1, sizeof *s->asflip);
		s->asflip[id] = (struct asflip){ 0 };
	}
	s->asflip[id].flips += flips;
	s->asflip[id].blocks++;
	s->asflip[id].load += load * flips;
}

static void
write_moved(struct state *s, const struct round *from, const struct round *to,
    uint64_t load)
{
	struct moved m;
	struct joined in;

	rec_clear(&rec_moved, &m);
	m.hex = m.dst = s->rounds.dst;
	word_str(&m.round, to->label);
	word_str(&m.from_site, rounds_state(&s->rounds, from->state));
	word_str(&m.to_site, rounds_state(&s->rounds, to->state));
	if (loadfiles.n > 0)
		m.load = units(load);
	if (asnfiles.n > 0 &&
	    join_find(&s->asn, &m.dst, false, &in) == 1)
		word_str(&m.asn, in.asn);
	if (recout_write(&s->out, &m) == -1)
		err(3, "%s", s->name);
}

/* Look at one target in all rounds. */
static void
compare(struct state *s)
{
	struct rounds *t = &s->rounds;
	uint64_t load = loadfiles.n > 0 ? load_find(&s->load, &t->dst) : 0;
	uint64_t flips = 0;

	for (size_t i = 1; i < t->n; i++) {
		uint32_t from = t->r[i - 1].state, to = t->r[i].state;
		enum change c = rounds_change(from, to);

		s->tally[i].n[c]++;
		s->tally[i].load[c] += load;
		if (want_matrix && c != CHANGE_NONE)
			count_pair(&s->tally[i], from, to, load);
		if (c != CHANGE_FLIPPED)
			continue;
		flips++;
		if (want_moved)
			write_moved(s, &t->r[i - 1], &t->r[i], load);
	}
	if (want_ases && flips > 0)
		count_as(s, flips, load);
}

static double
flipped_share(const uint64_t n[CHANGE_MAX])
{
	uint64_t of = n[CHANGE_FLIPPED] + n[CHANGE_STABLE];

	return of == 0 ? 0 : (double)n[CHANGE_FLIPPED] / (double)of;
}

static void
write_drift(struct state *s)
{
	struct drift d;

	for (size_t i = 1; i < s->rounds.n; i++) {
		const struct tallies *t = &s->tally[i];

		rec_clear(&rec_drift, &d);
		word_str(&d.before, s->rounds.r[i - 1].label);
		word_str(&d.round, s->rounds.r[i].label);
		d.stable = (rec_num)t->n[CHANGE_STABLE];
		d.flipped = (rec_num)t->n[CHANGE_FLIPPED];
		d.to_silent = (rec_num)t->n[CHANGE_TO_SILENT];
		d.from_silent = (rec_num)t->n[CHANGE_FROM_SILENT];
		d.silent = (rec_num)t->n[CHANGE_SILENT];
		d.multi = (rec_num)t->n[CHANGE_MULTI];
		d.added = (rec_num)t->n[CHANGE_ADDED];
		d.removed = (rec_num)t->n[CHANGE_REMOVED];
		d.flipped_share = flipped_share(t->n);
		if (loadfiles.n > 0)
			d.load_share = flipped_share(t->load);
		if (recout_write(&s->out, &d) == -1)
			err(3, "%s", s->name);
	}
}

/* Cells of the matrix by the names of their sites. */
static int
cmp_cells(const void *x, const void *y, void *arg)
{
	const struct flow *a = x, *b = y;
	int c = strcmp(a->from_site.s, b->from_site.s);

	(void)arg;
	return c != 0 ? c : strcmp(a->to_site.s, b->to_site.s);
}

static void
write_matrix(struct state *s)
{
	for (size_t i = 1; i < s->rounds.n; i++) {
		const struct tallies *t = &s->tally[i];
		struct flow *f = mem_array(t->pair.n, sizeof *f);

		for (uint32_t k = 0; k < t->pair.n; k++) {
			uint32_t pair[2];

			rec_clear(&rec_flow, &f[k]);
			memcpy(pair, intern_string(&t->pair, k), sizeof pair);
			word_str(&f[k].round, s->rounds.r[i].label);
			word_str(&f[k].from_site,
			    rounds_state(&s->rounds, pair[0]));
			word_str(&f[k].to_site,
			    rounds_state(&s->rounds, pair[1]));
			f[k].blocks = (rec_num)t->cell[k].n;
			if (loadfiles.n > 0)
				f[k].load = units(t->cell[k].load);
		}
		qsort_r(f, t->pair.n, sizeof *f, cmp_cells, NULL);
		for (size_t k = 0; k < t->pair.n; k++)
			if (recout_write(&s->out, &f[k]) == -1)
				err(3, "%s", s->name);
		free(f);
	}
}

static int
cmp_ases(const void *x, const void *y, void *arg)
{
	const struct state *s = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	uint64_t na = s->asflip[a].flips, nb = s->asflip[b].flips;

	return na != nb ? (na < nb) - (na > nb) :
	    strcmp(intern_string(&s->as, a), intern_string(&s->as, b));
}

static void
write_ases(struct state *s)
{
	uint32_t *order = mem_array(s->as.n, sizeof *order);
	uint64_t all = 0;

	for (uint32_t i = 0; i < s->as.n; i++) {
		order[i] = i;
		all += s->asflip[i].flips;
	}
	qsort_r(order, s->as.n, sizeof *order, cmp_ases, s);
	for (size_t i = 0; i < s->as.n; i++) {
		const struct asflip *f = &s->asflip[order[i]];
		const char *as = intern_string(&s->as, order[i]);
		const char *tab = strchr(as, '\t');
		struct asflips a;

		rec_clear(&rec_asflips, &a);
		rec_parse_field(rec_field(&rec_asflips, "asn"), &a, as,
		    (size_t)(tab - as));
		rec_parse_field(rec_field(&rec_asflips, "asname"), &a, tab + 1,
		    strlen(tab + 1));
		a.flips = (rec_num)f->flips;
		a.blocks = (rec_num)f->blocks;
		a.share = (double)f->flips / (double)all;
		if (loadfiles.n > 0)
			a.load = units(f->load);
		if (recout_write(&s->out, &a) == -1)
			err(3, "%s", s->name);
	}
	free(order);
}

/* More flipped than --alert allows?  Says so per round. */
static bool
alarmed(const struct state *s)
{
	bool yes = false;

	for (size_t i = 1; alert >= 0 && i < s->rounds.n; i++) {
		double share = flipped_share(loadfiles.n > 0 ?
		    s->tally[i].load : s->tally[i].n);

		if (share <= alert)
			continue;
		yes = true;
		warnx("%s: %.4f%% of the %s moved, more than %.4f%%",
		    s->rounds.r[i].label, share * 100, loadfiles.n > 0 ?
		    "load" : "blocks", alert * 100);
	}
	return yes;
}

/* Close a file; true if some of it was missing. */
static bool
close_file(struct recin *in, const char *path)
{
	bool bad = in->nbad > 0;

	if (bad)
		warnx("%s: %" PRIu64 " bad lines", path, in->nbad);
	if (recin_close(in) == -1) {
		warnx("%s: %s", path, in->err);
		bad = true;
	}
	return bad;
}

static bool
close_rounds(struct rounds *t)
{
	bool bad = false;

	for (size_t i = 0; i < t->n; i++)
		bad = close_file(&t->r[i].in, t->r[i].path) || bad;
	return bad;
}

static void
open_output(struct state *s, const struct rectype *type)
{
	bool compress;
	int fd = recout_create(output, force, &compress);

	s->name = output == NULL ? "standard output" : output;
	if (fd == -1)
		err(2, "%s", s->name);
	if (recout_open(&s->out, type, fd, compress, false, NULL) == -1)
		err(3, "%s", s->name);
}

/* ---- paths ---- */

struct pathstate {
	struct pathrounds rounds;
	uint64_t	 (*n)[PATHDIFF_CHANGES];	/* [0] is not used */
	struct recout	*out;
	const char	*name;
};

static void
write_path(struct pathstate *s, size_t i, const struct pathset *set,
    enum pathchange change, unsigned ttl, const struct pathtrace *was,
    const struct pathtrace *is)
{
	const struct paths *p = &s->rounds.r[i].files.paths;
	struct pathmoved m;

	rec_clear(&rec_pathmoved, &m);
	m.hex = m.dst = s->rounds.dst;
	word_str(&m.tx, paths_name(p, set->tx));
	m.src = set->src;
	word_str(&m.probe, paths_name(p, set->probe));
	m.flow = is->flow;
	word_str(&m.round, s->rounds.r[i].label);
	word_str(&m.change, pathdiff_name(change));
	m.ttl = ttl;
	pathdiff_text(&s->rounds.r[i - 1].files.paths, was, &m.before);
	pathdiff_text(p, is, &m.after);
	if (recout_write(s->out, &m) == -1)
		err(3, "%s", s->name);
}

/* Look at one set of traces of round i, and at the same before it. */
static void
compare_set(struct pathstate *s, size_t i, const struct pathset *set,
    const struct pathset *before)
{
	const struct paths *p = &s->rounds.r[i].files.paths;
	const struct paths *b = &s->rounds.r[i - 1].files.paths;

	for (uint32_t k = 0; k < set->n; k++) {
		const struct pathtrace *is = &p->trace[set->trace + k];
		const struct pathtrace *was = before == NULL ? NULL :
		    paths_trace(b, before, is->flow);
		enum pathchange c;
		unsigned ttl = 0;

		c = was == NULL ? PATHDIFF_ADDED :
		    pathdiff(b, was, p, is, &ttl);
		s->n[i][c]++;
		if (want_moved && (c == PATHDIFF_CHANGED ||
		    c == PATHDIFF_LOST || c == PATHDIFF_GAINED))
			write_path(s, i, set, c, ttl, was, is);
	}
}

static void
compare_paths(struct pathstate *s)
{
	for (size_t i = 1; i < s->rounds.n; i++) {
		struct pathround *is = &s->rounds.r[i], *was = is - 1;
		const struct paths *p = &is->files.paths;

		for (size_t k = 0; is->here && k < p->nsets; k++)
			compare_set(s, i, &p->set[k], !was->here ? NULL :
			    pathdiff_set(p, &p->set[k], &was->files.paths));
		if (was->here)
			s->n[i][PATHDIFF_REMOVED] += pathdiff_missing(
			    &was->files.paths, is->here ? p : NULL);
	}
}

static double
changed_share(const uint64_t n[PATHDIFF_CHANGES])
{
	uint64_t of = n[PATHDIFF_CHANGED] + n[PATHDIFF_STABLE] +
	    n[PATHDIFF_LOST] + n[PATHDIFF_GAINED];

	return of == 0 ? 0 : (double)n[PATHDIFF_CHANGED] / (double)of;
}

static void
write_pathdrift(struct pathstate *s)
{
	for (size_t i = 1; i < s->rounds.n; i++) {
		const uint64_t *n = s->n[i];
		struct pathdrift d;

		rec_clear(&rec_pathdrift, &d);
		word_str(&d.before, s->rounds.r[i - 1].label);
		word_str(&d.round, s->rounds.r[i].label);
		d.stable = (rec_num)n[PATHDIFF_STABLE];
		d.changed = (rec_num)n[PATHDIFF_CHANGED];
		d.lost = (rec_num)n[PATHDIFF_LOST];
		d.gained = (rec_num)n[PATHDIFF_GAINED];
		d.silent = (rec_num)n[PATHDIFF_SILENT];
		d.added = (rec_num)n[PATHDIFF_ADDED];
		d.removed = (rec_num)n[PATHDIFF_REMOVED];
		d.changed_share = changed_share(n);
		if (recout_write(s->out, &d) == -1)
			err(3, "%s", s->name);
	}
}

/* More changed than --alert allows?  Says so per round. */
static bool
paths_alarmed(const struct pathstate *s)
{
	bool yes = false;

	for (size_t i = 1; alert >= 0 && i < s->rounds.n; i++) {
		double share = changed_share(s->n[i]);

		if (share <= alert)
			continue;
		yes = true;
		warnx("%s: %.4f%% of the paths changed, more than %.4f%%",
		    s->rounds.r[i].label, share * 100, alert * 100);
	}
	return yes;
}

/* --paths: all of it; return whether something was wrong. */
static bool
diff_paths(struct state *s, size_t n, char *const operands[])
{
	struct pathstate p = { .out = &s->out };
	char why[512];
	bool bad = false;
	int r;

	if (pathrounds_open(&p.rounds, n, operands, header, why) == -1)
		errx(2, "%s", why);
	p.n = mem_array(n, sizeof *p.n);
	open_output(s, want_moved ? &rec_pathmoved : &rec_pathdrift);
	p.name = s->name;
	for (size_t i = 0; i < n; i++)
		recout_meta(&s->out, "round", "%s %s", p.rounds.r[i].label,
		    p.rounds.r[i].path);
	while ((r = pathrounds_next(&p.rounds, why)) == 1)
		compare_paths(&p);
	if (r == -1)
		errx(2, "%s", why);
	if (!want_moved)
		write_pathdrift(&p);
	for (size_t i = 0; i < n; i++) {
		struct hopfile *f = &p.rounds.r[i].files.f[0];

		if (f->bad != NULL)
			warnx("%s", f->bad);
		bad = close_file(&f->in, f->path) || bad;
	}
	bad = paths_alarmed(&p) || bad;
	free(p.n);
	pathrounds_free(&p.rounds);
	return bad;
}

/* ---- catchments: all of it ---- */

static bool
diff_results(struct state *s, size_t n, char *const operands[],
    uint8_t len4, uint8_t len6)
{
	char why[512];
	bool bad;
	int r;

	read_files(s);
	if (rounds_open(&s->rounds, n, operands, header, len4, len6, why) ==
	    -1)
		errx(2, "%s", why);
	s->tally = mem_array(n, sizeof *s->tally);
	open_output(s, want_moved ? &rec_moved : want_matrix ? &rec_flow :
	    want_ases ? &rec_asflips : &rec_drift);
	for (size_t i = 0; i < n; i++)
		recout_meta(&s->out, "round", "%s %s", s->rounds.r[i].label,
		    s->rounds.r[i].path);

	while ((r = rounds_next(&s->rounds, why)) == 1)
		compare(s);
	if (r == -1)
		errx(2, "%s", why);
	if (want_matrix)
		write_matrix(s);
	else if (want_ases)
		write_ases(s);
	else if (!want_moved)
		write_drift(s);
	bad = close_rounds(&s->rounds);
	return alarmed(s) || bad;
}

static void
free_state(struct state *s)
{
	for (size_t i = 0; i < s->rounds.n; i++) {
		intern_free(&s->tally[i].pair);
		free(s->tally[i].cell);
	}
	free(s->tally);
	rounds_free(&s->rounds);
	join_free(&s->asn);
	load_free(&s->load);
	intern_free(&s->as);
	free(s->asflip);
}

static void
check_options(int files)
{
	if (files < 2)
		opt_usage(&tool, "nothing to compare: give two files or more");
	if (want_moved + want_matrix + want_ases > 1)
		opt_usage(&tool, "--moved, --matrix and --ases: only one");
	if (want_ases && asnfiles.n == 0)
		opt_usage(&tool, "--ases needs --asn");
	if (want_paths && (want_matrix || want_ases || asnfiles.n > 0 ||
	    loadfiles.n > 0 || strcmp(blocklens, WHOLE) != 0))
		opt_usage(&tool, "--matrix, --ases, --asn, --load and --block "
		    "are not for --paths");
}

int
main(int argc, char *argv[])
{
	struct state s = { 0 };
	char **all = argv;
	uint8_t len4, len6 = 128;
	bool bad;

	opt_parse(&tool, &argc, &argv);
	check_options(argc);
	if (block_parse(blocklens, 128, &len4, &len6) == -1)
		opt_usage(&tool, "--block: not LEN (0 to 32) or LEN,LEN6 "
		    "(0 to 128): %s", blocklens);
	bad = want_paths ? diff_paths(&s, (size_t)argc, argv) :
	    diff_results(&s, (size_t)argc, argv, len4, len6);
	if (recout_close(&s.out, NULL, all) == -1)
		err(3, "%s", s.name);
	free_state(&s);
	return bad;
}
