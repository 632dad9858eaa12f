#ifndef CONNPEER_H
#define CONNPEER_H

#include "connctx.h"
#include "udpsock.h"

/*
 * Whom a URI names: the name it has in records, and its addresses, which
 * attempts to connect take in turn.
 */
#define CONNPEER_ADDRS	8

struct connpeer {
	char		name[320];
	union sockname	addr[CONNPEER_ADDRS];
	unsigned	n, at;
	unsigned	attempt;	/* to connect, from 1 */
	int64_t		backoff_ns;	/* until the next */
};

/* Look up the host; 0, or -1 with a reason in err. */
int	 connpeer_init(struct connpeer *, const struct connuri *,
    char err[static CONN_ERRLEN]);

/* The address to try now; and take the next one from now on. */
const union sockname *connpeer_addr(const struct connpeer *);

/* An attempt failed: how long to wait before the next; or went well. */
int64_t	 connpeer_failed(struct connpeer *);
void	 connpeer_up(struct connpeer *);

/* An event record about it. */
void	 connpeer_event(struct connctx *, const struct connpeer *,
    const struct connuri *, const char *event, const char *state, int error,
    const char *detail);

#endif
