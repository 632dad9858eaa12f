/*
 * Every row of probes.def must keep the promises of probe.h, in IPv4 and
 * IPv6.  A new probe type needs no new test to be held to these.
 */

#include <pcap/pcap.h>

#include "wire.h"

#define ROUNDS	20000

static const char *
row(const struct rig *r)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s/%u", probe_name(r->origin.probe),
	    r->origin.src.v);
	return name;
}

/* Asks at the edges of their fields; flows as far as the type has ports. */
static int
asks(const struct rig *r, struct ask out[8])
{
	static const struct ask edges[] = {
		{ .node = 1, .ttl = 64 },
		{ .node = 65535, .round = 255, .ttl = 255, .attempt = 254,
		    .flow = 1023 },
		{ .node = 256, .round = 1, .ttl = 1, .attempt = 1, .flow = 1 },
		{ .node = 255, .ttl = 128, .attempt = 128, .flow = 255 },
		{ .node = 2, .ttl = 3, .flow = 65535 },
	};
	int n = 0;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct ask a = edges[i];

		if (r->origin.probe->keyed_port)
			a.flow = 0;
		else if (r->origin.probe->nports != 0 &&
		    a.flow >= r->origin.probe->nports)
			continue;
		a.dst = r->ask.dst;
		a.dst.b[a.dst.v == 6 ? 15 : 3] = (uint8_t)(i + 1);
		a.tx_ns = NOW - (int64_t)i;
		out[n++] = a;
	}
	return n;
}

static void
test_words(const struct rig *r)
{
	const struct probe_type *p = r->origin.probe;
	uint16_t sport, dport, lo, hi;

	ok(p->name[0] != '\0' && p->summary[0] != '\0' &&
	    probe_find(p->name) == p, "%s is found by its name", row(r));
	probe_ports(p, &sport, &dport);
	probe_bind_range(&r->origin, &lo, &hi);
	ok((p->nports == 0) == (dport == 0 && lo == 0 && hi == 0) &&
	    (sport == 0 || sport == lo) && hi - lo + (lo != 0) == p->nports,
	    "%s has ports %u to %u", row(r), lo, hi);
}

/* The probe itself: good checksums, and the same bytes for the same ask. */
static void
test_build(struct rig *r)
{
	struct ask a[8];
	int n = asks(r, a);

	for (int i = 0; i < n; i++) {
		struct packet p = rig_probe(r, &a[i]), q;
		struct cur c = cur_init(p.b, p.len), u;
		struct pkt h;
		enum pkt_error e = pkt_parse(&h, &c, false);

		u = c;
		cur_skip(&u, 6);
		ok(e == PKT_OK && !h.badsum && !h.frag && h.size == p.len &&
		    pkt_goodsum(&h, c) && h.ttl == a[i].ttl &&
		    addr_cmp(&h.dst, &a[i].dst) == 0 &&
		    addr_cmp(&h.src, &r->origin.src) == 0 &&
		    (h.src.v == 6 ? h.label != 0 : h.id != 0) &&
		    (h.proto != PROTO_UDP || cur_u16(&u) != 0),
		    "%s builds ask %d right", row(r), i);
		r->tmpl.key = (struct key){ 0 };
		rig_build(r);
		q = rig_probe(r, &a[i]);
		ok(p.len == q.len && memcmp(p.b, q.b, p.len) == 0,
		    "%s builds the same again", row(r));
	}
}

/* What load balancers look at is constant in a flow, and differs between. */
static void
test_paris(const struct rig *r)
{
	struct ask a = r->ask, b = r->ask;
	size_t at = rig_ip_len(r), n;

	b.ttl = 9;
	b.attempt = 77;
	b.tx_ns += 12345;
	b.node = 9;
	struct packet p = rig_probe(r, &a), q = rig_probe(r, &b);
	/* ICMP: type, code, checksum, id; TCP and UDP: ports. */
	n = r->origin.probe->nports == 0 ? 6 : 4;
	ok(p.len == q.len && memcmp(p.b + at, q.b + at, n) == 0 &&
	    (at == 20 ? p.b[1] == q.b[1] : memcmp(p.b, q.b, 6) == 0),
	    "%s is constant within a flow", row(r));
	if (r->origin.probe->keyed_port)
		return;
	a.flow = 5;
	q = rig_probe(r, &a);
	ok(memcmp(p.b + at, q.b + at, n) != 0 &&
	    (at == 20 || memcmp(p.b, q.b, 4) != 0),
	    "%s differs between flows", row(r));
}

