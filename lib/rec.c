/* Record types, fields to and from text; recin.c and recout.c move lines. */

#include "rec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RECORD(r, doc)		static const struct field r##_fields[] = {
#define FIELD(r, t, f, doc)	{ #f, F_##t, 0, offsetof(struct r, f), doc },
#define OPTIONAL(r, t, f, doc)	{ #f, F_##t, 1, offsetof(struct r, f), doc },
#define END(r)			};
#include "records.def"
#undef RECORD
#undef FIELD
#undef OPTIONAL
#undef END

#define RECORD(r, doc)							\
	const struct rectype rec_##r = { #r, doc, sizeof(struct r),	\
	    r##_fields, sizeof(r##_fields) / sizeof(r##_fields[0]) };
#define FIELD(r, t, f, doc)
#define OPTIONAL(r, t, f, doc)
#define END(r)
#include "records.def"
#undef RECORD
#undef FIELD
#undef OPTIONAL
#undef END

const struct rectype *const rec_types[] = {
#define RECORD(r, doc)	&rec_##r,
#define FIELD(r, t, f, doc)
#define OPTIONAL(r, t, f, doc)
#define END(r)
#include "records.def"
#undef RECORD
#undef FIELD
#undef OPTIONAL
#undef END
	NULL
};

const struct rectype *
rec_find(const char *name)
{
	for (size_t i = 0; rec_types[i] != NULL; i++)
		if (strcmp(rec_types[i]->name, name) == 0)
			return rec_types[i];
	return NULL;
}

const struct field *
rec_field(const struct rectype *t, const char *name)
{
	for (size_t i = 0; i < t->nfields; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

const char *
rec_ftype_name(enum ftype t)
{
	static const char *const names[] = {
		[F_time] = "time", [F_dur] = "duration", [F_num] = "number",
		[F_real] = "real", [F_addr] = "address", [F_hex] = "hex",
		[F_prefix] = "prefix", [F_word] = "word", [F_text] = "text",
	};

	return names[t];
}

static void
clear_field(const struct field *f, void *v)
{
	switch (f->type) {
	case F_time:
	case F_dur:
	case F_num:
		*(int64_t *)v = NUM_NONE;
		break;
	case F_real:
		*(double *)v = NAN;
		break;
	case F_addr:
	case F_hex:
		*(struct addr *)v = (struct addr){ 0 };
		break;
	case F_prefix:
		*(struct prefix *)v = (struct prefix){ 0 };
		break;
	case F_word:
		((rec_word *)v)->n = 0;
		((rec_word *)v)->s[0] = '\0';
		break;
	case F_text:
		((rec_text *)v)->n = 0;
		((rec_text *)v)->s[0] = '\0';
		break;
	}
}

void
rec_clear(const struct rectype *t, void *rec)
{
	for (size_t i = 0; i < t->nfields; i++)
		clear_field(&t->fields[i], (char *)rec + t->fields[i].off);
}

static size_t
format_bytes(const char *s, size_t n, char *out)
{
	if (n == 0) {
		*out = '-';
		return 1;
	}
	memcpy(out, s, n);
	return n;
}

size_t
rec_format_field(const struct field *f, const void *rec, char *out)
{
	const void *v = (const char *)rec + f->off;

	switch (f->type) {
	case F_time:	return num_format_time(*(const int64_t *)v, out);
	case F_dur:	return num_format_ms(*(const int64_t *)v, out);
	case F_num:	return num_format_int(*(const int64_t *)v, out);
	case F_real:
		if (isnan(*(const double *)v))
			return format_bytes(NULL, 0, out);
		return (size_t)snprintf(out, 40, "%.9g", *(const double *)v);
	case F_addr:	return addr_format(v, out);
	case F_hex:
		if (((const struct addr *)v)->v == 0)
			return format_bytes(NULL, 0, out);
		return addr_format_hex(v, out);
	case F_prefix:	return prefix_format(v, out);
	case F_word:
		return format_bytes(((const rec_word *)v)->s,
		    ((const rec_word *)v)->n, out);
	case F_text:
		return format_bytes(((const rec_text *)v)->s,
		    ((const rec_text *)v)->n, out);
	}
	return 0;
}

/* Words are printable ASCII without space; '-' alone is the missing value. */
static int
parse_bytes(char *to, size_t cap, const char *s, size_t n)
{
	if (n == 0 || n >= cap)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f)
			return -1;
	memcpy(to, s, n);
	to[n] = '\0';
	return 0;
}

static int
parse_int(int64_t *v, const char *s, size_t n)
{
	bool minus = n > 1 && s[0] == '-';
	uint64_t u;

	if (num_parse(&u, s + minus, n - minus, INT64_MAX) == -1)
		return -1;
	*v = minus ? -(int64_t)u : (int64_t)u;
	return 0;
}

int
rec_parse_field(const struct field *f, void *rec, const char *s, size_t n)
{
	void *v = (char *)rec + f->off;

	if (n == 1 && *s == '-') {
		clear_field(f, v);
		return 0;
	}
	switch (f->type) {
	case F_time:	return num_parse_time(v, s, n);
	case F_dur:	return num_parse_ms(v, s, n);
	case F_num:	return parse_int(v, s, n);
	case F_real:	return num_parse_real(v, s, n);
	case F_addr:	return addr_parse(v, s, n);
	case F_hex:	return addr_parse_hex(v, s, n);
	case F_prefix:	return prefix_parse(v, s, n);
	case F_word: {
		rec_word *w = v;

		if (parse_bytes(w->s, sizeof(w->s), s, n) == -1)
			return -1;
		w->n = (uint8_t)n;
		return 0;
	}
	case F_text: {
		rec_text *t = v;

		if (parse_bytes(t->s, sizeof(t->s), s, n) == -1)
			return -1;
		t->n = (uint16_t)n;
		return 0;
	}
	}
	return -1;
}

/* Escape into out[cap]; return the length, *cut set if not all fit. */
static size_t
escape(char *out, size_t cap, const char *s, size_t n, int *cut)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t k = 0;

	*cut = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool plain = c > ' ' && c < 0x7f && c != '%' &&
		    !(c == '-' && n == 1);

		if (k + (plain ? 1 : 3) >= cap) {
			*cut = 1;
			break;
		}
		if (plain) {
			out[k++] = (char)c;
			continue;
		}
		out[k++] = '%';
		out[k++] = hex[c >> 4];
		out[k++] = hex[c & 15];
	}
	out[k] = '\0';
	return k;
}

int
word_set(rec_word *w, const char *s, size_t n)
{
	int cut;

	w->n = (uint8_t)escape(w->s, sizeof(w->s), s, n, &cut);
	return cut;
}

int
text_set(rec_text *t, const char *s, size_t n)
{
	int cut;

	t->n = (uint16_t)escape(t->s, sizeof(t->s), s, n, &cut);
	return cut;
}

void
word_str(rec_word *w, const char *s)
{
	(void)word_set(w, s, strlen(s));
}
