#ifndef SENTSET_H
#define SENTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "intern.h"

/*
 * Which targets were sent to, from sent logs: a target is done when every
 * origin (source address and probe type) of its family has been.
 *
 * A struct sentset of zeros is empty.  First tell all origins and what
 * was sent, then sentset_ready, then ask.
 */
struct sentset {
	struct intern	 origin[2];	/* IPv4, IPv6 */
	struct sent4	*v4;
	struct sent6	*v6;
	size_t		 n4, cap4, n6, cap6;
};

#define SENTSET_ORIGINS	255

/* Which records of a log to heed: NULL and no address mean any. */
struct sentheed {
	const char	*node;		/* NAME or NAME:NUMBER */
	const char	*probe;
	struct addr	 src;
};

/*
 * Add a file of sent records, and the origins its metadata speaks of, from
 * which nothing may have been sent yet.  Return 0; 1 when it was cut short,
 * be it before the first line, or has lines that are no records (*bad of
 * them, the first in err); -1 when it cannot be opened, is no log or has
 * too many origins.  err is "file: why".
 */
int	 sentset_load(struct sentset *, const char *path,
    const struct sentheed *, uint64_t *bad, char err[static 256]);

/* The number of an origin; -1 when there are too many (of its family). */
int	 sentset_origin(struct sentset *, const struct addr *src,
    const char *probe, size_t n);

/* A probe went to dst, an address of the origin's family. */
void	 sentset_add(struct sentset *, const struct addr *dst, int origin);

void	 sentset_ready(struct sentset *);
bool	 sentset_done(const struct sentset *, const struct addr *dst);
void	 sentset_free(struct sentset *);

#endif
