#ifndef CONNBW_H
#define CONNBW_H

#include "connmsg.h"
#include "rec.h"
#include "seqacct.h"
#include "udpsock.h"

/*
 * UDP bandwidth: numbered MSG_DATA packets at a rate, and what of them
 * arrives.  Both ends use both.  Packets leave at their times, a quarter of
 * a millisecond's together; after a stall as many at once as are missing,
 * but of a stall longer than 50 ms no more than that: the rate asked for is
 * kept in the long run, not in every millisecond.
 */
#define CONNBW_SIZE	1400		/* of a packet when none is asked */
#define CONNBW_MIN	(CONNMSG_HEADER + CONNMSG_DATA_FIXED)

struct bwsend {
	uint64_t	 session;
	uint64_t	 pps;		/* 0: as fast as it goes */
	int64_t		 since;		/* at that rate */
	uint64_t	 since_sent;
	size_t		 size;
	bool		 gso;
	uint8_t		*p;		/* a batch of packets */
	uint64_t	 sent, bytes, failed;
	int		 error;		/* errno of the last that failed */
};

/* rate: bits of payload a second, CONN_RATE_MAX: as fast as it goes. */
void	 bwsend_init(struct bwsend *, uint64_t session, uint64_t rate,
    size_t size, bool gso, int64_t now);
void	 bwsend_free(struct bwsend *);

/* Send what is due; return when to call again. */
int64_t	 bwsend_step(struct bwsend *, int fd, const struct udpout *,
    int64_t now);

struct bwrecv {
	struct seqacct	 acct;
	uint64_t	 bytes, drops;
	int64_t		 first, last;	/* arrivals, CLOCK_REALTIME */
	uint64_t	 bad;		/* not of this session, malformed */
};

void	 bwrecv_init(struct bwrecv *);
void	 bwrecv_free(struct bwrecv *);

/* The packet, or train of packets, is of that session; how many were. */
unsigned bwrecv_add(struct bwrecv *, uint64_t session, const struct udpin *);

/* Nothing more comes of the number that were sent (0: not known). */
void	 bwrecv_end(struct bwrecv *, uint64_t sent);

/* As a report, and as columns; part: what has changed since. */
void	 bwrecv_report(const struct bwrecv *, struct connmsg *);
void	 connbw_fill(struct conn *, const struct connmsg *now,
    const struct connmsg *since);

#endif
