/*
 * TCP SYN-ACK (RFC 9293): a host that asked for no connection answers RST,
 * with our acknowledgement number as its sequence number.
 */

#include "seq.h"

static void
fill(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	uint16_t sport = (uint16_t)(probe_sport(&t->origin) + a->flow);
	uint32_t s = seq_mask(&t->key, &t->origin.src, &a->dst, sport,
	    probe_dport(&t->origin));

	(void)m;
	seq_fill(t, a, l4, sport, s ^ seq_state(a),
	    seq_swap(s) ^ seq_state(a));
}

static enum reject
match(struct match *m)
{
	struct seq s;

	if (!seq_parse(m, &s))
		return REJ_FOREIGN;
	if (m->quoted)
		return seq_match(m, &s, s.seq, false);
	m->a->kind = KIND_RST;
	return (s.flags & SEQ_RST) == 0 ? REJ_FOREIGN :
	    seq_match(m, &s, s.seq, true);
}

static void
answer(struct buf *b, struct cur c)
{
	uint16_t sport = cur_u16(&c), dport = cur_u16(&c);

	cur_skip(&c, 4);			/* sequence number */
	buf_u16(b, dport);
	buf_u16(b, sport);
	buf_u32(b, cur_u32(&c));
	buf_u32(b, 0);
	buf_u16(b, 5 << 12 | SEQ_RST);
	buf_take(b, 6);
}

const struct probe_type probe_synack = {
	.name = "synack",
	.summary = "TCP SYN-ACK",
	.proto4 = PROTO_TCP,
	.proto6 = PROTO_TCP,
	.sport = 62000,
	.dport = 443,
	.nports = SEQ_FLOWS,
	.tcp_flags = SEQ_SYN | SEQ_ACK,
	.body = seq_body,
	.fill = fill,
	.match = match,
	.answer = answer,
};
