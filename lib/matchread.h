#ifndef MATCHREAD_H
#define MATCHREAD_H

#include "matchrec.h"
#include "origin.h"
#include "rec.h"

/*
 * Lines of sent and reply files to the records of matchrec.h.  One per
 * thread: it remembers the names of the line before, which are nearly
 * always those of the next.
 */
struct matchread {
	struct matchnames	*names;
	const struct key	*key;		/* NULL: no offline authentication */
	uint64_t		 rejected[REJ_MAX];	/* by offline authentication */
	char			 err[128];	/* why a line is bad */

	struct memo {
		char	 s[512];
		size_t	 n;
		long	 id;
	}			 node, origin, kind, auth, txt;
	struct origin		*origins;	/* for the key: of the file's metadata */
	size_t			 norigins, nmeta;
	struct optlist		 list;
};

void	 matchread_init(struct matchread *, struct matchnames *,
    const struct key *);
void	 matchread_free(struct matchread *);

/* Columns wanted from recin_open; quote only with a key. */
extern const char *const matchread_sentcols[], *const matchread_replycols[];
extern const char *const matchread_quotecols[];

/* Parse a line; return 0, or -1 with .err. */
int	 matchread_sent(struct matchread *, const struct span v[],
    struct matchsent *);

/*
 * Likewise; 1: offline authentication rejects it, which is counted.  The
 * file's metadata tells the origins.
 */
int	 matchread_reply(struct matchread *, const struct span v[],
    const struct meta *, struct matchreply *);

#endif
