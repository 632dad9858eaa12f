#ifndef MATCHREAD_H
#define MATCHREAD_H

#include "matchrec.h"
#include "origin.h"
#include "rec.h"
#include "spool.h"

/*
 * Lines of sent and reply files to the records of matchrec.h.  One per
 * thread: it remembers the names of the line before, which are nearly
 * always those of the next.
 */
struct matchread {
	struct matchnames	*names;
	const struct key	*key;		/* NULL: no offline authentication */
	bool			 hops;		/* read what hops want, too */
	struct spool		*quotes;	/* keep quotes here, NULL: nowhere */
	uint64_t		 rejected[REJ_MAX];	/* by offline authentication */
	char			 err[128];	/* why a line is bad */

	struct memo {
		char	 s[512];
		size_t	 n;
		long	 id;
	}			 node, origin, kind, auth, txt, ext, options, how;
	struct origin		*origins;	/* for the key: of the file's metadata */
	size_t			 norigins, nmeta;
	struct optlist		 list;
};

void	 matchread_init(struct matchread *, struct matchnames *,
    const struct key *);
void	 matchread_free(struct matchread *);

/* Columns wanted from recin_open; quote only with a key. */
const char *const *matchread_sentcols(bool hops);
const char *const *matchread_replycols(bool hops, bool key);

/* Parse a line; return 0, or -1 with .err. */
int	 matchread_sent(struct matchread *, const struct span v[],
    struct matchsent *);

/*
 * Likewise; 1: offline authentication rejects it, which is counted; -2:
 * the quotes' temporary file failed, errno says how.  The file's metadata
 * tells the origins.
 */
int	 matchread_reply(struct matchread *, const struct span v[],
    const struct meta *, struct matchreply *);

#endif
