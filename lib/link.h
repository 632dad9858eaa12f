#ifndef LINK_H
#define LINK_H

#include <stdbool.h>

#include "cur.h"

/*
 * Link layers in front of IP packets, by their numbers in capture files
 * (www.tcpdump.org/linktypes.html).
 */
enum link_strip {
	LINK_IP,	/* the cursor is at the IP header */
	LINK_OTHER,	/* not IP, or sent by ourselves */
	LINK_SHORT	/* cut within the link header */
};

/* Can packets of this link type be read? */
bool	 link_known(int type);

/*
 * Advance the cursor over the link header, with any VLAN tags; it is left
 * anywhere when that is not followed by an IP packet.
 */
enum link_strip link_strip(int type, struct cur *);

#endif
