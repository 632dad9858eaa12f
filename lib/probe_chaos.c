/*
 * UDP DNS query of class CHAOS for a TXT record (RFC 4892), hostname.bind
 * unless told otherwise.  Nothing of ours fits into the question: 14 keyed
 * bits are in the source port and 16 in the query id, with ttl and attempt;
 * the rest is to be looked up in what was sent.
 */

#include "dns.h"
#include "probe_types.h"

enum { LOWEST = 49152 };

/* What the bytes since at and their number, twice, add to a checksum. */
static uint64_t
sum_since(const struct buf *b, size_t at)
{
	return pkt_sum(b->p + at, b->len - at) +
	    2 * (uint64_t)pkt_wire16((uint16_t)(b->len - at));
}

/*
 * The OPT record ends in two bytes that make it add nothing to the checksum:
 * whoever catches an error need not know our contact text or padding.
 */
static void
body(struct buf *b, const struct origin *o, size_t want)
{
	size_t at = b->len, name;

	dns_header(b, false, false);
	name = b->len;
	dns_name(b, o->qname != NULL ? o->qname : "hostname.bind");
	if (b->len - name > 255)
		b->bad = true;
	dns_question(b, DNS_TXT, DNS_CH);
	if ((o->contact == NULL && want == 0) || b->bad)
		return;
	uint64_t bare = sum_since(b, at);
	buf_set16(b, at + 10, 1);		/* additional records */
	dns_opt(b, o->contact, at, want, 2);
	if (b->bad)
		return;
	uint16_t fudge = pkt_fudge(sum_since(b, at), pkt_cksum(bare));
	if ((b->len - at) % 2 != 0)
		fudge = (uint16_t)(fudge << 8 | fudge >> 8);
	buf_set16(b, b->len - 2, fudge);
}

static uint16_t
source_port(const struct mask *m)
{
	return (uint16_t)(LOWEST + (m->m[1] & 0x3fff));
}

/* RFC 768: a checksum that comes out as 0 is sent as 0xffff. */
static uint16_t
udp_cksum(uint64_t sum)
{
	uint16_t c = pkt_cksum(sum);

	return c == 0 ? 0xffff : c;
}

static void
fill(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *l4)
{
	uint16_t sport = source_port(m), id = m->m[2] ^ ask_state(a);

	put16(l4, sport);
	put16(l4 + 6, udp_cksum(t->sum_l4 + pkt_wire16(sport) +
	    pkt_wire16(id) + pkt_sum(a->dst.b, addr_bytes(&a->dst))));
	put16(l4 + 8, id);
}

/* The sum over our query to m's target, but for the id. */
static uint64_t
query_sum(const struct match *m, const struct mask *k)
{
	uint8_t mem[PROBE_MAX];
	struct buf b = buf_init(mem, sizeof(mem));
	struct origin bare = *m->o;

	bare.contact = NULL;
	bare.size = 0;
	probe_body(&b, &bare);
	return pkt_pseudo(&m->ip->src, &m->ip->dst, PROTO_UDP, b.len + 8) +
	    pkt_wire16(source_port(k)) + pkt_wire16(probe_dport(m->o)) +
	    pkt_wire16((uint16_t)(b.len + 8)) + pkt_sum(b.p, b.len);
}

/*
 * The id may be beyond what is quoted; then ttl and attempt are known from
 * the IPID, or in IPv6 from the checksum, by which id would make it so.
 */
static enum reject
match_quote(struct match *m, const struct mask *k, uint16_t sum)
{
	struct ask *a = &m->a->ask;
	uint64_t rest = query_sum(m, k);
	uint16_t state, id = cur_u16(&m->c);

	if (!m->c.bad)
		state = id ^ k->m[2];
	else if (m->ip->src.v == 6)
		state = pkt_fudge(rest, sum) ^ k->m[2];
	else
		state = mask_state(k, m->ip->id);
	if (sum != udp_cksum(rest + pkt_wire16(state ^ k->m[2])))
		return REJ_FORGED;
	a->ttl = (uint8_t)(state >> 8);
	a->attempt = (uint8_t)state;
	return match_short(m, k, 16);
}

static enum reject
match_reply(struct match *m, const struct mask *k, const struct dns *d)
{
	struct ask *a = &m->a->ask;
	uint16_t state = d->id ^ k->m[2];

	a->ttl = (uint8_t)(state >> 8);
	a->attempt = (uint8_t)state;
	if (!match_expected(m->e, a))
		return REJ_FORGED;
	m->a->has_ask = true;
	m->a->auth = AUTH_TAG30;
	return REJ_OK;
}

static enum reject
match(struct match *m)
{
	uint16_t sport = cur_u16(&m->c), dport = cur_u16(&m->c);
	const struct key *key = m->e->key;
	struct answer *a = m->a;
	struct dns d;
	struct mask k;

	cur_skip(&m->c, 2);			/* length */
	uint16_t sum = cur_u16(&m->c);
	if (!probe_ports_match(m, sport, dport))
		return REJ_FOREIGN;
	if (!m->quoted) {
		a->kind = KIND_DNS;
		d = dns_parse(&m->c);
		if (m->c.bad)
			return REJ_SHORT;
		if (!d.reply)
			return REJ_FOREIGN;
		a->txt_len = dns_find_txt(m->c, &d, a->txt);
	}
	if (key == NULL)
		return REJ_OK;
	mask_set(&k, key, &m->o->src, &a->ask.dst, m->ip->proto);
	if ((m->quoted ? sport : dport) != source_port(&k))
		return REJ_FORGED;
	return m->quoted ? match_quote(m, &k, sum) : match_reply(m, &k, &d);
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
	dns_answer(b, c, "site.example");
	buf_set16(b, at + 4, (uint16_t)(b->len - at));
}

const struct probe_type probe_chaos = {
	.name = "chaos",
	.summary = "DNS query for a CHAOS TXT record, over UDP",
	.proto4 = PROTO_UDP,
	.proto6 = PROTO_UDP,
	.sport = LOWEST,
	.dport = 53,
	.nports = 0x4000,
	.keyed_port = true,
	.body = body,
	.fill = fill,
	.match = match,
	.answer = answer,
};