static void
test_answers(const struct rig *r)
{
	struct ask a[8];
	int n = asks(r, a);

	for (int i = 0; i < n; i++) {
		struct packet p = rig_probe(r, &a[i]), q = rig_answer(r, &p);
		struct answer got;

		ok(rig_match(r, &q, &got) == REJ_OK && got.has_ask &&
		    got.auth >= AUTH_TAG30 && ask_same(&got.ask, &a[i], got.auth),
		    "%s knows the answer to ask %d", row(r), i);
		ok(got.origin == &r->origin && got.rttl == 57 &&
		    got.rtos == 8 && got.size == q.len &&
		    addr_cmp(&got.from, &a[i].dst) == 0 &&
		    addr_cmp(&got.to, &r->origin.src) == 0 &&
		    got.icmp_type == -1 && got.qttl == -1 && got.quote == NULL,
		    "%s says what the answer was", row(r));
		ok(rig_match(r, &p, &got) == REJ_FOREIGN,
		    "%s does not take its own probe for an answer", row(r));
	}
}

/* ICMP errors with as much of the probe as there may be. */
static void
test_quotes(const struct rig *r)
{
	struct ask a[8];
	int n = asks(r, a);
	size_t head = rig_ip_len(r);
	bool mac = r->origin.probe->bare_payload ||
	    probe_find("dns") == r->origin.probe;

	for (int i = 0; i < n; i++) {
		struct packet p = rig_probe(r, &a[i]), q = rig_error(r, &p, 0);
		struct answer got;

		ok(rig_match(r, &q, &got) == REJ_OK && got.has_ask &&
		    got.auth == (mac ? AUTH_MAC64 : AUTH_TAG32) &&
		    ask_same(&got.ask, &a[i], got.auth),
		    "%s knows ask %d quoted whole", row(r), i);
		ok(got.kind == KIND_TTL && got.icmp_code == 0 &&
		    got.icmp_type == (r->origin.src.v == 6 ? 3 : 11) &&
		    got.qttl == a[i].ttl && got.qlen == (int)p.len &&
		    got.quote_len == p.len && got.rttl == 55,
		    "%s says what was quoted", row(r));

		q = rig_error(r, &p, head + 8);
		enum reject e = rig_match(r, &q, &got);
		struct ask want = a[i];
		if (!got.has_ask)	/* DNS in IPv6: not in 8 bytes */
			want.ttl = want.attempt = 0;
		ok(e == REJ_OK && got.auth == AUTH_TAG32 &&
		    (got.has_ask || r->origin.src.v == 6) &&
		    ask_same(&got.ask, &want, got.auth) &&
		    got.qlen == (int)head + 8,
		    "%s knows ask %d from 8 quoted bytes", row(r), i);
		int less = 0;
		for (size_t k = 0; k < head + 8; k++) {
			q = wire_error(&r->origin.src, 3, 1, 0, p.b, k);
			less += rig_match(r, &q, &got) != REJ_SHORT;
		}
		ok(less == 0, "%s knows nothing from fewer", row(r));
	}
}

/* Cut in capture, and cut with honest lengths: no other ask comes of it. */
static void
test_cuts(const struct rig *r)
{
	struct packet p = rig_probe(r, &r->ask), in[2];
	int wrong = 0, some = 0;

	in[0] = rig_answer(r, &p);
	in[1] = rig_error(r, &p, 0);
	for (int i = 0; i < 4; i++)
		for (size_t k = 0; k <= in[i / 2].len; k++) {
			struct packet q = in[i / 2];
			struct answer a;

			q.len = k;
			if (i % 2 != 0)
				packet_sums(&q);
			bool good = rig_match(r, &q, &a) == REJ_OK;
			struct ask want = r->ask;
			if (good && !a.has_ask)
				want.ttl = want.attempt = 0;
			some += good;
			wrong += good && !ask_same(&a.ask, &want, a.auth);
		}
	ok(wrong == 0 && some >= 4, "%s cut anywhere", row(r));
}

/* Bounds such as a run of one ttl knows. */
static void
bound(struct rig *r)
{
	r->expect.max_node = 6;
	r->expect.ttl = 64;
	r->expect.max_attempt = 3;
}

static void
fix_header(struct packet *p)
{
	if (p->len > 20 && p->b[0] >> 4 == 4) {
		put16(p->b + 10, 0);
		put16(p->b + 10, pkt_cksum(pkt_sum(p->b,
		    (p->b[0] & 15u) * 4)));
	}
}

