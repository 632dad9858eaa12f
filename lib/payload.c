/*
 * What probes carry to be known again: masks, payload and short tags.
 * probes(7) is the specification.
 */

#include <string.h>

#include "probe_types.h"
#include "siphash.h"

#define LATEST_NS	INT64_C(2000000000)	/* clocks of two nodes apart */

static uint64_t
load32(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24;
}

uint64_t
mask_hash(const struct key *k, uint8_t what, const struct addr *src,
    const struct addr *dst, uint64_t tail, unsigned n)
{
	uint64_t v[4], m = what;

	sip_begin(v, k->b);
	if (src->v == 4) {
		uint64_t s = load32(src->b), d = load32(dst->b);

		sip_word(v, m | s << 8 | d << 40);
		m = d >> 24;
		n += 9;
	} else {
		uint64_t a[4] = { sip_load(src->b), sip_load(src->b + 8),
		    sip_load(dst->b), sip_load(dst->b + 8) };

		for (int i = 0; i < 4; i++) {
			sip_word(v, m | a[i] << 8);
			m = a[i] >> 56;
		}
		n += 33;
	}
	return sip_end(v, m | tail << 8 | (uint64_t)n << 56);
}

void
mask_set(struct mask *m, const struct key *k, const struct addr *src,
    const struct addr *dst, uint8_t proto)
{
	uint64_t v = mask_hash(k, 'M', src, dst, proto, 1);

	for (int i = 0; i < 4; i++)
		m->m[i] = (uint16_t)(v >> (48 - 16 * i));
}

/* The first 24 bytes of a payload, as they are read from the wire. */
struct head {
	uint64_t	ids;		/* mid, node, version, round */
	uint64_t	tx_ns;
	uint64_t	state;		/* ttl, attempt, flow, fudge, zero */
};

/* The tag is over the payload before it with fudge 0, source, protocol. */
static uint64_t
payload_tag(const struct key *k, const struct head *h, const struct addr *dst,
    const struct addr *src, uint8_t proto)
{
	uint64_t v[4], n = 33;

	sip_begin(v, k->b);
	sip_word(v, sip_swap(h->ids));
	sip_word(v, sip_swap(h->tx_ns));
	sip_word(v, sip_swap(h->state & ~UINT64_C(0xffff0000)));
	if (src->v == 4) {
		sip_word(v, load32(dst->b) | load32(src->b) << 32);
	} else {
		sip_word(v, sip_load(dst->b));
		sip_word(v, sip_load(dst->b + 8));
		sip_word(v, sip_load(src->b));
		sip_word(v, sip_load(src->b + 8));
		n = 57;
	}
	return sip_end(v, proto | n << 56);
}

void
payload_put(const struct tmpl *t, const struct ask *a, uint8_t *out)
{
	const struct addr *src = &t->origin.src;
	size_t n = addr_bytes(src);
	struct head h = {
		.ids = (uint64_t)t->key.mid << 32 | (uint64_t)a->node << 16 |
		    1u << 8 | a->round,
		.tx_ns = (uint64_t)a->tx_ns,
		.state = (uint64_t)ask_state(a) << 48 | (uint64_t)a->flow << 32,
	};

	put64(out, h.ids);
	put64(out + 8, h.tx_ns);
	put64(out + 16, h.state);
	memcpy(out + 24, a->dst.b, n);
	put64(out + 24 + n, payload_tag(&t->key, &h, &a->dst, src,
	    probe_proto(t->probe, src->v)));
}

void
payload_body(struct buf *b, const struct origin *o, size_t want)
{
	size_t at = b->len;

	buf_take(b, PAYLOAD_LEN(o->src.v));
	if (o->contact != NULL)
		buf_copy(b, o->contact, strlen(o->contact) + 1);
	if (!b->bad && b->len - at < want)
		buf_take(b, want - (b->len - at));
}

