#ifndef CONNMSG_H
#define CONNMSG_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "cur.h"

/*
 * What conntest says to another conntest beside STAMP: the same messages
 * over TCP, one after the other, and over UDP, one a datagram.  conntest(7)
 * has them as a table.
 *
 * A header of 16 bytes: magic, zero (where STAMP has the seconds of its
 * timestamp, so that on one UDP port neither is taken for the other),
 * version, type, zero, length of the body.
 */
#define CONNMSG_HEADER	16
#define CONNMSG_BODY	128		/* largest body but those of MSG_DATA */
#define CONNMSG_MAX	(CONNMSG_HEADER + CONNMSG_BODY)
#define CONNMSG_NAME	64

enum msgtype {
	MSG_HELLO = 1,	/* who I am; over UDP with a cookie, or to get one */
	MSG_WELCOME,	/* who I am; over UDP: your cookie */
	MSG_START,	/* let a bandwidth test begin */
	MSG_STARTED,	/* it has; or why not */
	MSG_DATA,	/* bytes that only fill */
	MSG_KEEP,	/* I still want your data */
	MSG_STOP,	/* it is over, what did you count? */
	MSG_REPORT,	/* what I counted so far, or in all */
	MSG_PING,
	MSG_PONG
};

enum msgrefusal { MSG_OK, MSG_BUSY, MSG_BADCOOKIE, MSG_BADTEST };

struct connmsg {
	enum msgtype	type;
	uint32_t	length;		/* of the body */

	/* HELLO, WELCOME */
	uint8_t		id[16];		/* of a process: kept as long as it runs */
	char		name[CONNMSG_NAME];
	/* these and START */
	uint64_t	cookie;
	/* START, STARTED, DATA, KEEP, STOP, REPORT */
	uint64_t	session;
	/* START, STARTED */
	uint8_t		dirs, gso, refusal;
	uint32_t	size;
	uint64_t	rate, time_ns;
	/* DATA, PING, PONG */
	uint32_t	seq;
	uint64_t	t1, t2, t3;	/* nanoseconds of the Unix epoch */
	/* STOP, REPORT */
	bool		final;
	uint64_t	sent, sent_bytes;
	uint64_t	rcvd, rcvd_bytes, lost, dup, reord, extent, late, drops,
			bursts, burst_max, span_ns, retrans;
	uint8_t		limit;		/* enum connlimit */
	uint32_t	cwnd;
};

enum connlimit { LIMIT_NONE, LIMIT_NETWORK, LIMIT_RECEIVER, LIMIT_SNDBUF,
	LIMIT_APP, LIMIT_RATE };

const char *connlimit_name(enum connlimit);

/*
 * Write header and body; MSG_DATA: header and the fixed part, .length says
 * how long the body is to be.  UDP's HELLO and WELCOME are equally long.
 */
void	 connmsg_build(struct buf *, const struct connmsg *);

/* Is this the beginning of a message of ours? */
bool	 connmsg_is(const uint8_t *p, size_t n);

/*
 * The header: 0 with type and length set, -1 if it is none of ours; and the
 * body, of exactly that length, or of MSG_DATA its beginning: 0 or -1.
 */
int	 connmsg_header(struct cur *, struct connmsg *);
int	 connmsg_body(struct cur *, struct connmsg *);

#define CONNMSG_DATA_FIXED	20	/* of a body of MSG_DATA */

#endif
