#ifndef TCPSERVER_H
#define TCPSERVER_H

#include "connctx.h"

/*
 * A TCP listener: the other end of conntest's TCP tests, for many peers.
 * Who does not say hello within five seconds, or is silent for a minute, is
 * let go.
 */
struct tcpserver;

/* Listen there; NULL with errno. */
struct tcpserver *tcpserver_open(struct connctx *, const struct connuri *);
void	 tcpserver_close(struct tcpserver *);

#endif
