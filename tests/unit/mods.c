/*
 * Quotes next to their probes: every planted change is named and nothing
 * else, whole and cut at every byte.
 */

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "mods.h"
#include "probe_types.h"
#include "tap.h"

#define OPTIONS "MSS(1460)/WSCALE(7)/SACKP/TS/MPCAPABLE"

/* The SYN above: where its options are, from the IP header on. */
enum { MSS = 40, WSCALE = 44, SACKP = 47, TS = 49, MPTCP = 59 };

static uint8_t probe[PROBE_MAX];
static size_t len;

static void
make(const char *type, uint8_t family)
{
	static const uint8_t bytes[16] = { 1, 2, 3 };
	static struct tmpl t;
	struct origin o = { .probe = probe_find(type), .tos = 0xb9 };
	struct ask a = { .tx_ns = 1700000000123456789, .node = 3, .ttl = 5,
	    .flow = 2, .attempt = 1 };
	struct key key;
	char err[128];
	bool v6 = family == 6;

	key_set(&key, bytes);
	addr_parse(&o.src, v6 ? "2001:db8::1" : "192.0.2.1", v6 ? 11 : 9);
	addr_parse(&a.dst, v6 ? "2001:db8:1::7" : "198.51.100.7", v6 ? 13 : 12);
	if (strcmp(type, "syn") == 0 &&
	    tcpopt_parse(&o.tcp, OPTIONS, strlen(OPTIONS), err) == -1)
		abort();
	if (tmpl_build(&t, &o, &key, err) == -1)
		abort();
	probe_fill(&t, &a, probe);
	len = t.len;
}

/* Put the right transport checksum where it belongs. */
static void
fix_sum(uint8_t *q, size_t n)
{
	struct cur c = cur_init(q, n);
	struct pkt h;
	size_t at;
	uint64_t sum;

	pkt_parse(&h, &c, true);
	at = h.proto == PROTO_TCP ? 16 : h.proto == PROTO_UDP ? 6 : 2;
	at += n - cur_left(&c);
	put16(q + at, 0);
	sum = h.proto == PROTO_ICMP ? 0 :
	    pkt_pseudo(&h.src, &h.dst, h.proto, cur_left(&c));
	put16(q + at, pkt_cksum(sum + pkt_sum(c.p, cur_left(&c))));
}

/* Nothing in a malloc of its exact size is read beyond it. */
static enum qclass
compare(const uint8_t *q, size_t n, char out[static MODS_MAX])
{
	uint8_t *p = exact(probe, len), *e = exact(q, n);
	enum qclass c = mods_compare(p, len, e, n, out);

	free(p);
	free(e);
	return c;
}

/* A change at an offset, in hex, "" for none; then the checksum made right. */
struct edit {
	int		 at;
	const char	*hex;
};

