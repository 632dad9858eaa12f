/* STAMP packets against a table of bytes drawn from RFC 8762 and RFC 8972. */

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hex.h"
#include "stamp.h"
#include "tap.h"

/* Figures 2 and 5 of RFC 8762, octet by octet. */
#define REQUEST								\
	"0000002a"		/*  0 sequence number */		\
	"eb2d87a480000000"	/*  4 timestamp */			\
	"8001"			/* 12 error estimate: S, 2^-32 s */	\
	"0000"			/* 14 MBZ; RFC 8972: SSID */		\
	"00000000000000000000000000000000000000000000000000000000"

#define REPLY								\
	"00000007"		/*  0 sequence number */		\
	"eb2d87a4c0000000"	/*  4 timestamp */			\
	"0a80"			/* 12 error estimate */			\
	"0000"			/* 14 MBZ; RFC 8972: SSID */		\
	"eb2d87a4a0000000"	/* 16 receive timestamp */		\
	"0000002a"		/* 24 session-sender sequence number */	\
	"eb2d87a480000000"	/* 28 session-sender timestamp */	\
	"8001"			/* 36 session-sender error estimate */	\
	"0000"			/* 38 MBZ */				\
	"fe"			/* 40 session-sender TTL */		\
	"000000"		/* 41 MBZ */

static void
test_request(void)
{
	uint8_t out[STAMP_LEN];
	struct buf b = buf_init(out, sizeof(out));
	struct stamp_request r;
	size_t n;
	uint8_t *p = unhex(REQUEST, &n);
	struct cur c = cur_init(p, n);

	ok(n == STAMP_LEN, "a request has 44 octets");
	ok(stamp_parse_request(&c, &r) == 0 && cur_left(&c) == 0 &&
	    r.seq == 42 && r.error == 0x8001 && r.ssid == 0, "read");
	ok(stamp_ns(r.time, r.error) == INT64_C(1736640804) * NS_PER_S +
	    NS_PER_S / 2, "its timestamp is 2025-01-12 00:13:24.5");
	stamp_build_request(&b, &r);
	ok(!b.bad && b.len == n && memcmp(out, p, n) == 0, "written again");
	for (size_t k = 0; k < n; k++) {
		uint8_t *q = exact(p, k);

		c = cur_init(q, k);
		if (stamp_parse_request(&c, &r) != -1) {
			ok(0, "taken with %zu octets", k);
		}
		free(q);
	}
	free(p);
}

static void
test_reply(void)
{
	uint8_t out[STAMP_LEN];
	struct buf b = buf_init(out, sizeof(out));
	struct stamp_reply r;
	size_t n;
	uint8_t *p = unhex(REPLY, &n);
	struct cur c = cur_init(p, n);
	int taken = 0;

	ok(n == STAMP_LEN, "a reply has 44 octets");
	ok(stamp_parse_reply(&c, &r) == 0 && r.seq == 7 &&
	    r.sender_seq == 42 && r.sender_ttl == 254 && r.error == 0x0a80 &&
	    r.sender_error == 0x8001, "read");
	ok(stamp_ns(r.time, r.error) - stamp_ns(r.rx_time, r.error) ==
	    NS_PER_S / 8, "it was with the reflector for 125 ms");
	stamp_build_reply(&b, &r);
	ok(!b.bad && b.len == n && memcmp(out, p, n) == 0, "written again");
	for (size_t k = 0; k < n; k++) {
		uint8_t *q = exact(p, k);

		c = cur_init(q, k);
		taken += stamp_parse_reply(&c, &r) == 0;
		free(q);
	}
	ok(taken == 0, "none that is shorter is taken");
	free(p);
}

