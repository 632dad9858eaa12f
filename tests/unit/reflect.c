/* The STAMP reflector: numbers, extensions, lengths, sessions. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "reflect.h"
#include "hex.h"
#include "stamp.h"
#include "tap.h"

static struct connctx ctx;
static struct recout out;

/* A packet from a port of 192.0.2.1, as a socket would have it. */
static struct udpin
packet(const uint8_t *p, size_t n, uint16_t port)
{
	struct udpin in = { .p = p, .n = n, .segment = n, .ttl = 61,
	    .tos = 46 << 2 | 1, .ns = INT64_C(1736640804) * NS_PER_S };
	struct addr a = addr_from_u32(0xc0000201);

	(void)sockname_make(&in.from, &a, port);
	return in;
}

static size_t
request(uint8_t *p, size_t cap, uint32_t seq, uint16_t error,
    const struct stamp_count *k)
{
	struct buf b = buf_init(p, cap);
	struct stamp_request q = { seq, stamp_ntp(NS_PER_S), error, 9 };
	struct stamp_cos cos = { .dscp1 = 10 };

	stamp_build_request(&b, &q);
	if (k != NULL) {
		stamp_build_cos(&b, TLV_U, &cos);
		stamp_build_count(&b, TLV_U, k);
	}
	return b.len;
}

static void
test_plain(struct reflect *r)
{
	uint8_t p[STAMP_LEN], q[256];
	struct stamp_reply a;
	struct cur c;
	size_t n = request(p, sizeof(p), 5, 0x8001, NULL), m;
	struct udpin in = packet(p, n, 1000);
	int tos;

	m = reflect_answer(r, &in, q, sizeof(q), &tos);
	c = cur_init(q, m);
	ok(m == STAMP_LEN && stamp_parse_reply(&c, &a) == 0,
	    "44 octets are answered with 44");
	ok(a.sender_seq == 5 && a.sender_time == stamp_ntp(NS_PER_S) &&
	    a.sender_error == 0x8001 && a.sender_ttl == 61 && a.ssid == 9,
	    "what the sender said, and the TTL it came with");
	ok(a.seq == 0 && stamp_ns(a.rx_time, a.error) == in.ns,
	    "our own number, the time it came");
	ok((a.error & 0xff) != 0 && (a.error & STAMP_PTP) == 0,
	    "an error estimate, NTP");
	(void)request(p, sizeof(p), 9, 0x4001, NULL);
	m = reflect_answer(r, &in, q, sizeof(q), &tos);
	c = cur_init(q, m);
	(void)stamp_parse_reply(&c, &a);
	ok(a.seq == 1 && a.sender_seq == 9, "numbers are the session's own");
	ok((a.error & STAMP_PTP) != 0 &&
	    a.rx_time >> 32 == (uint64_t)(in.ns / NS_PER_S),
	    "PTP timestamps to who uses them");
	in = packet(p, n, 1001);
	m = reflect_answer(r, &in, q, sizeof(q), &tos);
	c = cur_init(q, m);
	(void)stamp_parse_reply(&c, &a);
	ok(a.seq == 0, "another port is another session");
}

static void
test_lengths(struct reflect *r)
{
	uint8_t p[200] = { 0 }, q[200];
	int bad = 0, answered = 0, tos;

	for (size_t n = 0; n <= sizeof(p); n++) {
		uint8_t *e = exact(p, n);
		struct udpin in = packet(e, n, 7);
		size_t m = reflect_answer(r, &in, q, sizeof(q), &tos);

		answered += m > 0;
		bad += m != (n < STAMP_LEN ? 0 : n);
		free(e);
	}
	ok(bad == 0 && answered == 157, "an answer is as long as its request");
}

