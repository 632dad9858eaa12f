#include "link.h"

enum {
	ETHERTYPE_IP4 = 0x0800, ETHERTYPE_IP6 = 0x86dd,
	VLAN_MAX = 4,		/* tags in a row */
	SLL_OUTGOING = 4,	/* packet type of what we sent */
	TYPE_RAW_BSD = 12, TYPE_RAW_OPENBSD = 14, TYPE_LINUX_RAW = 101
};

/*
 * Read an Ethernet type and the VLAN tags (IEEE 802.1Q, 802.1ad, and the
 * number used before that) it may announce; return the last type.
 */
static unsigned
ethertype(struct cur *c)
{
	unsigned type = cur_u16(c);

	for (int i = 0; i < VLAN_MAX && (type == 0x8100 || type == 0x88a8 ||
	    type == 0x9100); i++) {
		cur_skip(c, 2);			/* priority and VLAN id */
		type = cur_u16(c);
	}
	return type;
}

static unsigned
ethernet(struct cur *c)
{
	cur_skip(c, 12);			/* both addresses */
	return ethertype(c);
}

/* Linux cooked capture; tags may follow its type as they do Ethernet's. */
static unsigned
sll(struct cur *c)
{
	unsigned kind = cur_u16(c);

	cur_skip(c, 2 + 2 + 8);			/* ARPHRD, address */
	return kind == SLL_OUTGOING ? 0 : ethertype(c);
}

static unsigned
sll2(struct cur *c)
{
	unsigned type = cur_u16(c), kind;

	cur_skip(c, 2 + 4 + 2);			/* zero, interface, ARPHRD */
	kind = cur_u8(c);
	cur_skip(c, 1 + 8);			/* address */
	if (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
		cur_skip(c, 2);
		type = ethertype(c);
	}
	return kind == SLL_OUTGOING ? 0 : type;
}

/*
 * BSD loopback: the address family, in the byte order of whoever captured
 * (LOOP: network order).  IPv6's number differs from system to system.
 */
static unsigned
loopback(struct cur *c)
{
	uint32_t af = cur_u32(c);

	if (af > 0xffff)
		af = af >> 24 | (af >> 8 & 0xff00);
	switch (af) {
	case 2:
		return ETHERTYPE_IP4;
	case 10: case 24: case 28: case 30:
		return ETHERTYPE_IP6;
	default:
		return 0;
	}
}

/* No link header: the version says what it is. */
static unsigned
raw(struct cur *c)
{
	struct cur peek = *c;
	unsigned v = cur_u8(&peek) >> 4;

	if (peek.bad)
		c->bad = true;
	return v == 4 ? ETHERTYPE_IP4 : v == 6 ? ETHERTYPE_IP6 : 0;
}

static const struct {
	int		 type;
	unsigned	(*strip)(struct cur *);
} links[] = {
	{ 1,			ethernet },
	{ TYPE_RAW_BSD,		raw },
	{ TYPE_RAW_OPENBSD,	raw },
	{ TYPE_LINUX_RAW,	raw },
	{ 228,			raw },		/* IPv4 */
	{ 229,			raw },		/* IPv6 */
	{ 0,			loopback },
	{ 108,			loopback },
	{ 113,			sll },
	{ 276,			sll2 },
};

bool
link_known(int type)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].type == type)
			return true;
	return false;
}

enum link_strip
link_strip(int type, struct cur *c)
{
	unsigned got = 0;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].type == type)
			got = links[i].strip(c);
	if (c->bad)
		return LINK_SHORT;
	return got == ETHERTYPE_IP4 || got == ETHERTYPE_IP6 ? LINK_IP :
	    LINK_OTHER;
}
