#ifndef ROWKEYS_H
#define ROWKEYS_H

#include "join.h"
#include "rec.h"

/*
 * The columns results are grouped by: those of the record and those looked
 * up or computed for its target.  A row is one result with what is known.
 */
enum { ROWKEYS_MAX = 16 };

struct row {
	struct span	 v[nfields_result];	/* by at_result_... */
	struct addr	 dst;
	const char	*label;		/* of the file */
	uint8_t		 len4, len6;	/* of a block */
	struct join	*asn, *geo;	/* NULL: not asked for */
	struct joined	 in_asn, in_geo;
	bool		 have_asn, have_geo, want_plen;
};

struct rowkeys {
	struct rowkey {
		const struct field *field;	/* in result or share */
		int	 computed;		/* how, 0: a column */
	}		 col[ROWKEYS_MAX];
	size_t		 n;
};

/*
 * Parse "site,verdict".  Return 0, or -1 with a reason: no such column, one
 * twice, too many.
 */
int	 rowkeys_parse(struct rowkeys *, const char *list, char err[static 128]);

/* Do the columns need the file of AS numbers, places, prefix lengths? */
bool	 rowkeys_need_asn(const struct rowkeys *);
bool	 rowkeys_need_geo(const struct rowkeys *);
bool	 rowkeys_need_plen(const struct rowkeys *);

/*
 * Add the result columns needed to want[*n], which has room for all, no
 * name twice.
 */
void	 rowkeys_want(const struct rowkeys *, const char *want[], size_t *n);

/*
 * The columns' text, with tabs between, into out[ROWKEYS_LEN].  Return the
 * length; 0: a database is damaged.
 */
#define ROWKEYS_LEN	(ROWKEYS_MAX * REC_FIELDLEN)
size_t	 rowkeys_make(const struct rowkeys *, struct row *, char *out);

/* A result is a new row; the target's address is set by the caller. */
static inline void
row_next(struct row *r)
{
	r->have_asn = r->have_geo = false;
}

#endif
