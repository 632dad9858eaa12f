#include "shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "mem.h"

/* ---- order ---- */

/* Column i of a key. */
static struct span
column(const struct interned *key, size_t i)
{
	const char *s = key->s, *tab;

	while (i-- > 0)
		s = strchr(s, '\t') + 1;
	tab = strchr(s, '\t');
	return (struct span){ s, tab == NULL ? strlen(s) : (size_t)(tab - s) };
}

static int
cmp_keys(const void *x, const void *y, void *arg)
{
	const struct shares *t = arg;
	const struct interned *a = &t->groups->key.v[*(const uint32_t *)x];
	const struct interned *b = &t->groups->key.v[*(const uint32_t *)y];

	for (size_t i = 0; i < t->keys->n; i++) {
		struct span s = column(a, i), u = column(b, i);
		bool no = s.n == 1 && *s.s == '-', nu = u.n == 1 && *u.s == '-';
		int c = no != nu ? no - nu :
		    memcmp(s.s, u.s, s.n < u.n ? s.n : u.n);

		if (c == 0)
			c = (s.n > u.n) - (s.n < u.n);
		if (c != 0)
			return c;
	}
	return 0;
}

static int
cmp_size(const void *x, const void *y, void *arg)
{
	const struct shares *t = arg;
	const struct group *a = &t->groups->g[*(const uint32_t *)x];
	const struct group *b = &t->groups->g[*(const uint32_t *)y];
	uint64_t na = t->have_load ? a->all.load : a->all.n;
	uint64_t nb = t->have_load ? b->all.load : b->all.n;

	return na != nb ? (na < nb) - (na > nb) : cmp_keys(x, y, arg);
}

/* The scope a group's shares are of. */
static const struct group *
scope(const struct shares *t, const struct interned *key)
{
	char name[ROWKEYS_LEN];
	size_t n = 0;
	uint32_t id;

	for (size_t i = 0; i < t->within->n; i++)
		for (size_t k = 0; k < t->keys->n; k++) {
			struct span s = column(key, k);

			if (t->keys->col[k].field != t->within->col[i].field)
				continue;
			if (i > 0)
				name[n++] = '\t';
			memcpy(name + n, s.s, s.n);
			n += s.n;
		}
	id = intern_find(&t->scopes->key, name, n);
	return id == INTERN_NONE ? NULL : &t->scopes->g[id];
}

/* In each scope, a row for what the load files have beyond it. */
static void
add_unprobed(struct shares *t)
{
	char name[ROWKEYS_LEN];

	for (size_t s = 0; s < t->scopes->key.n; s++) {
		uint64_t load = t->scopes->g[s].all.load;
		bool verdict = false;
		size_t n = 0;

		for (size_t k = 0; k < t->keys->n; k++) {
			const char *col = t->keys->col[k].field->name;
			struct span v = { "-", 1 };

			if (strcmp(col, "verdict") == 0) {
				v = (struct span){ "unprobed", 8 };
				verdict = true;
			}
			for (size_t i = 0; i < t->within->n; i++)
				if (t->within->col[i].field ==
				    t->keys->col[k].field)
					v = column(&t->scopes->key.v[s], i);
			if (k > 0)
				name[n++] = '\t';
			memcpy(name + n, v.s, v.n);
			n += v.n;
		}
		if (verdict && load < t->load_total)
			groups_get(t->groups, name, n)->all.load +=
			    t->load_total - load;
	}
}

void
shares_order(struct shares *t, uint64_t top)
{
	if (t->have_load)
		add_unprobed(t);
	t->n = t->groups->key.n;
	t->order = mem_array(t->n, sizeof *t->order);
	for (size_t i = 0; i < t->n; i++)
		t->order[i] = (uint32_t)i;
	qsort_r(t->order, t->n, sizeof *t->order, top > 0 ? cmp_size :
	    cmp_keys, t);
	if (top == 0 || top >= t->n)
		return;
	t->left_out = t->n - top;
	for (size_t i = top; i < t->n; i++)
		t->left_out_blocks += t->groups->g[t->order[i]].all.n;
	t->n = top;
}

void
shares_free(struct shares *t)
{
	free(t->order);
}

/* ---- rows ---- */

struct rectype *
shares_type(const struct shares *t)
{
	size_t first = at_share_blocks, n = t->keys->n + nfields_share - first;
	struct rectype *type = mem_alloc(sizeof *type + n *
	    sizeof(struct field));
	struct field *f = (struct field *)(type + 1);

	for (size_t i = 0; i < t->keys->n; i++)
		f[i] = *t->keys->col[i].field;
	for (size_t i = first; i < nfields_share; i++)
		f[t->keys->n + i - first] = rec_share.fields[i];
	type->name = rec_share.name;
	type->doc = rec_share.doc;
	type->fields = f;
	type->nfields = n;
	return type;
}

static char *
put_count(char *p, uint64_t n)
{
	p += num_format(n, p);
	*p++ = '\t';
	return p;
}

