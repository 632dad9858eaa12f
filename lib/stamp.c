/* STAMP packets, RFC 8762 and RFC 8972. */

#include "stamp.h"

#include "clock.h"

#define NTP_UNIX	INT64_C(2208988800)	/* 1900 to 1970, seconds */
#define CASTNET_MAGIC	UINT32_C(0x636e6574)	/* "cnet" */

/* RFC 8762 section 4.2.1, figure 2; octets 14 and 15: RFC 8972 section 3. */
int
stamp_parse_request(struct cur *c, struct stamp_request *r)
{
	r->seq = cur_u32(c);
	r->time = cur_u64(c);
	r->error = cur_u16(c);
	r->ssid = cur_u16(c);
	cur_skip(c, 28);		/* must be zero */
	return c->bad ? -1 : 0;
}

void
stamp_build_request(struct buf *b, const struct stamp_request *r)
{
	buf_u32(b, r->seq);
	buf_u64(b, r->time);
	buf_u16(b, r->error);
	buf_u16(b, r->ssid);
	(void)buf_take(b, 28);
}

/* RFC 8762 section 4.3.1, figure 5. */
int
stamp_parse_reply(struct cur *c, struct stamp_reply *r)
{
	r->seq = cur_u32(c);
	r->time = cur_u64(c);
	r->error = cur_u16(c);
	r->ssid = cur_u16(c);
	r->rx_time = cur_u64(c);
	r->sender_seq = cur_u32(c);
	r->sender_time = cur_u64(c);
	r->sender_error = cur_u16(c);
	cur_skip(c, 2);			/* must be zero */
	r->sender_ttl = cur_u8(c);
	cur_skip(c, 3);			/* must be zero */
	return c->bad ? -1 : 0;
}

void
stamp_build_reply(struct buf *b, const struct stamp_reply *r)
{
	buf_u32(b, r->seq);
	buf_u64(b, r->time);
	buf_u16(b, r->error);
	buf_u16(b, r->ssid);
	buf_u64(b, r->rx_time);
	buf_u32(b, r->sender_seq);
	buf_u64(b, r->sender_time);
	buf_u16(b, r->sender_error);
	buf_u16(b, 0);
	buf_u8(b, r->sender_ttl);
	(void)buf_take(b, 3);
}

/* RFC 5905 section 6: seconds and a 32-bit fraction, rounded. */
uint64_t
stamp_ntp(int64_t ns)
{
	uint64_t sec = (uint64_t)(ns / NS_PER_S + NTP_UNIX) & UINT32_MAX;
	uint64_t frac = (((uint64_t)(ns % NS_PER_S) << 32) +
	    NS_PER_S / 2) / NS_PER_S;

	return (sec << 32) + frac;
}

uint64_t
stamp_ptp(int64_t ns)
{
	return (uint64_t)(ns / NS_PER_S) << 32 | (uint64_t)(ns % NS_PER_S);
}

int64_t
stamp_ns(uint64_t time, uint16_t error)
{
	int64_t sec = (int64_t)(time >> 32);
	uint64_t frac = time & UINT32_MAX;

	if ((error & STAMP_PTP) != 0)
		return sec * NS_PER_S + (int64_t)(frac % NS_PER_S);
	/* Era 1 begins in 2036: small seconds are of that one. */
	if (sec < INT64_C(0x80000000))
		sec += INT64_C(1) << 32;
	return (sec - NTP_UNIX) * NS_PER_S +
	    (int64_t)((frac * NS_PER_S + (UINT64_C(1) << 31)) >> 32);
}

/* RFC 4656 section 4.1.2: multiplier * 2^(scale - 32) seconds. */
uint16_t
stamp_error(int64_t ns, bool synced)
{
	uint64_t units = (((uint64_t)(ns < 0 ? 0 : ns > 1000 * NS_PER_S ?
	    1000 * NS_PER_S : ns) / 1000 + 1) << 32) / 1000000;
	unsigned scale = 0;

	while (units > 255) {
		units = (units + 1) / 2;
		scale++;
	}
	/* A multiplier of 0 is an invalid packet. */
	return (uint16_t)((synced ? STAMP_SYNCED : 0) | scale << 8 |
	    (units == 0 ? 1 : units));
}

int64_t
stamp_error_ns(uint16_t error)
{
	unsigned scale = error >> 8 & 0x3f;
	double s = (error & 0xff) / 4294967296.0;

	while (scale-- > 0)
		s *= 2;
	return s > 9e8 ? INT64_MAX : (int64_t)(s * 1e9 + 0.5);
}

int
stamp_next(struct cur *c, struct stamp_tlv *t)
{
	uint16_t len;

	if (cur_left(c) == 0)
		return 0;
	t->flags = cur_u8(c);
	t->type = cur_u8(c);
	len = cur_u16(c);
	t->body = cur_split(c, len);
	return t->body.bad || c->bad ? -1 : 1;
}

static void
tlv(struct buf *b, uint8_t flags, uint8_t type, uint16_t len)
{
	buf_u8(b, flags);
	buf_u8(b, type);
	buf_u16(b, len);
}

void
stamp_padding(struct buf *b, uint8_t flags, size_t total)
{
	tlv(b, flags, TLV_PADDING, (uint16_t)(total - STAMP_TLV_LEN));
	(void)buf_take(b, total - STAMP_TLV_LEN);
}

void
stamp_build_cos(struct buf *b, uint8_t flags, const struct stamp_cos *s)
{
	tlv(b, flags, TLV_COS, 4);
	buf_u16(b, (uint16_t)((s->dscp1 & 63) << 10 | (s->dscp2 & 63) << 4 |
	    (s->ecn & 3) << 2 | (s->rp & 3)));
	buf_u16(b, 0);
}

int
stamp_parse_cos(struct cur c, struct stamp_cos *s)
{
	uint16_t v = cur_u16(&c);

	cur_skip(&c, 2);		/* reserved */
	if (c.bad || cur_left(&c) != 0)
		return -1;
	*s = (struct stamp_cos){ (uint8_t)(v >> 10), v >> 4 & 63, v >> 2 & 3,
	    v & 3 };
	return 0;
}

void
stamp_build_count(struct buf *b, uint8_t flags, const struct stamp_count *s)
{
	tlv(b, flags, TLV_CASTNET, STAMP_COUNT_LEN - STAMP_TLV_LEN);
	buf_u32(b, CASTNET_MAGIC);
	buf_u64(b, s->session);
	buf_u32(b, (uint32_t)s->flags << 24 | (s->epoch & 0xffffff));
	buf_u32(b, s->rcvd);
	buf_u32(b, s->dup);
	buf_u32(b, s->reord);
	buf_u32(b, s->extent);
	buf_u32(b, s->bursts);
	buf_u32(b, s->burst_max);
	buf_u32(b, s->late);
	buf_u32(b, s->replies);
}

int
stamp_parse_count(struct cur c, struct stamp_count *s)
{
	uint32_t magic = cur_u32(&c);

	s->session = cur_u64(&c);
	s->epoch = cur_u32(&c);
	s->flags = (uint8_t)(s->epoch >> 24);
	s->epoch &= 0xffffff;
	s->rcvd = cur_u32(&c);
	s->dup = cur_u32(&c);
	s->reord = cur_u32(&c);
	s->extent = cur_u32(&c);
	s->bursts = cur_u32(&c);
	s->burst_max = cur_u32(&c);
	s->late = cur_u32(&c);
	s->replies = cur_u32(&c);
	return c.bad || cur_left(&c) != 0 || magic != CASTNET_MAGIC ? -1 : 0;
}
