#ifndef NUM_H
#define NUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers as they stand in records and options.  Parsers take all of
 * s[0..n), accept no sign, space or leading '+', and return 0 or -1.
 * Formatters write no NUL and return the length (NUM_STRLEN always fits).
 */
#define NUM_STRLEN	24

/* The missing value of every numeric field; written '-'. */
#define NUM_NONE	INT64_MIN

int	 num_parse(uint64_t *, const char *s, size_t n, uint64_t max);
int	 num_parse_hex(uint64_t *, const char *s, size_t n, uint64_t max);

/* A real number, digits[.digits][e[+-]digits]; no inf, nan or hex. */
int	 num_parse_real(double *, const char *s, size_t n);

/* Unix seconds[.up to nine decimals], maybe negative, as nanoseconds. */
int	 num_parse_time(int64_t *, const char *s, size_t n);

/* Milliseconds[.decimals], maybe negative, as nanoseconds. */
int	 num_parse_ms(int64_t *, const char *s, size_t n);

/* A duration with a unit, 250ms 10s 15m 24h 2d (none: seconds), as nanoseconds. */
int	 num_parse_span(int64_t *, const char *s, size_t n);

/* A size with a unit, 64K 10M 2G (powers of 1024), as bytes. */
int	 num_parse_size(uint64_t *, const char *s, size_t n);

size_t	 num_format(uint64_t, char *out);
size_t	 num_format_int(int64_t, char *out);		/* NUM_NONE: "-" */
size_t	 num_format_time(int64_t ns, char *out);	/* nine decimals */
size_t	 num_format_ms(int64_t ns, char *out);		/* three decimals, rounded */

#endif
