/* hostile - forged, damaged and foreign packets */

#include "reply.h"

#include <string.h>

/* Header lengths of a packet of ours: where its transport begins. */
static size_t
l4_of(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 ? (ip[0] & 15U) * 4 : 40;
}

/* Change one field of a payload without knowing the key. */
static void
tamper(const struct seen *s, struct rnd *r, uint8_t *pay)
{
	unsigned change = 1 + rnd_below(r, 255);
	size_t tag = s->alen == 4 ? PAY_TAG4 : PAY_TAG6;

	switch (rnd_below(r, 8)) {
	case 0:	pay[tag + rnd_below(r, 8)] ^= (uint8_t)change; break;
	case 1:	pay[PAY_NODE + 1] ^= (uint8_t)change; break;
	case 2:	pay[PAY_TX + 5] ^= (uint8_t)change; break;
	case 3:	pay[PAY_ATTEMPT] ^= (uint8_t)change; break;
	case 4:	pay[PAY_FLOW + 1] ^= (uint8_t)change; break;
	case 5:	pay[PAY_DST + 3] ^= (uint8_t)change; break;
	case 6:	pay[PAY_ROUND] ^= (uint8_t)change; break;
	case 7:
		put32(pay + tag, (uint32_t)rnd_next(r));
		put32(pay + tag + 4, (uint32_t)rnd_next(r) ^ change);
	}
}

/* Write a payload back as the first labels of the name, lengths as before. */
static void
put_name(const struct seen *s, const uint8_t *pay, uint8_t *name)
{
	char text[128];
	size_t n = wire_base32(pay, s->paylen, text), done = 0;

	while (done < n) {
		size_t lab = *name++;

		memcpy(name, text + done, lab);
		name += lab;
		done += lab;
	}
}

static void
forge_answer(const struct seen *s, struct rnd *r, uint8_t *l4)
{
	uint8_t pay[PAY_MAX];
	uint32_t x = (uint32_t)rnd_next(r);

	memcpy(pay, s->pay, s->paylen);
	switch (s->type) {
	case P_ICMP: case P_UDP:
		tamper(s, r, pay);
		memcpy(l4 + 8, pay, s->paylen);
		break;
	case P_DNS:
		tamper(s, r, pay);
		put_name(s, pay, l4 + 8 + 12);
		break;
	case P_CHAOS:			/* another id, and maybe port */
		put16(l4 + 8, get16(l4 + 8) ^ (0x8000 | (x & 0x7fff)));
		if (x >> 31 != 0)
			put16(l4 + 2, 49152 + (x >> 16 & 0x3fff));
		break;
	case P_SYN:
		put32(l4 + 8, x);
		break;
	case P_SYNACK: case P_ACK:
		put32(l4 + 4, x);
		break;
	case P_NONE:
		break;
	}
}

/*
 * An ICMP error about a probe that was guessed: identity at random, or all
 * of it right but one word.
 */
static size_t
forge_error(const struct seen *s, struct rnd *r, uint8_t *out)
{
	struct said said;
	uint8_t from[16], *q, *l4;
	size_t len = reply_error(s, false, true, *r, out, &said, from), at;

	at = l4_of(out);
	q = out + at + 8;
	l4 = q + s->l4;
	bool guess = rnd_below(r, 2) == 0;
	if (guess && s->alen == 4) {
		put16(q + 4, (unsigned)rnd_next(r) & 0xffff);
		put16(q + 10, wire_ipsum(q));
	}
	if (s->type == P_ICMP) {
		put16(l4 + 2, get16(l4 + 2) ^ (1 + rnd_below(r, 0xffff)));
		if (guess)
			put32(l4 + 4, (uint32_t)rnd_next(r));
	} else if (s->proto == PROTO_TCP)
		put32(l4 + 4, (uint32_t)rnd_next(r));
	else
		put16(l4 + 6, get16(l4 + 6) ^ (1 + rnd_below(r, 0xffff)));
	wire_finish(out, len, at, s->alen == 4 ? PROTO_ICMP : PROTO_ICMP6);
	return len;
}

size_t
reply_forged(const struct seen *s, struct rnd r, uint8_t *out)
{
	struct said said;
	size_t len, l4;

	if (rnd_below(&r, 8) == 0)
		return forge_error(s, &r, out);
	len = reply_answer(s, s->dst, r, out, &said);
	l4 = l4_of(out);
	forge_answer(s, &r, out + l4);
	wire_finish(out, len, l4, s->proto);
	return len;
}

/*
 * Cut so that the identity is not whole but the protocol and, where there
 * is one, the mid still is.  Either the host sent less, or the wire lost it.
 */
