/* reply - honest answers and errors */

#include "reply.h"

#include <stdio.h>
#include <string.h>

#include "path.h"

static const uint8_t first_ttl[] = { 64, 64, 255, 128 };

/* An IP header from one address to the prober; return its length. */
static size_t
put_ip(const struct seen *s, const uint8_t *from, uint8_t proto,
    struct rnd *r, uint8_t *out)
{
	uint8_t ttl = first_ttl[rnd_below(r, 4)];
	uint8_t tos = (uint8_t)(rnd_below(r, 16) == 0 ? 0x20 : 0);
	unsigned id = (unsigned)rnd_next(r) & 0xffff;
	size_t hl = 20;

	ttl = (uint8_t)(ttl - 3 - rnd_below(r, 24));
	if (s->alen == 16) {
		memset(out, 0, 40);
		out[0] = 0x60 | tos >> 4;
		out[1] = (uint8_t)(tos << 4);
		out[6] = proto;
		out[7] = ttl;
		memcpy(out + 8, from, 16);
		memcpy(out + 24, s->src, 16);
		return 40;
	}
	if (rnd_below(r, 50) == 0)	/* options: NOPs and an end */
		hl = 24;
	memset(out, 0, hl);
	out[0] = (uint8_t)(0x40 | hl / 4);
	out[1] = tos;
	put16(out + 4, id);
	put16(out + 6, (id & 3) == 0 ? 0x4000 : 0);
	out[8] = ttl;
	out[9] = proto;
	memcpy(out + 12, from, 4);
	memcpy(out + 16, s->src, 4);
	if (hl == 24)
		memcpy(out + 20, "\1\1\1", 4);
	return hl;
}

static size_t
answer_echo(const struct seen *s, uint8_t *out, size_t l4)
{
	memcpy(out + l4, s->ip + s->l4, s->len - s->l4);
	out[l4] = s->alen == 4 ? 0 : 129;
	return l4 + s->len - s->l4;
}

/* The question's end, from the DNS header on. */
static size_t
question_end(const uint8_t *d)
{
	size_t at = 12;

	while (d[at] != 0)
		at += 1U + d[at];
	return at + 5;
}

/* RFC 1035 4.1: header, the question as asked, and what the style adds. */
static size_t
answer_dns(const struct seen *s, struct rnd *r, uint8_t *out, size_t l4)
{
	const uint8_t *q = s->ip + s->l4 + 8;
	uint8_t *d = out + l4 + 8, *e;
	size_t n = question_end(q);
	unsigned style = rnd_below(r, 8);
	static const uint8_t rr[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4,
	    192, 0, 2, 1 };
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };

	memcpy(d, q, n);
	memset(d + 6, 0, 6);
	d[2] = 0x80 | (q[2] & 1);		/* QR, RD as asked */
	d[3] = (uint8_t[]){ 0x80, 0x83, 0x85, 0x82 }[style & 3];
	e = d + n;
	if ((style & 3) == 0) {			/* NOERROR and an address */
		d[7] = 1;
		memcpy(e, rr, sizeof rr);
		e += sizeof rr;
	}
	if (style >= 6) {
		d[11] = 1;
		memcpy(e, opt, sizeof opt);
		e += sizeof opt;
	}
	if (style == 4)			/* a resolver that plays with case */
		for (size_t i = 12; i < n - 4; i++)
			if (d[i] >= 'a' && d[i] <= 'z' && rnd_below(r, 2) == 0)
				d[i] = (uint8_t)(d[i] - 32);
	return (size_t)(e - out);
}

static size_t
answer_chaos(const struct seen *s, struct rnd *r, uint8_t *out, size_t l4,
    struct said *said)
{
	const uint8_t *q = s->ip + s->l4 + 8;
	uint8_t *d = out + l4 + 8, *e;
	size_t n = question_end(q), len;

