/* exportrecords - write records in formats that other programs read */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export.h"
#include "export_path.h"
#include "export_pcap.h"
#include "export_sql.h"
#include "hopfiles.h"
#include "mem.h"
#include "opt.h"
#include "rec.h"

static const char *format = "json", *engine, *kind, *keyfile, *output, *header;
static struct optlist geofiles;
static uint64_t msm_id;
static bool raw, force;

static const struct opt opts[] = {
	{ 'F', "format", OPT_STR, "NAME", &format, 0, 0,
	    "json (default), csv, geojson, prometheus, sql, scamper, atlas, dot, "
	    "pcap" },
	{ 0, "engine", OPT_STR, "NAME", &engine, 0, 0,
	    "sql: duckdb (default), sqlite, clickhouse" },
	{ 0, "as", OPT_STR, "KIND", &kind, 0, 0,
	    "scamper, atlas: ping, trace, tracelb; default as measured" },
	{ 0, "msm-id", OPT_UINT, "N", &msm_id, 0, INT32_MAX,
	    "atlas: number of the measurement, default 0" },
	{ 'k', "key-file", OPT_STR, "FILE", &keyfile, 0, 0,
	    "pcap: key of the measurement" },
	{ 0, "geo", OPT_LIST, "FILE", &geofiles, 0, 0,
	    "geojson: positions by range, text or mmdb" },
	{ 0, "raw", OPT_FLAG, NULL, &raw, 0, 0,
	    "leave percent-escapes in words and texts as they are" },
	{ 0, "header", OPT_STR, "LINE", &header, 0, 0,
	    "the #fsdb line of input that has none" },
	{ 'w', "output-file", OPT_STR, "FILE", &output, 0, 0,
	    "write here instead of standard output; .gz compresses" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite FILE" },
	{ 0 }
};

static const struct tool tool = {
	.name = "exportrecords",
	.args = "[file ...]",
	.summary = "write records in formats that other programs read",
	.opts = opts,
};

static bool bad_input;		/* something was cut or refused */

/* ---- output ---- */

static struct gzout *
open_output(void)
{
	bool compress;
	int fd = recout_create(output, force, &compress);

	if (fd == -1)
		err(2, "%s", output == NULL ? "standard output" : output);
	return gzout_open(fd, compress, false);
}

/* Hand over what was formatted; in pieces, for a line may be a long one. */
static void
put(struct gzout *gz, struct str *s)
{
	for (size_t at = 0; at < s->n; at += GZ_MEMBER) {
		size_t n = s->n - at > GZ_MEMBER ? GZ_MEMBER : s->n - at;

		if (gzout_write(gz, s->s + at, n, 0) == -1)
			err(3, "%s", output == NULL ? "standard output" :
			    output);
	}
	str_clear(s);
}

static void
close_output(struct gzout *gz)
{
	if (gzout_close(gz) == -1)
		err(3, "%s", output == NULL ? "standard output" : output);
}

/* ---- records of any type: json, csv, geojson, prometheus ---- */

static int
open_input(const char *path)
{
	int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		err(2, "%s", path);
	return fd;
}

static void
bad_line(struct recin *in, const char *why)
{
	bad_input = true;
	if (in->nbad <= 3)
		warnx("%s:%lu: %s", in->path, in->lineno, why);
}

/* The columns of all files, in the order they appear. */
static void
add_columns(struct export *e, const struct recin *in)
{
	for (size_t i = 0; i < in->ncols; i++) {
		size_t k = 0;

		while (k < e->ncols && e->col[k] != in->col[i])
			k++;
		if (in->col[i] != NULL && k == e->ncols)
			e->col[e->ncols++] = in->col[i];
	}
}

/* Open every file, so that columns and types are known before a byte is out. */
static struct recin *
open_files(struct export *e, char *paths[], size_t n)
{
	struct recin *in = mem_array(n, sizeof *in);

	for (size_t i = 0; i < n; i++) {
		int fd = open_input(paths[i]);
		const char *path = fd == 0 ? "stdin" : paths[i];

		if (recin_open_best(&in[i], rec_types, fd, path,
		    header) == -1)
			errx(2, "%s: %s", path, in[i].err);
		if (e->type != NULL && e->type != in[i].type)
			errx(2, "%s: %s records, after %s records", path,
			    in[i].type->name, e->type->name);
		e->type = in[i].type;
		add_columns(e, &in[i]);
	}
	return in;
}

static void
export_file(struct export *e, struct recin *in, struct gzout *gz)
{
	struct span v[REC_MAXCOLS];
	int r;

	for (size_t i = 0; i < REC_MAXCOLS; i++)
		v[i] = (struct span){ "-", 1 };
	while ((r = recin_split(in, v)) != 0 && r != -2) {
		if (r == -1) {
			bad_line(in, in->err);
		} else if (export_record(e, v) == -1) {
			recin_refuse(in);
			bad_line(in, e->err);
		}
		if (e->out.n > GZ_MEMBER / 2)
			put(gz, &e->out);
	}
	if (in->nbad > 3)
		warnx("%s: %" PRIu64 " bad lines", in->path, in->nbad);
	if (recin_close(in) == -1) {
		bad_input = true;
		warnx("%s: %s", in->path, in->err);
	}
	meta_free(&in->meta);
}

static void
open_geo(struct join *j)
{
	char why[512];

	join_init(j, JOIN_GEO);
	for (size_t i = 0; i < geofiles.n; i++)
		if (join_add(j, geofiles.v[i], why) == -1)
			errx(2, "%s", why);
	join_ready(j);
}

static void
export_rows(const struct exportformat *how, char *paths[], size_t n)
{
	struct export e = { .how = how, .raw = raw };
	struct recin *in = open_files(&e, paths, n);
	struct gzout *gz;
	struct join geo;

	open_geo(&geo);
	if (geofiles.n > 0)
		e.geo = &geo;
	if (export_open(&e) == -1)
		errx(2, "%s", e.err);
	gz = open_output();
	for (size_t i = 0; i < n; i++)
		export_file(&e, &in[i], gz);
	export_close(&e);
	put(gz, &e.out);
	close_output(gz);
	export_free(&e);
	join_free(&geo);
	free(in);
}

/* ---- sql ---- */

static bool
is_gzip(const char *path)
{
	unsigned char magic[2] = { 0 };
	int fd = open_input(path);
	ssize_t n = read(fd, magic, sizeof magic);

	close(fd);
	return n == 2 && magic[0] == 31 && magic[1] == 139;
}

static void
export_tables(char *paths[], size_t n)
{
	const struct rectype *type = NULL;
	char *first = NULL;
	struct str text = { 0 };
	struct gzout *gz;
	char why[256];
	size_t e = 0;

	while (engine != NULL && e < SQL_MAX &&
	    strcmp(sql_engines[e], engine) != 0)
		e++;
	if (e == SQL_MAX)
		opt_usage(&tool, "--engine: not duckdb, sqlite or clickhouse: "
		    "%s", engine);
	for (size_t i = 0; i < n; i++) {
		struct recin in;

		if (strcmp(paths[i], "-") == 0)
			errx(2, "sql: the database cannot read stdin; name a "
			    "file");
		if (recin_open_best(&in, rec_types, open_input(paths[i]),
		    paths[i], header) == -1)
			errx(2, "%s: %s", paths[i], in.err);
		if (first != NULL && strcmp(first, in.header) != 0)
			errx(2, "%s: not the columns of %s", paths[i],
			    paths[0]);
		if (export_sql(&text, (enum sqlengine)e, in.type, in.header,
		    paths[i], is_gzip(paths[i]), type == NULL, why) == -1)
			errx(2, "%s: %s", paths[i], why);
		type = in.type;
		if (first == NULL)
			first = mem_string(in.header);
		(void)recin_close(&in);		/* only the header was wanted */
		meta_free(&in.meta);
	}
	gz = open_output();
	put(gz, &text);
	close_output(gz);
	str_free(&text);
	free(first);
}

/* ---- hop records: scamper, atlas, dot ---- */

/* Close the files and tell what was bad about them. */
static void
close_hops(struct hopfiles *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct hopfile *f = &h->f[i];

		if (f->bad != NULL)
			warnx("%s", f->bad);
		if (f->in.nbad > 1)
			warnx("%s: %" PRIu64 " bad lines", f->path,
			    f->in.nbad);
		if (hopfiles_close(h, i) == -1)
			warnx("%s: %s", f->path, f->in.err);
		else if (f->in.nbad == 0)
			continue;
		bad_input = true;
	}
	if (h->doubled > 0)
		warnx("%" PRIu64 " probes were there twice", h->doubled);
}

