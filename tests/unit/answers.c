/*
 * What servers and hosts answer to each type of probe, and what origins can
 * be asked for.
 */

#include "wire.h"

/* What DNS servers, resolvers and others make of questions. */
static void
test_dns(uint8_t family)
{
	static struct rig r;

	rig_init(&r, probe_find("dns"), family);
	size_t head = rig_ip_len(&r), dns = head + 8;
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;

	q = good;
	for (size_t i = dns + 13; i < q.len; i++)
		if (q.b[i] >= 'a' && q.b[i] <= 'z' && i % 3 != 0)
			q.b[i] = (uint8_t)(q.b[i] - 32);
	packet_sums(&q);
	is(&r, &q, "mac64", "case changed");
	q = good;
	put16(q.b + dns + 4, 0);
	packet_sums(&q);
	is(&r, &q, "forged", "an answer without the question");
	q.len = dns + 12;
	put16(q.b + head + 4, 20);
	packet_sums(&q);
	is(&r, &q, "forged", "a header alone");
	q.len = dns + 11;
	put16(q.b + head + 4, 19);
	packet_sums(&q);
	is(&r, &q, "short", "less than a header");
	q = good;
	q.len = dns + 30;
	put16(q.b + head + 4, 38);
	packet_sums(&q);
	is(&r, &q, "short", "less than a name");
	q = good;
	q.b[dns + 2] &= 0x7f;
	packet_sums(&q);
	is(&r, &q, "foreign", "a question");
	q = good;
	q.b[dns + 12] = 0xc0;
	q.b[dns + 13] = 0x0c;
	packet_sums(&q);
	is(&r, &q, "badform", "a name that points to itself");
	q.b[dns + 12] = 3;
	packet_sums(&q);
	is(&r, &q, "foreign", "another name");
	q = good;
	q.b[dns + 12]--;
	packet_sums(&q);
	is(&r, &q, "foreign", "a shorter label");
	q = good;
	q.b[dns + 20] = '1';
	packet_sums(&q);
	is(&r, &q, "foreign", "a name that is not base32");
	q.b[dns + 20] = 0x12;
	packet_sums(&q);
	is(&r, &q, "foreign", "a name of control characters");
	q = good;
	q.b[dns + 14] = q.b[dns + 14] == 'a' ? 'b' : 'a';
	packet_sums(&q);
	is(&r, &q, "foreign", "another measurement");
	q = good;
	q.b[dns + 50] = q.b[dns + 50] == 'a' ? 'b' : 'a';
	packet_sums(&q);
	is(&r, &q, "forged", "another tag");
}

static void
test_dns_udp(uint8_t family)
{
	static struct rig r;
	struct answer a;

	rig_init(&r, probe_find("dns"), family);
	size_t head = rig_ip_len(&r);
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;

	q = good;
	put16(q.b + head + 6, 0);
	is(&r, &q, family == 6 ? "badsum" : "mac64", "no UDP checksum");
	q = good;
	put16(q.b + head + 4, 7);
	is(&r, &q, "badform", "UDP length 7");
	put16(q.b + head + 4, (uint16_t)(q.len - head + 1));
	is(&r, &q, "badform", "UDP length beyond the packet");
	q = good;
	q.b[head + 1]++;
	packet_sums(&q);
	is(&r, &q, "foreign", "from another port");
	q = good;
	put16(q.b + head + 2, 61000 + 1024);
	packet_sums(&q);
	is(&r, &q, "foreign", "to another port");
	put16(q.b + head + 2, 60999);
	packet_sums(&q);
	is(&r, &q, "foreign", "to a port below");
	put16(q.b + head + 2, 61000 + 1023);
	packet_sums(&q);
	ok(rig_match(&r, &q, &a) == REJ_OK && a.ask.flow == 0,
	    "the flow is the payload's, not the port's");
}