static const struct row {
	const char	*what, *type;
	uint8_t		 family;
	struct edit	 edit[3];
	bool		 fix;
	size_t		 cut;		/* bytes quoted, 0: all */
	const char	*mods;
	enum qclass	 qclass;
} rows[] = {
	{ "nothing", "syn", 4, { { 0, "" } }, 0, 0, "same", QCLASS_FULL },
	{ "TTL and IP checksum", "syn", 4, { { 8, "01" }, { 10, "abcd" } },
	    0, 0, "same", QCLASS_FULL },
	{ "DSCP", "syn", 4, { { 1, "01" } }, 0, 28,
	    "IP::DiffServicesCP(46>0)", QCLASS_L3_8 },
	{ "ECN bleached", "syn", 4, { { 1, "b8" } }, 0, 28, "IP::ECN(1>0)",
	    QCLASS_L3_8 },
	{ "both", "icmp", 4, { { 1, "00" } }, 0, 0,
	    "IP::DiffServicesCP(46>0),IP::ECN(1>0)", QCLASS_FULL },
	{ "ID", "icmp", 4, { { 4, "0000" } }, 0, 0, "IP::ID", QCLASS_FULL },
	{ "DF cleared", "icmp", 4, { { 6, "0000" } }, 0, 0,
	    "IP::Fragment(16384>0)", QCLASS_FULL },
	{ "source NAT", "icmp", 4, { { 12, "0a000001" } }, 0, 0,
	    "IP::SourceIP", QCLASS_FULL },
	{ "destination NAT, TCP", "syn", 4, { { 16, "0a000001" } }, 1, 0,
	    "IP::DestinationIP", QCLASS_FULL },
	{ "the same, checksum forgotten", "syn", 4, { { 16, "0a000001" } }, 0,
	    0, "IP::DestinationIP", QCLASS_FULL },
	{ "destination NAT, 20 bytes of TCP", "syn", 4,
	    { { 16, "0a000001" } }, 1, 40, "IP::DestinationIP", QCLASS_PART },
	{ "ports, whole", "syn", 4, { { 20, "1234" }, { 22, "0016" } }, 1, 0,
	    "TCP::SPort(62002>4660),TCP::DPort(80>22)", QCLASS_FULL },
	{ "ports, 8 bytes", "syn", 4, { { 20, "1234" } }, 1, 28,
	    "TCP::SPort(62002>4660)", QCLASS_L3_8 },
	{ "sequence number", "syn", 4, { { 24, "00000001" } }, 1, 0,
	    "TCP::SeqNumber", QCLASS_FULL },
	{ "acknowledgement", "syn", 4, { { 28, "00000001" } }, 1, 40,
	    "TCP::AckNumber", QCLASS_PART },
	{ "flags", "syn", 4, { { 33, "c2" } }, 1, 0, "TCP::Flags(2>194)",
	    QCLASS_FULL },
	{ "window", "syn", 4, { { 34, "ffff" } }, 1, 0,
	    "TCP::Window(1024>65535)", QCLASS_FULL },
	{ "urgent pointer", "syn", 4, { { 38, "0001" } }, 1, 0,
	    "TCP::UrgentPtr(0>1)", QCLASS_FULL },
	{ "checksum alone", "syn", 4, { { 36, "1234" } }, 0, 0,
	    "TCP::Checksum", QCLASS_FULL },
	{ "MSS clamped", "syn", 4, { { MSS + 2, "0514" } }, 1, 0,
	    "TCP::Options::MSS(1460>1300)", QCLASS_FULL },
	{ "MSS clamped, cut after it", "syn", 4, { { MSS + 2, "0514" } }, 1,
	    MSS + 4, "TCP::Options::MSS(1460>1300)", QCLASS_PART },
	{ "MSS clamped, beyond the quote", "syn", 4,
	    { { MSS + 2, "0514" } }, 1, 40, "TCP::Checksum", QCLASS_PART },
	{ "MSS clamped, 8 bytes", "syn", 4, { { MSS + 2, "0514" } }, 1, 28,
	    "same", QCLASS_L3_8 },
	{ "SACK permitted to NOPs", "syn", 4, { { SACKP, "0101" } }, 1, 0,
	    "-TCP::Options::SACKPermitted", QCLASS_FULL },
	{ "the same, cut right after", "syn", 4, { { SACKP, "0101" } }, 1, TS,
	    "-TCP::Options::SACKPermitted", QCLASS_PART },
	{ "timestamps to NOPs", "syn", 4,
	    { { TS, "01010101010101010101" } }, 1, 0, "-TCP::Options::TSOPT",
	    QCLASS_FULL },
	{ "a timestamp rewritten", "syn", 4, { { TS + 2, "00000001" } }, 1, 0,
	    "TCP::Options::TSOPT", QCLASS_FULL },
	{ "window scale", "syn", 4, { { WSCALE + 2, "02" } }, 1, 0,
	    "TCP::Options::WSOPT-WScale(7>2)", QCLASS_FULL },
	{ "MPTCP to NOPs", "syn", 4, { { MPTCP, "01010101" } }, 1, 0,
	    "-TCP::Options::MPTCP", QCLASS_FULL },
	{ "another option instead", "syn", 4, { { MPTCP, "fd040102" } }, 1, 0,
	    "-TCP::Options::MPTCP,+TCP::Options::253", QCLASS_FULL },
	{ "two in the other order", "syn", 4,
	    { { WSCALE, "0402030307" } }, 1, 0, "TCP::Options", QCLASS_FULL },
	{ "moved, order kept", "syn", 4,
	    { { MPTCP, "01" }, { MPTCP + 1, "1e040101" } }, 1, 0, "same",
	    QCLASS_FULL },
	{ "an option that runs out", "syn", 4, { { MPTCP, "1eff0101" } }, 0, 0,
	    "TCP::Options", QCLASS_FULL },
	{ "an option of no length", "syn", 4, { { MSS, "0200" } }, 0, 0,
	    "TCP::Options", QCLASS_FULL },
	{ "UDP, nothing", "dns", 4, { { 0, "" } }, 0, 28, "same",
	    QCLASS_L3_8 },
	{ "UDP port", "dns", 4, { { 20, "1234" } }, 1, 28,
	    "UDP::SPort(61002>4660)", QCLASS_L3_8 },
	{ "UDP checksum removed", "dns", 4, { { 26, "0000" } }, 0, 28,
	    "UDP::Checksum", QCLASS_L3_8 },
	{ "UDP checksum left to hardware", "dns", 4, { { 26, "partial" } }, 0,
	    28, "same", QCLASS_L3_8 },
	{ "payload, seen", "dns", 4, { { 60, "00" } }, 1, 0, "Payload",
	    QCLASS_FULL },
	{ "payload, beyond the quote", "dns", 4, { { 60, "00" } }, 1, 28,
	    "UDP::Checksum", QCLASS_L3_8 },
	{ "ICMP id by a NAT", "icmp", 4, { { 24, "1234" } }, 1, 0, "ICMP::ID",
	    QCLASS_FULL },
	{ "ICMP sequence, 8 bytes", "icmp", 4, { { 26, "1234" } }, 1, 28,
	    "ICMP::Sequence", QCLASS_L3_8 },
	{ "ICMP checksum", "icmp", 4, { { 22, "1234" } }, 0, 28,
	    "ICMP::Checksum", QCLASS_L3_8 },
	{ "another protocol", "icmp", 4, { { 9, "06" } }, 0, 0, "IP::Protocol",
	    QCLASS_L3 },
	{ "another version", "icmp", 4, { { 0, "65" } }, 0, 0, "-",
	    QCLASS_NONE },
	{ "a header length that cannot be", "icmp", 4, { { 0, "44" } }, 0, 0,
	    "-", QCLASS_NONE },
	{ "length in host order", "icmp", 4, { { 2, "4000" } }, 0, 0, "same",
	    QCLASS_FULL },
	{ "length, fragment in host order", "icmp", 4,
	    { { 2, "4000" }, { 6, "0040" } }, 0, 28, "same", QCLASS_L3_8 },
	{ "length in host order, less the header", "icmp", 4,
	    { { 2, "2c00" } }, 0, 0, "same", QCLASS_FULL },
	{ "length less the header", "icmp", 4, { { 2, "002c" } }, 0, 0, "same",
	    QCLASS_FULL },
	{ "no length", "icmp", 4, { { 2, "0000" } }, 0, 0, "same",
	    QCLASS_FULL },
	{ "a longer packet, cut", "icmp", 4, { { 2, "0050" } }, 0, 0,
	    "IP::Length(64>80)", QCLASS_PART },
	{ "v6, nothing", "icmp", 6, { { 7, "01" } }, 0, 0, "same",
	    QCLASS_FULL },
	{ "v6 traffic class", "syn", 6, { { 0, "60" }, { 1, "02" } }, 0, 0,
	    "IPv6::DiffServicesCP(46>0),IPv6::ECN(1>0),IPv6::FlowLabel",
	    QCLASS_FULL },
	{ "v6 flow label", "syn", 6, { { 2, "0000" } }, 0, 0,
	    "IPv6::FlowLabel", QCLASS_FULL },
	{ "v6 destination", "syn", 6, { { 24, "20010db8000100000000" } }, 0, 0,
	    "same", QCLASS_FULL },
	{ "v6 prefix translation", "dns", 6, { { 24, "20010db9" } }, 1, 0,
	    "IPv6::DestinationIP", QCLASS_FULL },
	{ "v6 payload length in host order", "dns", 6, { { 4, "swap" } }, 0, 0,
	    "same", QCLASS_FULL },
	{ "v6 MSS clamped", "syn", 6, { { 62, "0514" } }, 1, 0,
	    "TCP::Options::MSS(1460>1300)", QCLASS_FULL },
};

