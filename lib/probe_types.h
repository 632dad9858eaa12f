#ifndef PROBE_TYPES_H
#define PROBE_TYPES_H

#include "pkt.h"
#include "probe.h"

/*
 * What a row of probes.def consists of, and what probe.c offers to rows.
 * Only probe*.c, tmpl_net.c and tests include this.
 */

/* 64 bits keyed by (source, target, protocol): probes(7), MASKS. */
struct mask {
	uint16_t	m[4];
};

/* An answer, or our probe as an ICMP error quotes it, about to be judged. */
struct match {
	const struct expect	*e;
	const struct origin	*o;
	const struct pkt	*ip;	/* header of the one or the other */
	struct cur		 c;	/* after it: 8 bytes (TCP 20) are there */
	bool			 quoted;
	int64_t			 rx_ns;
	struct answer		*a;	/* to be filled in */
};

struct probe_type {
	const char	*name;
	const char	*summary;
	uint8_t		 proto4, proto6;
	uint16_t	 sport, dport;	/* defaults; 0: no ports, or derived */
	uint16_t	 nports;	/* source ports used, from sport on */
	bool		 keyed_port;	/* the source port is not to be chosen */
	bool		 bare_payload;	/* follows the header as it is */
	uint8_t		 tcp_flags;	/* TCP: of the probe */
	bool		 tcp_options;	/* TCP: they may be chosen */

	/*
	 * Append what follows the transport header, zero where fill writes;
	 * want: bytes it should have in the end, 0: as few as needed.
	 */
	void		(*body)(struct buf *, const struct origin *, size_t want);

	/* Write into a copy of the template, from its transport header on. */
	void		(*fill)(const struct tmpl *, const struct ask *,
	    const struct mask *, uint8_t *l4);

	/* Is this ours?  Without m->e->key: has it the shape of ours? */
	enum reject	(*match)(struct match *);

	/*
	 * Append what a willing host answers, without checksum, to the probe
	 * whose transport header c is at.  Only tests call it.
	 */
	void		(*answer)(struct buf *, struct cur c);
};

#define PROBE(name)	extern const struct probe_type probe_##name;
#include "probes.def"
#undef PROBE

/* Ports of an origin, the type's default if it does not say. */
static inline uint16_t
probe_sport(const struct origin *o)
{
	return o->sport != 0 && !o->probe->keyed_port ? o->sport :
	    o->probe->sport;
}

static inline uint16_t
probe_dport(const struct origin *o)
{
	return o->dport != 0 ? o->dport : o->probe->dport;
}

/* Do the ports of an answer, or a quoted probe, belong to m's origin? */
bool	 probe_ports_match(const struct match *, uint16_t sport, uint16_t dport);

/* Append the origin's body; the buffer goes bad if it cannot be made. */
void	 probe_body(struct buf *, const struct origin *);

static inline void
put16(uint8_t *p, uint16_t v)
{
	v = pkt_wire16(v);
	memcpy(p, &v, 2);
}

static inline void
put32(uint8_t *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	memcpy(p, &v, 4);
}

static inline void
put64(uint8_t *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, 8);
}

/*
 * H(what | src | dst | tail): probes(7), KEYS.  tail is n bytes, at most 6,
 * the first the lowest.
 */
uint64_t mask_hash(const struct key *, uint8_t what, const struct addr *src,
    const struct addr *dst, uint64_t tail, unsigned n);

/* Masks, and what is derived from them. */
void	 mask_set(struct mask *, const struct key *, const struct addr *src,
    const struct addr *dst, uint8_t proto);

/* The checksum all packets of a target have; neither 0 nor 0xffff. */
static inline uint16_t
mask_cksum(const struct mask *m)
{
	return m->m[1] == 0 ? 0x5aa5 : m->m[1] == 0xffff ? 0xa55a : m->m[1];
}

/* The flow label, never 0. */
static inline uint32_t
mask_label(const struct mask *m, uint16_t flow)
{
	uint32_t v = ((uint32_t)m->m[0] << 4 | m->m[3] >> 12) ^ flow;

	return v == 0 ? 1 : v;
}

/* The IPID, never 0; state is ttl << 8 | attempt. */
static inline uint16_t
mask_ipid(const struct mask *m, uint16_t state)
{
	uint16_t id = m->m[3] ^ state;

	return id != 0 ? id : (uint16_t)(m->m[3] ^ (state | 255));
}

/*
 * And back.  Attempt 255 stands for the state that would have given 0, which
 * is the mask.  Whether that state has that IPID, match_quoted_id says.
 */
static inline uint16_t
mask_state(const struct mask *m, uint16_t ipid)
{
	uint16_t s = ipid ^ m->m[3];

	return (s & 255) == 255 ? m->m[3] : s;
}

static inline uint16_t
ask_state(const struct ask *a)
{
	return (uint16_t)(a->ttl << 8 | a->attempt);
}

/*
 * The payload: everything about a probe and a 64-bit tag; without the
 * contact text that may follow it.
 */
#define PAYLOAD4	36
#define PAYLOAD6	48
#define PAYLOAD_MAX	PAYLOAD6
#define PAYLOAD_FUDGE	20		/* offset of the word for checksums */
#define PAYLOAD_LEN(v)	((v) == 6 ? PAYLOAD6 : PAYLOAD4)

/* Write the payload, fudge 0. */
void	 payload_put(const struct tmpl *, const struct ask *, uint8_t *out);

/*
 * A row's body: the payload, the contact text with a NUL if there is one,
 * zeros up to the size wanted.
 */
void	 payload_body(struct buf *, const struct origin *, size_t want);

/* Judge a payload, given with what follows it. */
enum reject payload_match(struct match *, struct cur);

/*
 * Short tags.  What was decoded goes to m->a->ask first; bits of it are
 * keyed, and agrees says whether the IPID or flow label goes with it too.
 * REJ_OK with the level of authentication set, or REJ_FORGED.
 */
enum reject match_short(struct match *, const struct mask *, unsigned bits);

/*
 * The first eight bytes of a quoted UDP probe whose checksum is the
 * target's: flow, checksum and IPID or flow label.
 */
enum reject match_udp(struct match *, uint16_t sport, uint16_t sum);

/* Is the ask one that this run may have made?  node 0: not known. */
bool	 match_expected(const struct expect *, const struct ask *);

/* Does the quoted IPID or flow label go with the ask? */
bool	 match_quoted_id(const struct match *, const struct mask *);

#endif
