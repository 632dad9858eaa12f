#ifndef TCPCLIENT_H
#define TCPCLIENT_H

#include "connctx.h"

/*
 * One TCP peer: the tests of its URI take turns on one connection, which is
 * made again, with back-off, whenever it is lost.
 */
struct tcpclient;

/* Begin; NULL with a reason in err.  The caller keeps the URI. */
struct tcpclient *tcpclient_open(struct connctx *, const struct connuri *,
    char err[static CONN_ERRLEN]);

/* Write records of what is unfinished, release all. */
void	 tcpclient_close(struct tcpclient *);

#endif
