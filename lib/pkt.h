#ifndef PKT_H
#define PKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"
#include "buf.h"
#include "cur.h"

/* IPv4 and IPv6 headers and Internet checksums (RFC 791, 1071, 8200). */

enum {
	PROTO_HOPOPTS = 0, PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17,
	PROTO_ROUTING = 43, PROTO_FRAGMENT = 44, PROTO_AH = 51,
	PROTO_ICMP6 = 58, PROTO_NONE = 59, PROTO_DSTOPTS = 60
};

/* What an IP header says; src.v is the family. */
struct pkt {
	struct addr	src, dst;
	uint8_t		proto;		/* after IPv6 extension headers */
	uint8_t		ttl, tos;
	uint16_t	id;		/* IPv4 */
	uint32_t	label;		/* IPv6 */
	size_t		size;		/* of the packet, as it says itself */
	bool		cut;		/* fewer bytes than that are here */
	bool		frag;		/* a fragment, not the whole packet */
	bool		badsum;		/* IPv4 header checksum is wrong */
};

enum pkt_error { PKT_OK, PKT_SHORT, PKT_BADFORM };

/*
 * Parse an IP header with its options or extension headers and leave *c at
 * the transport header, without padding after the packet.  quoted: by an
 * ICMP error; its length is not believed, because some hosts quote it in
 * their own byte order, nor is a DF bit in that order an offset.
 * PKT_SHORT: cut within the header; PKT_BADFORM: no
 * IP header, or its lengths contradict each other.
 */
enum pkt_error pkt_parse(struct pkt *, struct cur *c, bool quoted);

/*
 * Begin a header (IPv6 or IPv4 by h->src.v); pkt_end, given what pkt_begin
 * returned, fills in length, IPv4 checksum and the checksum of the ICMP,
 * TCP or UDP message in between.
 */
size_t	 pkt_begin(struct buf *, const struct pkt *h);
void	 pkt_end(struct buf *, size_t at);

/*
 * A running Internet checksum: 16-bit words as they lie in memory, summed
 * without folding, so that sums of parts add up in any order.  Each part
 * but the last begins at an even offset of the whole.
 */
static inline uint64_t
pkt_sum(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;
	uint32_t w;
	uint16_t h;

	for (; n >= 4; n -= 4, p += 4) {
		memcpy(&w, p, 4);
		sum += w;
	}
	if (n >= 2) {
		memcpy(&h, p, 2);
		sum += h;
		p += 2;
		n -= 2;
	}
	if (n == 1) {
		h = 0;
		memcpy(&h, p, 1);
		sum += h;
	}
	return sum;
}

/* Byte order of the machine to that of the wire, or back. */
static inline uint16_t
pkt_wire16(uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	return v;
}

/* A sum as a number of 16 bits: not complemented, 0xffff when all is well. */
static inline uint16_t
pkt_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return pkt_wire16((uint16_t)sum);
}

/* The checksum field for a sum. */
static inline uint16_t
pkt_cksum(uint64_t sum)
{
	return (uint16_t)~pkt_fold(sum);
}

/*
 * The word that makes a checksum come out as c, which is neither 0 nor
 * 0xffff, when it is added to the sum: RFC 1624 backwards.  Never 0xffff.
 */
static inline uint16_t
pkt_fudge(uint64_t sum, uint16_t c)
{
	uint32_t want = (uint16_t)~c, have = pkt_fold(sum);

	return (uint16_t)((want + 0xffff - have) % 0xffff);
}

/* The sum of the pseudo-header (RFC 768, 8200 section 8.1) of n bytes. */
uint64_t pkt_pseudo(const struct addr *src, const struct addr *dst,
    uint8_t proto, size_t n);

/* Is the checksum right of a message that is all in c, ICMP, TCP or UDP? */
bool	 pkt_goodsum(const struct pkt *, struct cur c);

#endif