static void
test_extensions(struct reflect *r)
{
	uint8_t p[STAMP_FULL_LEN + 13], q[300];
	struct stamp_count k = { .session = 77 }, got = { 0 };
	struct stamp_cos cos = { 0 };
	struct stamp_tlv t = { 0 };
	struct udpin in;
	struct cur c;
	size_t n = 0, m;
	int tos;

	for (uint32_t i = 0; i < 4; i++) {	/* 0 1 1 3 */
		n = request(p, sizeof(p), i == 2 ? 1 : i, 1, &k);
		/* an extension nobody knows, and padding too short for one */
		memcpy(p + n, "\x80\xc8\0\3abc", 7);
		memcpy(p + n + 7, "\x80\1\0\2\0\0", 6);
		in = packet(p, n + 13, (uint16_t)(2000 + i));
		m = reflect_answer(r, &in, q, sizeof(q), &tos);
	}
	ok(m == n + 13 && tos == 10 << 2, "the DSCP that was asked for");
	c = cur_init(q, m);
	cur_skip(&c, STAMP_LEN);
	(void)stamp_next(&c, &t);
	ok(t.flags == 0 && stamp_parse_cos(t.body, &cos) == 0 &&
	    cos.dscp2 == 46 && cos.ecn == 1, "DSCP and ECN as they arrived");
	(void)stamp_next(&c, &t);
	ok(t.flags == 0 && stamp_parse_count(t.body, &got) == 0 &&
	    got.rcvd == 3 && got.dup == 1 && got.replies == 4 &&
	    got.session == 77, "counters, whatever port it came from");
	(void)stamp_next(&c, &t);
	ok(t.flags == TLV_U && t.type == 0xc8 &&
	    memcmp(t.body.p, "abc", 3) == 0, "the unknown is marked so");
	ok(stamp_next(&c, &t) == 1 && t.type == TLV_PADDING && t.flags == 0,
	    "padding");
	k.flags = STAMP_ASK;
	n = request(p, sizeof(p), 6, 1, &k);
	in = packet(p, n, 2000);
	m = reflect_answer(r, &in, q, sizeof(q), &tos);
	c = cur_init(q, m);
	cur_skip(&c, STAMP_LEN);
	(void)stamp_next(&c, &t);
	(void)stamp_next(&c, &t);
	ok(stamp_parse_count(t.body, &got) == 0 && got.rcvd == 3 &&
	    got.bursts == 2 && got.burst_max == 2 && got.replies == 4,
	    "asked for counters: 2, 4 and 5 of 6 are lost, none is counted");
}

/* More sessions than there is memory for: answered, with their numbers. */
static void
test_many(struct reflect *r)
{
	uint8_t p[STAMP_LEN], q[256];
	size_t n = request(p, sizeof(p), 1234, 1, NULL);
	uint64_t before = r->forgotten;
	int answered = 0, own = 0, tos;

	for (int i = 0; i < 6 * REFLECT_SESSIONS; i++) {
		struct udpin in = packet(p, n, (uint16_t)(5000 + i / 2));
		size_t m = reflect_answer(r, &in, q, sizeof(q), &tos);
		struct cur c = cur_init(q, m);
		struct stamp_reply a;

		answered += m == n;
		(void)stamp_parse_reply(&c, &a);
		own += a.seq == 1234;
	}
	ok(answered == 6 * REFLECT_SESSIONS, "all are answered");
	ok(r->used <= REFLECT_SESSIONS && r->forgotten > before &&
	    (uint64_t)own == r->forgotten - before,
	    "those beyond memory with the sender's own numbers");
	reflect_tick(r, clock_mono() + 2 * REFLECT_IDLE_NS);
	ok(r->used == 0, "idle sessions are forgotten");
	before = r->forgotten;
	for (uint16_t port = 1; port <= 3 * REFLECT_SESSIONS; port++) {
		struct udpin in = packet(p, n, port);

		(void)reflect_answer(r, &in, q, sizeof(q), &tos);
	}
	ok(r->forgotten == before && r->used <= REFLECT_SESSIONS,
	    "who sent one packet makes room for others");
}

int
main(void)
{
	struct reflect r;

	ctx.node = "test";
	ctx.out = &out;
	if (recout_open(&out, &rec_conn, open("/dev/null", O_WRONLY), false,
	    false, NULL) == -1)
		return 1;
	reflect_init(&r, &ctx);
	test_plain(&r);
	test_lengths(&r);
	test_extensions(&r);
	test_many(&r);
	reflect_close(&r);
	(void)recout_close(&out, NULL, NULL);
	return tap_done();
}
