/*
 * TCP SYN (RFC 9293): open ports answer SYN-ACK, closed ones RST, both with
 * our sequence number, plus one, acknowledged.
 */

#include "seq.h"

static void
fill(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	(void)m;
	seq_fill(t, a, l4, false);
}

static enum reject
match(struct match *m)
{
	struct seq s;

	if (!seq_parse(m, &s))
		return REJ_FOREIGN;
	if (m->quoted)
		return seq_match_quoted(m, &s);
	if ((s.flags & (SEQ_RST | SEQ_ACK)) == (SEQ_RST | SEQ_ACK))
		m->a->kind = KIND_RST;
	else if ((s.flags & (SEQ_SYN | SEQ_ACK)) == (SEQ_SYN | SEQ_ACK))
		m->a->kind = KIND_SYNACK;
	else
		return REJ_FOREIGN;
	return seq_match(m, &s, s.ack - 1, false);
}

static void
answer(struct buf *b, struct cur c)
{
	uint16_t sport = cur_u16(&c), dport = cur_u16(&c);
	uint32_t seq = cur_u32(&c);

	buf_u16(b, dport);
	buf_u16(b, sport);
	buf_u32(b, 0x01020304);
	buf_u32(b, seq + 1);
	buf_u16(b, 5 << 12 | SEQ_SYN | SEQ_ACK);
	buf_u16(b, 1024);
	buf_u32(b, 0);
}

const struct probe_type probe_syn = {
	.name = "syn",
	.summary = "TCP SYN",
	.proto4 = PROTO_TCP,
	.proto6 = PROTO_TCP,
	.sport = 62000,
	.dport = 80,
	.nports = SEQ_FLOWS,
	.tcp_flags = SEQ_SYN,
	.tcp_options = true,
	.body = seq_body,
	.fill = fill,
	.match = match,
	.answer = answer,
};
