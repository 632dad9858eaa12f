#ifndef TMPLSET_H
#define TMPLSET_H

#include <stddef.h>

#include "origin.h"
#include "rec.h"

/*
 * Probe templates: one per origin, and further ones for probe records that
 * ask for other ports, type of service or size.  Those are made when first
 * asked for; TMPLSET_MORE are kept, after which the oldest makes room.
 */
#define TMPLSET_MORE	64

struct tmplset {
	const struct origin	*origins;
	size_t			 n;
	const struct key	*key;
	struct tmpl		*base;			/* n of them */
	struct tmpl		*more[TMPLSET_MORE];	/* NULL: free */
	size_t			 of[TMPLSET_MORE];	/* origin of each */
	size_t			 next;			/* to be replaced */
};

/*
 * Build those of the origins (kept, as is the key).  Return 0, or -1 with a
 * reason.
 */
int	 tmplset_init(struct tmplset *, const struct origin *, size_t n,
    const struct key *, char err[static 128]);

/* The template of origin i for a probe record, NULL if it is not there yet. */
const struct tmpl *tmplset_find(const struct tmplset *, size_t i,
    const struct probe *rec);

/*
 * Make it.  Afterwards what tmplset_find returned earlier may be gone, so
 * send first what uses it.  NULL with a reason if there can be none.
 */
const struct tmpl *tmplset_make(struct tmplset *, size_t i,
    const struct probe *rec, char err[static 128]);

/* What in a probe record cannot be done ("bad ttl"), or NULL. */
const char *tmplset_check(const struct probe *rec);

/* The highest flow number probes of an origin may have. */
int64_t	 tmplset_last_flow(const struct origin *);

void	 tmplset_free(struct tmplset *);

#endif
