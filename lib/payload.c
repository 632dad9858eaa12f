/*
 * What probes carry to be known again: masks, payload and short tags.
 * probes(7) is the specification.
 */

#include <string.h>

#include "probe_types.h"
#include "siphash.h"

#define LATEST_NS	INT64_C(2000000000)	/* clocks of two nodes apart */

void
mask_set(struct mask *m, const struct key *k, const struct addr *src,
    const struct addr *dst, uint8_t proto)
{
	uint8_t b[34] = { 'M' };
	uint64_t v;

	if (src->v == 6) {
		memcpy(b + 1, src->b, 16);
		memcpy(b + 17, dst->b, 16);
		b[33] = proto;
		v = siphash_inline(k->b, b, 34);
	} else {
		memcpy(b + 1, src->b, 4);
		memcpy(b + 5, dst->b, 4);
		b[9] = proto;
		v = siphash_inline(k->b, b, 10);
	}
	for (int i = 0; i < 4; i++)
		m->m[i] = (uint16_t)(v >> (48 - 16 * i));
}

/* What the tag is over: the payload before it with fudge 0, source, protocol. */
static uint64_t
payload_tag(const struct key *k, const uint8_t *payload, const struct addr *src,
    uint8_t proto)
{
	uint8_t b[PAYLOAD6 - 8 + 17];

	if (src->v == 6) {
		memcpy(b, payload, PAYLOAD6 - 8);
		memset(b + PAYLOAD_FUDGE, 0, 2);
		memcpy(b + PAYLOAD6 - 8, src->b, 16);
		b[PAYLOAD6 + 8] = proto;
		return siphash_inline(k->b, b, PAYLOAD6 - 8 + 17);
	}
	memcpy(b, payload, PAYLOAD4 - 8);
	memset(b + PAYLOAD_FUDGE, 0, 2);
	memcpy(b + PAYLOAD4 - 8, src->b, 4);
	b[PAYLOAD4 - 4] = proto;
	return siphash_inline(k->b, b, PAYLOAD4 - 8 + 5);
}

void
payload_put(const struct tmpl *t, const struct ask *a, uint8_t *out)
{
	const struct addr *src = &t->origin.src;
	size_t n = addr_bytes(src);

	put32(out, t->key.mid);
	put16(out + 4, a->node);
	out[6] = 1;				/* version */
	out[7] = a->round;
	put64(out + 8, (uint64_t)a->tx_ns);
	out[16] = a->ttl;
	out[17] = a->attempt;
	put16(out + 18, a->flow);
	memset(out + PAYLOAD_FUDGE, 0, 4);	/* fudge, zero */
	memcpy(out + 24, a->dst.b, n);
	put64(out + 24 + n, payload_tag(&t->key, out, src,
	    probe_proto(t->probe, src->v)));
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
	struct cur whole = c;
	struct ask got = { .dst.v = family };
	uint32_t mid = cur_u32(&c);

	got.node = cur_u16(&c);
	uint8_t version = cur_u8(&c);
	got.round = cur_u8(&c);
	got.tx_ns = (int64_t)cur_u64(&c);
	got.ttl = cur_u8(&c);
	got.attempt = cur_u8(&c);
	got.flow = cur_u16(&c);
	cur_skip(&c, 4);			/* fudge, zero */
	cur_copy(&c, got.dst.b, family == 6 ? 16 : 4);
	uint64_t tag = cur_u64(&c);

	if (c.bad)
		return REJ_SHORT;
	if (k == NULL) {
		m->a->ask.dst = got.dst;
		return REJ_OK;
	}
	if (mid != k->mid)
		return REJ_FOREIGN;
	if (tag != payload_tag(k, cur_bytes(&whole, PAYLOAD_LEN(family)),
	    &m->o->src, probe_proto(m->o->probe, family)))
		return REJ_FORGED;
	if (version != 1 || got.node == 0 || !match_expected(m->e, &got))
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
