/* wire - probes as they arrive: parsing, checksums, base32 */

#include "wire.h"

#include <string.h>
#include <strings.h>

const char *const ptype_name[] = {
	"icmp", "dns", "chaos", "syn", "synack", "udp", "ack", "none"
};

enum { UDP_PORT = 33434 };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

size_t
wire_base32(const uint8_t *p, size_t n, char *out)
{
	size_t len = 0;
	unsigned acc = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = (acc << 8 | p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			out[len++] = alphabet[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		out[len++] = alphabet[acc << (5 - bits) & 31];
	return len;
}

size_t
wire_unbase32(const char *s, size_t n, uint8_t *out, size_t cap)
{
	size_t len = 0;
	unsigned acc = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
		const char *at = c == '\0' ? NULL : strchr(alphabet, c);

		if (at == NULL)
			return 0;
		acc = (acc << 5 | (unsigned)(at - alphabet)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			if (len == cap)
				return 0;
			bits -= 8;
			out[len++] = (uint8_t)(acc >> bits);
		}
	}
	return len;
}

/* RFC 1071: sum of 16-bit words, not yet folded. */
static uint64_t
sum_words(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (; n >= 2; n -= 2, p += 2)
		sum += get16(p);
	if (n == 1)
		sum += (uint64_t)p[0] << 8;
	return sum;
}

static unsigned
fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)sum;
}

size_t
wire_sumpos(uint8_t proto)
{
	switch (proto) {
	case PROTO_ICMP: case PROTO_ICMP6:	return 2;
	case PROTO_UDP:				return 6;
	case PROTO_TCP:				return 16;
	}
	return 0;
}

unsigned
wire_ipsum(const uint8_t *ip)
{
	size_t hl = (ip[0] & 15U) * 4;

	return ~fold(sum_words(ip, hl) - get16(ip + 10)) & 0xffff;
}

/* The pseudo-header of RFC 793, 768 and 8200; ICMP over IPv4 has none. */
static uint64_t
sum_pseudo(const uint8_t *ip, size_t n, uint8_t proto)
{
	if (proto == PROTO_ICMP)
		return 0;
	if (ip[0] >> 4 == 4)
		return sum_words(ip + 12, 8) + proto + n;
	return sum_words(ip + 8, 32) + proto + n;
}

unsigned
wire_sum(const uint8_t *ip, size_t len, size_t l4, uint8_t proto)
{
	size_t at = wire_sumpos(proto);
	uint64_t sum = sum_pseudo(ip, len - l4, proto);

	sum += sum_words(ip + l4, len - l4);
	if (at != 0 && l4 + at + 2 <= len)
		sum -= get16(ip + l4 + at);
	sum = ~fold(sum) & 0xffff;
	return sum == 0 && proto == PROTO_UDP ? 0xffff : (unsigned)sum;
}

/* By the receiver's rule: with the field, everything adds up to all ones. */
bool
wire_sum_ok(const uint8_t *ip, size_t len, size_t l4, uint8_t proto)
{
	return fold(sum_pseudo(ip, len - l4, proto) +
	    sum_words(ip + l4, len - l4)) == 0xffff;
}

void
wire_finish(uint8_t *ip, size_t len, size_t l4, uint8_t proto)
{
	size_t at = wire_sumpos(proto);

	if (ip[0] >> 4 == 4) {
		put16(ip + 2, (unsigned)len);
		put16(ip + 10, wire_ipsum(ip));
	} else
		put16(ip + 4, (unsigned)len - 40);
	if (proto == PROTO_UDP && len >= l4 + 6)
		put16(ip + l4 + 4, (unsigned)(len - l4));
	if (at != 0 && l4 + at + 2 <= len)
		put16(ip + l4 + at, wire_sum(ip, len, l4, proto));
}

static void
take_payload(struct seen *s)
{
	const uint8_t *p = s->pay;

	s->payload = true;
	s->node = (uint16_t)get16(p + PAY_NODE);
	s->version = p[PAY_VERSION];
	s->round = p[PAY_ROUND];
	s->tx_ns = (int64_t)get64(p + PAY_TX);
	s->pttl = p[PAY_TTL];
	s->attempt = p[PAY_ATTEMPT];
	s->flow = (uint16_t)get16(p + PAY_FLOW);
}

