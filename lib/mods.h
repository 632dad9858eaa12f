#ifndef MODS_H
#define MODS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What happened to a probe on its way: its bytes next to those that an ICMP
 * error quotes of it, as tracebox (Detal et al., 2013) does.
 */
enum qclass {		/* how much of the probe a quote lets compare */
	QCLASS_NONE,	/* none: not even the IP header */
	QCLASS_L3,	/* l3: it, and fewer than 8 bytes after it */
	QCLASS_L3_8,	/* l3+8: 8 bytes after it */
	QCLASS_PART,	/* part: more, not all */
	QCLASS_FULL	/* full: all of the packet */
};
const char	*qclass_name(enum qclass);

#define MODS_MAX	1024		/* of the text, with a NUL */

/*
 * Compare a probe (whole, from its IP header on) with its quote, which may
 * end anywhere and may be padded.  out is "-" when nothing can be compared,
 * "same", or what changed, comma-separated, in the order of the packet:
 *
 *	NAME, NAME(1460>1300)	a field or option has another value
 *	-NAME, +NAME		an option is gone, or was not there
 *	TCP::Options		they are in another order, or run out
 *
 * Never named: TTL and hop limit, and the IPv4 header's checksum, which
 * always change; bytes the quote does not have; a length, and with it ID and
 * fragment field, that a host quoted in its own byte order; padding of TCP
 * options, and their place, as long as their order is the same; a transport
 * checksum that is what the other changes make of it, that is only of the
 * pseudo-header (a checksum left to hardware), or in a cut packet of another
 * length.  So a checksum is named when it alone changed, or when something
 * changed that the quote does not have any more.
 */
enum qclass	 mods_compare(const uint8_t *probe, size_t np,
    const uint8_t *quote, size_t nq, char out[static MODS_MAX]);

#endif