/*
 * Wrongly believed?  Short tags have ttl, attempt and flow in them and are
 * tied to nothing but target and bounds when several bits are wrong.
 */
static int
misled(const struct rig *r, const struct packet *p, bool several)
{
	struct answer a;
	struct ask want = r->ask;

	if (rig_match(r, p, &a) != REJ_OK || a.auth < AUTH_TAG30)
		return 0;
	if (several && a.auth < AUTH_MAC64)
		return addr_cmp(&a.ask.dst, &want.dst) != 0 ||
		    (a.has_ask && !match_expected(&r->expect, &a.ask));
	if (!a.has_ask)
		want.ttl = want.attempt = 0;
	return !ask_same(&a.ask, &want, a.auth);
}

/*
 * Every bit wrong in turn, then several at once.  Checksums are looked at
 * only where there is no 64-bit tag, which must hold without.
 */
static void
test_damage(struct rig *r)
{
	struct packet p = rig_probe(r, &r->ask), in[3];
	int one = 0, several = 0;
	uint32_t x = 7;

	in[0] = rig_answer(r, &p);
	in[1] = rig_error(r, &p, 0);
	in[2] = rig_error(r, &p, rig_ip_len(r) + 8);
	bound(r);
	for (int i = 0; i < 3; i++) {
		struct answer a = { .auth = AUTH_NONE };
		struct packet q;

		rig_match(r, &in[i], &a);
		r->expect.nosum = a.auth == AUTH_MAC64;
		for (size_t k = 0; k < in[i].len * 8; k++) {
			q = in[i];
			q.b[k / 8] ^= (uint8_t)(1 << k % 8);
			fix_header(&q);
			one += misled(r, &q, false);
		}
		for (int k = 0; k < ROUNDS; k++) {
			q = in[i];
			for (int n = 1 + k % 4; n > 0; n--) {
				x = x * 1664525 + 1013904223;
				q.b[(x >> 8) % q.len] ^= (uint8_t)(1 << (x >> 29));
			}
			x = x * 1664525 + 1013904223;
			if (k % 8 == 0)
				q.len = (x >> 8) % (q.len + 1);
			fix_header(&q);
			several += misled(r, &q, true);
		}
		r->expect.nosum = false;
	}
	ok(one == 0, "%s believes no wrong bit (%d)", row(r), one);
	ok(several == 0, "%s survives damage (%d)", row(r), several);
	r->expect = (struct expect){ &r->origin, 1, &r->key, 0, 0, 0, 0 };
}

/* Put other bytes (letters) in place of n from offset at on. */
static void
forge(struct packet *p, size_t at, size_t n, bool letters, uint64_t seed)
{
	for (size_t i = 0; i < n && at + i < p->len; i++) {
		uint64_t x = siphash(p->b, &seed, 8) >> 4 * (i % 8);

		p->b[at + i] = (uint8_t)(letters ? 'a' + (x & 15) : x);
	}
}

/* Forge what is keyed of a probe whose transport header is at l4. */
static void
forge_probe(const struct rig *r, struct packet *p, size_t l4, bool whole,
    bool answer, uint64_t seed)
{
	bool v6 = r->origin.src.v == 6;

	if (r->origin.probe->proto4 == PROTO_TCP) {
		forge(p, l4 + 4, 8, false, seed);	/* seq, ack */
		if (r->origin.tcp.ts != 0 && !answer)
			forge(p, l4 + 20 + r->origin.tcp.ts, 4, false, seed);
	} else if (r->origin.probe->keyed_port)
		put16(p->b + l4 + (answer ? 2 : 0), (uint16_t)(0xc000 | seed));
	else if (r->origin.probe == probe_find("udp") && whole)
		forge(p, l4 + PAYLOAD_LEN(r->origin.src.v), 8, false, seed);
	else if (r->origin.probe->proto4 == PROTO_ICMP)
		forge(p, whole ? l4 + PAYLOAD_LEN(r->origin.src.v) : l4 + 2,
		    whole ? 8 : 6, false, seed);	/* tag; sum, id, seq */
	else if (whole)					/* tag in base32 */
		forge(p, l4 + 8 + 12 + (v6 ? 1 + 63 + 1 + 2 : 1 + 46), 10, true,
		    seed);
	else
		forge(p, l4 + 6, 2, false, seed);	/* sum */
}

