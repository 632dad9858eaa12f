#ifndef TCPLAT_H
#define TCPLAT_H

#include "connctx.h"
#include "connlat.h"
#include "seqacct.h"
#include "tcpconn.h"

/*
 * One turn of round trips over TCP: pings out, pongs in, and what became of
 * each.  The turn goes on when the connection is made again.  What udplat.h
 * is to UDP.
 */
#define TCPLAT_PINGS	4096		/* that may be under way */

struct tcplat {
	struct connctx		*ctx;
	const struct connuri	*uri;
	const char		*peer, *test;	/* latency or loaded */
	struct connlat		 lat;
	struct seqacct		 rt;
	int64_t			 sent_at[TCPLAT_PINGS];
	uint64_t		 next;		/* number of the next ping */
	uint64_t		 failed;	/* not sent in time */
	struct { uint64_t sent, failed, rcvd, lost, late; } last;
};

void	 tcplat_init(struct tcplat *, struct connctx *,
    const struct connuri *, const char *peer, const char *test,
    struct clockoff *);
void	 tcplat_free(struct tcplat *);

/* Send the next ping, if it can be queued. */
void	 tcplat_send(struct tcplat *, struct tcpconn *);

/* A pong came at that time: was it an answer to a ping of this turn? */
bool	 tcplat_receive(struct tcplat *, const struct connmsg *, int64_t ns);

/* Have all answers come?  Give up what is older than the timeout. */
bool	 tcplat_whole(const struct tcplat *);
void	 tcplat_settle(struct tcplat *, int64_t now_real);

/* Records of the interval, or of all of it. */
void	 tcplat_interval(struct tcplat *);
void	 tcplat_total(struct tcplat *);

#endif
