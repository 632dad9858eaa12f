#ifndef WIRE_H
#define WIRE_H

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "icmp.h"
#include "probe_types.h"
#include "tap.h"

/*
 * A run of one origin, its probes, what willing hosts and routers send back,
 * and what becomes of that.
 */
#define NOW	INT64_C(1700000000123456789)

struct rig {
	struct key	key;
	struct origin	origin;
	struct tmpl	tmpl;
	struct expect	expect;
	struct ask	ask;
	char		err[128];
};

struct packet {
	uint8_t	b[2048];
	size_t	len;
};

static inline struct addr
wire_addr(uint8_t family, const char *v4, const char *v6)
{
	struct addr a;
	const char *s = family == 6 ? v6 : v4;

	if (addr_parse(&a, s, strlen(s)) == -1)
		abort();
	return a;
}

static inline struct addr
wire_router(uint8_t family)
{
	return wire_addr(family, "203.0.113.9", "2001:db8:9::9");
}

/* Build the template again after a change of the origin; 0 or -1. */
static inline int
rig_build(struct rig *r)
{
	return tmpl_build(&r->tmpl, &r->origin, &r->key, r->err);
}

static inline void
rig_init(struct rig *r, const struct probe_type *p, uint8_t family)
{
	uint8_t b[16];

	for (uint8_t i = 0; i < 16; i++)
		b[i] = i;
	memset(r, 0, sizeof(*r));
	key_set(&r->key, b);
	r->origin.probe = p;
	r->origin.src = wire_addr(family, "192.0.2.1", "2001:db8::1");
	r->ask = (struct ask){ .dst = wire_addr(family, "198.51.100.7",
	    "2001:db8:1::7"), .tx_ns = NOW, .node = 3, .round = 1, .ttl = 64,
	    .attempt = 2 };
	r->expect = (struct expect){ .origins = &r->origin, .n = 1,
	    .key = &r->key };
	if (rig_build(r) == -1)
		abort();
}

static inline struct packet
rig_probe(const struct rig *r, const struct ask *ask)
{
	struct packet p = { .len = r->tmpl.len };

	probe_fill(&r->tmpl, ask, p.b);
	return p;
}

/* Checksums again, after a change. */
static inline void
packet_sums(struct packet *p)
{
	struct buf b = { p->b, p->len, sizeof(p->b), false };

	pkt_end(&b, 0);
}

/* What a willing host sends back. */
static inline struct packet
rig_answer(const struct rig *r, const struct packet *probe)
{
	struct packet out = { .len = 0 };
	struct buf b = buf_init(out.b, sizeof(out.b));
	struct cur c = cur_init(probe->b, probe->len);
	struct pkt in, h = { .ttl = 57, .tos = 8 };

	if (pkt_parse(&in, &c, false) != PKT_OK)
		abort();
	h.src = in.dst;
	h.dst = in.src;
	h.proto = in.proto;
	pkt_begin(&b, &h);
	r->origin.probe->answer(&b, c);
	pkt_end(&b, 0);
	out.len = b.len;
	return out;
}

/* Wrap n bytes in an ICMP error; word is the rest of its header. */
static inline struct packet
wire_error(const struct addr *to, uint8_t type, uint8_t code, uint32_t word,
    const uint8_t *p, size_t n)
{
	struct packet out = { .len = 0 };
	struct buf b = buf_init(out.b, sizeof(out.b));
	struct pkt h = { .src = wire_router(to->v), .dst = *to, .ttl = 55,
	    .proto = to->v == 6 ? PROTO_ICMP6 : PROTO_ICMP };

	pkt_begin(&b, &h);
	buf_u8(&b, type);
	buf_u8(&b, code);
	buf_u16(&b, 0);
	buf_u32(&b, word);
	buf_copy(&b, p, n);
	pkt_end(&b, 0);
	out.len = b.len;
	return out;
}

/* A time exceeded that quotes n bytes of a probe, 0: all. */
static inline struct packet
rig_error(const struct rig *r, const struct packet *probe, size_t n)
{
	return wire_error(&r->origin.src, r->origin.src.v == 6 ? 3 : 11, 0, 0,
	    probe->b, n == 0 || n > probe->len ? probe->len : n);
}

/* Judge n bytes in a malloc of their own; a->quote is not to be used. */
static inline enum reject
rig_match_bytes(const struct rig *r, const uint8_t *p, size_t n,
    struct answer *a)
{
	uint8_t *copy = exact(p, n);
	enum reject got = probe_match(&r->expect, cur_init(copy, n), NOW + 1000,
	    a);

	free(copy);
	return got;
}

static inline enum reject
rig_match(const struct rig *r, const struct packet *p, struct answer *a)
{
	return rig_match_bytes(r, p->b, p->len, a);
}

/* Is what came back what was asked?  What that level cannot know is left out. */
static inline bool
ask_same(const struct ask *got, const struct ask *want, enum auth level)
{
	return addr_cmp(&got->dst, &want->dst) == 0 &&
	    got->ttl == want->ttl && got->attempt == want->attempt &&
	    got->flow == want->flow &&
	    (got->node == want->node || (got->node == 0 && level < AUTH_MAC64)) &&
	    (level < AUTH_MAC64 ? got->tx_ns == NUM_NONE :
	    got->tx_ns == want->tx_ns && got->round == want->round);
}

/* What became of it, in a word: the reject, or the authentication. */
static inline const char *
rig_verdict(const struct rig *r, const struct packet *p)
{
	struct answer a;
	enum reject e = rig_match(r, p, &a);

	return e == REJ_OK ? auth_name(a.auth) : reject_name(e);
}

static inline void
is(const struct rig *r, const struct packet *p, const char *want,
    const char *what)
{
	const char *got = rig_verdict(r, p);

	ok(strcmp(got, want) == 0, "%s/%u: %s: %s",
	    probe_name(r->origin.probe), r->origin.src.v, what, got);
}

static inline size_t
rig_ip_len(const struct rig *r)
{
	return r->origin.src.v == 6 ? 40 : 20;
}

#endif