/*
 * Forgers know all but the key, and compute checksums: what is keyed is
 * random, in answers, whole quotes and quotes of 8 bytes.
 */
static void
test_forged(struct rig *r)
{
	struct packet p = rig_probe(r, &r->ask);
	size_t head = rig_ip_len(r);
	int believed = 0, forged = 0;

	bound(r);
	for (uint64_t k = 0; k < ROUNDS; k++) {
		struct packet q = k % 3 == 0 ? rig_answer(r, &p) :
		    rig_error(r, &p, k % 3 == 1 ? 0 : head + 8);
		struct answer a;

		forge_probe(r, &q, k % 3 == 0 ? head : 2 * head + 8, k % 3 < 2,
		    k % 3 == 0, k);
		packet_sums(&q);
		enum reject e = rig_match(r, &q, &a);
		believed += e == REJ_OK && a.auth >= AUTH_TAG30;
		forged += e == REJ_FORGED;
	}
	/* A keyed port guessed right, with all else copied, is no forgery. */
	ok(believed <= (r->origin.probe->keyed_port ? 3 : 0) &&
	    forged >= ROUNDS - 3, "%s: of %d forgeries %d are believed, %d "
	    "called so", row(r), ROUNDS, believed, forged);
	r->expect = (struct expect){ &r->origin, 1, &r->key, 0, 0, 0, 0 };
}

/* What the run cannot have sent is forged, whatever the tag says. */
static void
test_expect(struct rig *r)
{
	struct packet p = rig_probe(r, &r->ask);
	bool node = !r->origin.probe->keyed_port;
	static const struct {
		const char	*what;
		struct expect	 e;
		bool		 node, good;
	} limits[] = {
		{ "another ttl", { .ttl = 63 }, false, false },
		{ "the ttl", { .ttl = 64 }, false, true },
		{ "a later attempt", { .max_attempt = 1 }, false, false },
		{ "the last attempt", { .max_attempt = 2 }, false, true },
		{ "a node there is not", { .max_node = 2 }, true, false },
		{ "the last node", { .max_node = 3 }, true, true },
	};

	for (int i = 0; i < 2; i++) {
		struct packet q = i == 0 ? rig_answer(r, &p) :
		    rig_error(r, &p, 0);
		for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
			struct answer a;

			r->expect.ttl = limits[k].e.ttl;
			r->expect.max_attempt = limits[k].e.max_attempt;
			r->expect.max_node = limits[k].e.max_node;
			ok(rig_match(r, &q, &a) == (limits[k].good ||
			    (limits[k].node && !node) ? REJ_OK : REJ_FORGED),
			    "%s: %s, %s", row(r), limits[k].what,
			    i == 0 ? "answered" : "quoted");
		}
		r->expect.ttl = r->expect.max_attempt = 0;
		r->expect.max_node = 0;
	}
}

/* Another run's key, and none. */
static void
test_keys(struct rig *r)
{
	struct packet p = rig_probe(r, &r->ask);
	struct key other;
	int taken = 0;

	for (int i = 0; i < 3; i++) {
		struct packet q = i == 0 ? rig_answer(r, &p) :
		    rig_error(r, &p, i == 1 ? 0 : rig_ip_len(r) + 8);
		struct answer a, late;

		for (uint8_t k = 1; k < 100; k++) {
			other = r->key;
			other.b[k % 16] ^= k;
			key_set(&other, other.b);
			r->expect.key = &other;
			r->expect.max_node = 6;
			r->expect.ttl = 64;
			r->expect.max_attempt = 3;
			taken += rig_match(r, &q, &a) == REJ_OK;
		}
		r->expect = (struct expect){ .origins = &r->origin, .n = 1 };
		enum reject e = probe_match(&r->expect, cur_init(q.b, q.len),
		    NOW, &a);
		ok(e == REJ_OK && a.auth == AUTH_NONE && !a.has_ask &&
		    a.ask.tx_ns == NUM_NONE && a.quote == q.b &&
		    a.quote_len == q.len &&
		    addr_cmp(&a.ask.dst, &r->ask.dst) == 0,
		    "%s has a shape without a key", row(r));
		r->expect.key = &r->key;
		e = probe_match(&r->expect, cur_init(a.quote, a.quote_len), NOW,
		    &late);
		ok(e == REJ_OK && late.auth >= AUTH_TAG30,
		    "%s is authentic with the key, later", row(r));
	}
	ok(taken == 0, "%s of another key is not ours", row(r));
}

