#ifndef UDPSERVER_H
#define UDPSERVER_H

#include "connctx.h"

/*
 * A UDP listener: STAMP reflector (RFC 8762), with its own numbers for
 * every session as long as it can remember them all, and the other end of
 * bandwidth tests.
 *
 * To who has not shown a cookie, and so that packets reach it, no more
 * bytes go than came from there.  Everything sent is capped at max_rate.
 */
struct udpserver;

/* Listen there, one socket per family; NULL with errno. */
struct udpserver *udpserver_open(struct connctx *, const struct connuri *);

/* Records of what was going on; and the end. */
void	 udpserver_close(struct udpserver *);

#endif
