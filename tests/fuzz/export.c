/*
 * The writers of other formats: lines of tab-separated fields, the first
 * naming type and columns by its bytes.  Whatever a record may hold, JSON
 * stays JSON, CSV has its columns, and the path formats survive.
 */

#include <stdlib.h>
#include <string.h>

#include "../unit/json.h"
#include "escape.h"
#include "export.h"
#include "export_path.h"
#include "export_sql.h"
#include "mem.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* RFC 4180 by hand: lines of n fields each. */
static bool
csv_valid(const char *s, size_t n, size_t fields)
{
	bool quoted = false;
	size_t k = 1;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (!quoted && s[i] == ',')
			k++;
		else if (!quoted && s[i] == '\n') {
			if (k != fields || i == 0 || s[i - 1] != '\r')
				return false;
			k = 1;
		}
	}
	return !quoted && k == 1;
}

/* The fields of one line; the missing ones are "-". */
static void
split(struct span v[], size_t n, const char *s, size_t len)
{
	const char *end = s + len;

	for (size_t i = 0; i < n; i++) {
		const char *tab = memchr(s, '\t', (size_t)(end - s));
		const char *stop = tab == NULL ? end : tab;

		v[i] = stop == s ? (struct span){ "-", 1 } :
		    (struct span){ s, (size_t)(stop - s) };
		s = tab == NULL ? end : tab + 1;
	}
}

static void
rows(const struct exportformat *how, const struct rectype *type, bool raw,
    const char *s, size_t n)
{
	struct export e = { .how = how, .type = type, .raw = raw };
	const char *end = s + n;
	struct span v[REC_MAXCOLS];

	for (size_t i = 0; i < type->nfields; i++)
		e.col[e.ncols++] = &type->fields[i];
	if (export_open(&e) == 0) {
		while (s < end) {
			const char *nl = memchr(s, '\n', (size_t)(end - s));
			size_t len = (size_t)((nl == NULL ? end : nl) - s);

			split(v, type->nfields, s, len);
			(void)export_record(&e, v);
			s += len + 1;
		}
		export_close(&e);
	}
	if ((how == &export_json && e.out.n > 0 &&
	    !json_lines(e.out.s, e.out.n)) ||
	    (how == &export_geojson && e.out.n > 0 &&
	    !json_valid(e.out.s, e.out.n)) ||
	    (how == &export_csv && !csv_valid(e.out.s, e.out.n, e.ncols)))
		abort();
	export_free(&e);
}

/* Rows of one target, without the files they come from. */
static void
paths(const char *s, size_t n)
{
	static const char *const kinds[] = { "ping", "trace", "tracelb" };
	struct hopfiles files = { 0 };
	struct addr dst = { .v = 4, .b = { 192, 0, 2, 1 } };
	const char *end = s + n;
	struct span v[nfields_hop];
	char err[256];

	paths_begin(&files.paths, &dst);
	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t len = (size_t)((nl == NULL ? end : nl) - s);

		split(v, nfields_hop, s, len);
		(void)paths_add(&files.paths, v, err);
		s += len + 1;
	}
	paths_end(&files.paths);
	for (size_t f = 0; path_formats[f] != NULL; f++)
		for (int k = 0; k < PATH_KINDS; k++) {
			struct pathexport p = { .how = path_formats[f],
			    .files = &files };

			if (pathexport_open(&p, kinds[k]) == -1)
				abort();
			pathexport_target(&p);
			pathexport_close(&p);
			if (path_formats[f] != &export_dot && p.out.n > 0 &&
			    !json_lines(p.out.s, p.out.n))
				abort();
			pathexport_free(&p);
		}
	paths_free(&files.paths);
}

static void
statements(const char *s, size_t n)
{
	char *header = mem_alloc(n + 1), err[256];
	struct str out = { 0 };

	memcpy(header, s, n);
	for (int e = 0; e < SQL_MAX; e++)
		(void)export_sql(&out, (enum sqlengine)e, &rec_hop, header,
		    header, false, true, err);
	str_free(&out);
	free(header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p + 1;
	size_t types = 0;

	if (n < 2)
		return 0;
	n--;
	while (rec_types[types] != NULL)
		types++;
	for (size_t f = 0; export_formats[f] != NULL; f++)
		rows(export_formats[f], rec_types[p[0] / 2 % types], p[0] & 1,
		    s, n);
	paths(s, n);
	statements(s, n);
	return 0;
}
