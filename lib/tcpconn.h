#ifndef TCPCONN_H
#define TCPCONN_H

#include <stdbool.h>
#include <stdint.h>

#include "connmsg.h"
#include "evloop.h"
#include "udpsock.h"

/*
 * A TCP connection that carries messages (connmsg.h), at either end.
 *
 * Streams of MSG_DATA are sent from the same few pages again and again, which
 * stay in the processor's cache, and thrown away on arrival by MSG_TRUNC: what
 * is measured is the network and TCP, not how fast memory is copied.  Other
 * messages go between two MSG_DATA.
 */
struct tcpconn {
	struct evloop	*loop;
	struct evsource	 source;
	void		*arg;
	void		(*message)(void *arg, const struct connmsg *,
			    int64_t rx_ns);
	void		(*closed)(void *arg, int error);	/* 0: by the peer */
	bool		 connecting;
	void		(*connected)(void *arg);

	uint8_t		*in;			/* read, not yet understood */
	size_t		 nin;
	uint64_t	 skip;			/* of MSG_DATA, to throw away */
	int		 wake;			/* so many bytes wake us */
	uint64_t	 rcvd, rcvd_msgs;	/* bytes of MSG_DATA that came */
	int64_t		 first, last;		/* when */

	uint8_t		*out;			/* to be sent */
	size_t		 nout;
	uint8_t		*data;			/* messages, NULL: no stream */
	uint64_t	 round, at, size;	/* bytes of them until they begin
						   anew; next; of each */
	bool		 streaming;
	uint64_t	 sent, sent_msgs;	/* bytes of it */
	bool		 want_out;
};

struct tcpopts {
	int		dscp, ttl;
	uint64_t	rate;		/* bits a second, 0: any */
};

/*
 * Begin to connect: 0 with .connecting set, or -1 with errno.  Or take an
 * accepted descriptor.  arg and the calls are set before.
 */
int	 tcpconn_connect(struct tcpconn *, const union sockname *,
    const struct tcpopts *);
void	 tcpconn_accept(struct tcpconn *, int fd);
void	 tcpconn_close(struct tcpconn *);

/* Send one message; -1 when so many wait that the peer must be gone. */
int	 tcpconn_send(struct tcpconn *, const struct connmsg *);

/* Stream messages of size bytes each; stop after the one under way. */
void	 tcpconn_stream(struct tcpconn *, uint64_t size);
void	 tcpconn_unstream(struct tcpconn *);
/* Nothing left to send? */
bool	 tcpconn_idle(const struct tcpconn *);

void	 tcpconn_rate(struct tcpconn *, uint64_t bits);

/*
 * Would a new connection leave from another address than this one has?  Then
 * this one will not be heard from again.
 */
bool	 tcpconn_moved(const struct tcpconn *, const union sockname *to);

/* What the kernel knows: since the last time it was asked, and now. */
struct tcpstate {
	uint64_t	busy, rwnd, sndbuf;	/* microseconds */
	uint64_t	retrans;
	uint32_t	cwnd, pmtu, heard_ms;
	bool		waiting;		/* for an ack of something */
	uint32_t	segs, again;		/* of data, sent; sent again
						   before it fell silent */
	int64_t		rto_ns;			/* by the round trips so far */
	enum connlimit	limit;
};

void	 tcpconn_state(const struct tcpconn *, const struct tcpstate *last,
    struct tcpstate *);

#endif