static void
export_paths(const struct pathformat *how, char *paths[], size_t n)
{
	struct pathexport p = { .how = how, .msm_id = msm_id };
	struct hopfiles files;
	struct gzout *gz;
	char why[512];
	int r;

	if (hopfiles_open(&files, n, paths, header, why) == -1)
		errx(2, "%s", why);
	p.files = &files;
	if (pathexport_open(&p, kind) == -1)
		errx(2, "not measured as ping, trace or tracelb; say --as");
	gz = open_output();
	while ((r = hopfiles_next(&files, why)) == 1) {
		pathexport_target(&p);
		put(gz, &p.out);
	}
	pathexport_close(&p);
	put(gz, &p.out);
	close_output(gz);
	if (r == -1) {
		bad_input = true;
		warnx("%s", why);
	}
	close_hops(&files);
	pathexport_free(&p);
	hopfiles_free(&files);
}

/* ---- sent and reply records: pcap ---- */

struct capture {
	struct recin	 in;
	struct sent	*sent;		/* one of these is the type's */
	struct reply	*reply;
	rec_time	 time;		/* of the record read already */
	bool		 over;		/* there is none */
};

static void
next_record(struct capture *c)
{
	void *rec = c->sent != NULL ? (void *)c->sent : c->reply;
	int r;

	while ((r = recin_read(&c->in, rec)) == -1)
		bad_line(&c->in, c->in.err);
	c->over = r != 1;
	c->time = c->sent != NULL ? c->sent->time : c->reply->time;
}