/* A share to six decimals, of nothing '-'. */
static char *
put_share(char *p, uint64_t n, uint64_t of)
{
	if (of == 0)
		return p + sprintf(p, "-\t");
	return p + sprintf(p, "%.6f\t", (double)n / (double)of);
}

static char *
put_load(char *p, const struct shares *t, uint64_t units, uint64_t of)
{
	if (!t->have_load)
		return p + sprintf(p, "-\t-\t");
	p += load_format(units, p);
	*p++ = '\t';
	return put_share(p, units, of);
}

size_t
shares_line(const struct shares *t, uint32_t group, char *out)
{
	static const double q[] = { 0.5, 0.9, 0.99 };
	const struct interned *key = &t->groups->key.v[group];
	const struct group *g = &t->groups->g[group], *s = scope(t, key);
	uint64_t load = t->load_total;
	char *p = out + key->n;

	memcpy(out, key->s, key->n);
	*p++ = '\t';
	if (s->all.load > load)
		load = s->all.load;
	p = put_count(p, g->all.n);
	p = put_share(p, g->all.n, s->all.n);
	p = put_count(p, g->ok.n);
	p = put_share(p, g->ok.n, s->ok.n);
	p = put_load(p, t, g->all.load, load);
	p = put_load(p, t, g->ok.load, s->ok.load);
	p = put_count(p, g->nsites);
	for (size_t i = 0; i < sizeof q / sizeof q[0]; i++) {
		int64_t ns = sketch_quantile(&g->rtt, q[i]);

		p += num_format_ms(ns == -1 ? NUM_NONE : ns, p);
		*p++ = '\t';
	}
	p = put_count(p, g->probes);
	p[-1] = '\n';
	return (size_t)(p - out);
}

/* ---- table ---- */

struct table {
	char	**cell;
	size_t	 ncols, nrows, keys;
};

static bool
is_share(const char *name)
{
	size_t n = strlen(name);

	return n >= 5 && strcmp(name + n - 5, "share") == 0;
}

/* A cell as people like it: shares in percent, spaces, few dashes. */
static char *
cell(const char *name, bool key, const char *s, size_t n)
{
	char *out, *p;

	if (n == 1 && *s == '-' && !key)
		return mem_string("");
	if (is_share(name))
		return mem_format("%.2f%%", strtod(s, NULL) * 100);
	p = out = mem_format("%.*s", (int)n, s);
	while ((p = strstr(p, "%20")) != NULL) {
		*p++ = ' ';
		memmove(p, p + 2, strlen(p + 2) + 1);
	}
	return out;
}

static struct table
fill(const struct shares *t, const struct rectype *type)
{
	struct table b = { .ncols = type->nfields, .nrows = t->n + 1,
	    .keys = t->keys->n };
	char *line = mem_alloc(SHARES_LEN);

	b.cell = mem_array(b.ncols * b.nrows, sizeof *b.cell);
	for (size_t c = 0; c < b.ncols; c++)
		b.cell[c] = mem_string(type->fields[c].name);
	for (size_t r = 1; r < b.nrows; r++) {
		char *s = line;

		line[shares_line(t, t->order[r - 1], line) - 1] = '\t';
		for (size_t c = 0; c < b.ncols; c++) {
			size_t n = strcspn(s, "\t");

			b.cell[r * b.ncols + c] = cell(type->fields[c].name,
			    c < b.keys, s, n);
			s += n + 1;
		}
	}
	free(line);
	return b;
}

static size_t
width(const struct table *b, size_t c)
{
	size_t w = 0;
	bool some = c < b->keys;

	for (size_t r = 0; r < b->nrows; r++) {
		size_t n = strlen(b->cell[r * b->ncols + c]);

		some = some || (r > 0 && n > 0);
		w = n > w ? n : w;
	}
	return some ? w : 0;
}

/* One row, columns lined up, without spaces at its end. */
static int
put_row(const struct table *b, const size_t w[], size_t row, struct gzout *out)
{
	size_t cap = 2, len = 0;
	char *line;
	int r;

	for (size_t c = 0; c < b->ncols; c++)
		cap += w[c] + 2;
	line = mem_alloc(cap);
	for (size_t c = 0; c < b->ncols; c++)
		if (w[c] > 0)
			len += (size_t)sprintf(line + len, c < b->keys ?
			    "%s%-*s" : "%s%*s", len > 0 ? "  " : "", (int)w[c],
			    b->cell[row * b->ncols + c]);
	while (len > 0 && line[len - 1] == ' ')
		len--;
	line[len++] = '\n';
	r = gzout_write(out, line, len, 1);
	free(line);
	return r;
}

int
shares_table(const struct shares *t, struct gzout *out)
{
	struct rectype *type = shares_type(t);
	struct table b = fill(t, type);
	size_t *w = mem_array(b.ncols, sizeof *w);
	int r = 0;

	for (size_t c = 0; c < b.ncols; c++)
		w[c] = width(&b, c);
	for (size_t row = 0; row < b.nrows && r == 0; row++)
		r = put_row(&b, w, row, out);
	for (size_t i = 0; i < b.ncols * b.nrows; i++)
		free(b.cell[i]);
	free(b.cell);
	free(w);
	free(type);
	return r;
}
