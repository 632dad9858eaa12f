/*
 * UDP to a port that nobody is expected to listen on (RFC 768): the target
 * answers port unreachable, with a quote.  The flow is in the source port, a
 * word of the payload keeps the checksum what it is to be, and the IPID has
 * ttl and attempt, so that 8 quoted bytes tell enough.
 */

#include "probe_types.h"

#define FLOWS	1024

static void
fill(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	size_t n = PAYLOAD_LEN(t->origin.src.v);
	uint16_t sport = (uint16_t)(probe_sport(&t->origin) + a->flow);
	uint16_t c = mask_cksum(m);

	payload_put(t, a, l4 + 8);
	put16(l4, sport);
	put16(l4 + 6, c);
	put16(l4 + 8 + PAYLOAD_FUDGE, pkt_fudge(t->sum_l4 +
	    pkt_wire16(sport) + pkt_sum(l4 + 8, n) +
	    pkt_sum(a->dst.b, addr_bytes(&a->dst)), c));
}

/*
 * Whoever does listen there may say anything; it is an answer of ours only
 * if it is our payload, as an echo service (RFC 862) returns it.
 */
static enum reject
match_echoed(struct match *m)
{
	struct cur peek = m->c;

	m->a->kind = KIND_ECHO;
	if (m->e->key != NULL && cur_u32(&peek) != m->e->key->mid)
		return REJ_FOREIGN;
	return payload_match(m, m->c);
}

static enum reject
match(struct match *m)
{
	uint16_t sport = cur_u16(&m->c), dport = cur_u16(&m->c);

	cur_skip(&m->c, 2);			/* length */
	uint16_t sum = cur_u16(&m->c);
	if (!probe_ports_match(m, sport, dport))
		return REJ_FOREIGN;
	if (!m->quoted)
		return match_echoed(m);
	return cur_left(&m->c) >= PAYLOAD_LEN(m->o->src.v) ?
	    payload_match(m, m->c) : match_udp(m, sport, sum);
}

static void
answer(struct buf *b, struct cur c)
{
	uint16_t sport = cur_u16(&c), dport = cur_u16(&c);
	size_t n;

	cur_skip(&c, 4);			/* length, checksum */
	n = cur_left(&c);
	buf_u16(b, dport);
	buf_u16(b, sport);
	buf_u16(b, (uint16_t)(8 + n));
	buf_u16(b, 0);
	buf_copy(b, cur_bytes(&c, n), n);
}

const struct probe_type probe_udp = {
	.name = "udp",
	.summary = "UDP to a port that should be closed",
	.proto4 = PROTO_UDP,
	.proto6 = PROTO_UDP,
	.sport = 63000,
	.dport = 33434,
	.nports = FLOWS,
	.bare_payload = true,
	.body = payload_body,
	.fill = fill,
	.match = match,
	.answer = answer,
};