static void
edit(uint8_t *q, const struct edit *e)
{
	struct cur c = cur_init(q, len);
	struct pkt h;
	uint8_t *bytes;
	size_t n;

	pkt_parse(&h, &c, true);
	if (strcmp(e->hex, "partial") == 0) {
		put16(q + e->at, pkt_fold(pkt_pseudo(&h.src, &h.dst, h.proto,
		    cur_left(&c))));
		return;
	}
	if (strcmp(e->hex, "swap") == 0) {
		uint8_t b = q[e->at];

		q[e->at] = q[e->at + 1];
		q[e->at + 1] = b;
		return;
	}
	bytes = unhex(e->hex, &n);
	memcpy(q + e->at, bytes, n);
	free(bytes);
}

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		uint8_t q[PROBE_MAX];
		char out[MODS_MAX];
		enum qclass c;

		make(r->type, r->family);
		memcpy(q, probe, len);
		for (int k = 0; k < 3 && r->edit[k].hex != NULL; k++)
			edit(q, &r->edit[k]);
		if (r->fix)
			fix_sum(q, len);
		c = compare(q, r->cut == 0 ? len : r->cut, out);
		ok(strcmp(out, r->mods) == 0 && c == r->qclass,
		    "%s, %s IPv%d: %s, %s", r->what, r->type, r->family, out,
		    qclass_name(c));
	}
}

