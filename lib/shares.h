#ifndef SHARES_H
#define SHARES_H

#include "groups.h"
#include "rowkeys.h"

/*
 * Groups as rows: counts, shares of their scope, load, quantiles; written
 * as share records or as a table for people.
 */
struct shares {
	const struct rowkeys	*keys, *within;	/* within is part of keys */
	struct groups		*groups, *scopes;
	bool			 have_load;
	uint64_t		 load_total;	/* units, of the load files */
	uint32_t		*order;		/* groups to be written */
	size_t			 n;
	size_t			 left_out;	/* by top */
	uint64_t		 left_out_blocks;
};

/*
 * Put the groups in order: by key, '-' last, or with top > 0 the top ones
 * by blocks (by load, if there is any).  With load and a verdict column
 * adds a row for the load of blocks that were not probed.
 */
void	 shares_order(struct shares *, uint64_t top);

/* A record type with the keys as first columns; free with free(3). */
struct rectype *shares_type(const struct shares *);

/*
 * One row, with tabs between and a newline, into out[SHARES_LEN]; return
 * the length.
 */
#define SHARES_LEN	(ROWKEYS_LEN + 4096)
size_t	 shares_line(const struct shares *, uint32_t group, char *out);

/* All rows with columns lined up, empty ones left out. */
int	 shares_table(const struct shares *, struct gzout *);

void	 shares_free(struct shares *);

#endif