	memcpy(d, q, n);
	memset(d + 6, 0, 6);
	d[2] = 0x80 | (q[2] & 1);
	d[3] = 0;
	e = d + n;
	if (rnd_below(r, 8) == 0) {
		d[3] = 5;			/* REFUSED */
		return (size_t)(e - out);
	}
	snprintf(said->txt, sizeof said->txt, "ns%u.%s", rnd_below(r, 9),
	    (const char *[]){ "ams", "fra-1", "a b", "50%", "\xc3\xa9\t" }
	    [rnd_below(r, 5)]);
	len = strlen(said->txt);
	d[7] = 1;
	memcpy(e, "\xc0\x0c\0\x10\0\x03\0\0\0\0", 10);
	put16(e + 10, (unsigned)len + 1);
	e[12] = (uint8_t)len;
	memcpy(e + 13, said->txt, len);
	return (size_t)(e + 13 + len - out);
}

/* RFC 862: the same data back. */
static size_t
answer_udp(const struct seen *s, uint8_t *out, size_t l4)
{
	memcpy(out + l4 + 8, s->ip + s->l4 + 8, s->len - s->l4 - 8);
	return l4 + s->len - s->l4;
}

/* RFC 9293 3.10.7: what LISTEN or CLOSED say to SYN, SYN-ACK and ACK. */
static size_t
answer_tcp(const struct seen *s, struct rnd *r, uint8_t *out, size_t l4,
    struct said *said)
{
	const uint8_t *q = s->ip + s->l4;
	uint8_t *t = out + l4;
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7 };

	memset(t, 0, 20);
	memcpy(t, q + 2, 2);
	memcpy(t + 2, q, 2);
	t[12] = 0x50;
	said->kind = "rst";
	if (s->type != P_SYN) {
		memcpy(t + 4, q + 8, 4);
		t[13] = 0x04;
		return l4 + 20;
	}
	put32(t + 8, get32(q + 4) + 1);
	if (rnd_below(r, 10) < 3) {
		t[13] = 0x14;
		return l4 + 20;
	}
	said->kind = "synack";
	put32(t + 4, (uint32_t)rnd_next(r));
	t[13] = 0x12;
	put16(t + 14, 29200);
	if (rnd_below(r, 4) == 0)
		return l4 + 20;
	t[12] = 0x70;
	memcpy(t + 20, options, sizeof options);
	return l4 + 28;
}

size_t
reply_answer(const struct seen *s, const uint8_t *from, struct rnd r,
    uint8_t *out, struct said *said)
{
	size_t l4 = put_ip(s, from, s->proto, &r, out), len = 0;

	*said = (struct said){ .kind = "echo" };
	if (s->type == P_ICMP)
		len = answer_echo(s, out, l4);
	else if (s->proto == PROTO_TCP)
		len = answer_tcp(s, &r, out, l4, said);
	else {
		said->kind = s->type == P_UDP ? "echo" : "dns";
		memcpy(out + l4, s->ip + s->l4 + 2, 2);
		memcpy(out + l4 + 2, s->ip + s->l4, 2);
		if (s->type == P_UDP)
			len = answer_udp(s, out, l4);
		else if (s->type == P_DNS)
			len = answer_dns(s, &r, out, l4);
		else
			len = answer_chaos(s, &r, out, l4, said);
	}
	wire_finish(out, len, l4, s->proto);
	return len;
}

/* A router's address: 100.64.0.0/10, fd64::/16; never a target. */
static void
router(const struct seen *s, struct rnd *r, uint8_t out[static 16])
{
	memset(out, 0, 16);
	if (s->alen == 4)
		put32(out, 0x64400000 | (rnd_next(r) & 0x3fffff));
	else {
		put16(out, 0xfd64);
		put32(out + 4, (uint32_t)rnd_next(r));
		out[15] = 1;
	}
}