static void
test_times(void)
{
	static const int64_t ns[] = { 0, 1, 999999999, 1736865700500000000,
	    2085978495999999999, 2085978496000000000, 2085978496000000001,
	    4102444800123456789 };

	ok(stamp_ntp(0) == UINT64_C(2208988800) << 32, "1970 in NTP seconds");
	ok(stamp_ntp(INT64_C(2085978496) * NS_PER_S) == 0,
	    "2036-02-07 06:28:16 is 0 of era 1");
	ok(stamp_ptp(1500000001) == (UINT64_C(1) << 32 | 500000001),
	    "PTP: seconds and nanoseconds");
	for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
		ok(stamp_ns(stamp_ntp(ns[i]), 0) == ns[i],
		    "NTP and back: %lld", (long long)ns[i]);
		ok(stamp_ns(stamp_ptp(ns[i]), STAMP_PTP) == ns[i],
		    "PTP and back: %lld", (long long)ns[i]);
	}
}

static void
test_errors(void)
{
	static const int64_t ns[] = { 0, 1, 1000, 50000, 1000000, 16000000,
	    10 * NS_PER_S };

	for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
		uint16_t e = stamp_error(ns[i], false);
		int64_t back = stamp_error_ns(e);

		ok((e & 0xff) != 0 && back >= ns[i] &&
		    back <= ns[i] + ns[i] / 50 + 2000,
		    "error of %lld ns: %lld", (long long)ns[i],
		    (long long)back);
	}
	ok((stamp_error(1, true) & STAMP_SYNCED) != 0 &&
	    (stamp_error(INT64_MAX, true) & STAMP_PTP) == 0, "the S bit only");
}

static void
test_extensions(void)
{
	uint8_t out[STAMP_FULL_LEN];
	struct buf b = buf_init(out, sizeof(out));
	struct stamp_count k = { 0x1122334455667788, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8 },
	    got = { 0 };
	struct stamp_cos cos;
	struct stamp_tlv t;
	struct cur c;
	size_t n;
	/* RFC 8972: flags U, type 4, length 4, DSCP1 46 DSCP2 10 ECN 3 RP 1 */
	uint8_t *p = unhex("80040004" "b8ad0000" "00010002" "0000", &n);

	c = cur_init(p, n);
	ok(stamp_next(&c, &t) == 1 && t.type == TLV_COS && t.flags == TLV_U &&
	    stamp_parse_cos(t.body, &cos) == 0 && cos.dscp1 == 46 &&
	    cos.dscp2 == 10 && cos.ecn == 3 && cos.rp == 1,
	    "class of service");
	ok(stamp_next(&c, &t) == 1 && t.type == TLV_PADDING &&
	    cur_left(&t.body) == 2, "padding");
	ok(stamp_next(&c, &t) == 0, "the end");
	b = buf_init(out, 8);
	stamp_build_cos(&b, TLV_U, &cos);
	ok(memcmp(out, p, 8) == 0, "class of service written again");
	free(p);
	p = unhex("0001ffff00", &n);
	c = cur_init(p, n);
	ok(stamp_next(&c, &t) == -1, "longer than the packet: malformed");
	c = cur_init(p, 3);
	ok(stamp_next(&c, &t) == -1, "three octets are no extension");
	free(p);
	b = buf_init(out, sizeof(out));
	(void)buf_take(&b, STAMP_LEN);
	stamp_build_cos(&b, 0, &cos);
	stamp_build_count(&b, 0, &k);
	ok(!b.bad && b.len == STAMP_FULL_LEN, "our packets have %d octets",
	    STAMP_FULL_LEN);
	c = cur_init(out + STAMP_LEN, STAMP_FULL_LEN - STAMP_LEN);
	(void)stamp_next(&c, &t);
	ok(stamp_next(&c, &t) == 1 && stamp_parse_count(t.body, &got) == 0 &&
	    got.session == k.session && got.rcvd == 1 && got.epoch == 9 && got.replies == 8,
	    "counters come back");
	out[STAMP_LEN + STAMP_COS_LEN + STAMP_TLV_LEN] ^= 1;
	ok(stamp_parse_count(t.body, &got) == -1, "of nobody else's");
	out[STAMP_LEN + STAMP_COS_LEN + STAMP_TLV_LEN] ^= 1;
	cur_limit(&t.body, 47);
	ok(stamp_parse_count(t.body, &got) == -1, "but not from fewer octets");
}

int
main(void)
{
	test_request();
	test_reply();
	test_times();
	test_errors();
	test_extensions();
	return tap_done();
}
