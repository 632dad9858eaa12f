#include "seq.h"

#include <string.h>

enum { MSS4 = 1460, MSS6 = 1440 };

uint32_t
seq_mask(const struct key *k, const struct addr *src, const struct addr *dst,
    uint16_t sport, uint16_t dport)
{
	uint64_t sp = __builtin_bswap16(sport), dp = __builtin_bswap16(dport);

	return (uint32_t)(mask_hash(k, 'S', src, dst, PROTO_TCP |
	    sp << 8 | dp << 24, 5) >> 32);
}

void
seq_body(struct buf *b, const struct origin *o, size_t want)
{
	struct tcpopt opt;

	(void)want;
	seq_options(o, &opt);
	buf_take(b, opt.n);
}

void
seq_options(const struct origin *o, struct tcpopt *opt)
{
	uint16_t mss = o->src.v == 6 ? MSS6 : MSS4;

	if (o->tcp.given)
		*opt = o->tcp;
	else
		*opt = (struct tcpopt){ .n = 4, .b = { 2, 4,
		    (uint8_t)(mss >> 8), (uint8_t)mss } };
}

void
seq_fill(const struct tmpl *t, const struct ask *a, uint8_t *l4,
    uint16_t sport, uint32_t seq, uint32_t ack)
{
	put16(l4, sport);
	put32(l4 + 4, seq);
	put32(l4 + 8, ack);
	put16(l4 + 16, pkt_cksum(t->sum_l4 + pkt_wire16(sport) +
	    pkt_sum(l4 + 4, 8) + pkt_sum(a->dst.b, addr_bytes(&a->dst))));
}

bool
seq_parse(struct match *m, struct seq *s)
{
	s->sport = cur_u16(&m->c);
	s->dport = cur_u16(&m->c);
	s->seq = cur_u32(&m->c);
	s->ack = cur_u32(&m->c);
	cur_skip(&m->c, 1);			/* data offset: check_transport */
	s->flags = cur_u8(&m->c);
	return probe_ports_match(m, s->sport, s->dport);
}

enum reject
seq_match(struct match *m, const struct seq *s, uint32_t value, bool twisted)
{
	struct ask *a = &m->a->ask;
	uint16_t sport = m->quoted ? s->sport : s->dport;
	uint16_t dport = m->quoted ? s->dport : s->sport;
	struct mask k;

	if (m->e->key == NULL)
		return REJ_OK;
	uint32_t mask = seq_mask(m->e->key, &m->o->src, &a->dst, sport, dport);
	uint32_t state = value ^ (twisted ? seq_swap(mask) : mask);
	a->node = (uint16_t)(state >> 16);
	a->ttl = (uint8_t)(state >> 8);
	a->attempt = (uint8_t)state;
	a->flow = (uint16_t)(sport - probe_sport(m->o));
	if (a->node == 0 || !match_expected(m->e, a))
		return REJ_FORGED;
	if (m->quoted) {
		mask_set(&k, m->e->key, &m->ip->src, &m->ip->dst, m->ip->proto);
		return match_short(m, &k, 32);
	}
	m->a->has_ask = true;
	m->a->auth = AUTH_TAG32;
	return REJ_OK;
}

void
seq_fill_acked(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	uint16_t sport = (uint16_t)(probe_sport(&t->origin) + a->flow);
	uint32_t s = seq_mask(&t->key, &t->origin.src, &a->dst, sport,
	    probe_dport(&t->origin));

	(void)m;
	seq_fill(t, a, l4, sport, s ^ seq_state(a),
	    seq_swap(s) ^ seq_state(a));
}

enum reject
seq_match_reset(struct match *m)
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

void
seq_answer_reset(struct buf *b, struct cur c)
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
