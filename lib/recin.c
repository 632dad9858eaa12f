/* Reading records: header, columns by name, metadata, the end line. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "mem.h"
#include "rec.h"

static const char fsdb[] = "#fsdb ";

static int
fail(struct recin *in, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(in->err, sizeof(in->err), fmt, ap);
	va_end(ap);
	return r;
}

void
recin_prepare(struct recin *in, int fd)
{
	*in = (struct recin){ .gz = gzin_open(fd) };
}

static ssize_t
next_line(struct recin *in, char **line)
{
	ssize_t n = gzin_line(in->gz, line);

	if (n >= 0)
		in->lineno++;
	else if (n == -2)
		return fail(in, -2, "%s", gzin_error(in->gz));
	return n;
}

static bool
wanted(const char *const want[], const char *name)
{
	if (want == NULL)
		return true;
	for (; *want != NULL; want++)
		if (strcmp(*want, name) == 0)
			return true;
	return false;
}

/* Every FIELD wanted must have a column. */
static int
check_columns(struct recin *in, const char *const want[])
{
	for (size_t k = 0; k < in->type->nfields; k++) {
		const struct field *f = &in->type->fields[k];
		size_t i = 0;

		while (i < in->ncols && in->col[i] != f)
			i++;
		if (i == in->ncols && !f->optional && wanted(want, f->name))
			return fail(in, -1, "no column %s for a %s", f->name,
			    in->type->name);
	}
	return 0;
}

/*
 * "#fsdb -F t time:d node:a ...": options, then columns, each with a type
 * after a colon that is for other readers of Fsdb.
 */
static int
parse_header(struct recin *in, const char *line, const char *const want[])
{
	char *copy = mem_string(line + sizeof(fsdb) - 1), *rest = copy, *tok;
	int r = 0;

	in->ncols = 0;
	while (r == 0 && (tok = strsep(&rest, " ")) != NULL) {
		const struct field *f;

		if (in->ncols == 0 && strcmp(tok, "-F") == 0) {
			tok = strsep(&rest, " ");
			if (tok == NULL || strcmp(tok, "t") != 0)
				r = fail(in, -1, "columns must be separated "
				    "by tabs (-F t)");
			continue;
		}
		tok[strcspn(tok, ":")] = '\0';
		if (*tok == '\0')
			continue;
		if (in->ncols == REC_MAXCOLS) {
			r = fail(in, -1, "more than %d columns", REC_MAXCOLS);
			break;
		}
		f = rec_field(in->type, tok);
		in->col[in->ncols++] =
		    f != NULL && wanted(want, tok) ? f : NULL;
	}
	free(copy);
	return r == 0 ? check_columns(in, want) : r;
}

static void
read_comment(struct recin *in, char *line, size_t n)
{
	char *colon;
	uint64_t count;

	if (strncmp(line, "#   | ", 6) == 0) {
		in->meta.prov = mem_grow(in->meta.prov, in->meta.nprov + 1,
		    sizeof(char *));
		in->meta.prov[in->meta.nprov++] = mem_string(line + 6);
		return;
	}
	if (strncmp(line, "# ", 2) != 0 || (colon = strstr(line, ": ")) == NULL)
		return;
	*colon = '\0';
	if (strcmp(line + 2, "end") != 0) {
		meta_set(&in->meta, in->segment, line + 2, colon + 2);
		return;
	}
	if (num_parse(&count, colon + 2, n - (size_t)(colon + 2 - line),
	    UINT64_MAX) == -1 || count != in->seg_recs)
		in->cut = 1;
	in->ended = 1;
}

/*
 * A header again: another segment, as in cat a.gz b.gz.  Return 0, or -2 if
 * it is not the same.
 */
static int
next_segment(struct recin *in, const char *line)
{
	if (in->header == NULL || strcmp(line, in->header) != 0) {
		in->cut = 1;
		return fail(in, -2, "another header in mid-stream");
	}
	if (!in->ended)
		in->cut = 1;
	in->ended = 0;
	in->seg_recs = 0;
	in->segment++;
	return 0;
}