/* Whatever the length, and whatever comes after the packet: no change. */
static void
test_lengths(void)
{
	static const uint8_t families[] = { 4, 6 };

	for (size_t i = 0; probes[i] != NULL; i++)
		for (int f = 0; f < 2; f++) {
			uint8_t q[PROBE_MAX + 128] = { 0 };
			char out[MODS_MAX];
			size_t head = f == 0 ? 20 : 40, bad = 0;

			make(probe_name(probes[i]), families[f]);
			memcpy(q, probe, len);
			for (size_t n = 0; n <= len + 128; n++) {
				enum qclass c = compare(q, n, out), want =
				    n < head ? QCLASS_NONE : n < head + 8 ?
				    QCLASS_L3 : n >= len ? QCLASS_FULL :
				    n == head + 8 ? QCLASS_L3_8 : QCLASS_PART;

				bad += c != want || strcmp(out, c ==
				    QCLASS_NONE ? "-" : "same") != 0;
			}
			ok(bad == 0, "%s IPv%d: quotes of 0 to %zu bytes",
			    probe_name(probes[i]), families[f], len + 128);
		}
}

/*
 * Any one byte changed: something is named in a whole quote unless it is what
 * always changes, and nothing in one that ends before it.
 */
static void
test_bytes(void)
{
	size_t silent = 0, wrong = 0;

	make("syn", 4);
	for (size_t at = 0; at < len; at++) {
		uint8_t q[PROBE_MAX];
		char out[MODS_MAX];

		memcpy(q, probe, len);
		q[at] ^= 0x55;
		compare(q, len, out);
		silent += strcmp(out, "same") == 0;
		wrong += (at == 8 || at == 10 || at == 11) &&
		    strcmp(out, "same") != 0;
		for (size_t n = 28; n < at; n++) {
			compare(q, n, out);
			wrong += strcmp(out, "same") != 0;
		}
	}
	/* TTL, two of checksum, a length that cannot be. */
	ok(wrong == 0 && silent == 4,
	    "each byte: %zu silent, %zu wrong", silent, wrong);
}

