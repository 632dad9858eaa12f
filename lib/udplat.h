#ifndef UDPLAT_H
#define UDPLAT_H

#include "connctx.h"
#include "connlat.h"
#include "seqacct.h"
#include "stamp.h"
#include "udpsock.h"

/*
 * One turn of a STAMP sender: packets out at their times, replies in, and
 * what became of each, by direction.  The session goes on when the socket
 * is opened again; the reflector knows it by its number.
 */
struct udplat {
	struct connctx		*ctx;
	const struct connuri	*uri;
	const char		*peer, *test;	/* latency or loaded */
	size_t			 size;
	bool			 full;		/* with our extensions */
	uint64_t		 session;

	struct latslot {
		int64_t		 t1, after, kernel;
		uint64_t	 raw;		/* as it is in the packet */
	}			*slot;		/* of the last mask + 1 */
	uint32_t		 mask;
	uint64_t		 next;		/* number of the next packet */
	uint64_t		 failed;
	uint32_t		 stamp_first, stamp_id, *stamp_seq;

	struct seqacct		 rt, down;	/* by our, by their numbers */
	bool			 stateful;	/* theirs are their own */
	bool			 ours;		/* reflector has our extension */
	bool			 counted;	/* final counters have come */
	uint32_t		 epoch;		/* of the reflector's memory */
	uint64_t		 resets, bare;	/* lost; had none at all */
	struct stamp_count	 count, count_last;
	uint64_t		 mark;		/* of .down, to settle later */
	int64_t			 mark_t;
	uint64_t		 foreign;	/* not an answer to ours */
	int			 up_ttl, up_dscp, up_ecn;
	int			 down_ttl, down_dscp, down_ecn;
	struct connlat		 lat;
	struct { uint64_t sent, failed, rcvd, lost, dup, reord, late, down,
	    dlost, ddup, dreord; } last;	/* at the last interval */
};

void	 udplat_init(struct udplat *, struct connctx *,
    const struct connuri *, const char *peer, const char *test,
    struct clockoff *);
void	 udplat_free(struct udplat *);

/* The socket's next timestamp has that number: 0 if it is a new one. */
void	 udplat_socket(struct udplat *, uint32_t stamps);

/* Send the next packet, or ask for counters.  Return 0, or errno. */
int	 udplat_send(struct udplat *, int fd);
int	 udplat_ask(struct udplat *, int fd);

/* A packet came: was it an answer to ours?  A timestamp came. */
bool	 udplat_receive(struct udplat *, const struct udpin *);
void	 udplat_stamp(struct udplat *, const struct udperr *);

/* Have all answers come?  Give up what is older than the timeout. */
bool	 udplat_whole(const struct udplat *);
void	 udplat_settle(struct udplat *, int64_t now_real);

/* Records of the interval, or of all of it. */
void	 udplat_interval(struct udplat *);
void	 udplat_total(struct udplat *);

#endif
