/*
 * ICMP and ICMPv6 echo (RFC 792, RFC 4443 section 4).  Identifier and
 * checksum are constant within a flow; ttl and attempt are in the sequence
 * number, everything else in the payload, with a word that keeps the
 * checksum what it is to be.
 */

#include "probe_types.h"

enum { REQUEST4 = 8, REPLY4 = 0, REQUEST6 = 128, REPLY6 = 129 };

static void
fill(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	size_t n = PAYLOAD_LEN(t->origin.src.v);
	uint16_t id = m->m[0] ^ a->flow, c = mask_cksum(m);
	uint16_t seq = m->m[2] ^ ask_state(a);
	uint64_t sum = t->sum_l4 + pkt_wire16(id) + pkt_wire16(seq);

	if (t->origin.src.v == 6)		/* in the pseudo-header */
		sum += pkt_sum(a->dst.b, 16);
	put16(l4 + 2, c);
	put16(l4 + 4, id);
	put16(l4 + 6, seq);
	payload_put(t, a, l4 + 8);
	sum += pkt_sum(l4 + 8, n);
	put16(l4 + 8 + PAYLOAD_FUDGE, pkt_fudge(sum, c));
}

/* Of eight bytes, all but type and code are keyed. */
static enum reject
match_header(struct match *m, uint16_t sum, uint16_t id, uint16_t seq)
{
	struct ask *a = &m->a->ask;
	struct mask k;

	if (m->e->key == NULL)
		return REJ_OK;
	mask_set(&k, m->e->key, &m->ip->src, &m->ip->dst, m->ip->proto);
	if (sum != mask_cksum(&k))
		return REJ_FORGED;
	uint16_t state = seq ^ k.m[2];
	a->flow = id ^ k.m[0];
	a->ttl = (uint8_t)(state >> 8);
	a->attempt = (uint8_t)state;
	return match_short(m, &k, 32);
}

static enum reject
match(struct match *m)
{
	bool v6 = m->o->src.v == 6;
	uint8_t type = cur_u8(&m->c);

	cur_skip(&m->c, 1);			/* code */
	uint16_t sum = cur_u16(&m->c);
	uint16_t id = cur_u16(&m->c), seq = cur_u16(&m->c);

	if (!m->quoted) {
		m->a->kind = KIND_ECHO;
		return type == (v6 ? REPLY6 : REPLY4) ?
		    payload_match(m, m->c) : REJ_FOREIGN;
	}
	if (type != (v6 ? REQUEST6 : REQUEST4))
		return REJ_FOREIGN;
	if (cur_left(&m->c) >= PAYLOAD_LEN(m->o->src.v))
		return payload_match(m, m->c);
	return match_header(m, sum, id, seq);
}

static void
answer(struct buf *b, struct cur c)
{
	uint8_t type = cur_u8(&c);
	size_t n = cur_left(&c);

	buf_u8(b, type == REQUEST6 ? REPLY6 : REPLY4);
	buf_copy(b, cur_bytes(&c, n), n);
}

const struct probe_type probe_icmp = {
	.name = "icmp",
	.summary = "ICMP echo request",
	.proto4 = PROTO_ICMP,
	.proto6 = PROTO_ICMP6,
	.bare_payload = true,
	.body = payload_body,
	.fill = fill,
	.match = match,
	.answer = answer,
};