static int
passes(const char *text, const struct packet *p)
{
	pcap_t *dead = pcap_open_dead(DLT_RAW, 65535);
	struct bpf_program prog;
	struct pcap_pkthdr h = { .caplen = (uint32_t)p->len,
	    .len = (uint32_t)p->len };
	int r = pcap_compile(dead, &prog, text, 1, PCAP_NETMASK_UNKNOWN);

	if (r == 0) {
		r = pcap_offline_filter(&prog, &h, p->b) != 0;
		pcap_freecode(&prog);
	}
	pcap_close(dead);
	return r;
}

static void
test_filter(struct rig *r)
{
	char narrow[4096], wide[4096];
	struct packet p = rig_probe(r, &r->ask), q = rig_answer(r, &p), e, f;

	ok(probe_filter(&r->expect, false, narrow, sizeof(narrow)) == 0 &&
	    probe_filter(&r->expect, true, wide, sizeof(wide)) == 0,
	    "%s has filters", row(r));
	e = rig_error(r, &p, 0);
	ok(passes(narrow, &q) == 1 && passes(narrow, &e) == 1 &&
	    passes(wide, &q) == 1 && passes(wide, &e) == 1,
	    "%s: its answers and errors pass", row(r));
	ok(passes(narrow, &p) == 0 && passes(wide, &p) == 0,
	    "%s: its probes do not", row(r));
	f = q;
	f.b[rig_ip_len(r) + (r->origin.probe->nports == 0 ? 8 : 0)] ^= 1;
	ok(passes(narrow, &f) == 0 && passes(wide, &f) == 1,
	    "%s: strangers are for the wide one", row(r));
	if (r->origin.probe->bare_payload) {
		f = q;
		f.b[rig_ip_len(r) + 8] ^= 1;
		ok(passes(narrow, &f) == 0 && passes(wide, &f) == 1,
		    "%s: other measurements are too", row(r));
	}
	ok(probe_filter(&r->expect, false, narrow, strlen(narrow)) == -1 &&
	    probe_filter(&r->expect, true, wide, 10) == -1,
	    "%s: a filter that does not fit is none", row(r));
}

/* One row must not take another row's packets for its own. */
static void
test_pair(const struct rig *r, const struct probe_type *p)
{
	struct rig other;

	rig_init(&other, p, r->origin.src.v);
	struct packet q = rig_probe(&other, &other.ask), m;
	struct answer a;

	m = rig_answer(&other, &q);
	enum reject direct = rig_match(r, &m, &a);
	m = rig_error(&other, &q, 0);
	enum reject quoted = rig_match(r, &m, &a);
	ok(direct != REJ_OK && quoted != REJ_OK, "%s leaves %s alone (%s, %s)",
	    row(r), probe_name(p), reject_name(direct), reject_name(quoted));

	/* Together, each gets its own. */
	struct origin both[2] = { r->origin, other.origin };
	struct expect e = { .origins = both, .n = 2, .key = &r->key };
	m = rig_answer(&other, &q);
	ok(probe_match(&e, cur_init(m.b, m.len), NOW, &a) == REJ_OK &&
	    a.origin == &both[1], "%s is found beside %s", probe_name(p),
	    row(r));
}

static void
test_row(const struct probe_type *p, uint8_t family)
{
	static struct rig r;

	static const char options[] = "MSS/WSCALE/SACKP/TS/ECE/CWR";

	for (int way = 0; way < (p->tcp_options ? 3 : 2); way++) {
		rig_init(&r, p, family);
		if (way == 1)
			r.origin.contact = "https://example.net/probes";
		if (way == 2 && tcpopt_parse(&r.origin.tcp, options,
		    sizeof(options) - 1, r.err) == -1)
			abort();
		rig_build(&r);
		test_words(&r);
		test_build(&r);
		test_paris(&r);
		test_answers(&r);
		test_quotes(&r);
		test_cuts(&r);
		test_damage(&r);
		test_forged(&r);
		test_expect(&r);
		test_keys(&r);
		test_filter(&r);
	}
	rig_init(&r, p, family);
	for (size_t i = 0; probes[i] != NULL; i++)
		if (probes[i] != p)
			test_pair(&r, probes[i]);
}

int
main(void)
{
	for (size_t i = 0; probes[i] != NULL; i++) {
		test_row(probes[i], 4);
		test_row(probes[i], 6);
	}
	return tap_done();
}
