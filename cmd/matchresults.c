/* matchresults - find what became of every probe sent */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hopmods.h"
#include "key.h"
#include "match.h"
#include "matchout.h"
#include "matchread.h"
#include "matchmeta.h"
#include "mem.h"
#include "opt.h"
#include "rec.h"

static const char *keyfile, *output, *tmpdir, *minauth = "tag30";
static const char *columns = "auto", *offsetfile;
static int64_t late_ns = 15 * 60 * NS_PER_S;
static uint64_t memory = UINT64_C(1) << 30;
static bool force, hops, merge, verbose;

static const struct opt opts[] = {
	{ 'k', "key-file", OPT_STR, "FILE", &keyfile, 0, 0,
	    "authenticate replies that were recorded without the key" },
	{ 0, "hops", OPT_FLAG, NULL, &hops, 0, 0,
	    "write hops: results with ttl, flow and what was quoted" },
	{ 'o', "offsets", OPT_STR, "FILE", &offsetfile, 0, 0,
	    "offsets of the nodes' clocks, for times across nodes" },
	{ 0, "late", OPT_SPAN, "SPAN", &late_ns, 0, INT64_MAX,
	    "a reply after this long is late, default 15m" },
	{ 0, "min-auth", OPT_STR, "LEVEL", &minauth, 0, 0,
	    "ignore replies tied more weakly to a probe: none, tag16, tag30 "
	    "(default), tag32, mac64" },
	{ 0, "memory", OPT_SIZE, "SIZE", &memory, 1 << 20, INT64_MAX,
	    "use temporary files beyond about this much, default 1G" },
	{ 0, "tmp", OPT_STR, "DIR", &tmpdir, 0, 0,
	    "directory for them, default $TMPDIR or /tmp" },
	{ 'w', "output-file", OPT_STR, "FILE", &output, 0, 0,
	    "write here instead of standard output; .gz compresses" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite FILE" },
	{ 0, "columns", OPT_STR, "SET", &columns, 0, 0,
	    "few, all, or auto (default): all if probes differ in more than "
	    "target" },
	{ 0, "merge", OPT_FLAG, NULL, &merge, 0, 0,
	    "a probe that was sent again is one probe" },
	{ 'v', "verbose", OPT_FLAG, NULL, &verbose, 0, 0,
	    "print what was counted to standard error" },
	{ 0 }
};

static const struct tool tool = {
	.name = "matchresults",
	.args = "file ...",
	.summary = "find what became of every probe sent",
	.opts = opts,
};

static const struct rectype *const types[] = { &rec_sent, &rec_reply, NULL };

/* A file named on the command line. */
struct operand {
	const char	*path;
	int		 fd;		/* -1 when in is open already */
	int		 type;		/* index in types, -1: cannot be read */
	struct recin	 in;
	char		*cut;		/* NULL: whole */
};

/* What one thread reads, and where it goes. */
struct reader {
	pthread_t		 thread;
	int			 type;
	struct operand		*file;
	size_t			 nfiles;
	struct matchread	 read;
	struct matchstore	 store;
	struct matchsort	*suspects;	/* NULL for the sent logs */
	uint64_t		 refused, rejected;
	struct matchsent	 first;		/* of the sent logs */
	bool			 differ;	/* in ttl, flow or attempt */
	int			 error;		/* errno of a temporary file */
};

static void
complain(struct operand *f, const char *why)
{
	if (f->cut == NULL)
		f->cut = mem_string(why);
	warnx("%s: %s", f->path, why);
}

static const char *const *const *
wanted(void)
{
	static const char *const *cols[2];

	cols[0] = matchread_sentcols(hops);
	cols[1] = matchread_replycols(hops, keyfile != NULL);
	return cols;
}

/*
 * See what a file is.  It is closed again, so that many files are not many
 * threads, unless it is a pipe.
 */
static void
identify(struct operand *f)
{
	bool std = strcmp(f->path, "-") == 0, seekable;

	f->fd = std ? 0 : open(f->path, O_RDONLY | O_CLOEXEC);
	if (f->fd == -1)
		err(2, "%s", f->path);
	if (std)
		f->path = "standard input";
	seekable = lseek(f->fd, 0, SEEK_CUR) == 0;
	f->type = recin_open_any(&f->in, types,
	    seekable ? fcntl(f->fd, F_DUPFD_CLOEXEC, 3) : f->fd, f->path,
	    wanted());
	if (f->type == -1 && f->in.header != NULL)
		errx(2, "%s: %s, nor of a %s", f->path, f->in.err,
		    types[1]->name);
	if (f->type == -1 && f->in.lineno > 0)	/* a cut one has not a line */
		errx(2, "%s: %s", f->path, f->in.err);
	if (f->type == -1)
		complain(f, f->in.err);
	if (f->type == -1 || seekable) {
		recin_close(&f->in);
		meta_free(&f->in.meta);
	}
	if (!seekable)
		f->fd = -1;
	else if (lseek(f->fd, 0, SEEK_SET) == -1)
		err(2, "%s", f->path);
}

static int
take_sent(struct reader *r, const struct span v[])
{
	struct matchsent sent = { 0 };

	if (matchread_sent(&r->read, v, &sent) == -1)
		return 1;
	if (matchstore_count(&r->store) == 0)
		r->first = sent;
	r->differ = r->differ || sent.ttl != r->first.ttl ||
	    sent.flow != r->first.flow || sent.attempt != r->first.attempt;
	return matchstore_add(&r->store, &sent);
}

static int
take_reply(struct reader *r, const struct recin *in, const struct span v[])
{
	struct matchreply reply = { 0 };
	struct matchcross *c;
	int bad = matchread_reply(&r->read, v, &in->meta, &reply);

	if (bad != 0)
		return bad == -2 ? -1 : bad == -1 ? 1 : 2;
	if (matchstore_add(&r->store, &reply) == -1)
		return -1;
	if (!match_suspect(&reply))
		return 0;
	if ((c = matchsort_add(r->suspects)) == NULL)
		return -1;
	memcpy(c->key, reply.from, sizeof c->key);
	return 0;
}

/* One record into the sorter: 0, 1 bad, 2 rejected, or -1 with errno. */
static int
take(struct reader *r, const struct recin *in, const struct span v[])
{
	return r->type == 0 ? take_sent(r, v) : take_reply(r, in, v);
}

/* Read one file to its end; what is bad in it is named and left out. */
static int
read_file(struct reader *r, struct operand *f)
{
	struct span v[(int)nfields_reply + (int)nfields_sent];
	struct recin *in = &f->in;
	int n, t;

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		v[i] = (struct span){ "-", 1 };
	if (f->fd != -1 && recin_open_any(in, types, f->fd, f->path,
	    wanted()) == -1)
		complain(f, in->err);
	else while ((n = recin_split(in, v)) != 0 && n != -2) {
		const char *why = in->err;

		if (n == 1) {
			if ((t = take(r, in, v)) == -1)
				return errno;
			r->rejected += t == 2;
			if (t != 1)
				continue;
			recin_refuse(in);
			why = r->read.err;
		}
		if (in->nbad <= 3)
			warnx("%s:%lu: %s", f->path, in->lineno, why);
	}
	r->refused += in->nbad;
	if (in->nbad > 3)
		warnx("%s: %" PRIu64 " bad lines", f->path, in->nbad);
	if (recin_close(in) == -1)
		complain(f, in->err);
	return 0;
}

static void *
read_files(void *arg)
{
	struct reader *r = arg;

	for (size_t i = 0; i < r->nfiles && r->error == 0; i++)
		if (r->file[i].type == r->type)
			r->error = read_file(r, &r->file[i]);
	return NULL;
}

static void *
sort_records(void *arg)
{
	struct reader *r = arg;

	if (matchstore_done(&r->store) == -1)
		r->error = errno;
	return NULL;
}

/* Run a step for sent and reply files side by side. */
static void
side_by_side(struct reader r[2], void *(*step)(void *))
{
	bool thread = pthread_create(&r[1].thread, NULL, step, &r[1]) == 0;

	step(&r[0]);
	if (thread)
		pthread_join(r[1].thread, NULL);
	else
		step(&r[1]);
	for (int i = 0; i < 2; i++)
		if ((errno = r[i].error) != 0)
			err(3, "temporary file in %s", tmpdir);
}

struct sink {
	struct recout	out;
	bool		all;		/* columns */
	struct hopmods	*mods;
	char		text[MODS_MAX];
	char		line[MATCHOUT_MAX];
};

static int
write_hop(void *arg, const struct match *m, const struct matchprobe *p)
{
	struct sink *s = arg;
	const char *qclass = "-";

	memcpy(s->text, "-", 2);
	if (s->mods->ready &&
	    hopmods_compare(s->mods, m, p, s->text, &qclass) == -1)
		return -1;
	return recout_line(&s->out, s->line, matchout_hop(m, p, s->text,
	    qclass, s->line));
}

static int
write_result(void *arg, const struct match *m, const struct matchprobe *p)
{
	struct sink *s = arg;

	return recout_line(&s->out, s->line, matchout_line(m, p, s->all,
	    s->line));
}

/* What was counted, at the end. */
static void
write_counts(struct match *m, const struct reader r[2], struct sink *s)
{
	matchmeta_reject(&m->n, r[1].read.rejected, r[1].rejected);
	matchmeta_counts(&m->n, r[0].refused + r[1].refused, &s->out);
	if (hops || m->offsets != NULL)
		matchmeta_rtts(&m->rtts, &s->out);
	if (s->mods->ready)
		recout_meta(&s->out, "mods", "compared=%" PRIu64 " unquoted=%"
		    PRIu64 " unmade=%" PRIu64, s->mods->n.compared,
		    s->mods->n.unquoted, s->mods->n.unmade);
	if (s->mods->n.unmade > 0)
		warnx("%" PRIu64 " probes cannot be made again: %s",
		    s->mods->n.unmade, s->mods->err);
	if (verbose)
		matchmeta_print(&m->n, stderr);
}

/* Write everything; return 0, or 1 if something is missing from it. */
static int
write_results(struct match *m, struct reader r[2], struct matchmeta *meta,
    struct hopmods *mods, char *argv[])
{
	const char *name = output == NULL ? "standard output" : output;
	struct sink *s = mem_alloc(sizeof *s);
	bool compress;
	int fd = recout_create(output, force, &compress), bad = 0;

	if (fd == -1)
		err(2, "%s", name);
	s->mods = mods;
	s->all = strcmp(columns, "all") == 0 || (strcmp(columns, "few") != 0 &&
	    (r[0].differ || m->names->norigins > 1 || m->names->txt.n > 0));
	if (recout_open(&s->out, hops ? &rec_hop : &rec_result, fd, compress,
	    false, hops ? NULL : matchout_columns(s->all, m->offsets != NULL))
	    == -1 || matchmeta_write(meta, &s->out) == -1)
		err(3, "%s", name);
	for (size_t i = 0; i < r->nfiles; i++)
		if (r->file[i].cut != NULL) {
			bad = 1;
			recout_meta(&s->out, "cut", "%s: %s", r->file[i].path,
			    r->file[i].cut);
		}
	if (match_all(m, &r[0].store, &r[1].store, hops ? write_hop :
	    write_result, s) == -1)
		err(3, "%s", s->out.error != 0 ? name : tmpdir);
	write_counts(m, r, s);
	if (recout_close(&s->out, &meta->all, argv) == -1)
		err(3, "%s", name);
	free(s);
	if (m->n.unlogged > 0)
		warnx("%" PRIu64 " probes were answered but are in no sent "
		    "log", m->n.unlogged);
	return bad || r[0].refused + r[1].refused + m->n.unlogged +
	    mods->n.unmade > 0;
}

/* Look at every file, and refuse what is none of ours before reading. */
static struct operand *
identify_all(size_t n, char *argv[])
{
	struct operand *file = mem_array(n, sizeof *file);

	for (size_t i = 0; i < n; i++) {
		file[i].path = argv[i];
		identify(&file[i]);
	}
	return file;
}

static void
open_readers(struct reader r[2], struct operand *file, size_t nfiles,
    struct matchnames *names, const struct key *key)
{
	static struct matchsort_budget budget;

	budget.limit = memory - memory / 8;
	for (int i = 0; i < 2; i++) {
		r[i].type = i;
		r[i].file = file;
		r[i].nfiles = nfiles;
		matchread_init(&r[i].read, names, key);
		r[i].read.hops = hops;
	}
	matchstore_open(&r[0].store, hops ? &matchpack_hopsent :
	    &matchpack_sent, names, &budget, tmpdir);
	matchstore_open(&r[1].store, hops ? &matchpack_hopreply :
	    &matchpack_reply, names, &budget, tmpdir);
	r[1].suspects = matchsort_open(sizeof(struct matchcross), MATCHKEY_LEN,
	    matchcross_cmp, NULL, &budget, tmpdir);
}

static void
close_readers(struct reader r[2])
{
	for (int i = 0; i < 2; i++) {
		matchstore_close(&r[i].store);
		matchsort_close(r[i].suspects);
		matchread_free(&r[i].read);
	}
}

/* Is something missing, negative, or more than thirty years? */
static bool
offset_bad(const struct offset *o)
{
	return o->node.n == 0 || o->peer.n == 0 || o->offset_ms == NUM_NONE ||
	    o->offset_ms > OFFSETS_MAX || o->offset_ms < -OFFSETS_MAX ||
	    o->err_ms < 0 || o->err_ms > OFFSETS_MAX ||
	    (o->drift_ms != NUM_NONE && (o->drift_ms < 0 ||
	    o->time == NUM_NONE));
}

/* The file of --offsets. */
static void
read_offsets(struct offsets *o, struct matchnames *names)
{
	struct recin in = { 0 };
	struct offset rec;
	int fd = strcmp(offsetfile, "-") == 0 ? 0 : open(offsetfile,
	    O_RDONLY | O_CLOEXEC), n;

	if (fd == -1)
		err(2, "%s", offsetfile);
	if (recin_open(&in, &rec_offset, fd, offsetfile, NULL, NULL) == -1)
		errx(2, "%s: %s", offsetfile, in.err);
	rec_clear(&rec_offset, &rec);
	while ((n = recin_read(&in, &rec)) != 0) {
		long a, b;

		if (n == 1 && offset_bad(&rec))
			errx(2, "%s:%lu: not an offset with its bound",
			    offsetfile, in.lineno);
		if (n != 1)
			errx(2, "%s:%lu: %s", offsetfile, in.lineno, in.err);
		a = matchnames_node(names, rec.node.s, rec.node.n);
		b = matchnames_node(names, rec.peer.s, rec.peer.n);
		if (a == -1 || b == -1)
			errx(2, "%s: too many nodes", offsetfile);
		offsets_add(o, (uint32_t)a, (uint32_t)b, rec.offset_ms,
		    rec.err_ms, rec.time, rec.drift_ms == NUM_NONE ? 0 :
		    rec.drift_ms);
	}
	if (recin_close(&in) == -1)
		errx(2, "%s: %s", offsetfile, in.err);
	meta_free(&in.meta);
	offsets_ready(o);
}

/* With quotes to compare: return 0, or 1 if they cannot be. */
static int
begin_mods(struct hopmods *mods, const struct matchnames *names,
    const struct key *key)
{
	if (mods->quotes == NULL || spool_empty(mods->quotes) ||
	    hopmods_begin(mods, names, key) == 0)
		return 0;
	warnx("quotes are not compared: %s", mods->err);
	return 1;
}

/* Read, sort, match and write; return the exit status. */
static int
match_files(struct operand *file, size_t nfiles, const struct key *key,
    int level, char *argv[])
{
	struct reader r[2] = { 0 };
	struct matchnames names;
	struct matchmeta meta = { 0 };
	struct offsets offsets = { 0 };
	struct hopmods mods = { 0 };
	struct match m;
	char why[128];
	int bad;

	matchnames_init(&names);
	names.hops = hops;
	if (offsetfile != NULL)
		read_offsets(&offsets, &names);
	open_readers(r, file, nfiles, &names, key);
	if (hops && key != NULL)
		mods.quotes = r[1].read.quotes = spool_open(tmpdir);
	side_by_side(r, read_files);
	for (size_t i = 0; i < nfiles; i++) {
		if (file[i].type == 0)
			hopmods_learn(&mods, &file[i].in.meta);
		if (file[i].type != -1 && matchmeta_add(&meta,
		    &file[i].in.meta, types[file[i].type], &names, why) == -1)
			errx(2, "%s: %s", file[i].path, why);
		meta_free(&file[i].in.meta);
	}
	side_by_side(r, sort_records);
	match_init(&m, &names, late_ns, level);
	m.merge = merge;
	m.offsets = offsetfile == NULL ? NULL : &offsets;
	if (matchsort_done(r[1].suspects) == -1 ||
	    match_cross(&m, &r[0].store, r[1].suspects) == -1)
		err(3, "temporary file in %s", tmpdir);
	bad = begin_mods(&mods, &names, key);
	bad = write_results(&m, r, &meta, &mods, argv) || bad;

	close_readers(r);
	match_free(&m);
	matchnames_free(&names);
	matchmeta_free(&meta);
	offsets_free(&offsets);
	hopmods_free(&mods);
	return bad;
}

int
main(int argc, char *argv[])
{
	struct operand *file;
	struct key key;
	char why[128], **all = argv;
	int level, bad;

	opt_parse(&tool, &argc, &argv);
	if (argc == 0)
		opt_usage(&tool, "no sent and reply files");
	if ((level = auth_find(minauth)) == -1)
		opt_usage(&tool, "--min-auth: no such level: %s", minauth);
	if (strcmp(columns, "auto") != 0 && strcmp(columns, "all") != 0 &&
	    strcmp(columns, "few") != 0)
		opt_usage(&tool, "--columns: not few, all or auto: %s",
		    columns);
	if (hops && strcmp(columns, "auto") != 0)
		opt_usage(&tool, "--hops have all columns, not --columns %s",
		    columns);
	if (keyfile != NULL && key_read(&key, keyfile, why) == -1)
		errx(2, "%s: %s", keyfile, why);
	if (tmpdir == NULL && (tmpdir = getenv("TMPDIR")) == NULL)
		tmpdir = "/tmp";
	file = identify_all((size_t)argc, argv);
	bad = match_files(file, (size_t)argc, keyfile == NULL ? NULL : &key,
	    level, all);
	free(file);
	return bad;
}
