#ifndef UDPBW_H
#define UDPBW_H

#include "connbw.h"
#include "connctx.h"

/*
 * One bandwidth test over UDP at the end that asked for it: what it asks,
 * the packets out and in, and the records of both directions.
 */
struct udpbw {
	struct connctx		*ctx;
	const struct connuri	*uri;
	const char		*peer;
	struct connmsg		 start;		/* what is asked */
	bool			 running;
	struct bwsend		 send;
	struct bwrecv		 recv;
	uint32_t		 drops;		/* of the socket, so far */
	struct connmsg		 report;	/* the last of the peer */
	struct { uint64_t sent; struct connmsg up, down; } last;
};

/* What to ask for; nothing to be freed yet. */
void	 udpbw_init(struct udpbw *, struct connctx *, const struct connuri *,
    const char *peer, int64_t time_ns);

/* The peer agreed.  Send what is due: return when to call again. */
void	 udpbw_run(struct udpbw *, int64_t now);
int64_t	 udpbw_send(struct udpbw *, int fd, int64_t now);

/* Data came; drops: what the socket has dropped since it was opened. */
void	 udpbw_receive(struct udpbw *, const struct udpin *, uint32_t drops);

/* A report came: is it the final one? */
bool	 udpbw_report(struct udpbw *, const struct connmsg *);

/* Records of the interval, or of all of it, which ends a test that runs. */
void	 udpbw_interval(struct udpbw *);
void	 udpbw_end(struct udpbw *);

#endif
