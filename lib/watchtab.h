#ifndef WATCHTAB_H
#define WATCHTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intern.h"
#include "rec.h"

/*
 * A table of the last record of each key, as watchrecords(1) shows it: the
 * key's columns, how many records came, how many a second, and the other
 * columns.  Text only: no terminal is touched here.
 */
#define WATCHTAB_ROWS	10000		/* keys shown; the others are counted */
#define WATCHTAB_WIDTH	40		/* of a column, at most */

struct watchcol {
	const struct field	*field;	/* NULL: a count of ours */
	const char		*name;
	size_t			 width;
	bool			 right;	/* numbers */
};

struct watchtab {
	struct watchcol	 col[REC_MAXCOLS + 2];
	size_t		 ncols, nkeys;	/* keys are the first columns */
	size_t		 sort;		/* column it is sorted by */
	bool		 reverse;

	/* the module's own */
	struct intern	 keys;
	struct watchrow {
		char		**text;	/* by column */
		uint64_t	 n, before;	/* records; when the rate was taken */
		double		 rate;
		bool		 changed;
	}		*row;
	size_t		 nrows, cap;
	size_t		*order;
	int64_t		 rated;
	uint64_t	 others;	/* records of keys there is no room for */
};

/*
 * cols[n]: those of the stream, NULL for unknown ones.  by and show are
 * names with commas between: the key and the columns wanted; NULL: the
 * type's usual key (else the first column), and all.  Return 0, or -1 with a
 * reason.
 */
int	 watchtab_init(struct watchtab *, const struct rectype *,
    const struct field *const cols[], size_t n, const char *by,
    const char *show, char err[static 128]);
void	 watchtab_free(struct watchtab *);

void	 watchtab_add(struct watchtab *, const void *rec);

/* Take the rates, since the last time; now is clock_mono. */
void	 watchtab_rate(struct watchtab *, int64_t now);

/* Sort the rows: numbers by value, text as versions; missing values last. */
void	 watchtab_sort(struct watchtab *);

/*
 * The header, or row i of those sorted, as text of at most cap - 1 bytes,
 * from column skip on; keys are always there.
 */
size_t	 watchtab_head(const struct watchtab *, size_t skip, char *out,
    size_t cap);
size_t	 watchtab_line(const struct watchtab *, size_t i, size_t skip,
    char *out, size_t cap);

/* Where in the header column k begins and how wide it is; width 0: hidden. */
size_t	 watchtab_at(const struct watchtab *, size_t k, size_t skip,
    size_t *width);

/* Has row i of those sorted changed since this was asked last? */
bool	 watchtab_changed(struct watchtab *, size_t i);

#endif
