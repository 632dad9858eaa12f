/* recfields - describe the record types */

#include <err.h>
#include <stdbool.h>
#include <stdio.h>

#include "opt.h"
#include "rec.h"

static bool mdoc;
static bool header;

static const struct opt opts[] = {
	{ 'm', "mdoc", OPT_FLAG, NULL, &mdoc, 0, 0,
	    "write mdoc(7), for records(5)" },
	{ 'H', "header", OPT_FLAG, NULL, &header, 0, 0,
	    "write the header line only" },
	{ 0 }
};

static const struct tool tool = {
	.name = "recfields",
	.args = "[type ...]",
	.summary = "describe the record types",
	.opts = opts,
};

static void
describe_mdoc(const struct rectype *t)
{
	printf(".Ss %s\nEach line is %s.\n.Bl -tag -width Ds\n", t->name,
	    t->doc);
	for (size_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		printf(".It %zu Cm %s Pq Vt %s%s\n%s\n", i + 1, f->name,
		    rec_ftype_name(f->type), f->optional ? ", optional" : "",
		    f->doc);
	}
	printf(".El\n");
}

static void
describe(const struct rectype *t)
{
	printf("%s: %s\n", t->name, t->doc);
	for (size_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		printf("\t%zu\t%s\t%s%s\t%s\n", i + 1, f->name,
		    rec_ftype_name(f->type), f->optional ? " (optional)" : "",
		    f->doc);
	}
}

static void
describe_header(const struct rectype *t)
{
	printf("#fsdb -F t");
	for (size_t i = 0; i < t->nfields; i++)
		printf(" %s:%c", t->fields[i].name,
		    rec_fsdb_type(t->fields[i].type));
	putchar('\n');
}

static void
show(const struct rectype *t)
{
	if (header)
		describe_header(t);
	else if (mdoc)
		describe_mdoc(t);
	else
		describe(t);
}

int
main(int argc, char *argv[])
{
	opt_parse(&tool, &argc, &argv);
	if (argc == 0)
		for (size_t i = 0; rec_types[i] != NULL; i++)
			show(rec_types[i]);
	for (int i = 0; i < argc; i++) {
		const struct rectype *t = rec_find(argv[i]);

		if (t == NULL)
			errx(2, "no such record type: %s", argv[i]);
		show(t);
	}
	if (fflush(stdout) == EOF)
		err(3, "stdout");
	return 0;
}
