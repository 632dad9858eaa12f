#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "str.h"

/*
 * The words and texts of records as other formats write them.  Input is any
 * bytes; output always keeps the rules of the format it is for.
 */

/*
 * Undo the percent-escapes of a record (RFC 3986 section 2.1) into
 * out[n].  What comes out is UTF-8 without NUL, or else the field as it
 * was.  Return the length.
 */
size_t	 escape_undo(char *out, const char *s, size_t n);

/* Is it UTF-8 (RFC 3629)? */
bool	 escape_is_utf8(const char *s, size_t n);

/* A JSON string (RFC 8259 section 7); bytes that are not UTF-8 are U+FFFD. */
void	 escape_json(struct str *, const char *s, size_t n);

/*
 * What a record has as a number, as JSON has it: 0.5 for .5, 7 for 007.
 * Return 0, or -1 (nothing written): that is not one.
 */
int	 escape_number(struct str *, const char *s, size_t n);

/* A field of CSV (RFC 4180 section 2), quoted when it has to be. */
void	 escape_csv(struct str *, const char *s, size_t n);

/* A string of SQL, its quotes included: ' or, for a name, ". */
void	 escape_sql(struct str *, char quote, const char *s, size_t n);

/* A label's value in Prometheus's text, with its quotes; or one of dot. */
void	 escape_label(struct str *, const char *s, size_t n);

#endif