bool
match_expected(const struct expect *e, const struct ask *a)
{
	if (a->ttl == 0 || a->attempt == 255)
		return false;
	if (e->max_node != 0 && a->node > e->max_node)
		return false;
	if (e->ttl != 0 && a->ttl != e->ttl)
		return false;
	return e->max_attempt == 0 || a->attempt <= e->max_attempt;
}

enum reject
payload_match(struct match *m, struct cur c)
{
	const struct key *k = m->e->key;
	uint8_t family = m->o->src.v;
	struct ask got = { .dst.v = family };
	struct head h = { .ids = cur_u64(&c) };

	h.tx_ns = cur_u64(&c);
	h.state = cur_u64(&c);
	cur_copy(&c, got.dst.b, family == 6 ? 16 : 4);
	uint64_t tag = cur_u64(&c);

	if (c.bad)
		return REJ_SHORT;
	if (k == NULL) {
		m->a->ask.dst = got.dst;
		return REJ_OK;
	}
	if (h.ids >> 32 != k->mid)
		return REJ_FOREIGN;
	if (tag != payload_tag(k, &h, &got.dst, &m->o->src,
	    probe_proto(m->o->probe, family)))
		return REJ_FORGED;
	got.tx_ns = (int64_t)h.tx_ns;
	got.node = (uint16_t)(h.ids >> 16);
	got.round = (uint8_t)h.ids;
	got.ttl = (uint8_t)(h.state >> 56);
	got.attempt = (uint8_t)(h.state >> 48);
	got.flow = (uint16_t)(h.state >> 32);
	if ((h.ids >> 8 & 255) != 1 || got.node == 0 ||
	    !match_expected(m->e, &got))
		return REJ_FORGED;
	if (got.tx_ns > m->rx_ns + LATEST_NS)
		return REJ_FUTURE;
	m->a->ask = got;
	m->a->has_ask = true;
	m->a->auth = AUTH_MAC64;
	return REJ_OK;
}

bool
match_quoted_id(const struct match *m, const struct mask *k)
{
	const struct ask *a = &m->a->ask;

	if (m->ip->src.v == 6)
		return m->ip->label == mask_label(k, a->flow);
	return m->ip->id == mask_ipid(k, ask_state(a));
}

/* Bits of freedom a forger has in what was decoded. */
static unsigned
free_bits(const struct expect *e, bool node)
{
	uint64_t n = e->ttl != 0 ? 1 : 255;
	unsigned bits = 0;

	n *= e->max_attempt != 0 ? e->max_attempt + 1u : 255;
	if (node)
		n *= e->max_node != 0 ? e->max_node : UINT16_MAX;
	while (n > (uint64_t)1 << bits)
		bits++;
	return bits;
}

enum reject
match_short(struct match *m, const struct mask *k, unsigned bits)
{
	const struct ask *a = &m->a->ask;

	if (!match_expected(m->e, a))
		return REJ_FORGED;
	m->a->has_ask = true;
	m->a->auth = AUTH_TAG32;
	if (match_quoted_id(m, k))
		return REJ_OK;
	/* Rewritten on the way?  Believe it, less, if much else agrees. */
	m->a->auth = AUTH_TAG16;
	return bits >= 20 + free_bits(m->e, a->node != 0) ? REJ_OK : REJ_FORGED;
}

enum reject
match_udp(struct match *m, uint16_t sport, uint16_t sum)
{
	struct ask *a = &m->a->ask;
	struct mask k;
	uint16_t state;

	if (m->e->key == NULL)
		return REJ_OK;
	mask_set(&k, m->e->key, &m->ip->src, &m->ip->dst, m->ip->proto);
	if (sum != mask_cksum(&k))
		return REJ_FORGED;
	a->flow = (uint16_t)(sport - probe_sport(m->o));
	m->a->auth = AUTH_TAG32;
	if (m->ip->src.v == 6)			/* ttl and attempt: not there */
		return match_quoted_id(m, &k) ? REJ_OK : REJ_FORGED;
	state = mask_state(&k, m->ip->id);
	a->ttl = (uint8_t)(state >> 8);
	a->attempt = (uint8_t)state;
	return match_short(m, &k, 16);
}