/* Find the header line; return it, or NULL with .err. */
static const char *
find_header(struct recin *in)
{
	char *line;
	ssize_t n;

	while ((n = next_line(in, &line)) >= 0) {
		if (strncmp(line, fsdb, sizeof(fsdb) - 1) == 0) {
			in->header = mem_string(line);
			return in->header;
		}
		if (n > 0 && line[0] != '#')
			break;
	}
	if (n == -2)
		return NULL;
	in->cut = 1;
	fail(in, -1, "no #fsdb header");
	return NULL;
}

/* The header line: the one given, else the stream's; NULL with .err. */
static const char *
take_header(struct recin *in, const char *given)
{
	if (given == NULL)
		return find_header(in);
	if (strncmp(given, fsdb, sizeof(fsdb) - 1) != 0) {
		fail(in, -1, "header does not begin with #fsdb");
		return NULL;
	}
	in->header = mem_string(given);
	in->bare = 1;
	return given;
}

int
recin_open(struct recin *in, const struct rectype *t, int fd, const char *path,
    const char *header, const char *const want[])
{
	if (fd != -1)
		recin_prepare(in, fd);
	in->type = t;
	in->path = path;
	if ((header = take_header(in, header)) == NULL)
		return -1;
	return parse_header(in, header, want);
}

int
recin_open_any(struct recin *in, const struct rectype *const types[], int fd,
    const char *path, const char *const *const wants[])
{
	const char *line;

	if (fd != -1)
		recin_prepare(in, fd);
	in->path = path;
	if ((line = find_header(in)) == NULL)
		return -1;
	for (int i = 0; types[i] != NULL; i++) {
		in->type = types[i];
		if (parse_header(in, line, NULL) == 0)
			return parse_header(in, line,
			    wants == NULL ? NULL : wants[i]) == 0 ? i : -1;
	}
	return fail(in, -1, "not the columns of any type asked for");
}

int
recin_open_best(struct recin *in, const struct rectype *const types[], int fd,
    const char *path, const char *header)
{
	const struct rectype *best = NULL;
	size_t most = 0;

	if (fd != -1)
		recin_prepare(in, fd);
	in->path = path;
	if ((header = take_header(in, header)) == NULL)
		return -1;
	for (int i = 0; types[i] != NULL; i++) {
		size_t known = 0;

		in->type = types[i];
		if (parse_header(in, header, NULL) == -1)
			continue;
		for (size_t k = 0; k < in->ncols; k++)
			known += in->col[k] != NULL;
		if (known > most) {
			most = known;
			best = types[i];
		}
	}
	if (best == NULL)
		return fail(in, -1, "not the columns of any record type");
	in->type = best;
	return parse_header(in, header, NULL);
}

int
recin_open_bare(struct recin *in, const struct rectype *t, int fd,
    const char *path)
{
	if (fd != -1)
		recin_prepare(in, fd);
	in->type = t;
	in->path = path;
	in->bare = 2;
	in->ncols = 1;
	in->col[0] = &t->fields[0];
	return 0;
}

/* With 'bare' 2: the first line decides whether there is a header. */
static int
first_line(struct recin *in, const char *line)
{
	if (strncmp(line, fsdb, sizeof(fsdb) - 1) != 0) {
		if (line[0] != '#')
			in->bare = 1;
		return 0;
	}
	in->bare = 0;
	in->header = mem_string(line);
	return parse_header(in, line, NULL) == -1 ? -2 : 1;
}

/* Fields separated by single tabs, as many as there are columns. */
static int
parse_record(struct recin *in, void *rec, const char *s, size_t n)
{
	const char *end = s + n;

	for (size_t i = 0; i < in->ncols; i++) {
		const char *tab = memchr(s, '\t', (size_t)(end - s));
		const char *stop = tab == NULL ? end : tab;

		if ((tab == NULL) != (i == in->ncols - 1))
			return fail(in, -1, "%s than %zu columns",
			    tab == NULL ? "fewer" : "more", in->ncols);
		if (in->col[i] != NULL && rec_parse_field(in->col[i], rec, s,
		    (size_t)(stop - s)) == -1)
			return fail(in, -1, "bad %s: %.*s", in->col[i]->name,
			    (int)(stop - s > 80 ? 80 : stop - s), s);
		s = stop + 1;
	}
	return 1;
}

