#include "watchtab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "mem.h"

/* What tells the lines of a type apart, for people who watch them. */
static const struct { const char *type, *by; } usual[] = {
	{ "conn", "local,peer,proto,dir,test" },
	{ "sent", "node,probe" },
	{ "reply", "node,kind" },
	{ "result", "rx,verdict" },
	{ "hop", "dst,tx,ttl" },
	{ "offset", "node,peer" },
	{ "target", "dst" },
	{ "probe", "dst" },
	{ "drift", "round" },
};

static const struct field *
find(const struct field *const cols[], size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (cols[i] != NULL && strlen(cols[i]->name) == len &&
		    memcmp(cols[i]->name, name, len) == 0)
			return cols[i];
	return NULL;
}

static bool
is_number(enum ftype t)
{
	return t == F_num || t == F_real || t == F_dur || t == F_time;
}

static bool
has(const struct watchtab *t, const struct field *f)
{
	for (size_t i = 0; i < t->ncols; i++)
		if (t->col[i].field == f)
			return true;
	return false;
}

static void
add_col(struct watchtab *t, const struct field *f, const char *name)
{
	struct watchcol *c = &t->col[t->ncols++];

	c->field = f;
	c->name = name;
	c->right = f == NULL || is_number(f->type);
	c->width = strlen(name);
}

/*
 * Add the columns of a list.  Those the stream has not are an error, unless
 * the list is ours.
 */
static int
add_list(struct watchtab *t, const struct field *const cols[], size_t n,
    const char *list, bool ours, char err[static 128])
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		const struct field *f = find(cols, n, list, len);

		if (f == NULL && !ours) {
			snprintf(err, 128, "no column %.*s in the input",
			    len < 60 ? (int)len : 60, list);
			return -1;
		}
		if (f != NULL && !has(t, f))
			add_col(t, f, f->name);
		list += len;
		list += *list == ',';
	}
	return 0;
}

int
watchtab_init(struct watchtab *t, const struct rectype *type,
    const struct field *const cols[], size_t n, const char *by,
    const char *show, char err[static 128])
{
	const char *key = by;

	*t = (struct watchtab){ .rated = clock_mono() };
	for (size_t i = 0; key == NULL && i < sizeof(usual) / sizeof(usual[0]);
	    i++)
		if (strcmp(usual[i].type, type->name) == 0)
			key = usual[i].by;
	if (key != NULL && add_list(t, cols, n, key, by == NULL, err) == -1)
		return -1;
	for (size_t i = 0; t->ncols == 0 && i < n; i++)
		if (cols[i] != NULL)
			add_col(t, cols[i], cols[i]->name);
	if (t->ncols == 0) {
		snprintf(err, 128, "no key column");
		return -1;
	}
	t->nkeys = t->ncols;
	add_col(t, NULL, "records");
	add_col(t, NULL, "per_s");
	if (show != NULL)
		return add_list(t, cols, n, show, false, err);
	for (size_t i = 0; i < n; i++)
		if (cols[i] != NULL && !has(t, cols[i]))
			add_col(t, cols[i], cols[i]->name);
	return 0;
}

void
watchtab_free(struct watchtab *t)
{
	for (size_t i = 0; i < t->nrows; i++) {
		for (size_t k = 0; k < t->ncols; k++)
			free(t->row[i].text[k]);
		free(t->row[i].text);
	}
	free(t->row);
	free(t->order);
	intern_free(&t->keys);
}

