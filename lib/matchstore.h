#ifndef MATCHSTORE_H
#define MATCHSTORE_H

#include "matchrec.h"
#include "matchsort.h"

/*
 * Probes or replies, sorted by target.  Those of IPv4 are kept apart, in
 * two thirds of the memory, and come back in the order of the hex column.
 */
struct matchstore {
	struct matchsort	*v4, *v6;
	const struct matchpack	*pack;
	const void		*next4, *next6;	/* heads */
	bool			 began;
	union {
		struct matchsent	sent;
		struct matchreply	reply;
	}			 out;		/* the record handed out */
};

void	 matchstore_open(struct matchstore *, const struct matchpack *,
    const struct matchnames *, struct matchsort_budget *, const char *tmpdir);

/* The two kinds, and the same for hops, which need more of both. */
extern const struct matchpack matchpack_sent, matchpack_reply;
extern const struct matchpack matchpack_hopsent, matchpack_hopreply;

/* Add a struct matchsent or matchreply: 0, or -1 with errno. */
int	 matchstore_add(struct matchstore *, const void *rec);

/* As those of matchsort. */
int	 matchstore_done(struct matchstore *);
const void *matchstore_next(struct matchstore *);
int	 matchstore_error(const struct matchstore *);
int	 matchstore_rewind(struct matchstore *);
uint64_t matchstore_count(const struct matchstore *);
void	 matchstore_close(struct matchstore *);

#endif
