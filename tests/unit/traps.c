/*
 * What hosts and routers do to probes and answers, one by one; each of these
 * has fooled some prober.
 */

#include "wire.h"

static struct packet
insert(const struct packet *p, size_t at, const void *bytes, size_t n)
{
	struct packet q = *p;

	memmove(q.b + at + n, q.b + at, q.len - at);
	memcpy(q.b + at, bytes, n);
	q.len += n;
	return q;
}

/* IPv6 extension headers and fragments, for every row. */
static void
test_ip6(const struct rig *r, const struct packet *p, const char *good)
{
	static const uint8_t hbh[8] = { 0, 0, 1, 4 };
	struct packet q = insert(p, 40, hbh, 8);

	q.b[40] = q.b[6];
	q.b[6] = PROTO_DSTOPTS;
	q.b[5] = (uint8_t)(q.b[5] + 8);
	is(r, &q, good, "destination options");
	q.b[6] = PROTO_FRAGMENT;
	q.b[42] = 0;
	q.b[43] = 0;
	is(r, &q, good, "an atomic fragment");
	q.b[43] = 1;
	is(r, &q, "fragment", "a first fragment");
	q.b[43] = 8;
	is(r, &q, "fragment", "a later fragment");
}

/* IPv4 options and fragments. */
static void
test_ip4(const struct rig *r, const struct packet *p, const char *good)
{
	struct packet q = insert(p, 20, "\1\1\1\0", 4);

	q.b[0] = 0x46;
	q.b[3] = (uint8_t)(q.b[3] + 4);
	put16(q.b + 10, 0);
	put16(q.b + 10, pkt_cksum(pkt_sum(q.b, 24)));
	is(r, &q, good, "IP options");
	q = *p;
	q.b[6] = 0x20;
	packet_sums(&q);
	is(r, &q, "fragment", "a first fragment");
	q.b[6] = 0;
	q.b[7] = 3;
	packet_sums(&q);
	is(r, &q, "fragment", "a later fragment");
	q = *p;
	q.b[10] ^= 1;
	is(r, &q, "badsum", "a wrong header checksum");
	q = *p;
	q.b[0] = 0x44;
	is(r, &q, "badform", "an IP header of 16 bytes");
}

static void
test_ip(const struct rig *r, const struct packet *p)
{
	struct packet q = *p;
	bool v6 = r->origin.src.v == 6;
	size_t head = rig_ip_len(r);
	const char *good = rig_verdict(r, p);

	q.len += 6;
	is(r, &q, good, "padding");
	if (v6)
		test_ip6(r, p, good);
	else
		test_ip4(r, p, good);
	q = *p;
	q.b[head + 1] ^= 4;
	is(r, &q, "badsum", "a wrong checksum");
	q = *p;
	q.b[head - 1] ^= 1;
	packet_sums(&q);
	is(r, &q, "foreign", "to someone else");
	q.b[head] ^= 0x80;
	is(r, &q, "foreign", "to someone else, damaged");
	q = *p;
	q.b[0] = (uint8_t)(q.b[0] ^ 0x30);
	is(r, &q, "badform", "another IP version");
	q = *p;
	q.b[v6 ? 6 : 9] = 132;
	packet_sums(&q);
	is(r, &q, "foreign", "another protocol");
	q.len = head;
	if (v6)
		put16(q.b + 4, 0);
	q.b[v6 ? 6 : 9] = p->b[v6 ? 6 : 9];
	packet_sums(&q);
	is(r, &q, "short", "no payload");
}

static void
test_row(const struct probe_type *p, uint8_t family)
{
	static struct rig r;

	rig_init(&r, p, family);
	struct packet probe = rig_probe(&r, &r.ask), a = rig_answer(&r, &probe);
	test_ip(&r, &a);
	r.expect.nosum = true;
	a.b[rig_ip_len(&r) + (p->proto4 == PROTO_ICMP ? 2 :
	    p->proto4 == PROTO_UDP ? 6 : 16)] ^= 0x55;
	is(&r, &a, p->keyed_port ? "tag30" : p->proto4 == PROTO_TCP ? "tag32" :
	    "mac64", "a checksum nobody looks at");
}