size_t
reply_truncate(const struct seen *s, struct rnd r, uint8_t *p, size_t len)
{
	size_t l4 = l4_of(p), n;

	if (s->proto == PROTO_TCP)
		n = l4 + 8 + rnd_below(&r, 5);
	else if (s->type == P_CHAOS)
		n = l4 + 8 + rnd_below(&r, 12);
	else if (s->type == P_DNS)
		n = l4 + 8 + 12 + 9 + rnd_below(&r, 40);
	else
		n = l4 + 8 + 4 + rnd_below(&r, (unsigned)s->paylen - 4);
	if (n >= len)
		n = len - 1;
	if (rnd_below(&r, 2) == 0)
		wire_finish(p, n, l4, s->proto);
	return n;
}

/* One bit where only a checksum can tell: in a sum, or in what is carried. */
size_t
reply_corrupt(const struct seen *s, struct rnd r, uint8_t *p, size_t len)
{
	size_t l4 = l4_of(p), at;
	uint8_t bit = (uint8_t)(1U << rnd_below(&r, 8));

	if (s->alen == 4 && rnd_below(&r, 4) == 0) {
		p[10 + rnd_below(&r, 2)] ^= bit;
		return len;
	}
	if (s->proto == PROTO_TCP)
		at = 4 + rnd_below(&r, 8);
	else if (s->type == P_DNS)
		at = 8 + 13 + rnd_below(&r, 50);
	else if (s->type == P_CHAOS)
		at = 8 + rnd_below(&r, 2);
	else
		at = 8 + 4 + rnd_below(&r, (unsigned)s->paylen - 4);
	p[l4 + at] ^= bit;
	return len;
}

/* The first part of an answer in two, or its second (RFC 791, RFC 8200 4.5). */
size_t
reply_fragment(const struct seen *s, struct rnd r, uint8_t *p, size_t len)
{
	size_t l4 = l4_of(p), body = len - l4;
	size_t cut = body / 2 & ~(size_t)7, shift = s->alen == 4 ? 0 : 8;
	bool first = rnd_below(&r, 2) == 0;
	size_t off = first ? 0 : cut, n = first ? cut : body - cut;

	memmove(p + l4 + shift, p + l4 + off, n);
	if (s->alen == 4) {
		put16(p + 6, (unsigned)(off / 8) | (first ? 0x2000 : 0));
		put16(p + 2, (unsigned)(l4 + n));
		put16(p + 10, wire_ipsum(p));
		return l4 + n;
	}
	p[l4] = p[6];
	p[6] = 44;
	p[l4 + 1] = 0;
	put16(p + l4 + 2, (unsigned)off | first);
	put32(p + l4 + 4, (uint32_t)rnd_next(&r));
	put16(p + 4, (unsigned)(8 + n));
	return l4 + 8 + n;
}

/* Transport of a foreign packet; return its length. */
static size_t
put_foreign(const struct seen *s, struct rnd *r, uint8_t *l4, uint8_t *proto)
{
	unsigned x = (unsigned)rnd_next(r) & 0xffff;

	memset(l4, 0, 64);
	*proto = s->alen == 4 ? PROTO_ICMP : PROTO_ICMP6;
	switch (rnd_below(r, 4)) {
	case 0:	case 1:			/* somebody's ping, or its answer */
		l4[0] = (uint8_t[]){ 0, 8, 129, 128 }
		    [(s->alen == 4 ? 0 : 2) + (x & 1)];
		put16(l4 + 4, x);
		for (uint8_t i = 8; i < 64; i++)
			l4[i] = i;
		return 64;
	case 2:				/* RFC 5905, to nobody */
		*proto = PROTO_UDP;
		put16(l4, 123);
		put16(l4 + 2, 33434 + (x & 0xff));
		return 56;
	default:			/* a scanner */
		*proto = PROTO_TCP;
		put16(l4, 1024 + x / 2);
		put16(l4 + 2, (uint16_t[]){ 22, 23, 8080, 3389 }[x & 3]);
		put32(l4 + 4, x << 16 | x);
		l4[12] = 0x50;
		l4[13] = 0x02;
		return 20;
	}
}

size_t
reply_foreign(const struct seen *s, struct rnd r, uint8_t *out)
{
	struct said said;
	uint8_t from[16], proto;
	size_t len = reply_error(s, false, true, r, out, &said, from), l4;

	(void)len;			/* a router's address and IP header */
	l4 = l4_of(out);
	len = l4 + put_foreign(s, &r, out + l4, &proto);
	out[s->alen == 4 ? 9 : 6] = proto;
	wire_finish(out, len, l4, proto);
	return len;
}
