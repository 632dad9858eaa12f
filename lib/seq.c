#include "seq.h"

#include <string.h>

enum { HEADER = 20, MSS4 = 1460, MSS6 = 1440 };

struct seqmask
seq_mask(const struct key *k, const struct addr *src, const struct addr *dst,
    uint16_t sport, uint16_t dport)
{
	uint64_t sp = __builtin_bswap16(sport), dp = __builtin_bswap16(dport);
	uint64_t h = mask_hash(k, 'S', src, dst, PROTO_TCP | sp << 8 |
	    dp << 24, 5);

	return (struct seqmask){ (uint32_t)(h >> 32), (uint32_t)h };
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
seq_fill(const struct tmpl *t, const struct ask *a, uint8_t *l4, bool acked)
{
	uint16_t sport = (uint16_t)(probe_sport(&t->origin) + a->flow);
	struct seqmask k = seq_mask(&t->key, &t->origin.src, &a->dst, sport,
	    probe_dport(&t->origin));
	size_t ts = t->origin.tcp.ts;
	uint64_t sum = t->sum_l4 + pkt_wire16(sport) +
	    pkt_sum(a->dst.b, addr_bytes(&a->dst));

	put16(l4, sport);
	put32(l4 + 4, k.seq ^ seq_state(a));
	put32(l4 + 8, acked ? seq_swap(k.seq) ^ seq_state(a) : 0);
	if (ts != 0) {
		uint8_t v[6] = { 0 };		/* in words, for the sum */

		put32(v + ts % 2, k.ts ^ seq_state(a));
		memcpy(l4 + HEADER + ts, v + ts % 2, 4);
		sum += pkt_sum(v, sizeof(v));
	}
	put16(l4 + 16, pkt_cksum(sum + pkt_sum(l4 + 4, 8)));
}
/* RFC 9293 section 3.1, RFC 7323: TSval of the header c is in after 14 bytes. */
static bool
find_stamp(struct cur c, size_t header, uint32_t *ts)
{
	cur_skip(&c, 6);			/* window, checksum, urgent */
	cur_limit(&c, header < HEADER ? 0 : header - HEADER);
	while (!c.bad && cur_left(&c) > 0) {
		uint8_t kind = cur_u8(&c), len;

		if (kind == 0)
			return false;
		if (kind == 1)
			continue;
		len = cur_u8(&c);
		struct cur data = cur_split(&c, len < 2 ? 0 : len - 2u);
		if (kind == 8 && len == 10) {
			*ts = cur_u32(&data);
			return !data.bad;
		}
		if (len < 2)
			return false;
	}
	return false;
}

bool
seq_parse(struct match *m, struct seq *s)
{
	size_t header;

	s->sport = cur_u16(&m->c);
	s->dport = cur_u16(&m->c);
	s->seq = cur_u32(&m->c);
	s->ack = cur_u32(&m->c);
	s->acked = !m->c.bad && (m->o->probe->tcp_flags & SEQ_ACK) != 0;
	header = (cur_u8(&m->c) >> 4) * 4u;
	s->flags = cur_u8(&m->c);
	s->ts = 0;
	s->stamped = find_stamp(m->c, header, &s->ts);
	return probe_ports_match(m, s->sport, s->dport);
}

/* Take the ask out of a number; false when it is not to be expected. */
static bool
take_state(struct match *m, uint32_t state)
{
	struct ask *a = &m->a->ask;

	a->node = (uint16_t)(state >> 16);
	a->ttl = (uint8_t)(state >> 8);
	a->attempt = (uint8_t)state;
	return a->node != 0 && match_expected(m->e, a);
}

enum reject
seq_match(struct match *m, const struct seq *s, uint32_t value, bool twisted)
{
	struct ask *a = &m->a->ask;

	if (m->e->key == NULL)
		return REJ_OK;
	struct seqmask k = seq_mask(m->e->key, &m->o->src, &a->dst, s->dport,
	    s->sport);
	a->flow = (uint16_t)(s->dport - probe_sport(m->o));
	if (!take_state(m, value ^ (twisted ? seq_swap(k.seq) : k.seq)))
		return REJ_FORGED;
	m->a->has_ask = true;
	m->a->auth = AUTH_TAG32;
	return REJ_OK;
}

/* What one number of a quoted probe makes of it. */
struct opinion {
	bool		ok;
	struct ask	ask;
	enum auth	auth;
};

static struct opinion
judge(struct match *m, const struct mask *ids, struct ask ask, uint32_t state,
    unsigned bits)
{
	struct answer *a = m->a;

	a->ask = ask;
	bool good = take_state(m, state) && match_short(m, ids, bits) == REJ_OK;
	return (struct opinion){ good, a->ask, a->auth };
}

/*
 * A sequence number may have been rewritten on the way, and so may a time
 * stamp or an acknowledgement number.  If two of them say different things
 * that both could be, the IPID decides; if it does not, nobody knows.  If
 * they agree, the IPID does not matter: it is what was rewritten then.  By
 * chance they agree once in 2^32, or 2^16: S ^ T is the same half twice.
 */
enum reject
seq_match_quoted(struct match *m, const struct seq *s)
{
	struct answer *a = m->a;
	struct opinion one, two;
	struct ask ask = a->ask;
	struct mask ids;

	if (m->e->key == NULL)
		return REJ_OK;
	struct seqmask k = seq_mask(m->e->key, &m->o->src, &ask.dst, s->sport,
	    s->dport);
	uint32_t first = s->seq ^ k.seq;
	uint32_t second = s->acked ? s->ack ^ seq_swap(k.seq) : s->ts ^ k.ts;
	bool agree = (s->acked || s->stamped) && first == second;

	mask_set(&ids, m->e->key, &m->ip->src, &m->ip->dst, m->ip->proto);
	ask.flow = (uint16_t)(s->sport - probe_sport(m->o));
	one = judge(m, &ids, ask, first, !agree ? 32 : s->acked ? 48 : 64);
	if (agree) {
		one.auth = AUTH_TAG32;
	} else if (s->acked || s->stamped) {
		two = judge(m, &ids, ask, second, 32);
		if (two.ok && one.ok && two.auth == one.auth)
			return REJ_FORGED;
		if (two.ok && (!one.ok || two.auth > one.auth))
			one = two;
	}
	a->ask = one.ask;
	a->auth = one.auth;
	a->has_ask = one.ok;
	return one.ok ? REJ_OK : REJ_FORGED;
}

void
seq_fill_acked(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	(void)m;
	seq_fill(t, a, l4, true);
}

enum reject
seq_match_reset(struct match *m)
{
	struct seq s;

	if (!seq_parse(m, &s))
		return REJ_FOREIGN;
	if (m->quoted)
		return seq_match_quoted(m, &s);
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