static void
test_chaos_txt(uint8_t family)
{
	static struct rig r;
	struct answer a;

	rig_init(&r, probe_find("chaos"), family);
	size_t dns = rig_ip_len(&r) + 8, txt;
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;

	ok(rig_match(&r, &good, &a) == REJ_OK && a.txt_len == 12 &&
	    memcmp(a.txt, "site.example", 13) == 0, "the text is %s", a.txt);
	txt = good.len - 13;
	q = good;
	q.b[txt] = 13;
	packet_sums(&q);
	ok(rig_match(&r, &q, &a) == REJ_OK && a.txt_len == 0,
	    "a text longer than its record is none");
	q = good;
	q.b[txt - 9] = 1;
	packet_sums(&q);
	ok(rig_match(&r, &q, &a) == REJ_OK && a.txt_len == 0,
	    "a record of another type is none");
	q = good;
	put16(q.b + dns + 6, 60000);
	packet_sums(&q);
	ok(rig_match(&r, &q, &a) == REJ_OK && a.txt_len == 12,
	    "more answers are promised than there are");
	put16(q.b + dns + 4, 0);
	packet_sums(&q);
	ok(rig_match(&r, &q, &a) == REJ_OK, "the question may be left out");
}

static void
test_chaos(uint8_t family)
{
	static struct rig r;

	rig_init(&r, probe_find("chaos"), family);
	size_t head = rig_ip_len(&r), dns = head + 8;
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;

	q = good;
	q.len = dns + 11;
	put16(q.b + head + 4, 19);
	packet_sums(&q);
	is(&r, &q, "short", "less than a header");
	q = good;
	q.b[dns + 2] &= 0x7f;
	packet_sums(&q);
	is(&r, &q, "foreign", "a question");
	q = good;
	q.b[head + 3] ^= 1;
	packet_sums(&q);
	is(&r, &q, "forged", "to another target's port");
	q = good;
	put16(q.b + head + 2, 49151);
	packet_sums(&q);
	is(&r, &q, "foreign", "to a port that is not ours");
	q = good;
	q.b[dns] ^= 0x10;			/* the ttl in it */
	packet_sums(&q);
	r.expect.ttl = 64;
	is(&r, &q, "forged", "another id");
	q = rig_error(&r, &p, head + 8);
	q.b[2 * head + 8 + 6] ^= 0x10;
	packet_sums(&q);
	is(&r, &q, "forged", "another checksum quoted");
}