/*
 * The next line that is a record: 1, 0 at the end, -2 when nothing more can
 * be read.
 */
static int
next_record(struct recin *in, char **linep, size_t *np)
{
	char *line;
	ssize_t n;
	int r;

	while ((n = next_line(in, &line)) >= 0) {
		if (in->bare == 2 && (r = first_line(in, line)) != 0) {
			if (r == -2)
				return -2;
			continue;
		}
		if (line[0] == '#') {
			if (strncmp(line, fsdb, sizeof(fsdb) - 1) != 0)
				read_comment(in, line, (size_t)n);
			else if (next_segment(in, line) == -2)
				return -2;
			continue;
		}
		if (n == 0 && in->bare)
			continue;
		in->seg_recs++;
		if (in->ended)
			in->cut = 1;	/* records after the end line */
		if (gzin_cut(in->gz) && !in->bare) {
			in->seg_recs--;
			in->cut = 1;	/* half a line may look like a whole one */
			return 0;
		}
		*linep = line;
		*np = (size_t)n;
		return 1;
	}
	return n == -2 ? -2 : 0;
}

int
recin_read(struct recin *in, void *rec)
{
	char *line;
	size_t n;
	int r = next_record(in, &line, &n);

	if (r != 1)
		return r;
	r = parse_record(in, rec, line, n);
	if (r == 1)
		in->nrecs++;
	else
		in->nbad++;
	return r;
}

/*
 * Where the tabs of a line are; no more than REC_MAXCOLS are looked for.
 * Columns are a few bytes long, so a call of memchr for each costs more
 * than the rest of reading a record.
 */
static size_t
find_tabs(const char *s, size_t n, uint32_t at[static REC_MAXCOLS + 16])
{
	size_t i = 0, k = 0;

#ifdef __SSE2__
	const __m128i tab = _mm_set1_epi8('\t');

	for (; i + 16 <= n && k < REC_MAXCOLS; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)
		    (s + i));
		unsigned m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v,
		    tab));

		for (; m != 0; m &= m - 1)
			at[k++] = (uint32_t)i + (uint32_t)__builtin_ctz(m);
	}
#endif
	for (; i < n && k < REC_MAXCOLS; i++)
		if (s[i] == '\t')
			at[k++] = (uint32_t)i;
	return k;
}

int
recin_split(struct recin *in, struct span v[])
{
	uint32_t at[REC_MAXCOLS + 16], from = 0;
	char *s;
	size_t n, tabs;
	int r = next_record(in, &s, &n);

	if (r != 1)
		return r;
	if ((tabs = find_tabs(s, n, at)) != in->ncols - 1) {
		in->nbad++;
		return fail(in, -1, tabs < in->ncols ?
		    "fewer than %zu columns" : "more than %zu columns",
		    in->ncols);
	}
	at[tabs] = (uint32_t)n;
	for (size_t i = 0; i < in->ncols; i++) {
		if (at[i] == from) {
			in->nbad++;
			return fail(in, -1, "column %zu is empty", i + 1);
		}
		if (in->col[i] != NULL)
			v[in->col[i] - in->type->fields] = (struct span){
			    s + from, at[i] - from };
		from = at[i] + 1;
	}
	in->nrecs++;
	return 1;
}

void
recin_refuse(struct recin *in)
{
	in->nrecs--;
	in->nbad++;
}

int
recin_ready(struct recin *in)
{
	return gzin_ready(in->gz);
}

int
recin_close(struct recin *in)
{
	const char *gzerr = in->gz == NULL ? NULL : gzin_error(in->gz);
	int r = 0;

	if (gzerr != NULL)
		r = fail(in, -1, "%s", gzerr);
	else if (!in->bare && (in->cut || !in->ended))
		r = fail(in, -1, in->ended ?
		    "damaged: lines missing or doubled" :
		    "cut short: no \"# end:\" line");
	if (in->gz != NULL)
		gzin_close(in->gz);
	in->gz = NULL;
	free(in->header);
	in->header = NULL;
	return r;
}