/* Options taken out, and the header made shorter. */
static void
test_shorter(void)
{
	uint8_t q[PROBE_MAX];
	char out[MODS_MAX];
	size_t n;

	make("syn", 4);
	n = len - 4;
	memcpy(q, probe, MSS);
	memcpy(q + MSS, probe + MSS + 4, len - MSS - 4);
	put16(q + 2, (uint16_t)n);
	q[32] = (uint8_t)(q[32] - 0x10);
	fix_sum(q, n);
	ok(compare(q, n, out) == QCLASS_FULL && strcmp(out,
	    "IP::Length(64>60),TCP::Offset(11>10),-TCP::Options::MSS") == 0,
	    "an option taken out: %s", out);
	ok(compare(q, 40, out) == QCLASS_PART && strcmp(out,
	    "IP::Length(64>60),TCP::Offset(11>10)") == 0,
	    "the same, 20 bytes of TCP: %s", out);
	ok(compare(q, 28, out) == QCLASS_L3_8 &&
	    strcmp(out, "IP::Length(64>60)") == 0, "8 bytes: %s", out);

	/* The last four bytes of a datagram, too. */
	make("dns", 4);
	n = len - 4;
	memcpy(q, probe, n);
	put16(q + 2, (uint16_t)n);
	put16(q + 24, (uint16_t)(n - 20));
	fix_sum(q, n);
	ok(compare(q, n, out) == QCLASS_FULL && strcmp(out,
	    "IP::Length(112>108),UDP::Length(92>88),Payload") == 0,
	    "a shorter datagram: %s", out);
	ok(compare(q, 60, out) == QCLASS_PART && strcmp(out,
	    "IP::Length(112>108),UDP::Length(92>88)") == 0,
	    "the same, cut: %s", out);
}

/* IP options, and an extension header, put in on the way. */
static void
test_inserted(void)
{
	uint8_t q[PROBE_MAX];
	char out[MODS_MAX];

	make("icmp", 4);
	memcpy(q, probe, 20);
	memcpy(q + 20, "\x94\x04\0", 4);
	memcpy(q + 24, probe + 20, len - 20);
	q[0] = 0x46;
	put16(q + 2, (uint16_t)(len + 4));
	ok(compare(q, len + 4, out) == QCLASS_FULL && strcmp(out,
	    "IP::Length(64>68),IP::HeaderLength") == 0, "IP options: %s", out);
	for (size_t n = 20; n < 24; n++)
		ok(compare(q, n, out) == QCLASS_NONE, "cut in them");

	make("syn", 6);
	memcpy(q, probe, 40);
	memset(q + 40, 0, 8);
	q[40] = PROTO_TCP;
	q[41] = 0;
	memcpy(q + 48, probe + 40, len - 40);
	q[6] = PROTO_DSTOPTS;
	put16(q + 4, (uint16_t)(len - 40 + 8));
	ok(compare(q, len + 8, out) == QCLASS_FULL && strcmp(out,
	    "IPv6::PayloadLength(44>52),IPv6::NextHeader") == 0,
	    "an extension header: %s", out);
	q[40] = PROTO_FRAGMENT;
	q[6] = PROTO_FRAGMENT;
	q[40] = PROTO_TCP;
	q[43] = 1;				/* more fragments */
	ok(compare(q, len + 8, out) == QCLASS_L3 && strcmp(out,
	    "IPv6::PayloadLength(44>52),IPv6::NextHeader") == 0,
	    "a fragment: %s", out);

	/* More headers than the packet is long by its own account. */
	memset(q + 40, 0, 256);
	q[6] = PROTO_DSTOPTS;
	q[40] = PROTO_TCP;
	q[41] = 256 / 8 - 1;
	memcpy(q + 296, probe + 40, len - 40);
	put16(q + 4, (uint16_t)(len - 40));
	ok(compare(q, len + 256, out) == QCLASS_L3 && strcmp(out,
	    "IPv6::NextHeader") == 0, "shorter than its headers: %s", out);
}

int
main(void)
{
	test_rows();
	test_lengths();
	test_bytes();
	test_shorter();
	test_inserted();
	return tap_done();
}
