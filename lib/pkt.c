#include "pkt.h"

enum { DF_SWAPPED = 0x0040 };	/* as some hosts quote DF: their byte order */

/* RFC 791, section 3.1. */
static enum pkt_error
parse4(struct pkt *h, struct cur *c, bool quoted)
{
	struct cur whole = *c;
	size_t got = cur_left(c), hlen, len;
	uint8_t vhl = cur_u8(c);

	h->tos = cur_u8(c);
	len = cur_u16(c);
	h->id = cur_u16(c);
	uint16_t frag = cur_u16(c);
	h->ttl = cur_u8(c);
	h->proto = cur_u8(c);
	cur_skip(c, 2);				/* checksum */
	h->src.v = h->dst.v = 4;
	cur_copy(c, h->src.b, 4);
	cur_copy(c, h->dst.b, 4);
	hlen = (vhl & 15u) * 4;
	if (hlen < 20)
		return PKT_BADFORM;
	cur_skip(c, hlen - 20);			/* options */
	if (c->bad)
		return PKT_SHORT;
	h->size = len;
	h->frag = (frag & 0x3fff) != 0 && !(quoted && frag == DF_SWAPPED);
	h->badsum = pkt_fold(pkt_sum(cur_bytes(&whole, hlen), hlen)) != 0xffff;
	if (quoted)
		return PKT_OK;
	if (len < hlen)
		return PKT_BADFORM;
	h->cut = len > got;
	cur_limit(c, len - hlen);
	return PKT_OK;
}

/*
 * RFC 8200 section 4, RFC 4302 section 2.2.  Each header is at least 8 bytes,
 * so the packet's length bounds the loop.  A fragment header that says the
 * packet is whole (RFC 6946) is an extension header like others.
 */
static enum pkt_error
skip_extensions(struct pkt *h, struct cur *c)
{
	for (;;) {
		uint8_t next = cur_u8(&(struct cur){ c->p, c->end, c->bad });

		switch (h->proto) {
		case PROTO_HOPOPTS:
		case PROTO_ROUTING:
		case PROTO_DSTOPTS:
		case PROTO_AH: {
			cur_skip(c, 1);
			size_t n = cur_u8(c);
			cur_skip(c, h->proto == PROTO_AH ? n * 4 + 6 : n * 8 + 6);
			break;
		}
		case PROTO_FRAGMENT:
			cur_skip(c, 2);
			h->frag |= (cur_u16(c) & 0xfff9) != 0;
			cur_skip(c, 4);
			break;
		default:
			return PKT_OK;
		}
		if (c->bad)
			return PKT_SHORT;
		h->proto = next;
		if (h->frag)			/* the rest may be anything */
			return PKT_OK;
	}
}

/* RFC 8200, section 3. */
static enum pkt_error
parse6(struct pkt *h, struct cur *c, bool quoted)
{
	size_t got = cur_left(c), len;
	uint32_t word = cur_u32(c);

	len = cur_u16(c);
	h->proto = cur_u8(c);
	h->ttl = cur_u8(c);
	h->src.v = h->dst.v = 6;
	cur_copy(c, h->src.b, 16);
	cur_copy(c, h->dst.b, 16);
	if (c->bad)
		return PKT_SHORT;
	h->tos = (uint8_t)(word >> 20);
	h->label = word & 0xfffff;
	h->size = len + 40;
	if (!quoted) {
		h->cut = h->size > got;
		cur_limit(c, len);
	}
	return skip_extensions(h, c);
}

enum pkt_error
pkt_parse(struct pkt *h, struct cur *c, bool quoted)
{
	struct cur peek = *c;
	uint8_t version = cur_u8(&peek) >> 4;

	*h = (struct pkt){ 0 };
	if (peek.bad)
		return PKT_SHORT;
	if (version == 4)
		return parse4(h, c, quoted);
	return version == 6 ? parse6(h, c, quoted) : PKT_BADFORM;
}

size_t
pkt_begin(struct buf *b, const struct pkt *h)
{
	size_t at = b->len;

	if (h->src.v == 6) {
		buf_u32(b, 6u << 28 | (uint32_t)h->tos << 20 |
		    (h->label & 0xfffff));
		buf_u16(b, 0);			/* length, in pkt_end */
		buf_u8(b, h->proto);
		buf_u8(b, h->ttl);
		buf_copy(b, h->src.b, 16);
		buf_copy(b, h->dst.b, 16);
		return at;
	}
	buf_u8(b, 0x45);
	buf_u8(b, h->tos);
	buf_u16(b, 0);				/* length, in pkt_end */
	buf_u16(b, h->id);
	buf_u16(b, h->frag ? 0x2000 : 0x4000);
	buf_u8(b, h->ttl);
	buf_u8(b, h->proto);
	buf_u16(b, 0);				/* checksum, in pkt_end */
	buf_copy(b, h->src.b, 4);
	buf_copy(b, h->dst.b, 4);
	return at;
}

/* Where in a message its checksum is; 0 for those that have none. */
static size_t
sum_at(uint8_t proto)
{
	return proto == PROTO_TCP ? 16 : proto == PROTO_UDP ? 6 :
	    proto == PROTO_ICMP || proto == PROTO_ICMP6 ? 2 : 0;
}

void
pkt_end(struct buf *b, size_t at)
{
	size_t n, hlen, sum;
	struct pkt h;
	struct cur c;

	if (b->bad || b->len - at < 20)
		return;
	n = b->len - at;
	if (b->p[at] >> 4 == 6) {
		buf_set16(b, at + 4, (uint16_t)(n - 40));
	} else {
		buf_set16(b, at + 2, (uint16_t)n);
		buf_set16(b, at + 10, 0);
		buf_set16(b, at + 10, pkt_cksum(pkt_sum(b->p + at, 20)));
	}
	c = cur_init(b->p + at, n);
	if (pkt_parse(&h, &c, false) != PKT_OK)
		return;
	n = cur_left(&c);
	hlen = b->len - n;
	sum = sum_at(h.proto);
	if (sum == 0 || n < sum + 2 || h.frag)
		return;
	buf_set16(b, hlen + sum, 0);
	uint16_t v = pkt_cksum(pkt_sum(b->p + hlen, n) +
	    (h.proto == PROTO_ICMP ? 0 : pkt_pseudo(&h.src, &h.dst, h.proto, n)));
	buf_set16(b, hlen + sum, v == 0 && h.proto == PROTO_UDP ? 0xffff : v);
}

uint64_t
pkt_pseudo(const struct addr *src, const struct addr *dst, uint8_t proto,
    size_t n)
{
	return pkt_sum(src->b, addr_bytes(src)) +
	    pkt_sum(dst->b, addr_bytes(dst)) + pkt_wire16(proto) +
	    pkt_wire16((uint16_t)n);
}

bool
pkt_goodsum(const struct pkt *h, struct cur c)
{
	size_t n = cur_left(&c);
	struct cur peek = c;

	if (h->proto == PROTO_UDP) {
		cur_skip(&peek, 6);
		if (cur_u16(&peek) == 0)	/* RFC 768: none; RFC 8200: never */
			return !peek.bad && h->src.v == 4;
	}
	uint64_t sum = pkt_sum(cur_bytes(&c, n), n);
	if (h->proto != PROTO_ICMP)
		sum += pkt_pseudo(&h->src, &h->dst, h->proto, n);
	return pkt_fold(sum) == 0xffff;
}
