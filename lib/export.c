#include "export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "mem.h"

const struct exportformat *const export_formats[] = {
	&export_json, &export_csv, &export_geojson, &export_prometheus, NULL
};

int
export_open(struct export *e)
{
	const char *why = e->how->check == NULL ? NULL : e->how->check(e);

	e->scratch = mem_alloc(e->type->size);
	if (why != NULL) {
		snprintf(e->err, sizeof e->err, "%s", why);
		return -1;
	}
	e->how->begin(e);
	return 0;
}

bool
export_missing(const struct span *v)
{
	return v->n == 1 && *v->s == '-';
}

bool
export_is_number(const struct field *f)
{
	return f->type == F_time || f->type == F_dur || f->type == F_num ||
	    f->type == F_real;
}

int
export_record(struct export *e, const struct span v[])
{
	for (size_t i = 0; i < e->ncols; i++) {
		const struct field *f = e->col[i];
		const struct span *s = &v[f - e->type->fields];

		if (rec_parse_field(f, e->scratch, s->s, s->n) == 0)
			continue;
		snprintf(e->err, sizeof e->err, "bad %s: %.*s", f->name,
		    (int)(s->n > 80 ? 80 : s->n), s->s);
		return -1;
	}
	e->how->record(e, v);
	e->nrecs++;
	return 0;
}

void
export_close(struct export *e)
{
	e->how->end(e);
}

void
export_free(struct export *e)
{
	str_free(&e->out);
	free(e->scratch);
	free(e->sample);
	intern_free(&e->rows);
}

struct span
export_text(struct export *e, const struct field *f, const struct span *v)
{
	if (e->raw || (f->type != F_word && f->type != F_text))
		return *v;
	return (struct span){ e->text, escape_undo(e->text, v->s, v->n) };
}

void
export_value(struct export *e, const struct field *f, const struct span *v)
{
	struct span s;

	if (export_missing(v)) {
		str_put(&e->out, "null", 4);
	} else if (!export_is_number(f) ||
	    escape_number(&e->out, v->s, v->n) == -1) {
		s = export_text(e, f, v);
		escape_json(&e->out, s.s, s.n);
	}
}
