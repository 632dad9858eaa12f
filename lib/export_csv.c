/* Records as comma-separated values, RFC 4180: lines end with CR LF. */

#include <string.h>

#include "escape.h"
#include "export.h"

static void
begin(struct export *e)
{
	for (size_t i = 0; i < e->ncols; i++)
		str_add(&e->out, "%s%s", i > 0 ? "," : "", e->col[i]->name);
	str_put(&e->out, "\r\n", 2);
}

static void
record(struct export *e, const struct span v[])
{
	for (size_t i = 0; i < e->ncols; i++) {
		const struct field *f = e->col[i];
		const struct span *s = &v[f - e->type->fields];
		struct span text;

		if (i > 0)
			str_put(&e->out, ",", 1);
		if (export_missing(s))
			continue;
		text = export_text(e, f, s);
		escape_csv(&e->out, text.s, text.n);
	}
	str_put(&e->out, "\r\n", 2);
}

static void
end(struct export *e)
{
	(void)e;
}

const struct exportformat export_csv = {
	.name = "csv",
	.doc = "comma-separated values with a line of column names",
	.begin = begin,
	.record = record,
	.end = end,
};
