/* Link headers: what is skipped, and that nothing is read past the end. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "tap.h"

#define ETH	"020202020202040404040404"
#define COOKED	"0000" "0001" "0006" "0404040404040000"
#define COOKED2	"0000" "00000002" "0001" "00" "06" "0404040404040000"

static const struct {
	const char	*what;
	int		 type;
	const char	*hex;
	enum link_strip	 want;
	size_t		 left;		/* bytes from the IP header on */
} rows[] = {
	{ "Ethernet, IPv4", 1, ETH "0800" "4500", LINK_IP, 2 },
	{ "Ethernet, IPv6", 1, ETH "86dd" "60", LINK_IP, 1 },
	{ "Ethernet, nothing after it", 1, ETH "0800", LINK_IP, 0 },
	{ "Ethernet, ARP", 1, ETH "0806" "0001", LINK_OTHER, 0 },
	{ "Ethernet, 802.3 length", 1, ETH "0040" "4500", LINK_OTHER, 0 },
	{ "Ethernet, VLAN", 1, ETH "8100" "0064" "0800" "45", LINK_IP, 1 },
	{ "Ethernet, VLAN, ARP", 1, ETH "8100" "0064" "0806" "45", LINK_OTHER,
	    0 },
	{ "Ethernet, VLAN in VLAN", 1, ETH "88a8" "0064" "8100" "0065" "86dd"
	    "60", LINK_IP, 1 },
	{ "Ethernet, old VLAN number", 1, ETH "9100" "0064" "0800" "45",
	    LINK_IP, 1 },
	{ "Ethernet, four VLANs", 1, ETH "8100" "0001" "8100" "0001" "8100"
	    "0001" "8100" "0001" "0800" "45", LINK_IP, 1 },
	{ "Ethernet, five VLANs", 1, ETH "8100" "0001" "8100" "0001" "8100"
	    "0001" "8100" "0001" "8100" "0001" "0800" "45", LINK_OTHER, 0 },
	{ "Ethernet, cut in an address", 1, "02020202020204", LINK_SHORT, 0 },
	{ "Ethernet, cut in the type", 1, ETH "08", LINK_SHORT, 0 },
	{ "Ethernet, cut after a VLAN number", 1, ETH "8100", LINK_SHORT, 0 },
	{ "Ethernet, cut in the inner type", 1, ETH "8100" "0064" "08",
	    LINK_SHORT, 0 },
	{ "Ethernet, empty", 1, "", LINK_SHORT, 0 },
	{ "raw, IPv4", 12, "45", LINK_IP, 1 },
	{ "raw, IPv6", 12, "6000", LINK_IP, 2 },
	{ "raw, neither", 12, "70", LINK_OTHER, 0 },
	{ "raw, empty", 12, "", LINK_SHORT, 0 },
	{ "raw, OpenBSD's number", 14, "45", LINK_IP, 1 },
	{ "raw, the file format's number", 101, "45", LINK_IP, 1 },
	{ "IPv4 only", 228, "45", LINK_IP, 1 },
	{ "IPv6 only", 229, "60", LINK_IP, 1 },
	{ "cooked, IPv4", 113, COOKED "0800" "45", LINK_IP, 1 },
	{ "cooked, IPv6", 113, COOKED "86dd" "60", LINK_IP, 1 },
	{ "cooked, VLAN", 113, COOKED "8100" "0064" "0800" "45", LINK_IP, 1 },
	{ "cooked, ARP", 113, COOKED "0806" "45", LINK_OTHER, 0 },
	{ "cooked, sent by us", 113, "0004" "0001" "0006" "0404040404040000"
	    "0800" "45", LINK_OTHER, 0 },
	{ "cooked, cut", 113, COOKED "08", LINK_SHORT, 0 },
	{ "cooked v2, IPv4", 276, "0800" COOKED2 "45", LINK_IP, 1 },
	{ "cooked v2, IPv6", 276, "86dd" COOKED2 "60", LINK_IP, 1 },
	{ "cooked v2, VLAN", 276, "8100" COOKED2 "0064" "0800" "45", LINK_IP,
	    1 },
	{ "cooked v2, ARP", 276, "0806" COOKED2 "45", LINK_OTHER, 0 },
	{ "cooked v2, sent by us", 276, "0800" "0000" "00000002" "0001" "04"
	    "06" "0404040404040000" "45", LINK_OTHER, 0 },
	{ "cooked v2, cut", 276, "0800" "0000" "00000002" "0001" "00" "06"
	    "04", LINK_SHORT, 0 },
	{ "loopback, IPv4, little endian", 0, "02000000" "45", LINK_IP, 1 },
	{ "loopback, IPv4, big endian", 0, "00000002" "45", LINK_IP, 1 },
	{ "loopback, IPv6 of FreeBSD", 0, "1c000000" "60", LINK_IP, 1 },
	{ "loopback, IPv6 of macOS", 0, "1e000000" "60", LINK_IP, 1 },
	{ "loopback, IPv6 of OpenBSD", 108, "00000018" "60", LINK_IP, 1 },
	{ "loopback, AppleTalk", 0, "10000000" "60", LINK_OTHER, 0 },
	{ "loopback, cut", 0, "020000", LINK_SHORT, 0 },
	{ "unknown link type", 105, "0800" "45", LINK_OTHER, 0 },
};

/* Hex to a malloc of its exact size: one byte too far is ASan's to tell. */
static uint8_t *
bytes(const char *hex, size_t *n)
{
	uint8_t *p;
	unsigned v;

	*n = strlen(hex) / 2;
	p = malloc(*n + (*n == 0));
	for (size_t i = 0; i < *n; i++) {
		sscanf(hex + 2 * i, "%2x", &v);
		p[i] = (uint8_t)v;
	}
	return p;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n;
		uint8_t *p = bytes(rows[i].hex, &n);
		struct cur c = cur_init(p, n);
		enum link_strip got = link_strip(rows[i].type, &c);

		ok(got == rows[i].want && (got != LINK_IP ||
		    cur_left(&c) == rows[i].left), "%s", rows[i].what);
		free(p);
	}
	ok(link_known(1) && link_known(113) && link_known(0),
	    "known link types");
	ok(!link_known(105) && !link_known(-1), "unknown ones");
	return tap_done();
}
