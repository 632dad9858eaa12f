#ifndef IFACE_H
#define IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/*
 * The network interface packets leave by, and the next hop there: what the
 * kernel does for those who send through it.  Asked from the kernel by
 * netlink; nothing here needs privilege.
 */
#define IFACE_HDRLEN	14		/* of Ethernet */

struct iface {
	char		name[16];
	int		index;
	unsigned	mtu;
	bool		ether;		/* has Ethernet framing */
	uint8_t		mac[6];
	struct addr	via4, via6;	/* next hops; v == 0: not known */
	uint8_t		hdr4[IFACE_HDRLEN], hdr6[IFACE_HDRLEN];
	bool		has4, has6;	/* the header above is complete */
};

/*
 * Find an interface by name, or with NULL that of the default route of the
 * family.  Return 0, or -1 with a reason.
 */
int	 iface_find(struct iface *, const char *name, uint8_t family,
    char err[static 128]);

/* The address the kernel would send from there; -1 with a reason if none. */
int	 iface_source(const struct iface *, uint8_t family, struct addr *,
    char err[static 128]);

/*
 * Make the Ethernet header for a family.  The next hop is gateway, or with
 * NULL the router of the interface's route: the default route for packets
 * from src, else the one router that routes through the interface name.
 * mac: its hardware address, or NULL to ask the neighbour table (and, by a
 * packet to the next hop's discard port, the neighbour; up to 3 s).  Return
 * 0, or -1 with a reason.
 */
int	 iface_resolve(struct iface *, uint8_t family, const struct addr *src,
    const struct addr *gateway, const uint8_t *mac, char err[static 128]);

/* Parse xx:xx:xx:xx:xx:xx; return 0 or -1. */
int	 iface_parse_mac(uint8_t mac[static 6], const char *s);

#endif
