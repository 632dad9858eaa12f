#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Probes as they arrive, told from the packet alone: no key, no options.
 * Written from probes(7) and sharing nothing with lib/, so that the two
 * cannot be wrong together.
 */
enum ptype {
	P_ICMP, P_DNS, P_CHAOS, P_SYN, P_SYNACK, P_UDP, P_ACK, P_NONE
};
#define KINDS	(2 * P_NONE)		/* type and family */

extern const char *const ptype_name[];

#define FRAME_MAX	1600
#define PAY_MAX		48

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };

struct seen {
	const uint8_t	*ip;		/* whole packet, IP header and all */
	size_t		 len;
	size_t		 l4;		/* where the transport header begins */
	const uint8_t	*src, *dst;	/* into ip */
	size_t		 alen;		/* 4 or 16 */
	enum ptype	 type;
	uint8_t		 proto, ttl;
	unsigned	 site;		/* came from */
	int64_t		 rx_ns;

	bool		 payload;	/* it has our payload; then: */
	uint8_t		 pay[PAY_MAX];	/* the payload, decoded */
	size_t		 paylen;	/* 36 or 48 */
	uint16_t	 node, flow;
	uint8_t		 version, round, pttl, attempt;
	int64_t		 tx_ns;
};

/* Where things are in the payload. */
enum {
	PAY_NODE = 4, PAY_VERSION = 6, PAY_ROUND = 7, PAY_TX = 8, PAY_TTL = 16,
	PAY_ATTEMPT = 17, PAY_FLOW = 18, PAY_FUDGE = 20, PAY_ZERO = 22,
	PAY_DST = 24, PAY_TAG4 = 28, PAY_TAG6 = 40
};

static inline unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t
get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* Do probes of that type carry the payload? */
static inline bool
wire_has_payload(enum ptype t)
{
	return t == P_ICMP || t == P_DNS || t == P_UDP;
}

/* Is this packet a probe?  Fills all but site and rx_ns. */
bool	 wire_parse(struct seen *, const uint8_t *ip, size_t len);

/* Base32 of RFC 4648, lower case, without padding; return the length. */
size_t	 wire_base32(const uint8_t *, size_t n, char *out);
/* Either case; return the bytes decoded, or 0. */
size_t	 wire_unbase32(const char *, size_t n, uint8_t *out, size_t cap);

/*
 * The transport checksum of a whole packet: what the field should hold (the
 * field is taken as zero).  ok: what stands there is right.
 */
unsigned wire_sum(const uint8_t *ip, size_t len, size_t l4, uint8_t proto);
bool	 wire_sum_ok(const uint8_t *ip, size_t len, size_t l4, uint8_t proto);
unsigned wire_ipsum(const uint8_t *ip);
/* Where the transport checksum stands in its header, or 0. */
size_t	 wire_sumpos(uint8_t proto);
/* Set lengths to len and both checksums. */
void	 wire_finish(uint8_t *ip, size_t len, size_t l4, uint8_t proto);

/*
 * What is wrong with a probe that probes(7) promises without the key: NULL
 * if nothing.
 */
const char *wire_check(const struct seen *);

/*
 * With the key: tag, id, sequence number, checksum, IPID, flow label.  What
 * only the key can tell of a probe without payload is filled in.
 */
struct wirekey {
	uint8_t		b[16];
	/* Sources of flow 0; tcp: syn and synack. */
	uint16_t	dns_sport, tcp_sport, udp_sport, ack_sport;
};
const char *wire_check_key(struct seen *, const struct wirekey *);

#endif
