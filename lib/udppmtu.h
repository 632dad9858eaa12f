#ifndef UDPPMTU_H
#define UDPPMTU_H

#include "connctx.h"
#include "udpsock.h"

/*
 * The largest packet a path takes whole: STAMP requests that may not be
 * fragmented, of sizes that close in on it (RFC 8899 in spirit: an answer
 * is the only proof; what ICMP or our own system says is only a hint where
 * to look next, so that a router that drops in silence is found too).
 */
struct udppmtu {
	const struct connuri	*uri;
	unsigned		 head;		/* IP and UDP headers */
	unsigned		 lo, hi, size;	/* IP sizes: takes, may take, tried */
	unsigned		 hint;
	uint32_t		 seq;
	uint64_t		 raw;
	unsigned		 tries;
	int64_t			 until;
	bool			 answered, told;
};

void	 udppmtu_init(struct udppmtu *, const struct connuri *, bool v6);

/* Do what is due; return when to call again, 0 when it is over. */
int64_t	 udppmtu_step(struct udppmtu *, int fd, int64_t now);

/* A packet came: was it the answer?  Somebody said what fits. */
bool	 udppmtu_receive(struct udppmtu *, const struct udpin *);
void	 udppmtu_hint(struct udppmtu *, uint32_t mtu);

void	 udppmtu_put(const struct udppmtu *, struct connctx *,
    const char *peer);

#endif