static void
test_tcp(const char *name, uint8_t family)
{
	static struct rig r;
	struct answer a;

	rig_init(&r, probe_find(name), family);
	bool syn = strcmp(name, "syn") == 0;
	size_t head = rig_ip_len(&r);
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;
	static const struct {
		uint8_t		flags;
		const char	*syn, *synack;
	} rows[] = {
		{ 0x12, "synack", "foreign" }, { 0x14, "rst", "rst" },
		{ 0x04, "foreign", "rst" }, { 0x10, "foreign", "foreign" },
		{ 0x02, "foreign", "foreign" }, { 0x11, "foreign", "foreign" },
		{ 0x52, "synack", "foreign" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		q = good;
		q.b[head + 13] = rows[i].flags;
		packet_sums(&q);
		enum reject e = rig_match(&r, &q, &a);
		const char *got = e == REJ_OK ? kind_name(a.kind) :
		    reject_name(e);
		ok(strcmp(got, syn ? rows[i].syn : rows[i].synack) == 0,
		    "%s/%u: flags %02x: %s", name, family, rows[i].flags, got);
	}
	q = good;
	q.b[head + (syn ? 8 : 4)] ^= 0x80;	/* node 32771 */
	packet_sums(&q);
	r.expect.max_node = 6;
	is(&r, &q, "forged", "another number");
	struct ask nobody = r.ask;
	nobody.node = 0;
	q = rig_probe(&r, &nobody);
	q = rig_answer(&r, &q);
	is(&r, &q, "forged", "node 0");
	q = good;
	q.b[head + 12] = 0x40;
	is(&r, &q, "badform", "a header of 16 bytes");
	q.b[head + 12] = 0xf0;
	is(&r, &q, "badform", "a header longer than the packet");
	q = good;
	q.b[head + 1]++;
	packet_sums(&q);
	is(&r, &q, "foreign", "from another port");
	q = good;
	q.len = head + 19;
	packet_sums(&q);
	is(&r, &q, "short", "19 bytes");
}

/* Of a SYN whose sequence number was rewritten, the time stamp is left. */
static void
test_stamp(uint8_t family)
{
	static const char *const texts[] = { "TS", "MSS/TS", "SACKP/TS/MPCAPABLE",
	    "MSS/WSCALE/SACKP/TS", "WSCALE/TS/MSS" };
	static struct rig r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		rig_init(&r, probe_find("syn"), family);
		ok(tcpopt_parse(&r.origin.tcp, texts[i], strlen(texts[i]),
		    r.err) == 0 && rig_build(&r) == 0, "syn/%u: %s", family,
		    texts[i]);
		struct packet p = rig_probe(&r, &r.ask), e;
		size_t head = rig_ip_len(&r);
		size_t ts = head + 20 + r.origin.tcp.ts;
		struct answer a;
		bool v4 = family == 4;	/* the IPID tells which is right */

		r.expect.max_node = 6;
		r.expect.max_attempt = 9;

		e = p;
		put32(e.b + head + 4, 0x12345678);
		e = rig_error(&r, &e, 0);
		ok(rig_match(&r, &e, &a) == REJ_OK && a.auth == AUTH_TAG32 &&
		    ask_same(&a.ask, &r.ask, a.auth), "its number rewritten");
		e = p;
		put32(e.b + ts, 0x12345678);
		e = rig_error(&r, &e, 0);
		is(&r, &e, "tag32", "its stamp rewritten");
		e = p;
		e.b[ts + 3] ^= 1;
		e = rig_error(&r, &e, 0);
		is(&r, &e, v4 ? "tag32" : "forged", "its stamp a bit");
		e = p;
		put32(e.b + head + 4, 0x12345678);
		put32(e.b + ts, 0x12345678);
		e = rig_error(&r, &e, 0);
		is(&r, &e, "forged", "both rewritten");
		e = p;
		put32(e.b + head + 4, 0x12345678);
		e = rig_error(&r, &e, ts + 3);
		is(&r, &e, "forged", "the stamp cut");
		e = p;
		put16(e.b + (v4 ? 4 : 2), 0x1234);
		e = rig_error(&r, &e, 0);
		ok(rig_match(&r, &e, &a) == REJ_OK && a.auth == AUTH_TAG32 &&
		    ask_same(&a.ask, &r.ask, a.auth), "both, another IPID");
		int stamps = 0;
		for (int len = 0; len < 256; len++) {
			e = p;
			put32(e.b + head + 4, 0x12345678);
			e.b[ts - 1] = (uint8_t)len;
			e = rig_error(&r, &e, 0);
			stamps += rig_match(&r, &e, &a) != REJ_FORGED;
		}
		ok(stamps == 1, "of another length it is none");
	}
}

