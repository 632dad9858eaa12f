/* diffrounds - compare the catchments of rounds */

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
#include "rec.h"
#include "rounds.h"

static const char *output, *header, *blocklens = "32,128";
static struct optlist asnfiles, loadfiles;
static double alert = -1;
static bool want_moved, want_matrix, want_ases, force;

static const struct opt opts[] = {
	{ 0, "moved", OPT_FLAG, NULL, &want_moved, 0, 0,
	    "write the blocks that moved" },
	{ 0, "matrix", OPT_FLAG, NULL, &want_matrix, 0, 0,
	    "write how many went from which site to which" },
	{ 0, "ases", OPT_FLAG, NULL, &want_ases, 0, 0,
	    "write the ASes whose blocks flipped, most flips first" },
	{ 0, "alert", OPT_REAL, "SHARE", &alert, 0, 1,
	    "exit 1 when more than this share flipped in any round" },
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
	.summary = "compare the catchments of rounds",
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

/* Close the input; true if some of it was missing. */
static bool
close_rounds(struct rounds *t)
{
	bool bad = false;

	for (size_t i = 0; i < t->n; i++) {
		struct recin *in = &t->r[i].in;

		if (in->nbad > 0)
			warnx("%s: %" PRIu64 " bad lines", t->r[i].path,
			    in->nbad);
		bad = bad || in->nbad > 0;
		if (recin_close(in) == -1) {
			warnx("%s: %s", t->r[i].path, in->err);
			bad = true;
		}
	}
	return bad;
}

/* The command line and the files are metadata of what follows. */
static void
open_output(struct state *s)
{
	const struct rectype *type = want_moved ? &rec_moved : want_matrix ?
	    &rec_flow : want_ases ? &rec_asflips : &rec_drift;
	bool compress;
	int fd = recout_create(output, force, &compress);

	s->name = output == NULL ? "standard output" : output;
	if (fd == -1)
		err(2, "%s", s->name);
	if (recout_open(&s->out, type, fd, compress, false, NULL) == -1)
		err(3, "%s", s->name);
	for (size_t i = 0; i < s->rounds.n; i++)
		recout_meta(&s->out, "round", "%s %s", s->rounds.r[i].label,
		    s->rounds.r[i].path);
}

int
main(int argc, char *argv[])
{
	struct state s = { 0 };
	char why[512], **all = argv;
	uint8_t len4, len6 = 128;
	bool bad;
	int r;

	opt_parse(&tool, &argc, &argv);
	if (argc < 2)
		opt_usage(&tool, "nothing to compare: give two files or more");
	if (want_moved + want_matrix + want_ases > 1)
		opt_usage(&tool, "--moved, --matrix and --ases: only one");
	if (want_ases && asnfiles.n == 0)
		opt_usage(&tool, "--ases needs --asn");
	if (block_parse(blocklens, 128, &len4, &len6) == -1)
		opt_usage(&tool, "--block: not LEN (0 to 32) or LEN,LEN6 "
		    "(0 to 128): %s", blocklens);
	read_files(&s);
	if (rounds_open(&s.rounds, (size_t)argc, argv, header, len4, len6,
	    why) == -1)
		errx(2, "%s", why);
	s.tally = mem_array(s.rounds.n, sizeof *s.tally);
	open_output(&s);

	while ((r = rounds_next(&s.rounds, why)) == 1)
		compare(&s);
	if (r == -1)
		errx(2, "%s", why);
	if (want_matrix)
		write_matrix(&s);
	else if (want_ases)
		write_ases(&s);
	else if (!want_moved)
		write_drift(&s);
	bad = close_rounds(&s.rounds);
	bad = alarmed(&s) || bad;
	if (recout_close(&s.out, NULL, all) == -1)
		err(3, "%s", s.name);

	for (size_t i = 0; i < s.rounds.n; i++) {
		intern_free(&s.tally[i].pair);
		free(s.tally[i].cell);
	}
	free(s.tally);
	rounds_free(&s.rounds);
	join_free(&s.asn);
	load_free(&s.load);
	intern_free(&s.as);
	free(s.asflip);
	return bad;
}