/* The payload as echo or UDP data: known by its version and the target in it. */
static void
parse_echo(struct seen *s)
{
	size_t need = s->alen == 4 ? 36 : 48, at = s->l4 + 8;

	if (s->len < at + need || s->ip[at + PAY_VERSION] != 1 ||
	    memcmp(s->ip + at + PAY_DST, s->dst, s->alen) != 0)
		return;
	memcpy(s->pay, s->ip + at, need);
	s->paylen = need;
	take_payload(s);
}

/* The payload as the first one or two labels of the question (RFC 1035). */
static void
parse_name(struct seen *s)
{
	size_t need = s->alen == 4 ? 36 : 48, want = (need * 8 + 4) / 5;
	size_t at = s->l4 + 8 + 12, n = 0;
	char text[128];

	while (n < want && at < s->len) {
		size_t lab = s->ip[at++];

		if (lab == 0 || lab > 63 || lab > want - n || at + lab > s->len)
			return;
		memcpy(text + n, s->ip + at, lab);
		n += lab;
		at += lab;
	}
	if (n != want || wire_unbase32(text, n, s->pay, PAY_MAX) != need)
		return;
	s->paylen = need;
	take_payload(s);
}

/* A query with one question: its type and class say which probe. */
static enum ptype
parse_dns(const struct seen *s)
{
	const uint8_t *d = s->ip + s->l4 + 8;
	size_t n = s->len - s->l4 - 8, at = 12;

	if (n < 17 || (d[2] & 0x80) != 0 || get16(d + 4) != 1)
		return P_NONE;
	while (at < n && d[at] != 0 && d[at] < 64)
		at += 1U + d[at];
	if (at + 5 > n || d[at] != 0)
		return P_NONE;
	if (get16(d + at + 1) == 1 && get16(d + at + 3) == 1)
		return P_DNS;
	if (get16(d + at + 1) == 16 && get16(d + at + 3) == 3)
		return P_CHAOS;
	return P_NONE;
}

static bool
parse_transport(struct seen *s)
{
	const uint8_t *p = s->ip + s->l4;
	size_t n = s->len - s->l4;

	switch (s->proto) {
	case PROTO_ICMP: case PROTO_ICMP6:
		if (n < 8 || p[0] != (s->alen == 4 ? 8 : 128) || p[1] != 0)
			return false;
		s->type = P_ICMP;
		parse_echo(s);
		return true;
	case PROTO_UDP:
		if (n < 8 || get16(p + 4) != n)
			return false;
		if (get16(p + 2) == UDP_PORT) {
			s->type = P_UDP;
			parse_echo(s);
			return true;
		}
		if (get16(p + 2) != 53)
			return false;
		s->type = parse_dns(s);
		if (s->type == P_DNS)
			parse_name(s);
		return s->type != P_NONE;
	case PROTO_TCP:
		if (n < 20)
			return false;
		switch (p[13] & 0x3f) {		/* but for the flags of ECN */
		case 0x02:
			s->type = P_SYN;
			return true;
		case 0x12:
			s->type = P_SYNACK;
			return true;
		case 0x10:
			s->type = P_ACK;
			return true;
		}
		return false;
	}
	return false;
}

bool
wire_parse(struct seen *s, const uint8_t *ip, size_t len)
{
	s->ip = ip;
	s->payload = false;
	s->paylen = 0;
	s->attempt = 0;
	s->node = s->flow = 0;
	s->tx_ns = 0;
	s->type = P_NONE;
	if (len >= 20 && ip[0] >> 4 == 4) {		/* RFC 791 */
		s->l4 = (ip[0] & 15U) * 4;
		s->len = get16(ip + 2);
		s->proto = ip[9];
		s->ttl = ip[8];
		s->src = ip + 12;
		s->dst = ip + 16;
		s->alen = 4;
		if (s->l4 < 20 || (get16(ip + 6) & 0x3fff) != 0)
			return false;
	} else if (len >= 40 && ip[0] >> 4 == 6) {	/* RFC 8200 */
		s->l4 = 40;
		s->len = 40 + get16(ip + 4);
		s->proto = ip[6];
		s->ttl = ip[7];
		s->src = ip + 8;
		s->dst = ip + 24;
		s->alen = 16;
	} else
		return false;
	if (s->len > len || s->len < s->l4 || s->len > FRAME_MAX - 14)
		return false;
	return parse_transport(s);
}
