#ifndef PORTCHECK_H
#define PORTCHECK_H

#include "connctx.h"

/*
 * Which ports of some hosts are open, closed, filtered or unreachable, seen
 * from here: TCP by connecting, UDP by a STAMP packet.  Records come in the
 * order hosts and ports were given, one for each address of a host.
 */
struct portcheck;

/* Begin; NULL with a reason in err. */
struct portcheck *portcheck_open(struct connctx *, char *const hosts[],
    const struct connport *, unsigned nports, int64_t wait_ns,
    char err[static CONN_ERRLEN]);
void	 portcheck_close(struct portcheck *);

#endif
