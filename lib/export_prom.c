/*
 * Records as samples for Prometheus's textfile collector: every number is a
 * metric castnet_TYPE_COLUMN, words and addresses are its labels.  Of types
 * with a row per packet there would be too many: those are counted, by the
 * labels of the table below, as castnet_TYPE_records.
 */

#include <string.h>

#include "escape.h"
#include "export.h"
#include "mem.h"

static const struct counted {
	const char	*type;
	const char	*label[5];
} counted[] = {
	{ "target", { NULL } },
	{ "probe", { "probe" } },
	{ "sent", { "node", "probe" } },
	{ "reply", { "node", "kind", "auth" } },
	{ "result", { "tx", "rx", "verdict", "kind" } },
	{ "hop", { "tx", "rx", "verdict", "kind" } },
	{ "best", { "best", "rx" } },
	{ "census", { "nsites" } },
	{ "moved", { "round", "from_site", "to_site" } },
};

static const struct counted *
counting(const struct export *e)
{
	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
		if (strcmp(counted[i].type, e->type->name) == 0)
			return &counted[i];
	return NULL;
}

static bool
is_label(const struct export *e, const struct field *f)
{
	const struct counted *c = counting(e);

	if (c == NULL)
		return !export_is_number(f) && f->type != F_text;
	for (size_t i = 0; c->label[i] != NULL; i++)
		if (strcmp(c->label[i], f->name) == 0)
			return true;
	return false;
}

/* {site="ams",verdict="ok"}, missing values left out. */
static void
labels(struct export *e, const struct span v[], struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < e->ncols; i++) {
		const struct field *f = e->col[i];
		const struct span *s = &v[f - e->type->fields];
		struct span text;

		if (!is_label(e, f) || export_missing(s))
			continue;
		text = export_text(e, f, s);
		str_add(out, "%s%s=", n++ == 0 ? "{" : ",", f->name);
		escape_label(out, text.s, text.n);
	}
	if (n > 0)
		str_put(out, "}", 1);
}

/* The row of these labels; a new one has zeros. */
static uint32_t
row_of(struct export *e, const struct str *set)
{
	uint32_t had = (uint32_t)e->rows.n;
	uint32_t row = intern_add(&e->rows, set->s, set->n);

	if (row < had)
		return row;
	if (row >= e->cap) {
		e->cap = e->cap * 2 + 64;
		e->sample = mem_grow(e->sample, e->cap * (e->ncols + 1),
		    sizeof *e->sample);
	}
	memset(&e->sample[row * (e->ncols + 1)], 0,
	    (e->ncols + 1) * sizeof *e->sample);
	return row;
}

static void
begin(struct export *e)
{
	(void)e;
}

/* Labels that come again are the same time series: the last value counts. */
static void
record(struct export *e, const struct span v[])
{
	struct str set = { 0 }, number = { 0 };
	struct exportsample *row;
	size_t at;

	str_put(&set, "", 0);
	labels(e, v, &set);
	at = row_of(e, &set) * (e->ncols + 1);
	row = &e->sample[at];
	row[e->ncols].count++;
	for (size_t i = 0; counting(e) == NULL && i < e->ncols; i++) {
		const struct field *f = e->col[i];
		const struct span *s = &v[f - e->type->fields];

		number.n = 0;
		row[i].n = 0;
		if (!export_is_number(f) || export_missing(s) ||
		    escape_number(&number, s->s, s->n) == -1 ||
		    number.n > sizeof row[i].s)
			continue;
		row[i].n = (uint8_t)number.n;
		memcpy(row[i].s, number.s, number.n);
	}
	str_free(&number);
	str_free(&set);
}

static void
head(struct export *e, const char *name, const char *doc)
{
	str_add(&e->out, "# HELP castnet_%s_%s %s\n# TYPE castnet_%s_%s gauge\n",
	    e->type->name, name, doc, e->type->name, name);
}

static void
end(struct export *e)
{
	size_t width = e->ncols + 1;

	if (counting(e) != NULL) {
		head(e, "records", e->type->doc);
		for (uint32_t r = 0; r < e->rows.n; r++)
			str_add(&e->out, "castnet_%s_records%s %llu\n",
			    e->type->name, intern_string(&e->rows, r),
			    (unsigned long long)
			    e->sample[r * width + e->ncols].count);
		return;
	}
	for (size_t i = 0; i < e->ncols; i++) {
		size_t n = 0;

		for (uint32_t r = 0; r < e->rows.n; r++) {
			const struct exportsample *x = &e->sample[r * width + i];

			if (x->n == 0)
				continue;
			if (n++ == 0)
				head(e, e->col[i]->name, e->col[i]->doc);
			str_add(&e->out, "castnet_%s_%s%s %.*s\n",
			    e->type->name, e->col[i]->name,
			    intern_string(&e->rows, r), x->n, x->s);
		}
	}
}

const struct exportformat export_prometheus = {
	.name = "prometheus",
	.doc = "samples for Prometheus's textfile collector",
	.begin = begin,
	.record = record,
	.end = end,
};
