#ifndef RETRACE_H
#define RETRACE_H

#include "paths.h"
#include "wants.h"

/*
 * What a traceroute still wants: every trace of the set goes on to the
 * destination, to where a router said unreachable, to a loop, to ask->gap
 * silent ttls in a row, or to ask->last.  What stayed silent is asked again,
 * once per round, up to ask->queries attempts; new ttls get as many attempts
 * at once as those before them got.  The wants are added to *w.
 */
void	 retrace(const struct paths *, const struct pathset *,
    const struct pathask *, struct wants *w);

#endif
