#ifndef HOPMODS_H
#define HOPMODS_H

#include "match.h"
#include "mods.h"
#include "spool.h"
#include "tmplset.h"

/*
 * What hops say of changes on the way: the quote of a reply compared with
 * its probe, which is made again from the sent record, the key and what the
 * metadata of the sent files says of the run.
 */
struct hopmods {
	struct spool		*quotes;	/* where matchread kept them */
	struct meta		 meta;		/* of the sent files: a part */
	struct key		 key;
	struct origin		*origins;
	struct tmplset		 set;
	int			*origin;	/* by the number in names, -1: none */
	uint16_t		*number;	/* of nodes, by theirs; 0: none */
	bool			 ready;		/* hopmods_begin was content */
	char			 err[128];	/* why one was not made again */
	struct {
		uint64_t	 compared;
		uint64_t	 unquoted;	/* errors without a quote */
		uint64_t	 unmade;	/* probe not to be made again */
	}			 n;
};

/* Zeroed but for .quotes; learn from the metadata of each sent file. */
void	 hopmods_learn(struct hopmods *, const struct meta *);

/*
 * All is read: names are complete.  Return 0, or -1 with .err: the files do
 * not say what origins there were; then nothing can be compared.
 */
int	 hopmods_begin(struct hopmods *, const struct matchnames *,
    const struct key *);

/*
 * The mods column of a probe, and the qclass column, "-" if nothing was
 * quoted or the probe cannot be made again.  Return 0, or -1 with errno:
 * the temporary file of the quotes.
 */
int	 hopmods_compare(struct hopmods *, const struct match *,
    const struct matchprobe *, char mods[static MODS_MAX],
    const char **qclass);

void	 hopmods_free(struct hopmods *);

#endif
