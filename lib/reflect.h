#ifndef REFLECT_H
#define REFLECT_H

#include "connctx.h"
#include "seqacct.h"
#include "udpsock.h"

/*
 * A stateful STAMP reflector (RFC 8762 section 4.3): packets in, packets
 * out, no I/O but records.  A session is known by the number our own
 * extension carries, whatever address it comes from, or else by address,
 * port and SSID.  When REFLECT_SESSIONS are busy, others are answered
 * without memory: with the sender's numbers.
 *
 * An answer is as long as its request.  Requests shorter than the STAMP
 * packet (TWAMP Light's of 14 bytes) are not answered, because the answer
 * would be longer: anybody's address can stand in them.
 */
#define REFLECT_SESSIONS	1024
#define REFLECT_IDLE_NS		INT64_C(10000000000)

struct reflect {
	struct connctx	*ctx;
	struct reflsession {
		uint64_t	 key;		/* 0: free */
		bool		 numbered, named;
		union sockname	 peer;
		struct seqacct	 acct;
		uint32_t	 replies, epoch;
		int64_t		 heard;		/* CLOCK_MONOTONIC */
		uint64_t	 packets;
		int		 ttl, tos;
	}		*session;
	unsigned	 used;
	uint64_t	 forgotten, failed;	/* answered without memory */
	uint16_t	 error;			/* estimate of our clock's */
	int		 events;		/* that may be written now */
};

void	 reflect_init(struct reflect *, struct connctx *);
void	 reflect_close(struct reflect *);	/* records of all sessions */

/*
 * The answer to a packet, into p[cap]; its length, or 0 for none.  tos is
 * set to what it should be sent with, or -1.
 */
size_t	 reflect_answer(struct reflect *, const struct udpin *, uint8_t *p,
    size_t cap, int *tos);

/* Every second: end sessions that are idle. */
void	 reflect_tick(struct reflect *, int64_t now);

#endif