/* Of an acked probe whose sequence number was rewritten, the other is left. */
static void
test_acked(const char *name, uint8_t family)
{
	static struct rig r;
	static const struct {
		const char	*what;
		size_t		 cut;	/* after so many bytes of TCP, 0: not */
		bool		 seq, ack, bit, id, unbounded;
		const char	*v4, *v6;
	} t[] = {
		{ .what = "its number rewritten", .seq = true,
		    .v4 = "tag32", .v6 = "tag32" },
		{ .what = "in 12 bytes", .cut = 12, .seq = true,
		    .v4 = "tag32", .v6 = "tag32" },
		{ .what = "in 11", .cut = 11, .seq = true,
		    .v4 = "forged", .v6 = "forged" },
		{ .what = "what it acknowledges rewritten", .ack = true,
		    .v4 = "tag32", .v6 = "tag32" },
		{ .what = "a bit of it", .bit = true,	/* the IPID tells */
		    .v4 = "tag32", .v6 = "forged" },
		{ .what = "both rewritten", .seq = true, .ack = true,
		    .v4 = "forged", .v6 = "forged" },
		{ .what = "another IPID", .id = true,
		    .v4 = "tag32", .v6 = "tag32" },
		{ .what = "another IPID in 8 bytes", .id = true, .cut = 8,
		    .v4 = "tag16", .v6 = "tag16" },
		{ .what = "8 bytes, of any node", .cut = 8, .unbounded = true,
		    .v4 = "tag32", .v6 = "tag32" },
		{ .what = "number and IPID", .seq = true, .id = true,
		    .v4 = "tag16", .v6 = "tag16" },
		{ .what = "all three", .seq = true, .ack = true, .id = true,
		    .v4 = "forged", .v6 = "forged" },
		{ .what = "number and IPID, of any node", .seq = true,
		    .id = true, .unbounded = true,
		    .v4 = "forged", .v6 = "forged" },
		{ .what = "another IPID, of any node", .id = true,
		    .unbounded = true, .v4 = "forged", .v6 = "forged" },
	};

	rig_init(&r, probe_find(name), family);
	size_t head = rig_ip_len(&r);
	struct packet p = rig_probe(&r, &r.ask);

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct packet e = p;
		struct answer a;

		r.expect.max_node = t[i].unbounded ? 0 : 6;
		r.expect.max_attempt = t[i].unbounded ? 0 : 9;
		r.expect.ttl = t[i].unbounded ? 0 : 64;
		if (t[i].seq)
			put32(e.b + head + 4, 0x12345678);
		if (t[i].ack)
			put32(e.b + head + 8, 0x12345678);
		e.b[head + 11] ^= t[i].bit;
		if (t[i].id)
			put16(e.b + (family == 4 ? 4 : 2), 0x1234);
		e = rig_error(&r, &e, t[i].cut == 0 ? 0 : head + t[i].cut);
		is(&r, &e, family == 4 ? t[i].v4 : t[i].v6, t[i].what);
		if (rig_match(&r, &e, &a) == REJ_OK)
			ok(ask_same(&a.ask, &r.ask, a.auth), "the same ask");
	}
}

/* Whoever answers UDP answers what he likes. */
static void
test_udp(uint8_t family)
{
	static struct rig r;

	rig_init(&r, probe_find("udp"), family);
	size_t head = rig_ip_len(&r), data = head + 8;
	struct packet p = rig_probe(&r, &r.ask), good = rig_answer(&r, &p), q;
	struct answer a;

	ok(rig_match(&r, &good, &a) == REJ_OK && a.kind == KIND_ECHO,
	    "udp/%u: an echo service", family);
	q = good;
	q.b[data] ^= 1;
	packet_sums(&q);
	is(&r, &q, "foreign", "something else");
	q = good;
	q.len = data + 3;
	put16(q.b + head + 4, 11);
	packet_sums(&q);
	is(&r, &q, "foreign", "less than a measurement's number");
	q = good;
	q.len--;
	put16(q.b + head + 4, (uint16_t)(q.len - head));
	packet_sums(&q);
	is(&r, &q, "short", "less than we sent");
	q = good;
	q.b[head + 1]++;
	packet_sums(&q);
	is(&r, &q, "foreign", "from another port");
	put16(good.b + head + 2, 62999);
	packet_sums(&good);
	is(&r, &good, "foreign", "to a port that is not ours");
	p = rig_error(&r, &p, 0);
	p.b[head] = family == 6 ? 1 : 3;
	p.b[head + 1] = family == 6 ? 4 : 3;
	packet_sums(&p);
	ok(rig_match(&r, &p, &a) == REJ_OK && a.kind == KIND_UNREACH &&
	    a.auth == AUTH_MAC64, "udp/%u: a closed port", family);
}

