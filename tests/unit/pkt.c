/*
 * IP headers and checksums: packets as hex, made by another program than
 * the one tested.
 */

#include "hex.h"
#include "pkt.h"
#include "tap.h"

static const struct {
	const char	*what;
	const char	*hex;
	bool		 quoted;
	enum pkt_error	 want;
	int		 proto;
	size_t		 left;		/* bytes after the header */
	const char	*flags;		/* cut, fragment, wrong sum */
} headers[] = {
	{ "UDP in IPv4",
	    "45000023123440003911435ac6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv4 options",
	    "4700002b123440003911364bc6336407c000020107070400000000000035"
	    "ee48000f67e67061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv4 all the options there can be",
	    "4f00004b123440003911251ec6336407c000020101010101010101010101"
	    "010101010101010101010101010101010101010101010101010101010101"
	    "0035ee48000f67e67061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "padding after IPv4",
	    "45000023123440003911435ac6336407c00002010035ee48000f67e67061"
	    "796c6f61640000000000000000000000",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv4 captured in part",
	    "45000023123440003911435ac6336407c00002010035ee48000f67e67061",
	    false, PKT_OK, PROTO_UDP, 10, "c" },
	{ "IPv4 first fragment",
	    "45000023123420003911635ac6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "f" },
	{ "IPv4 last fragment",
	    "450000231234000539118355c6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "f" },
	{ "IPv4 header checksum",
	    "45000023123440003911435bc6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "s" },
	{ "IPv4 header checksum in options",
	    "460000271234400039114054c6336407c0000201020101010035ee48000f"
	    "67e67061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "s" },
	{ "IPv4 header of 16 bytes",
	    "44000023123440003911445ac6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_BADFORM, 0, 0, "" },
	{ "IPv4 shorter than its header",
	    "45000013123440003911436ac6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_BADFORM, 0, 0, "" },
	{ "IPv4 shorter than its options",
	    "4700001b1234400039113d5ec6336407c000020101010101010101010035"
	    "ee48000f67e67061796c6f6164",
	    false, PKT_BADFORM, 0, 0, "" },
	{ "IPv4 with no payload",
	    "450000141234400039114369c6336407c0000201",
	    false, PKT_OK, PROTO_UDP, 0, "" },
	{ "IPv4 length 0",
	    "45000000123440003911437dc6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_BADFORM, 0, 0, "" },
	{ "IPv4 cut in the header",
	    "45000023123440003911435ac6336407c00002",
	    false, PKT_SHORT, 0, 0, "" },
	{ "IPv4 cut in the options",
	    "4700002b1234400039113d4ec6336407c000020101010101010101",
	    false, PKT_SHORT, 0, 0, "" },
	{ "nothing",
	    "",
	    false, PKT_SHORT, 0, 0, "" },
	{ "version 5",
	    "55000023123440003911335ac6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    false, PKT_BADFORM, 0, 0, "" },
	{ "version 0",
	    "000000000000000000000000000000000000000000000000000000000000"
	    "00000000000000000000",
	    false, PKT_BADFORM, 0, 0, "" },
	{ "IPv4 quoted, length in host order",
	    "45002300123440003911207dc6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    true, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv4 quoted, length 0",
	    "45000000123440003911437dc6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    true, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv4 quoted, 8 bytes of it",
	    "45000023123440003911435ac6336407c00002010035ee48000f67e6",
	    true, PKT_OK, PROTO_UDP, 8, "" },
	{ "IPv4 quoted, cut in the header",
	    "45000023123440003911435ac6336407c000",
	    true, PKT_SHORT, 0, 0, "" },
	{ "UDP in IPv6",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000ff8a77061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "padding after IPv6",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000ff8a77061796c6f6164000000",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv6 captured in part",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000ff8a77061",
	    false, PKT_OK, PROTO_UDP, 10, "c" },
	{ "IPv6 cut in the header",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000",
	    false, PKT_SHORT, 0, 0, "" },
	{ "IPv6 hop-by-hop options",
	    "600123450017003920010db800010000000000000000000720010db80000"
	    "0000000000000000000111000104000000000035ee48000ff8a77061796c"
	    "6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv6 hop-by-hop of 16 bytes",
	    "60012345001f003920010db800010000000000000000000720010db80000"
	    "000000000000000000011101010c0000000000000000000000000035ee48"
	    "000ff8a77061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv6 routing, destination options",
	    "60012345001f2b3920010db800010000000000000000000720010db80000"
	    "000000000000000000013c0000000000000011000104000000000035ee48"
	    "000ff8a77061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv6 authentication header",
	    "60012345001b333920010db800010000000000000000000720010db80000"
	    "000000000000000000011101000000000001000000010035ee48000ff8a7"
	    "7061796c6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv6 atomic fragment",
	    "6001234500172c3920010db800010000000000000000000720010db80000"
	    "0000000000000000000111000000000000070035ee48000ff8a77061796c"
	    "6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "" },
	{ "IPv6 first fragment",
	    "6001234500172c3920010db800010000000000000000000720010db80000"
	    "0000000000000000000111000001000000070035ee48000ff8a77061796c"
	    "6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "f" },
	{ "IPv6 later fragment",
	    "6001234500172c3920010db800010000000000000000000720010db80000"
	    "0000000000000000000111000008000000070035ee48000ff8a77061796c"
	    "6f6164",
	    false, PKT_OK, PROTO_UDP, 15, "f" },
	{ "IPv6 later fragment of what might be options",
	    "60012345000c2c3920010db800010000000000000000000720010db80000"
	    "000000000000000000013c0000080000000711ff0000",
	    false, PKT_OK, PROTO_DSTOPTS, 4, "f" },
	{ "IPv6 extension header cut",
	    "600123450007003920010db800010000000000000000000720010db80000"
	    "0000000000000000000111000104000000",
	    false, PKT_SHORT, 0, 0, "" },
	{ "IPv6 extension header longer than the packet",
	    "600123450017003920010db800010000000000000000000720010db80000"
	    "0000000000000000000111040104000000000035ee48000ff8a77061796c"
	    "6f6164",
	    false, PKT_SHORT, 0, 0, "" },
	{ "IPv6 fragment header cut",
	    "6001234500072c3920010db800010000000000000000000720010db80000"
	    "0000000000000000000111000000000000",
	    false, PKT_SHORT, 0, 0, "" },
	{ "IPv6 no next header",
	    "6001234500003b3920010db800010000000000000000000720010db80000"
	    "00000000000000000001",
	    false, PKT_OK, PROTO_NONE, 0, "" },
	{ "IPv6 of hop-by-hop headers only",
	    "6001234500a0003920010db800010000000000000000000720010db80000"
	    "000000000000000000010000010400000000000001040000000000000104"
	    "000000000000010400000000000001040000000000000104000000000000"
	    "010400000000000001040000000000000104000000000000010400000000"
	    "000001040000000000000104000000000000010400000000000001040000"
	    "000000000104000000000000010400000000000001040000000000000104"
	    "0000000000000104000000000000010400000000",
	    false, PKT_SHORT, 0, 0, "" },
	{ "IPv6 quoted in part",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000ff8a7",
	    true, PKT_OK, PROTO_UDP, 8, "" },
};

static const struct {
	const char	*what;
	const char	*hex;
	bool		 good;
} sums[] = {
	{ "UDP",
	    "45000023123440003911435ac6336407c00002010035ee48000f67e67061"
	    "796c6f6164",
	    true },
	{ "UDP, odd sum",
	    "45000023123440003911435ac6336407c00002010035ee48000f67e77061"
	    "796c6f6164",
	    false },
	{ "UDP without checksum",
	    "45000023123440003911435ac6336407c00002010035ee48000f00007061"
	    "796c6f6164",
	    true },
	{ "UDP in IPv6",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000ff8a77061796c6f6164",
	    true },
	{ "UDP in IPv6, wrong",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000ff9a77061796c6f6164",
	    false },
	{ "UDP in IPv6 without checksum",
	    "60012345000f113920010db800010000000000000000000720010db80000"
	    "000000000000000000010035ee48000f00007061796c6f6164",
	    false },
	{ "TCP",
	    "450000281234400039064360c6336407c00002010050f230010203040506"
	    "070850120400bd010000",
	    true },
	{ "TCP, wrong",
	    "450000281234400039064360c6336407c00002010050f230010203040506"
	    "0708501204003d010000",
	    false },
	{ "TCP in IPv6",
	    "600123450015063920010db800010000000000000000000720010db80000"
	    "000000000000000000010050f230010203040506070850120400d5c10000"
	    "78",
	    true },
	{ "TCP in IPv6, wrong",
	    "600123450014063920010db800010000000000000000000720010db80000"
	    "000000000000000000010050f2300102030405060708501204004dc10000",
	    false },
	{ "ICMP",
	    "45000023123440003901436ac6336407c000020100003eca010203047061"
	    "796c6f6164",
	    true },
	{ "ICMP, wrong",
	    "45000023123440003901436ac6336407c000020100003ece010203047061"
	    "796c6f6164",
	    false },
	{ "ICMPv6",
	    "60012345000f3a3920010db800010000000000000000000720010db80000"
	    "0000000000000000000181006205010203047061796c6f6164",
	    true },
	{ "ICMPv6 without pseudo-header",
	    "60012345000f3a3920010db800010000000000000000000720010db80000"
	    "000000000000000000018100bdc9010203047061796c6f6164",
	    false },
	{ "ICMPv6 after hop-by-hop options",
	    "600123450017003920010db800010000000000000000000720010db80000"
	    "000000000000000000013a0001040000000081006205010203047061796c"
	    "6f6164",
	    true },
};

static const char *
flags(const struct pkt *h)
{
	return h->cut ? "c" : h->frag ? "f" : h->badsum ? "s" : "";
}

static void
test_headers(void)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		size_t n;
		uint8_t *p = unhex(headers[i].hex, &n);
		struct cur c = cur_init(p, n);
		struct pkt h;
		enum pkt_error got = pkt_parse(&h, &c, headers[i].quoted);

		ok(got == headers[i].want, "%s", headers[i].what);
		ok(got != PKT_OK || (h.proto == headers[i].proto &&
		    cur_left(&c) == headers[i].left &&
		    (headers[i].quoted ||
		    strcmp(flags(&h), headers[i].flags) == 0)),
		    "%s: what is in it: %u %zu %s", headers[i].what, h.proto,
		    cur_left(&c), flags(&h));
		free(p);
	}
}

/* Fewer bytes never are a whole header where more were needed. */
static void
test_cuts(void)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		size_t n;
		uint8_t *p = unhex(headers[i].hex, &n);

		for (size_t k = 0; k < n; k++) {
			uint8_t *q = exact(p, k);
			struct cur c = cur_init(q, k);
			struct pkt h;
			enum pkt_error e = pkt_parse(&h, &c, headers[i].quoted);

			wrong += c.end < c.p || c.end > q + k ||
			    (e == PKT_OK && !h.cut && h.size > k &&
			    !headers[i].quoted);
			free(q);
		}
		free(p);
	}
	ok(wrong == 0, "headers cut anywhere");
}

static void
test_fields(void)
{
	size_t n;
	char src[ADDR_STRLEN], dst[ADDR_STRLEN];
	uint8_t *p = unhex("45b8001c12344000391100000102030405060708"
	    "0035ee4800080000", &n);
	struct cur c = cur_init(p, n);
	struct pkt h;

	ok(pkt_parse(&h, &c, false) == PKT_OK && h.tos == 0xb8 &&
	    h.size == 28 && h.id == 0x1234 && h.ttl == 57 && h.badsum &&
	    strcmp(addr_string(&h.src, src), "1.2.3.4") == 0 &&
	    strcmp(addr_string(&h.dst, dst), "5.6.7.8") == 0, "IPv4 fields");
	free(p);
	p = unhex("6b81234500081139" "20010db8000000000000000000000001"
	    "20010db8000000000000000000000002" "0035ee4800080000", &n);
	c = cur_init(p, n);
	ok(pkt_parse(&h, &c, false) == PKT_OK && h.tos == 0xb8 &&
	    h.size == 48 && h.label == 0x12345 && h.ttl == 57 &&
	    strcmp(addr_string(&h.src, src), "2001:db8::1") == 0 &&
	    strcmp(addr_string(&h.dst, dst), "2001:db8::2") == 0,
	    "IPv6 fields");
	free(p);
}

static void
test_sums(void)
{
	int noticed = 0, all = 0;

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		size_t n;
		uint8_t *p = unhex(sums[i].hex, &n);
		struct cur c = cur_init(p, n);
		struct pkt h;

		pkt_parse(&h, &c, false);
		ok(pkt_goodsum(&h, c) == sums[i].good, "checksum: %s",
		    sums[i].what);
		size_t at = n - cur_left(&c);
		if (!sums[i].good || strstr(sums[i].what, "without") != NULL)
			at = n;
		for (; at < n; at++)
			for (int bit = 0; bit < 8; bit++) {
				p[at] ^= (uint8_t)(1 << bit);
				noticed += !pkt_goodsum(&h, c);
				all++;
				p[at] ^= (uint8_t)(1 << bit);
			}
		free(p);
	}
	ok(all > 900 && noticed == all, "one wrong bit is noticed, %d of %d",
	    noticed, all);
}

/* What pkt_begin and pkt_end make, pkt_parse and pkt_goodsum are content with. */
static void
test_build(void)
{
	static const uint8_t protos[] = { PROTO_ICMP, PROTO_TCP, PROTO_UDP,
	    PROTO_ICMP6 };

	for (size_t i = 0; i < 2 * sizeof(protos); i++) {
		uint8_t mem[128], v = i % 2 == 0 ? 4 : 6;
		struct buf b = buf_init(mem, sizeof(mem));
		struct pkt h = { .src = { v, { 10, 1 } }, .dst = { v, { 9 } },
		    .ttl = 3, .tos = 5, .proto = protos[i / 2], .id = 77,
		    .label = 0xabcde };
		struct pkt got;

		buf_u8(&b, 0);			/* anywhere in a buffer */
		size_t at = pkt_begin(&b, &h);
		buf_u32(&b, 0x00010002);
		buf_u32(&b, 0x00170000);
		buf_take(&b, 8);
		buf_u32(&b, 0x12345678);
		buf_take(&b, 3);
		pkt_end(&b, at);
		struct cur c = cur_init(b.p + at, b.len - at);
		ok(pkt_parse(&got, &c, false) == PKT_OK && !got.badsum &&
		    got.ttl == 3 && got.tos == 5 && got.proto == protos[i / 2] &&
		    (v == 4 ? got.id == 77 : got.label == 0xabcde) &&
		    addr_cmp(&got.src, &h.src) == 0 && cur_left(&c) == 23 &&
		    addr_cmp(&got.dst, &h.dst) == 0 && pkt_goodsum(&got, c),
		    "IPv%u with protocol %u", v, protos[i / 2]);
	}
}

static void
test_fudge(void)
{
	uint32_t x = 1;
	int wrong = 0, all = 0;

	for (int i = 0; i < 200000; i++) {
		x = x * 1664525 + 1013904223;
		uint16_t c = (uint16_t)(x >> 16), f;
		uint64_t sum = (uint64_t)x * (unsigned)(i % 7) + (i % 3 == 0 ?
		    0xffffu : 0u);

		if (i % 5 == 0)
			sum = pkt_wire16((uint16_t)~c);	/* right already */
		if (c == 0 || c == 0xffff)
			continue;
		f = pkt_fudge(sum, c);
		wrong += pkt_cksum(sum + pkt_wire16(f)) != c || f == 0xffff;
		all++;
	}
	ok(wrong == 0 && all > 100000, "a word makes any checksum come out");
}

int
main(void)
{
	test_headers();
	test_cuts();
	test_fields();
	test_sums();
	test_build();
	test_fudge();
	return tap_done();
}