/* Quotes, as routers and NATs make them; for every row. */
static void
test_quotes(const struct probe_type *p, uint8_t family)
{
	static struct rig r;

	rig_init(&r, p, family);
	struct packet probe = rig_probe(&r, &r.ask), q, e;
	struct answer a;

	e = rig_error(&r, &probe, 0);
	const char *good = rig_verdict(&r, &e);
	q = probe;
	put16(q.b + (family == 6 ? 4 : 2), 0x4000);
	e = rig_error(&r, &q, 0);
	is(&r, &e, good, "quoted length in host order");
	q = probe;
	q.b[family == 6 ? 7 : 8] = 0;
	e = rig_error(&r, &q, 0);
	is(&r, &e, good, "quoted TTL 0");
	ok(rig_match(&r, &e, &a) == REJ_OK && a.qttl == 0 && a.ask.ttl == 64,
	    "the quoted TTL is not the sent one");
	if (family == 4) {
		q = probe;
		q.b[10] ^= 0x77;
		e = rig_error(&r, &q, 0);
		is(&r, &e, good, "quoted header checksum wrong");
		q = insert(&probe, 20, "\7\3\4\0", 4);
		q.b[0] = 0x46;
		e = rig_error(&r, &q, 0);
		is(&r, &e, good, "quoted with IP options");
		q = probe;
		q.b[7] = 1;
		e = rig_error(&r, &q, 0);
		is(&r, &e, "foreign", "a quoted fragment");
		q = probe;
		put16(q.b + 2, 0x4000);
		put16(q.b + 6, 0x0040);
		e = rig_error(&r, &q, 0);
		is(&r, &e, good, "quoted length and DF in host order");
	}
	q = probe;
	q.b[1] ^= 0x10;
	e = rig_error(&r, &q, 0);
	ok(rig_match(&r, &e, &a) == REJ_OK && a.qtos == (family == 6 ? 1 : 0x10),
	    "the quoted TOS is told");
}

/* Quotes of something else. */
static void
test_strangers(const struct probe_type *p, uint8_t family)
{
	static struct rig r;

	rig_init(&r, p, family);
	struct packet probe = rig_probe(&r, &r.ask), q, e;
	struct answer a;
	size_t head = rig_ip_len(&r);

	e = rig_error(&r, &probe, 0);
	const char *good = rig_verdict(&r, &e);
	e = rig_error(&r, &e, 0);
	is(&r, &e, "foreign", "a quote of a quote");
	q = probe;
	q.b[head - (family == 6 ? 17 : 5)] ^= 1;
	e = rig_error(&r, &q, 0);
	is(&r, &e, "foreign", "someone else's packet quoted");
	q = probe;
	q.b[0] ^= 0x70;
	e = rig_error(&r, &q, 0);
	is(&r, &e, "badform", "a quote that is no IP");
	e = rig_error(&r, &probe, 0);
	e.b[head + 2] ^= 1;
	is(&r, &e, "badsum", "an error with a wrong checksum");
	q = probe;
	q.b[family == 6 ? 6 : 9] = PROTO_NONE;
	e = rig_error(&r, &q, 0);
	is(&r, &e, "foreign", "another protocol quoted");
	q = probe;
	q.b[head + (p->proto4 == PROTO_ICMP ? 0 : 3)] ^= 3;
	e = rig_error(&r, &q, 0);
	is(&r, &e, "foreign", "another port or type quoted");
	q = probe;
	q.b[head - 1] ^= 1;			/* a NAT near the target */
	e = rig_error(&r, &q, 0);
	bool mac = strcmp(good, "mac64") == 0;
	is(&r, &e, mac ? "mac64" : "forged", "another target quoted");
	ok(!mac || (rig_match(&r, &e, &a) == REJ_OK &&
	    addr_cmp(&a.ask.dst, &r.ask.dst) == 0), "the payload's counts");
}

