#include "export_sql.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"

const char *const sql_engines[SQL_MAX] = {
	[SQL_DUCKDB] = "duckdb", [SQL_SQLITE] = "sqlite",
	[SQL_CLICKHOUSE] = "clickhouse",
};

struct column {
	const char	*name;
	size_t		 n;
	char		 letter;	/* of a time t, else as Fsdb has it */
};

struct columns {
	size_t		 n;
	struct column	 v[REC_MAXCOLS];
};

/* Types per letter; times have more digits than a double. */
static const struct {
	char		 letter;
	const char	*name[SQL_MAX], *convert;	/* ClickHouse's */
} types[] = {
	{ 't', { "DECIMAL(19,9)", "NUMERIC", "Decimal(38, 9)" },
	    "toDecimal128OrNull(%s, 9)" },
	{ 'd', { "DOUBLE", "REAL", "Float64" }, "toFloat64OrNull(%s)" },
	{ 'q', { "BIGINT", "INTEGER", "Int64" }, "toInt64OrNull(%s)" },
	{ 'a', { "VARCHAR", "TEXT", "String" }, "nullIf(%s, '-')" },
};

static size_t
type_of(char letter)
{
	size_t i = 0;

	while (i < 3 && types[i].letter != letter)
		i++;
	return i;
}

/* "#fsdb -F t time:d node:a ..." */
static int
split_header(struct columns *c, const struct rectype *t, const char *s,
    char err[static 256])
{
	c->n = 0;
	s += strcspn(s, " ");
	while (*(s += strspn(s, " ")) != '\0') {
		size_t n = strcspn(s, " "), k = strcspn(s, ": ");
		struct column *col = &c->v[c->n];

		if (c->n == 0 && n == 2 && strncmp(s, "-F", 2) == 0) {
			s += n + strspn(s + n, " ");
			s += strcspn(s, " ");
			continue;
		}
		*col = (struct column){ s, k, k + 2 == n ? s[k + 1] : 'a' };
		for (size_t i = 0; i < k; i++)
			if (s[i] == '\\' || s[i] <= ' ' || s[i] >= 0x7f) {
				snprintf(err, 256, "column with a name no "
				    "database could have");
				return -1;
			}
		for (size_t i = 0; i < t->nfields; i++)
			if (strlen(t->fields[i].name) == k &&
			    strncmp(t->fields[i].name, s, k) == 0)
				col->letter = t->fields[i].type == F_time ? 't' :
				    rec_fsdb_type(t->fields[i].type);
		c->n++;
		s += n;
	}
	return 0;
}

/* CREATE TABLE "result" ("hex" TEXT, ...);  every column may be NULL */
static void
create(struct str *o, enum sqlengine e, const char *what, const char *table,
    const struct columns *c)
{
	str_add(o, "CREATE %s ", what);
	escape_sql(o, '"', table, strlen(table));
	for (size_t i = 0; i < c->n; i++) {
		const char *type = types[type_of(c->v[i].letter)].name[e];

		str_add(o, i == 0 ? " (\n\t" : ",\n\t");
		escape_sql(o, '"', c->v[i].name, c->v[i].n);
		str_add(o, e == SQL_CLICKHOUSE ? " Nullable(%s)" : " %s",
		    type);
	}
	str_add(o, "\n)%s;\n", e == SQL_CLICKHOUSE ?
	    " ENGINE = MergeTree ORDER BY tuple()" : "");
}

/*
 * Each line whole at first: a '#' within one is no comment, and a quote no
 * quote.
 */
static void
load_duckdb(struct str *o, const char *table, const struct columns *c,
    const char *path, bool gzip)
{
	str_add(o, "INSERT INTO ");
	escape_sql(o, '"', table, strlen(table));
	for (size_t i = 0; i < c->n; i++)
		str_add(o, "%snullif(f[%zu], '-')", i == 0 ? " SELECT\n\t" :
		    ",\n\t", i + 1);
	str_add(o, "\nFROM (SELECT string_split(line, chr(9)) AS f FROM "
	    "read_csv(");
	escape_sql(o, '\'', path, strlen(path));
	str_add(o, ",\n\theader = false, auto_detect = false, delim = "
	    "chr(31), quote = '', escape = '',\n\tmax_line_size = 1048576, "
	    "compression = '%s', columns = {'line': 'VARCHAR'})\n"
	    "\tWHERE line NOT LIKE '#%%');\n", gzip ? "gzip" : "none");
}

/* The path within a shell's quotes within those of a dot command. */
static void
load_sqlite(struct str *o, const char *table, const struct columns *c,
    const char *path)
{
	struct columns text = *c;

	for (size_t i = 0; i < c->n; i++)
		text.v[i].letter = 'a';
	create(o, SQL_SQLITE, "TEMP TABLE", "castnet_in", &text);
	str_add(o, ".mode ascii\n.separator \"\\t\" \"\\n\"\n"
	    ".import --schema temp \"|gzip -cdf <'");
	for (; *path != '\0'; path++)
		if (*path == '\'')
			str_add(o, "'\\\\''");
		else
			str_add(o, *path == '"' ? "\\\"" : "%c", *path);
	str_add(o, "' | LC_ALL=C grep -v '^#'\" castnet_in\n.mode list\n"
	    "INSERT INTO ");
	escape_sql(o, '"', table, strlen(table));
	for (size_t i = 0; i < c->n; i++) {
		str_add(o, i == 0 ? " SELECT\n\tnullif(" : ",\n\tnullif(");
		escape_sql(o, '"', c->v[i].name, c->v[i].n);
		str_add(o, ", '-')");
	}
	str_add(o, "\nFROM castnet_in;\nDROP TABLE castnet_in;\n");
}

static void
load_clickhouse(struct str *o, const char *table, const struct columns *c,
    const char *path, bool gzip)
{
	str_add(o, "INSERT INTO ");
	escape_sql(o, '"', table, strlen(table));
	for (size_t i = 0; i < c->n; i++) {
		char field[32];

		snprintf(field, sizeof field, "f[%zu]", i + 1);
		str_add(o, i == 0 ? " SELECT\n\t" : ",\n\t");
		str_add(o, types[type_of(c->v[i].letter)].convert, field);
	}
	str_add(o, "\nFROM (SELECT splitByChar('\\t', line) AS f FROM file(");
	escape_sql(o, '\'', path, strlen(path));
	str_add(o, ", 'LineAsString', 'line String', '%s')\n"
	    "\tWHERE line NOT LIKE '#%%');\n", gzip ? "gzip" : "none");
}

int
export_sql(struct str *o, enum sqlengine e, const struct rectype *t,
    const char *header, const char *path, bool gzip, bool first,
    char err[static 256])
{
	struct columns c;

	for (const char *p = path; *p != '\0'; p++)
		if (*p == '\\' || (unsigned char)*p < ' ') {
			snprintf(err, 256, "file with a name that SQL cannot "
			    "have");
			return -1;
		}
	if (split_header(&c, t, header, err) == -1)
		return -1;
	if (first)
		create(o, e, "TABLE", t->name, &c);
	if (e == SQL_DUCKDB)
		load_duckdb(o, t->name, &c, path, gzip);
	else if (e == SQL_SQLITE)
		load_sqlite(o, t->name, &c, path);
	else
		load_clickhouse(o, t->name, &c, path, gzip);
	return 0;
}