static void
open_capture(struct capture *c, const char *name)
{
	static const struct rectype *const types[] = { &rec_reply, &rec_sent,
	    NULL };
	int fd = open_input(name);
	const char *path = fd == 0 ? "stdin" : name;
	int type = recin_open_any(&c->in, types, fd, path, NULL);

	if (type == -1)
		errx(2, "%s: not sent or reply records: %s", path, c->in.err);
	if (type == 0)
		c->reply = mem_alloc(sizeof *c->reply);
	else
		c->sent = mem_alloc(sizeof *c->sent);
	rec_clear(types[type], type == 0 ? (void *)c->reply : c->sent);
	next_record(c);
}

static void
close_capture(struct capture *c)
{
	if (c->in.nbad > 3)
		warnx("%s: %" PRIu64 " bad lines", c->in.path, c->in.nbad);
	if (recin_close(&c->in) == -1) {
		bad_input = true;
		warnx("%s: %s", c->in.path, c->in.err);
	}
	meta_free(&c->in.meta);
	free(c->sent);
	free(c->reply);
}

/* The packets of all files in order of time. */
static void
merge(struct pcapexport *p, struct capture *c, size_t n, struct gzout *gz)
{
	for (;;) {
		struct capture *first = NULL;

		for (size_t i = 0; i < n; i++)
			if (!c[i].over && (first == NULL ||
			    c[i].time < first->time))
				first = &c[i];
		if (first == NULL)
			return;
		if (first->sent != NULL)
			pcapexport_sent(p, first->sent);
		else
			pcapexport_reply(p, first->reply);
		if (p->out.n > GZ_MEMBER / 2)
			put(gz, &p->out);
		next_record(first);
	}
}

static void
export_packets(char *paths[], size_t n)
{
	struct capture *c = mem_array(n, sizeof *c);
	struct pcapexport p = { .ready = false };
	struct gzout *gz;
	struct key key;
	char why[128];

	if (keyfile == NULL)
		opt_usage(&tool, "--format pcap needs --key-file");
	if (key_read(&key, keyfile, why) == -1)
		errx(2, "%s", why);
	for (size_t i = 0; i < n; i++) {
		open_capture(&c[i], paths[i]);
		pcapexport_learn(&p, &c[i].in.meta);
	}
	if (pcapexport_open(&p, &key) == -1)
		errx(2, "%s", p.err);
	gz = open_output();
	merge(&p, c, n, gz);
	put(gz, &p.out);
	close_output(gz);
	for (size_t i = 0; i < n; i++)
		close_capture(&c[i]);
	if (p.n.unmade > 0)
		warnx("%" PRIu64 " probes not made again: %s", p.n.unmade,
		    p.err);
	if (p.n.unkept > 0)
		warnx("%" PRIu64 " replies left out: nothing was kept of them",
		    p.n.unkept);
	if (p.n.unmade > 0 || p.n.unkept > 0)
		bad_input = true;
	pcapexport_free(&p);
	free(c);
}

static void
export_all(char *paths[], size_t n)
{
	for (size_t i = 0; export_formats[i] != NULL; i++)
		if (strcmp(export_formats[i]->name, format) == 0) {
			export_rows(export_formats[i], paths, n);
			return;
		}
	for (size_t i = 0; path_formats[i] != NULL; i++)
		if (strcmp(path_formats[i]->name, format) == 0) {
			export_paths(path_formats[i], paths, n);
			return;
		}
	if (strcmp(format, "sql") == 0)
		export_tables(paths, n);
	else if (strcmp(format, "pcap") == 0)
		export_packets(paths, n);
	else
		opt_usage(&tool, "--format: unknown: %s", format);
}

int
main(int argc, char *argv[])
{
	char dash[] = "-", *stdin_only[] = { dash, NULL };

	opt_parse(&tool, &argc, &argv);
	if (engine != NULL && strcmp(format, "sql") != 0)
		opt_usage(&tool, "--engine is for --format sql");
	if (geofiles.n > 0 && strcmp(format, "geojson") != 0)
		opt_usage(&tool, "--geo is for --format geojson");
	if (keyfile != NULL && strcmp(format, "pcap") != 0)
		opt_usage(&tool, "--key-file is for --format pcap");
	if (argc == 0)
		export_all(stdin_only, 1);
	else
		export_all(argv, (size_t)argc);
	return bad_input;
}
