/*
 * UDP DNS query (RFC 1035) for an A record of a name that is the payload in
 * base32, and a suffix.  The flow is in the source port; the query id keeps
 * the UDP checksum what it is to be, so that 8 quoted bytes tell enough.
 */

#include "base32.h"
#include "dns.h"
#include "probe_types.h"

#define FLOWS	1024

/* Where the name is, and the label the payload begins with. */
enum { HEAD = 8 + 12, LABEL = 63 };

static void
body(struct buf *b, const struct origin *o, size_t want)
{
	size_t at = b->len, n = BASE32_LEN(PAYLOAD_LEN(o->src.v)), name;

	dns_header(b, true, o->contact != NULL || want != 0);
	name = b->len;
	for (size_t k; n > 0; n -= k) {
		k = n < LABEL ? n : LABEL;
		buf_u8(b, (uint8_t)k);
		buf_take(b, k);
	}
	dns_name(b, o->qname != NULL ? o->qname : "invalid");
	if (b->len - name > 255)
		b->bad = true;
	dns_question(b, DNS_A, DNS_IN);
	dns_opt(b, o->contact, at, want, 0);
}

static void
fill(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	uint8_t payload[PAYLOAD_MAX];
	uint8_t chars[1 + LABEL + 1 + LABEL] = { 0 };
	size_t n = PAYLOAD_LEN(t->origin.src.v), k = BASE32_LEN(n);
	uint16_t sport = (uint16_t)(probe_sport(&t->origin) + a->flow);
	uint16_t c = mask_cksum(m);

	payload_put(t, a, payload);
	base32_encode(payload, n, chars + 1);
	if (k > LABEL) {
		memmove(chars + 1 + LABEL + 1, chars + 1 + LABEL, k - LABEL);
		chars[1 + LABEL] = 0;		/* the second label's length */
		memcpy(l4 + HEAD + 1, chars + 1, LABEL);
		memcpy(l4 + HEAD + 1 + LABEL + 1, chars + 1 + LABEL + 1,
		    k - LABEL);
		k++;
	} else {
		memcpy(l4 + HEAD + 1, chars + 1, k);
	}
	uint64_t sum = t->sum_l4 + pkt_wire16(sport) + pkt_sum(chars, k + 1) +
	    pkt_sum(a->dst.b, addr_bytes(&a->dst));
	put16(l4, sport);
	put16(l4 + 6, c);
	put16(l4 + 8, pkt_fudge(sum, c));
}

/* The payload out of the labels at c. */
static enum reject
decode(struct match *m, struct cur c)
{
	uint8_t chars[2 * LABEL], payload[PAYLOAD_MAX];
	size_t n = PAYLOAD_LEN(m->o->src.v), all = BASE32_LEN(n), got = 0;

	while (got < all) {
		size_t want = all - got < LABEL ? all - got : LABEL;
		uint8_t len = cur_u8(&c);

		if (!c.bad && len > LABEL)
			return REJ_BADFORM;
		if (!c.bad && len != want)
			return REJ_FOREIGN;
		cur_copy(&c, chars + got, want);
		got += want;
	}
	if (c.bad)
		return REJ_SHORT;
	if (base32_decode(chars, payload, n) == -1)
		return REJ_FOREIGN;
	return payload_match(m, cur_init(payload, n));
}

static enum reject
match(struct match *m)
{
	size_t n = BASE32_LEN(PAYLOAD_LEN(m->o->src.v));
	uint16_t sport = cur_u16(&m->c), dport = cur_u16(&m->c);

	cur_skip(&m->c, 2);			/* length */
	uint16_t sum = cur_u16(&m->c);
	if (!probe_ports_match(m, sport, dport))
		return REJ_FOREIGN;
	struct dns d = dns_parse(&m->c);
	if (m->quoted)
		return cur_left(&m->c) < n + (n + LABEL - 1) / LABEL ?
		    match_udp(m, sport, sum) : decode(m, m->c);
	m->a->kind = KIND_DNS;
	if (m->c.bad)
		return REJ_SHORT;
	if (!d.reply)
		return REJ_FOREIGN;
	if (d.questions == 0)
		return REJ_FORGED;
	return decode(m, m->c);
}

static void
answer(struct buf *b, struct cur c)
{
	uint16_t sport = cur_u16(&c), dport = cur_u16(&c);
	size_t at = b->len;

	cur_skip(&c, 4);			/* length, checksum */
	buf_u16(b, dport);
	buf_u16(b, sport);
	buf_u32(b, 0);
	dns_answer(b, c, NULL);
	buf_set16(b, at + 4, (uint16_t)(b->len - at));
}

const struct probe_type probe_dns = {
	.name = "dns",
	.summary = "DNS query for an A record, over UDP",
	.proto4 = PROTO_UDP,
	.proto6 = PROTO_UDP,
	.sport = 61000,
	.dport = 53,
	.nports = FLOWS,
	.body = body,
	.fill = fill,
	.match = match,
	.answer = answer,
};