/* IPID and flow label rewritten: less is believed, if enough agrees. */
static void
test_rewritten(const struct probe_type *p, uint8_t family)
{
	static struct rig r;

	rig_init(&r, p, family);
	struct packet probe = rig_probe(&r, &r.ask), e;
	bool enough = p->proto4 != PROTO_UDP;	/* 32 bits, not 16 */

	probe.b[family == 6 ? 3 : 5] ^= 0x20;
	e = rig_error(&r, &probe, rig_ip_len(&r) + 8);
	/* UDP: the IPID is where the ttl is, unless there are bounds. */
	is(&r, &e, p->proto4 == PROTO_UDP && !p->keyed_port && family == 4 ?
	    "tag32" : "forged",
	    "another IPID or flow label");
	r.expect.max_attempt = 3;
	r.expect.max_node = 6;
	r.expect.ttl = 64;
	struct packet sum = rig_probe(&r, &r.ask);
	if (p->proto4 != PROTO_TCP) {
		sum.b[rig_ip_len(&r) + (p->proto4 == PROTO_UDP ? 6 : 2)] ^= 0x40;
		sum = rig_error(&r, &sum, rig_ip_len(&r) + 8);
		is(&r, &sum, "forged", "another checksum");
	}
	is(&r, &e, enough ? "tag16" : "forged",
	    "another IPID or flow label, within bounds");
}

/* RFC 4884: quotes padded to 128 bytes, and what routers say of themselves. */
static void
test_extensions(const struct probe_type *p, uint8_t family)
{
	static const uint8_t ext[] = { 0x20, 0, 0, 0, 0, 8, 1, 1, 0, 6, 0x41,
	    0xff };
	static struct rig r;
	uint8_t quote[128 + sizeof(ext)] = { 0 };
	struct answer a;

	rig_init(&r, p, family);
	struct packet probe = rig_probe(&r, &r.ask), e;
	size_t n = probe.len < 128 ? probe.len : 128;
	memcpy(quote, probe.b, n);
	memcpy(quote + 128, ext, sizeof(ext));
	for (int rfc = 0; rfc < 2; rfc++) {
		put16(quote + 130, 0);
		if (!rfc)
			put16(quote + 130, pkt_cksum(pkt_sum(quote + 128, 12)));
		e = wire_error(&r.origin.src, family == 6 ? 3 : 11, 0,
		    !rfc ? 0 : family == 6 ? 16u << 24 : 32u << 16, quote,
		    sizeof(quote));
		ok(rig_match(&r, &e, &a) == REJ_OK && a.qlen == (int)n &&
		    strcmp(a.mpls, "100:0:1:255") == 0,
		    "%s/%u: MPLS %s, %d bytes quoted", p->name, family,
		    rfc ? "by the RFC" : "after 128 bytes", a.qlen);
	}
	if (family == 4) {
		put16(quote + 2, 1);
		e = wire_error(&r.origin.src, 11, 0, 32u << 16, quote,
		    sizeof(quote));
		ok(rig_match(&r, &e, &a) == REJ_OK && a.qlen == 128,
		    "%s: a quoted length of 1 is not believed", p->name);
	}
}

/* More quoted than was sent. */
static void
test_long(void)
{
	static struct rig r;
	struct answer a;

	rig_init(&r, probe_find("icmp"), 4);
	r.origin.size = 1500;
	rig_build(&r);
	struct packet p = rig_probe(&r, &r.ask), e;
	memset(p.b + 1500, 0, 100);
	e = wire_error(&r.origin.src, 11, 0, 0, p.b, 1600);
	ok(rig_match(&r, &e, &a) == REJ_OK && a.qlen == 1600 &&
	    a.quote_len == QUOTE_MAX, "of a long quote, %zu bytes",
	    a.quote_len);
}

/* A UDP checksum that comes out as 0. */
static void
test_chaos_zero(uint8_t family)
{
	static struct rig r;
	size_t at;
	int found = 0, wrong = 0;

	rig_init(&r, probe_find("chaos"), family);
	at = rig_ip_len(&r);
	for (uint32_t i = 1; i < 1000000; i++) {
		struct ask a = r.ask;
		struct answer got;

		put32(a.dst.b + (family == 6 ? 12 : 0), i << 7);
		struct packet p = rig_probe(&r, &a);
		if ((p.b[at + 6] | p.b[at + 7]) == 0)
			wrong++;
		if ((p.b[at + 6] & p.b[at + 7]) != 0xff)
			continue;
		struct packet e = rig_error(&r, &p, at + 8);
		wrong += rig_match(&r, &e, &got) != REJ_OK ||
		    got.auth != AUTH_TAG32 || !ask_same(&got.ask, &a, got.auth);
		found++;
	}
	ok(found > 0 && wrong == 0, "chaos/%u: %d checksums of 0 are none",
	    family, found);
}

