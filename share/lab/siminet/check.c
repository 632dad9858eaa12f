/* check - is a probe what probes(7) promises */

#include "wire.h"

#include <string.h>

/* SipHash-2-4 (Aumasson and Bernstein, 2012), once more from the paper. */
static uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sipround(uint64_t v[4])
{
	v[0] += v[1]; v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0]; v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1]; v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2]; v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static uint64_t
le64(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < n; i++)
		x |= (uint64_t)p[i] << 8 * i;
	return x;
}

static uint64_t
sip(const uint8_t *key, const uint8_t *p, size_t n)
{
	uint64_t k0 = le64(key, 8), k1 = le64(key + 8, 8), m;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
	    k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t left = n;

	for (;; p += 8, left -= 8) {
		m = left >= 8 ? le64(p, 8) : le64(p, left) | (uint64_t)n << 56;
		v[3] ^= m;
		sipround(v);
		sipround(v);
		v[0] ^= m;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

const char *
wire_check(const struct seen *s)
{
	const uint8_t *ip = s->ip, *l4 = ip + s->l4;

	if (s->alen == 4) {
		if (wire_ipsum(ip) != get16(ip + 10))
			return "ipsum";
		if ((get16(ip + 6) & 0x4000) == 0)
			return "df";
		if (get16(ip + 4) == 0)
			return "ipid";
	} else if ((get32(ip) & 0xfffff) == 0)
		return "flowlabel";
	if (!wire_sum_ok(ip, s->len, s->l4, s->proto))
		return "sum";
	if (get16(l4 + wire_sumpos(s->proto)) == 0)
		return "zerosum";
	if (wire_has_payload(s->type) && !s->payload)
		return "payload";
	if (s->payload && (s->version != 1 || s->pttl != s->ttl ||
	    s->node == 0 || get16(s->pay + PAY_ZERO) != 0))
		return "fields";
	if (s->payload && s->type == P_DNS && get16(s->pay + PAY_FUDGE) != 0)
		return "fudge";
	return NULL;
}

/* The four masks of a pair of addresses. */
static void
masks(const struct seen *s, const struct wirekey *k, unsigned m[4])
{
	uint8_t in[34] = { 'M' };
	uint64_t h;

	memcpy(in + 1, s->src, s->alen);
	memcpy(in + 1 + s->alen, s->dst, s->alen);
	in[1 + 2 * s->alen] = s->proto;
	h = sip(k->b, in, 2 + 2 * s->alen);
	for (int i = 0; i < 4; i++)
		m[i] = (unsigned)(h >> (48 - 16 * i)) & 0xffff;
}

static const char *
check_tag(const struct seen *s, const struct wirekey *k)
{
	uint8_t in[PAY_MAX + 17];
	size_t n = s->paylen - 8;

	if (get32(s->pay) !=
	    sip(k->b, (const uint8_t *)"castnet mid", 11) >> 32)
		return "mid";
	memcpy(in, s->pay, n);
	put16(in + PAY_FUDGE, 0);
	memcpy(in + n, s->src, s->alen);
	in[n + s->alen] = s->proto;
	if (sip(k->b, in, n + s->alen + 1) != get64(s->pay + n))
		return "tag";
	return NULL;
}

static unsigned
tcp_flow(const struct seen *s, const struct wirekey *k)
{
	return (uint16_t)(get16(s->ip + s->l4) -
	    (s->type == P_ACK ? k->ack_sport : k->tcp_sport));
}

static const char *
check_tcp(struct seen *s, const struct wirekey *k)
{
	const uint8_t *l4 = s->ip + s->l4;
	uint8_t in[40] = { 'S' };
	uint32_t secret, state;

	memcpy(in + 1, s->src, s->alen);
	memcpy(in + 1 + s->alen, s->dst, s->alen);
	in[1 + 2 * s->alen] = s->proto;
	memcpy(in + 2 + 2 * s->alen, l4, 4);
	secret = (uint32_t)(sip(k->b, in, 6 + 2 * s->alen) >> 32);
	state = get32(l4 + 4) ^ secret;
	if ((state >> 8 & 0xff) != s->ttl || state >> 16 == 0)
		return "seq";
	s->node = (uint16_t)(state >> 16);
	s->attempt = (uint8_t)state;
	s->flow = (uint16_t)tcp_flow(s, k);
	if (s->type == P_SYN && get32(l4 + 8) != 0)
		return "ack";
	if (s->type != P_SYN &&
	    get32(l4 + 8) != ((secret << 16 | secret >> 16) ^ state))
		return "ack";
	return NULL;
}

/* IPID carries ttl and attempt; the flow label follows the flow. */
static const char *
check_ip(const struct seen *s, const unsigned m[4], unsigned flow)
{
	unsigned want, st;

	if (s->alen == 16) {
		want = ((m[0] << 4 | m[3] >> 12) ^ flow) & 0xfffff;
		if (want == 0)
			want = 1;
		if ((get32(s->ip) & 0xfffff) != want)
			return "flowlabel";
		return NULL;
	}
	st = get16(s->ip + 4) ^ m[3];
	if (st >> 8 != s->ttl)
		return "ipid";
	if (s->payload && (st & 0xff) != s->attempt && (st & 0xff) != 255)
		return "ipid";
	return NULL;
}

const char *
wire_check_key(struct seen *s, const struct wirekey *k)
{
	const uint8_t *l4 = s->ip + s->l4;
	const char *bad;
	unsigned m[4], c, state = (unsigned)s->ttl << 8 | s->attempt;
	unsigned flow = s->flow;

	masks(s, k, m);
	c = m[1] == 0 ? 0x5aa5 : m[1] == 0xffff ? 0xa55a : m[1];
	if (s->proto == PROTO_TCP)
		flow = tcp_flow(s, k);
	if ((bad = check_ip(s, m, flow)) != NULL)
		return bad;
	if (s->payload && (bad = check_tag(s, k)) != NULL)
		return bad;
	switch (s->type) {
	case P_ICMP:
		if (get16(l4 + 4) != (m[0] ^ s->flow))
			return "id";
		if (get16(l4 + 6) != (m[2] ^ state))
			return "seq";
		return get16(l4 + 2) == c ? NULL : "constsum";
	case P_DNS:
		if (get16(l4) != (uint16_t)(k->dns_sport + s->flow))
			return "sport";
		return get16(l4 + 6) == c ? NULL : "constsum";
	case P_UDP:
		if (get16(l4) != (uint16_t)(k->udp_sport + s->flow))
			return "sport";
		return get16(l4 + 6) == c ? NULL : "constsum";
	case P_CHAOS:
		if (get16(l4) != 49152 + (m[1] & 0x3fff))
			return "sport";
		s->attempt = (uint8_t)(get16(l4 + 8) ^ m[2]);
		return (get16(l4 + 8) ^ m[2]) >> 8 == s->ttl ? NULL : "id";
	case P_SYN: case P_SYNACK: case P_ACK:
		return check_tcp(s, k);
	case P_NONE:
		break;
	}
	return "type";
}
