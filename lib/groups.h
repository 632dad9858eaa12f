#ifndef GROUPS_H
#define GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intern.h"
#include "rec.h"
#include "sketch.h"

/*
 * Counts per group of results, which can be written half done, and merged:
 * partial results of parts of the input, merged in the order of the parts,
 * are those of the whole.
 *
 * A tally counts blocks and their load.  A block whose rows stand together
 * counts once; first and last are remembered so that it also does when it
 * is cut in two by a part's end.
 */
struct tally {
	uint64_t	n;		/* blocks */
	uint64_t	load;		/* of them, units */
	uint64_t	first, last;	/* group_block numbers, with n > 0 */
	uint64_t	first_load;
};

struct group {
	uint64_t	 probes;
	struct tally	 all, ok;	/* ok: those with that verdict */
	struct sketch	 rtt;
	uint16_t	*site;		/* numbers of sites seen, sorted */
	size_t		 nsites;
};

struct groups {
	struct intern	 key, site;
	struct group	*g;		/* by number in key */
	size_t		 cap;
};

/* A block as one number: its first 64 bits, or those of IPv4 below ffff:: */
uint64_t group_block(const struct addr *, uint8_t len4, uint8_t len6);

/*
 * Prefix lengths "24" or "24,48", the second at most max6 and left alone if
 * it is not given.  Return 0 or -1.
 */
int	 block_parse(const char *, uint64_t max6, uint8_t *len4, uint8_t *len6);

void	 tally_add(struct tally *, uint64_t block, uint64_t load);
void	 tally_merge(struct tally *, const struct tally *next);

/* The group with that key, made if need be; good until the next call. */
struct group *groups_get(struct groups *, const char *key, size_t n);

/* Note that the group was answered at a site. */
void	 groups_site(struct groups *, struct group *, const char *s, size_t n);
void	 groups_free(struct groups *);

/*
 * Write all groups as partial records with that word for their kind, and
 * add one that was read to its group.  Each returns 0, or -1: with errno,
 * or for a record that makes no sense.
 */
int	 groups_write(const struct groups *, const char *kind,
    struct recout *);
int	 groups_read(struct groups *, const struct partial *);

#endif