static void
test_kinds(void)
{
	static const struct {
		uint8_t		family, type;
		const char	*kind;
	} kinds[] = {
		{ 4, 3, "unreach" }, { 4, 4, "quench" }, { 4, 5, "redirect" },
		{ 4, 11, "ttl" }, { 4, 12, "param" }, { 6, 1, "unreach" },
		{ 6, 2, "ptb" }, { 6, 3, "ttl" }, { 6, 4, "param" },
	};
	static struct rig r;
	struct answer a;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		rig_init(&r, probe_find("icmp"), kinds[i].family);
		struct packet p = rig_probe(&r, &r.ask), e = wire_error(
		    &r.origin.src, kinds[i].type, 4, 0, p.b, p.len);

		ok(rig_match(&r, &e, &a) == REJ_OK && a.icmp_code == 4 &&
		    strcmp(kind_name(a.kind), kinds[i].kind) == 0,
		    "ICMP type %u in IPv%u is %s", kinds[i].type,
		    kinds[i].family, kind_name(a.kind));
	}
}

/* Echo replies with other payloads than were sent. */
static void
test_echo(uint8_t family)
{
	static struct rig r;
	struct answer a;

	rig_init(&r, probe_find("icmp"), family);
	size_t head = rig_ip_len(&r), n = PAYLOAD_LEN(family);
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;

	q = good;
	q.len += 20;
	packet_sums(&q);
	is(&r, &q, "mac64", "a longer answer");
	q = good;
	q.len--;
	packet_sums(&q);
	is(&r, &q, "short", "a shorter answer");
	q.len = head + 8;
	packet_sums(&q);
	is(&r, &q, "short", "an answer without payload");
	q.len = head + 7;
	packet_sums(&q);
	is(&r, &q, "short", "an answer without a header");
	q = good;
	q.b[head + 8] ^= 1;
	packet_sums(&q);
	is(&r, &q, "foreign", "another measurement");
	q = good;
	q.b[head + 8 + n - 1] ^= 1;
	packet_sums(&q);
	is(&r, &q, "forged", "another tag");
	q = good;
	put16(q.b + head + 4, 0x1234);
	put16(q.b + head + 6, 0x5678);
	packet_sums(&q);
	is(&r, &q, "mac64", "another id and sequence number");
	q.b[head - (family == 6 ? 17 : 5)] ^= 1;
	packet_sums(&q);
	ok(rig_match(&r, &q, &a) == REJ_OK && addr_cmp(&a.ask.dst, &r.ask.dst)
	    == 0 && addr_cmp(&a.from, &a.ask.dst) != 0, "an alias answers");
	q = good;
	q.b[head] = family == 6 ? 128 : 8;
	packet_sums(&q);
	is(&r, &q, "foreign", "an echo request");
	q.b[head] = family == 6 ? 135 : 14;
	packet_sums(&q);
	is(&r, &q, "foreign", "ICMP of another kind");
}

