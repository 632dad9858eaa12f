#ifndef UDPCLIENT_H
#define UDPCLIENT_H

#include "connctx.h"

/*
 * One UDP peer: the tests of its URI take turns on one socket.  A peer that
 * is silent for a second gets a new socket (and so what address we have by
 * then), while packets go on leaving at their times.
 */
struct udpclient;

/*
 * Look up the host, and begin when the loop turns; NULL with a reason in
 * err.  The caller keeps the URI.
 */
struct udpclient *udpclient_open(struct connctx *, const struct connuri *,
    char err[static CONN_ERRLEN]);

/* Write records of what is unfinished, release all. */
void	 udpclient_close(struct udpclient *);

#endif