/* A field as people read it; nothing that could control a terminal. */
static size_t
text_of(const struct field *f, const void *rec, char *out)
{
	size_t n = rec_format_field(f, rec, out);

	out[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	if (f->type == F_time && strchr(out, '.') != NULL) {
		time_t s = (time_t)strtoll(out, NULL, 10);
		struct tm tm;

		gmtime_r(&s, &tm);
		n = strftime(out, REC_FIELDLEN, "%H:%M:%S", &tm);
	}
	return n;
}

static struct watchrow *
new_row(struct watchtab *t)
{
	struct watchrow *r;

	if (t->nrows == t->cap) {
		t->cap = t->cap == 0 ? 64 : t->cap * 2;
		t->row = mem_grow(t->row, t->cap, sizeof(t->row[0]));
		t->order = mem_grow(t->order, t->cap, sizeof(t->order[0]));
	}
	t->order[t->nrows] = t->nrows;
	r = &t->row[t->nrows++];
	*r = (struct watchrow){ .text = mem_array(t->ncols,
	    sizeof(r->text[0])) };
	return r;
}

/* The row of a record, NULL if there is no room for another. */
static struct watchrow *
row_of(struct watchtab *t, const void *rec)
{
	char text[REC_FIELDLEN + 1], key[REC_FIELDLEN * 2];
	size_t n = 0;
	uint32_t id;

	for (size_t k = 0; k < t->nkeys; k++) {
		size_t len = text_of(t->col[k].field, rec, text);

		if (n + len + 1 > sizeof(key))
			break;
		memcpy(key + n, text, len);
		n += len;
		key[n++] = '\t';
	}
	id = intern_find(&t->keys, key, n);
	if (id != INTERN_NONE)
		return &t->row[id];
	if (t->nrows == WATCHTAB_ROWS)
		return NULL;
	intern_add(&t->keys, key, n);
	return new_row(t);
}

static void
set_text(struct watchtab *t, struct watchrow *r, size_t k, const char *s,
    size_t n)
{
	struct watchcol *c = &t->col[k];

	if (r->text[k] != NULL && strcmp(r->text[k], s) == 0)
		return;
	free(r->text[k]);
	r->text[k] = mem_string(s);
	if (n > c->width)
		c->width = n > WATCHTAB_WIDTH ? WATCHTAB_WIDTH : n;
}

void
watchtab_add(struct watchtab *t, const void *rec)
{
	struct watchrow *r = row_of(t, rec);
	char text[REC_FIELDLEN + 1];

	if (r == NULL) {
		t->others++;
		return;
	}
	r->n++;
	r->changed = true;
	for (size_t k = 0; k < t->ncols; k++) {
		size_t n;

		if (t->col[k].field != NULL)
			n = text_of(t->col[k].field, rec, text);
		else if (k == t->nkeys)
			n = (size_t)snprintf(text, sizeof(text), "%llu",
			    (unsigned long long)r->n);
		else
			continue;
		set_text(t, r, k, text, n);
	}
}

void
watchtab_rate(struct watchtab *t, int64_t now)
{
	double s = (double)(now - t->rated) / 1e9;
	char text[32];

	if (s <= 0)
		return;
	t->rated = now;
	for (size_t i = 0; i < t->nrows; i++) {
		struct watchrow *r = &t->row[i];
		int n;

		r->rate = (double)(r->n - r->before) / s;
		r->before = r->n;
		n = snprintf(text, sizeof(text), r->rate < 100 ? "%.1f" :
		    "%.0f", r->rate);
		set_text(t, r, t->nkeys + 1, text, (size_t)n);
	}
}

static bool
missing(const char *s)
{
	return s == NULL || strcmp(s, "-") == 0;
}

/* Rows a and b of the table by its column. */
static int
compare(const void *va, const void *vb, void *arg)
{
	const struct watchtab *t = arg;
	size_t a = *(const size_t *)va, b = *(const size_t *)vb;
	const struct watchcol *c = &t->col[t->sort];
	const char *x = t->row[a].text[t->sort], *y = t->row[b].text[t->sort];
	int d = 0;

	if (missing(x) || missing(y)) {
		if (missing(x) != missing(y))
			return missing(x) ? 1 : -1;
	} else if (c->right && (c->field == NULL ||
	    c->field->type != F_time)) {
		double u = strtod(x, NULL), v = strtod(y, NULL);

		d = u < v ? -1 : u > v;
	} else
		d = strverscmp(x, y);
	if (d != 0)
		return t->reverse ? -d : d;
	return a < b ? -1 : a > b;
}

void
watchtab_sort(struct watchtab *t)
{
	if (t->nrows > 0)
		qsort_r(t->order, t->nrows, sizeof(t->order[0]), compare, t);
}

static bool
hidden(const struct watchtab *t, size_t k, size_t skip)
{
	return k >= t->nkeys && k < t->nkeys + skip;
}

size_t
watchtab_at(const struct watchtab *t, size_t k, size_t skip, size_t *width)
{
	size_t at = 0;

	for (size_t i = 0; i < k; i++)
		if (!hidden(t, i, skip))
			at += t->col[i].width + 2;
	*width = hidden(t, k, skip) ? 0 : t->col[k].width;
	return at;
}

/* Append one cell; what is too long is cut, and says so. */
static size_t
put(char *out, size_t at, size_t cap, const struct watchcol *c, const char *s)
{
	size_t n = strlen(s), pad = n < c->width ? c->width - n : 0, k = 0;

	for (; c->right && k < pad && at + 1 < cap; k++)
		out[at++] = ' ';
	for (size_t i = 0; i < n && i < c->width && at + 1 < cap; i++)
		out[at++] = n > c->width && i + 1 == c->width ? '~' : s[i];
	for (; k < pad + 2 && at + 1 < cap; k++)
		out[at++] = ' ';
	out[at] = '\0';
	return at;
}

size_t
watchtab_head(const struct watchtab *t, size_t skip, char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t k = 0; k < t->ncols; k++)
		if (!hidden(t, k, skip))
			at = put(out, at, cap, &t->col[k], t->col[k].name);
	return at;
}

size_t
watchtab_line(const struct watchtab *t, size_t i, size_t skip, char *out,
    size_t cap)
{
	const struct watchrow *r = &t->row[t->order[i]];
	size_t at = 0;

	out[0] = '\0';
	for (size_t k = 0; k < t->ncols; k++)
		if (!hidden(t, k, skip))
			at = put(out, at, cap, &t->col[k],
			    r->text[k] == NULL ? "-" : r->text[k]);
	return at;
}

bool
watchtab_changed(struct watchtab *t, size_t i)
{
	struct watchrow *r = &t->row[t->order[i]];
	bool was = r->changed;

	r->changed = false;
	return was;
}
