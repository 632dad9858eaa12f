#ifndef PREFIXSET_H
#define PREFIXSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/*
 * A map from prefixes to numbers, asked for the longest prefix that holds
 * an address: blocklists, routing tables, address to AS or country.  IPv4
 * and IPv6 prefixes live in one set and never match each other.
 *
 * First prefixset_add everything, then prefixset_build, which flattens the
 * nested prefixes into sorted ranges (about 18 bytes per IPv4 prefix, 42
 * per IPv6 prefix), then prefixset_find as often as wanted, from any
 * number of threads.  Adding and building again is allowed as long as
 * prefixset_seal was not called.
 */
struct prefixset {
	struct prefixent	*ent;		/* as added */
	size_t			 nent, cap;
	bool			 built, sealed;
	struct prefixtab {
		size_t		 n;		/* ranges; 0: matches nothing */
		uint32_t	*index;		/* nindex + 1 */
		size_t		 nindex;
		uint64_t	 base;		/* where the index begins */
		unsigned	 shift;		/* and its step, 2^shift */
		uint32_t	*start4;	/* first address of each range */
		struct u128	*start6;
		uint32_t	*value;
		uint8_t		*len;		/* PREFIXSET_NONE: no prefix */
	}			 v4, v6;
};

struct prefixhit {
	uint32_t	value;
	uint8_t		len;		/* of the prefix that matched */
};

#define PREFIXSET_NONE	255

void	 prefixset_init(struct prefixset *);

/* The value of a prefix; of one added twice the later value counts. */
void	 prefixset_add(struct prefixset *, const struct prefix *,
    uint32_t value);

/*
 * All addresses from lo to hi (of one family, lo <= hi), as the fewest
 * prefixes that make up the range; hit.len is then of one of those.
 */
void	 prefixset_add_range(struct prefixset *, const struct addr *lo,
    const struct addr *hi, uint32_t value);

/* Make what was added findable. */
void	 prefixset_build(struct prefixset *);

/* The same, and forget what only another prefixset_build would need. */
void	 prefixset_seal(struct prefixset *);

/*
 * Find the longest prefix that holds the address and set *hit (which may be
 * NULL); return false if there is none.  Only after prefixset_build.
 */
bool	 prefixset_find(const struct prefixset *, const struct addr *,
    struct prefixhit *hit);

void	 prefixset_free(struct prefixset *);

#endif
