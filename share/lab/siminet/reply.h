#ifndef REPLY_H
#define REPLY_H

#include "rnd.h"
#include "wire.h"

/*
 * What hosts, routers and attackers send back.  Each writes one packet, from
 * the IP header on, to out (FRAME_MAX - 14 bytes) and returns its length.
 * The same probe and rnd give the same packet.
 */

/* What an honest reply says, for the truth file. */
struct said {
	const char	*kind;		/* as in reply records */
	uint8_t		 icmp[2];	/* type and code of an error */
	char		 txt[64];	/* CHAOS: the string answered, or "" */
};

/* The answer of a willing host. */
size_t	 reply_answer(const struct seen *, const uint8_t *from, struct rnd,
    uint8_t *out, struct said *);

/*
 * An ICMP error quoting the probe: unreachable, or time exceeded when
 * exceeded is set (then with an MPLS extension now and then).  quote8: no
 * more than the 8 bytes of RFC 792.  The sender, a router or the target
 * itself, goes to from.
 */
size_t	 reply_error(const struct seen *, bool exceeded, bool quote8,
    struct rnd, uint8_t *out, struct said *, uint8_t from[static 16]);

/* Time exceeded, from a router on the way (path.h). */
struct router;
size_t	 reply_hop(const struct seen *, const struct router *, struct rnd,
    uint8_t *out, struct said *);

/* Right shape and mid, wrong tag. */
size_t	 reply_forged(const struct seen *, struct rnd, uint8_t *out);

/* Spoil an answer in place: cut it, damage it, make it a fragment. */
size_t	 reply_truncate(const struct seen *, struct rnd, uint8_t *, size_t len);
size_t	 reply_corrupt(const struct seen *, struct rnd, uint8_t *, size_t len);
size_t	 reply_fragment(const struct seen *, struct rnd, uint8_t *, size_t len);

/* Somebody else's packet to our address. */
size_t	 reply_foreign(const struct seen *, struct rnd, uint8_t *out);

/* An address in the target's block that is not the target. */
void	 reply_alias(const struct seen *, uint8_t out[static 16]);

#endif