/* RFC 4884, RFC 4950: one MPLS label after 128 bytes of quote or padding. */
static size_t
put_mpls(const struct seen *s, struct rnd *r, uint8_t *icmp, size_t quoted)
{
	uint8_t *x = icmp + 8 + 128;

	memset(icmp + 8 + quoted, 0, 128 - quoted);
	icmp[s->alen == 4 ? 5 : 4] = s->alen == 4 ? 128 / 4 : 128 / 8;
	memset(x, 0, 12);
	x[0] = 0x20;
	put16(x + 4, 8);
	x[6] = x[7] = 1;			/* MPLS label stack, incoming */
	put32(x + 8, rnd_below(r, 1 << 20) << 12 | 0x1ff);
	/* Sum over 12 bytes, as RFC 4884 7 wants it. */
	uint32_t sum = 0x2000 + 8 + 0x0101 + get16(x + 8) + get16(x + 10);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(x + 2, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
	return 8 + 128 + 12;
}

/* Which error: RFC 792 and RFC 1812 5.2.7.1, RFC 4443 3.1. */
static void
pick_error(const struct seen *s, bool exceeded, struct rnd *r,
    struct said *said)
{
	static const uint8_t code4[] = { 0, 1, 3, 3, 9, 10, 13 };
	static const uint8_t code6[] = { 0, 1, 3, 4, 4, 5, 6 };
	unsigned c = rnd_below(r, 7);

	*said = (struct said){ .kind = exceeded ? "ttl" : "unreach" };
	if (exceeded)
		said->icmp[0] = s->alen == 4 ? 11 : 3;
	else {
		said->icmp[0] = s->alen == 4 ? 3 : 1;
		said->icmp[1] = s->alen == 4 ? code4[c] : code6[c];
	}
}

size_t
reply_error(const struct seen *s, bool exceeded, bool quote8, struct rnd r,
    uint8_t *out, struct said *said, uint8_t from[static 16])
{
	uint8_t proto = s->alen == 4 ? PROTO_ICMP : PROTO_ICMP6, *icmp, *q;
	size_t l4, n = quote8 ? s->l4 + 8 : s->len, len;

	pick_error(s, exceeded, &r, said);
	router(s, &r, from);
	if (!exceeded && said->icmp[1] == (s->alen == 4 ? 3 : 4))
		memcpy(from, s->dst, s->alen);	/* port: the host itself */
	l4 = put_ip(s, from, proto, &r, out);
	icmp = out + l4;
	memset(icmp, 0, 8);
	memcpy(icmp, said->icmp, 2);
	q = icmp + 8;
	memcpy(q, s->ip, n);
	if (s->alen == 4) {			/* as it was on arrival there */
		q[8] = exceeded ? 1 : (uint8_t)(s->ttl - 3);
		put16(q + 10, wire_ipsum(q));
	} else
		q[7] = exceeded ? 1 : (uint8_t)(s->ttl - 3);
	len = l4 + 8 + n;
	if (exceeded && !quote8 && rnd_below(&r, 2) == 0)
		len = l4 + put_mpls(s, &r, icmp, n < 128 ? n : 128);
	wire_finish(out, len, l4, proto);
	return len;
}

void
reply_alias(const struct seen *s, uint8_t out[static 16])
{
	memset(out, 0, 16);
	memcpy(out, s->dst, s->alen);
	out[s->alen - 1] ^= 0x80;
}

size_t
reply_hop(const struct seen *s, const struct router *by, struct rnd r,
    uint8_t *out, struct said *said)
{
	uint8_t proto = s->alen == 4 ? PROTO_ICMP : PROTO_ICMP6, *icmp;
	size_t l4, n = s->len, len;

	*said = (struct said){ .kind = "ttl",
	    .icmp = { s->alen == 4 ? 11 : 3, 0 } };
	if (by->quote == 128 || by->mpls)
		n = 128;
	else if (by->quote > 0)
		n = s->l4 + by->quote;
	if (n > s->len)
		n = s->len;
	l4 = put_ip(s, by->addr, proto, &r, out);
	icmp = out + l4;
	memset(icmp, 0, 8);
	memcpy(icmp, said->icmp, 2);
	memcpy(icmp + 8, s->ip, n);
	icmp[8 + (s->alen == 4 ? 8 : 7)] = by->qttl;
	if (s->alen == 4)
		put16(icmp + 18, wire_ipsum(icmp + 8));
	len = l4 + 8 + n;
	if (by->mpls)
		len = l4 + put_mpls(s, &r, icmp, n);
	wire_finish(out, len, l4, proto);
	return len;
}