/* Payloads with a tag that is right, and contents that are not. */
static void
test_contents(uint8_t family)
{
	static struct rig r;

	rig_init(&r, probe_find("icmp"), family);
	size_t at = rig_ip_len(&r) + 8, n = PAYLOAD_LEN(family) - 8;
	struct {
		const char	*what;
		size_t		 off;
		uint64_t	 value;
		size_t		 bytes;
		const char	*want;
	} rows[] = {
		{ "as it is", 6, 1, 1, "mac64" },
		{ "version 2", 6, 2, 1, "forged" },
		{ "version 0", 6, 0, 1, "forged" },
		{ "node 0", 4, 0, 2, "forged" },
		{ "ttl 0", 16, 0, 1, "forged" },
		{ "attempt 255", 17, 255, 1, "forged" },
		{ "sent 2 s after it came", 8, (uint64_t)NOW + 2000001000, 8,
		    "mac64" },
		{ "sent more than 2 s after", 8, (uint64_t)NOW + 2000001001, 8,
		    "future" },
		{ "sent long ago", 8, 1, 8, "mac64" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p = rig_probe(&r, &r.ask);
		uint8_t m[PAYLOAD_MAX + 17], *pay = p.b + at;
		size_t src = addr_bytes(&r.origin.src);

		for (size_t k = 0; k < rows[i].bytes; k++)
			pay[rows[i].off + k] = (uint8_t)(rows[i].value >>
			    8 * (rows[i].bytes - 1 - k));
		memcpy(m, pay, n);
		memset(m + PAYLOAD_FUDGE, 0, 2);
		memcpy(m + n, r.origin.src.b, src);
		m[n + src] = family == 6 ? PROTO_ICMP6 : PROTO_ICMP;
		put64(pay + n, siphash(r.key.b, m, n + src + 1));
		struct packet q = rig_answer(&r, &p);
		is(&r, &q, rows[i].want, rows[i].what);
	}
}

/*
 * Masks that would give 0: found by trying targets.  The IPID, flow label
 * and checksum that come instead must be understood as well.
 */
static void
test_zeros(uint8_t family)
{
	static struct rig r;
	int found[4] = { 0 }, wrong = 0, zero = 0;

	rig_init(&r, probe_find("icmp"), family);
	uint8_t last = family == 6 ? 15 : 3;
	for (uint32_t i = 1; i < 3000000; i++) {
		struct ask a = r.ask;
		struct mask m;
		struct answer got;

		a.dst.b[last] = (uint8_t)i;
		a.dst.b[last - 1] = (uint8_t)(i >> 8);
		a.dst.b[last - 2] = (uint8_t)(i >> 16);
		mask_set(&m, &r.key, &r.origin.src, &a.dst,
		    probe_proto(r.origin.probe, family));
		int what = m.m[3] == ask_state(&a) ? 0 :
		    ((uint32_t)m.m[0] << 4 | m.m[3] >> 12) == a.flow ? 1 :
		    m.m[1] == 0 ? 2 : m.m[1] == 0xffff ? 3 : -1;
		if (what == -1)
			continue;
		found[what]++;
		struct packet p = rig_probe(&r, &a), e = rig_error(&r, &p,
		    rig_ip_len(&r) + 8);
		size_t at = rig_ip_len(&r);
		zero += family == 4 ? (p.b[4] | p.b[5]) == 0 :
		    ((p.b[1] & 15) | p.b[2] | p.b[3]) == 0;
		zero += (p.b[at + 2] | p.b[at + 3]) == 0 ||
		    (p.b[at + 2] & p.b[at + 3]) == 0xff;
		wrong += rig_match(&r, &e, &got) != REJ_OK ||
		    got.auth != AUTH_TAG32 || !ask_same(&got.ask, &a, got.auth);
	}
	ok(found[0] > 0 && found[1] > 0 && found[2] > 0 && found[3] > 0 &&
	    wrong == 0 && zero == 0, "IPv%u: %d, %d, %d, %d zeros that are "
	    "none: %d, %d", family, found[0], found[1], found[2], found[3],
	    zero, wrong);
}

/* The same for an IPID that has to be decoded, in DNS. */
static void
test_ipid(void)
{
	int wrong = 0;
	struct mask m = { { 0 } };

	for (uint32_t x = 0; x < 0x10000; x++) {
		m.m[3] = (uint16_t)x;
		for (uint32_t st = 1; st < 0x10000; st += 111)
			if ((st & 255) != 255)
				wrong += mask_state(&m, mask_ipid(&m,
				    (uint16_t)st)) != st;
		if ((x & 255) != 255)
			wrong += mask_state(&m, mask_ipid(&m, (uint16_t)x)) != x
			    || mask_ipid(&m, (uint16_t)x) == 0;
	}
	ok(wrong == 0, "an IPID is understood");
}

int
main(void)
{
	for (uint8_t v = 4; v <= 6; v = (uint8_t)(v + 2)) {
		for (size_t i = 0; probes[i] != NULL; i++) {
			test_row(probes[i], v);
			test_quotes(probes[i], v);
			test_strangers(probes[i], v);
			test_rewritten(probes[i], v);
			test_extensions(probes[i], v);
		}
		test_echo(v);
		test_contents(v);
		test_zeros(v);
		test_chaos_zero(v);
	}
	test_kinds();
	test_long();
	test_ipid();
	return tap_done();
}