/* Sizes that can be had, and that cannot. */
static void
test_sizes(const struct probe_type *p, uint8_t family)
{
	static struct rig r;
	struct answer a;

	rig_init(&r, p, family);
	size_t natural = r.tmpl.len;
	r.origin.size = (uint16_t)(natural + 40);
	bool tcp = p->proto4 == PROTO_TCP;
	ok((rig_build(&r) == 0) == !tcp, "%s/%u: a larger size", p->name,
	    family);
	if (!tcp) {
		struct packet q = rig_probe(&r, &r.ask), e = rig_answer(&r, &q);

		ok(q.len == natural + 40 && rig_match(&r, &e, &a) == REJ_OK,
		    "%s/%u: has it", p->name, family);
		e = rig_error(&r, &q, rig_ip_len(&r) + 8);
		is(&r, &e, "tag32", "quoted in part");
	}
	r.origin.size = 1500;
	ok((rig_build(&r) == 0) == !tcp, "%s/%u: 1500 bytes", p->name, family);
	r.origin.size = (uint16_t)natural;
	if (p->proto4 != PROTO_UDP)
		ok(rig_build(&r) == 0 && r.tmpl.len == natural,
		    "%s/%u: the size it has", p->name, family);
	r.origin.size = (uint16_t)(natural - 1);
	ok(rig_build(&r) == -1 && r.err[0] != '\0', "%s/%u: too small: %s",
	    p->name, family, r.err);
}

static void
test_names_in_questions(const struct probe_type *p, uint8_t family)
{
	static struct rig r;
	static char name[300];
	struct answer a;

	rig_init(&r, p, family);
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = i % 60 == 59 ? '.' : 'a';
	static const char *const bad[] = { "a..b", ".", "", name,
	    "a234567890123456789012345678901234567890123456789012345678901234" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.origin.qname = bad[i];
		ok((rig_build(&r) == 0) == (bad[i][0] == '\0'),
		    "%s/%u: a name: %.20s", p->name, family, bad[i]);
	}
	r.origin.qname = "id.server.";
	struct packet q, e;
	ok(rig_build(&r) == 0, "%s/%u: another name", p->name, family);
	q = rig_probe(&r, &r.ask);
	e = rig_answer(&r, &q);
	ok(rig_match(&r, &e, &a) == REJ_OK, "is answered");
	e = rig_error(&r, &q, rig_ip_len(&r) + 8);
	is(&r, &e, "tag32", "quoted in part");
	r.origin.qname = NULL;
	static char text[2000];
	memset(text, 'x', sizeof(text) - 1);
	r.origin.contact = text;
	ok(rig_build(&r) == -1, "%s/%u: a text of 1999 bytes", p->name, family);
}

static void
test_names(void)
{
	int wrong = 0;

	for (int i = 0; i <= AUTH_MAC64; i++)
		wrong += auth_find(auth_name((enum auth)i)) != i;
	for (int i = 0; i < REJ_MAX; i++)
		wrong += reject_name((enum reject)i) == NULL;
	ok(wrong == 0 && auth_find("mac") == -1, "levels have names");
	ok(probe_find("tcp") == NULL && probe_find("") == NULL,
	    "there are no other types");
}

int
main(void)
{
	for (uint8_t v = 4; v <= 6; v = (uint8_t)(v + 2)) {
		for (size_t i = 0; probes[i] != NULL; i++)
			test_sizes(probes[i], v);
		test_names_in_questions(probe_find("dns"), v);
		test_names_in_questions(probe_find("chaos"), v);
		test_dns(v);
		test_dns_udp(v);
		test_chaos(v);
		test_chaos_txt(v);
		test_tcp("syn", v);
		test_tcp("synack", v);
		test_tcp("ack", v);
		test_udp(v);
		test_stamp(v);
		test_acked("synack", v);
		test_acked("ack", v);
	}
	test_names();
	return tap_done();
}
