/*
 * The writers of other formats: lines of tab-separated fields, the first
 * naming type and columns by its bytes.  Whatever a record may hold, JSON
 * stays JSON, CSV has its columns, a capture file its packets, and the path
 * formats survive.
 */

#include <stdlib.h>
#include <string.h>

#include "../unit/json.h"
#include "escape.h"
#include "export.h"
#include "export_path.h"
#include "export_pcap.h"
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

/* The lines as sent or reply records, and what packets become of them. */
static void
packets(const struct rectype *type, const char *s, size_t n)
{
	static const char *const origins[][2] = {
		{ "origin.0", "src=192.0.2.1 probe=icmp ttl=64" },
		{ "origin.1", "src=192.0.2.1 probe=udp ttl=64" },
		{ "origin.2", "src=2001:db8::1 probe=icmp ttl=64" },
		{ "node", "ams:3" },
	};
	struct pcapexport p = { .ready = false };
	struct key key;
	const uint8_t bytes[16] = { 1 };
	const char *end = s + n;
	void *rec = mem_alloc(type->size);
	struct span v[REC_MAXCOLS];

	for (unsigned i = 0; i < 4; i++)
		meta_set(&p.meta, i, origins[i][0], origins[i][1]);
	if (key_set(&key, bytes) == -1 || pcapexport_open(&p, &key) == -1)
		abort();
	rec_clear(type, rec);
	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t len = (size_t)((nl == NULL ? end : nl) - s), i = 0;

		split(v, type->nfields, s, len);
		while (i < type->nfields && rec_parse_field(&type->fields[i],
		    rec, v[i].s, v[i].n) == 0)
			i++;
		if (i == type->nfields && type == &rec_sent)
			pcapexport_sent(&p, rec);
		else if (i == type->nfields)
			pcapexport_reply(&p, rec);
		s += len + 1;
	}
	for (size_t at = 24; at != p.out.n;) {
		const uint8_t *h = (const uint8_t *)p.out.s + at;

		if (p.out.n - at < 16)
			abort();
		at += 16 + ((size_t)h[8] << 24 | (size_t)h[9] << 16 |
		    (size_t)h[10] << 8 | h[11]);
	}
	pcapexport_free(&p);
	free(rec);
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
	if (rec_types[p[0] / 2 % types] == &rec_sent ||
	    rec_types[p[0] / 2 % types] == &rec_reply) {
		packets(rec_types[p[0] / 2 % types], s, n);
		return 0;
	}
	paths(s, n);
	statements(s, n);
	return 0;
}
