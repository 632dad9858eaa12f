#ifndef EXPORT_SQL_H
#define EXPORT_SQL_H

#include "rec.h"
#include "str.h"

/*
 * SQL that makes a table of a record type and loads files into it: the
 * database reads the files itself, none of their records pass through here.
 * The table is named like the type; missing values are NULL; the columns
 * are all those of the files, known or not.
 */
enum sqlengine { SQL_DUCKDB, SQL_SQLITE, SQL_CLICKHOUSE, SQL_MAX };

extern const char *const sql_engines[SQL_MAX];

/*
 * The statements for one file, whose header line is given.  first: make the
 * table too.  Return 0, or -1 with a reason: names that cannot be quoted.
 */
int	 export_sql(struct str *, enum sqlengine, const struct rectype *,
    const char *header, const char *path, bool gzip, bool first,
    char err[static 256]);

#endif
