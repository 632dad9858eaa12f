/*
 * Verdicts: each row is what was sent to one target and what came back, and
 * what should be said of it.
 */

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "match.h"
#include "mem.h"
#include "matchmeta.h"
#include "tap.h"

#define TARGET	"198.51.100.1"

enum { MAC = AUTH_MAC64, T32 = AUTH_TAG32, T30 = AUTH_TAG30 };

struct out { double t; int node, attempt, ttl, origin; };
struct got {
	double t, tx_time;	/* tx_time < 0: does not say */
	int site, kind, auth, tx, attempt, ttl;	/* -1: does not say */
	const char *from;	/* NULL: the target */
	int origin;
};

#define NO_REPLY	{ 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0 }
#define NO_PROBE	{ 0, 0, 0, 0, 0 }

/* Fields of a reply with everything in it, sent by node 1 at t0. */
#define ECHO(t, site)	{ t, 0, site, KIND_ECHO, MAC, 1, 0, 64, NULL, 0 }

static const struct row {
	const char	*what;
	struct out	 sent[4];
	struct got	 got[6];
	const char	*want;		/* per probe: verdict/rx/replies/sites */
	const char	*counts;	/* of those not 0, without verdicts */
} rows[] = {
	{ "silence", { { 0, 1, 0, 64, 0 } }, { NO_REPLY },
	    "none/-/0/-", "sent=1" },
	{ "an answer", { { 0, 1, 0, 64, 0 } }, { ECHO(0.1, 1) },
	    "ok/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "a duplicate at the same site", { { 0, 1, 0, 64, 0 } },
	    { ECHO(0.1, 1), ECHO(0.2, 1), ECHO(0.3, 1) },
	    "ok/ams/3/ams", "sent=1 replies=3 used=1 dup=2" },
	{ "answers at two sites", { { 0, 1, 0, 64, 0 } },
	    { ECHO(0.1, 2), ECHO(0.2, 1) },
	    "multi/-/2/ams,fra", "sent=1 replies=2 used=1 dup=1" },
	{ "an answer from elsewhere", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, 0, 1, KIND_ECHO, MAC, 1, 0, 64, "198.51.100.9", 0 } },
	    "alias/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "the target's own answer beats an earlier one from elsewhere",
	    { { 0, 1, 0, 64, 0 } },
	    { { 0.1, 0, 1, KIND_ECHO, MAC, 1, 0, 64, "198.51.100.9", 0 },
	    ECHO(0.2, 2) }, "ok/fra/2/fra", "sent=1 replies=2 used=1 dup=1" },
	{ "an answer from another target", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, 0, 1, KIND_ECHO, MAC, 1, 0, 64, "203.0.113.5", 0 } },
	    "none/-/0/-", "sent=1 replies=1 crosstarget=1" },
	{ "an ICMP error from another target is no answer of its",
	    { { 0, 1, 0, 64, 0 } },
	    { { 0.1, 0, 1, KIND_UNREACH, MAC, 1, 0, 64, "203.0.113.5", 0 } },
	    "unreach/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "the other target was probed from another address",
	    { { 0, 1, 0, 64, 1 } },
	    { { 0.1, 0, 1, KIND_ECHO, MAC, 1, 0, 64, "203.0.113.5", 1 } },
	    "alias/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "after the limit", { { 0, 1, 0, 64, 0 } }, { ECHO(901, 1) },
	    "late/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "at the limit", { { 0, 1, 0, 64, 0 } }, { ECHO(900, 1) },
	    "ok/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "an alias in time beats the target when late",
	    { { 0, 1, 0, 64, 0 } },
	    { { 0.1, 0, 2, KIND_ECHO, MAC, 1, 0, 64, "198.51.100.9", 0 },
	    ECHO(901, 1) }, "alias/fra/2/fra",
	    "sent=1 replies=2 used=1 dup=1" },
	{ "late at another site is no second site", { { 0, 1, 0, 64, 0 } },
	    { ECHO(0.1, 1), ECHO(901, 2) }, "ok/ams/2/ams",
	    "sent=1 replies=2 used=1 dup=1" },
	{ "an error by its 8 quoted bytes", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, -1, 1, KIND_UNREACH, T32, -1, 0, 64, "10.0.0.1", 0 } },
	    "unreach/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "an error and then an answer", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, -1, 1, KIND_TTL, T32, -1, 0, 64, "10.0.0.1", 0 },
	    ECHO(0.2, 1) }, "ok/ams/2/ams", "sent=1 replies=2 used=1 dup=1" },
	{ "a late error", { { 0, 1, 0, 64, 0 } },
	    { { 901, -1, 1, KIND_UNREACH, T32, -1, 0, 64, "10.0.0.1", 0 } },
	    "late/ams/1/ams", "sent=1 replies=1 used=1" },
	{ "too weak", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, -1, 1, KIND_UNREACH, AUTH_TAG16, -1, 0, 64, NULL, 0 },
	    { 0.1, -1, 1, KIND_ECHO, AUTH_NONE, -1, 0, 64, NULL, 0 } },
	    "none/-/0/-", "sent=1 replies=2 weak=2" },
	{ "its own attempt", { { 0, 1, 0, 64, 0 }, { 1, 1, 1, 64, 0 } },
	    { { 1.1, 1, 1, KIND_ECHO, MAC, 1, 1, 64, NULL, 0 } },
	    "none/-/0/- ok/ams/1/ams", "sent=2 replies=1 used=1" },
	{ "the same attempt twice: by the time it carries",
	    { { 0, 1, 0, 64, 0 }, { 5, 1, 0, 64, 0 } },
	    { { 5.1, 0, 1, KIND_ECHO, MAC, 1, 0, 64, NULL, 0 } },
	    "ok/ams/1/ams none/-/0/-", "sent=2 replies=1 used=1" },
	{ "the same attempt twice: else the nearest before it",
	    { { 0, 1, 0, 64, 0 }, { 5, 1, 0, 64, 0 }, { 9, 1, 0, 64, 0 } },
	    { { 6.9, -1, 1, KIND_RST, T32, 1, 0, 64, NULL, 0 } },
	    "none/-/0/- ok/ams/1/ams none/-/0/-",
	    "sent=3 replies=1 used=1" },
	{ "two senders, one source: the node says which",
	    { { 0, 1, 0, 64, 0 }, { 0.5, 2, 0, 64, 0 } },
	    { { 0.9, -1, 1, KIND_RST, T32, 1, 0, 64, NULL, 0 } },
	    "ok/ams/1/ams none/-/0/-", "sent=2 replies=1 used=1" },
	{ "a node nobody has is not the sender, whose number is known",
	    { { 0, 1, 0, 64, 0 } },
	    { { 0.1, -1, 1, KIND_RST, T32, 4711, 0, 64, NULL, 0 } },
	    "none/-/0/-", "sent=1 replies=1 unsent=1" },
	{ "another ttl", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, -1, 1, KIND_TTL, T32, -1, 0, 3, "10.0.0.1", 0 } },
	    "none/-/0/-", "sent=1 replies=1 unsent=1" },
	{ "another source address", { { 0, 1, 0, 64, 0 } },
	    { { 0.1, -1, 1, KIND_RST, T32, 1, 0, 64, NULL, 1 } },
	    "none/-/0/-", "sent=1 replies=1 unsent=1" },
	{ "not in the log, but authentic", { NO_PROBE },
	    { { 0.1, 0, 1, KIND_ECHO, MAC, 2, 0, 64, NULL, 0 },
	    { 0.2, 0, 1, KIND_ECHO, MAC, 2, 0, 64, NULL, 0 } },
	    "ok/ams/2/ams", "unlogged=1 replies=2 used=1 dup=1" },
	{ "not in the log and weaker", { NO_PROBE },
	    { { 0.1, -1, 1, KIND_RST, T32, 1, 0, 64, NULL, 0 } },
	    "", "replies=1 unsent=1" },
	{ "another time than in the log is another probe",
	    { { 0, 1, 0, 64, 0 } },
	    { { 0.1, 0.05, 1, KIND_ECHO, MAC, 1, 0, 64, NULL, 0 } },
	    "none/-/0/- ok/ams/1/ams",
	    "sent=1 unlogged=1 replies=1 used=1" },
	{ "not in the log, says when, but weaker", { NO_PROBE },
	    { { 0.1, 0, 1, KIND_ECHO, T32, 1, 0, 64, NULL, 0 } },
	    "", "replies=1 unsent=1" },
	{ "two not in the log, sent at the same time from two addresses",
	    { NO_PROBE },
	    { { 0.1, 0, 1, KIND_ECHO, MAC, 1, 0, 64, NULL, 0 },
	    { 0.2, 0, 1, KIND_ECHO, MAC, 1, 0, 64, NULL, 1 } },
	    "ok/ams/1/ams ok/ams/1/ams", "unlogged=2 replies=2 used=2" },
	{ "it does not say which attempt: the last one before it",
	    { { 0, 1, 0, 64, 0 }, { 3, 1, 1, 64, 0 }, { 9, 1, 2, 64, 0 } },
	    { { 5, -1, 1, KIND_RST, T32, 1, -1, 64, NULL, 0 } },
	    "none/-/0/- ok/ams/1/ams none/-/0/-",
	    "sent=3 replies=1 used=1" },
	{ "from before it was sent", { { 10, 1, 0, 64, 0 } },
	    { { 7.9, 10, 1, KIND_ECHO, MAC, 1, 0, 64, NULL, 0 },
	    { 7.9, -1, 1, KIND_RST, T32, 1, 0, 64, NULL, 0 } },
	    "none/-/0/-", "sent=1 replies=2 future=2" },
	{ "clocks may differ by 2 seconds", { { 10, 1, 0, 64, 0 } },
	    { { 8.1, 10, 1, KIND_ECHO, MAC, 1, 0, 64, NULL, 0 },
	    { 8.1, -1, 1, KIND_RST, T32, 1, 0, 64, NULL, 0 } },
	    "ok/ams/2/ams", "sent=1 replies=2 used=1 dup=1" },
};

static int64_t
ns(double t)
{
	return INT64_C(1700000000) * NS_PER_S + (int64_t)(t * 1e9 + 0.5);
}

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	addr_parse(&a, s, strlen(s));
	return a;
}

static struct matchsent
make_sent(const struct out *s)
{
	struct matchsent m = { .time = ns(s->t), .ttl = (uint8_t)s->ttl,
	    .attempt = (uint8_t)s->attempt, .node = (uint16_t)(s->node - 1),
	    .origin = (uint16_t)s->origin };
	struct addr a = addr(TARGET);

	matchkey_set(m.key, &a);
	return m;
}

static struct matchreply
make_reply(const struct got *g)
{
	struct matchreply r = { .time = ns(g->t), .kind = (uint8_t)g->kind,
	    .auth = (uint8_t)g->auth, .node = (uint16_t)(g->site - 1),
	    .origin = (uint16_t)g->origin };
	struct addr a = addr(TARGET);

	matchkey_set(r.key, &a);
	if (g->from != NULL)
		a = addr(g->from);
	matchkey_set(r.from, &a);
	if (g->tx_time >= 0) {
		r.has |= HAS_TX_TIME;
		r.tx_time = ns(g->tx_time);
	}
	if (g->tx >= 0) {
		r.has |= HAS_TX;
		r.tx = (uint16_t)g->tx;
	}
	r.has |= HAS_TTL;
	r.ttl = (uint8_t)g->ttl;
	if (g->attempt >= 0) {
		r.has |= HAS_ATTEMPT;
		r.attempt = (uint8_t)g->attempt;
	}
	return r;
}

static void
names_init(struct matchnames *t)
{
	struct addr a = addr("192.0.2.1"), b = addr("192.0.2.2");

	matchnames_init(t);
	matchnames_node(t, "ams", 3);
	matchnames_node(t, "fra", 3);
	matchnames_number(t, "ams:1");
	matchnames_number(t, "fra:2");
	matchnames_origin(t, &a, "icmp", 4);
	matchnames_origin(t, &b, "icmp", 4);
}

static int
cmp_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
cmp_hops(const void *a, const void *b, void *names)
{
	return matchsent_cmp(a, b, names);
}

static void
describe(const struct match *m, char *out)
{
	char *p = out;

	*p = '\0';
	for (size_t i = 0; i < m->nprobes; i++) {
		const struct matchprobe *b = &m->probe[i];
		const char *site[8];
		size_t n = 0;

		p += sprintf(p, "%s%s/%s/%u/", i > 0 ? " " : "",
		    verdict_name(b->verdict), b->verdict == VERDICT_NONE ||
		    b->verdict == VERDICT_MULTI ? "-" :
		    intern_string(&m->names->node, b->first.node),
		    (unsigned)b->replies);
		for (uint32_t k = b->sites; k != 0; k = m->site[k].next)
			site[n++] = intern_string(&m->names->node,
			    m->site[k].node);
		qsort(site, n, sizeof site[0], cmp_strings);
		for (size_t k = 0; k < n; k++)
			p += sprintf(p, "%s%s", k > 0 ? "," : "", site[k]);
		if (n == 0)
			p += sprintf(p, "-");
	}
}

static void
describe_counts(const struct matchcounts *n, char *out)
{
	char *p = out;

	*p = '\0';
#define X(member, name, doc)						\
	if (n->member > 0 && verdict_find(name, strlen(name)) == -1)	\
		p += sprintf(p, "%s%s=%u", p == out ? "" : " ", name,	\
		    (unsigned)n->member);
	MATCH_COUNTS(X)
#undef X
}

static int
closes(const struct matchcounts *n)
{
	return n->sent + n->unlogged == n->ok + n->none + n->alias + n->multi +
	    n->late + n->unreach + n->resent &&
	    n->replies == n->used + n->dup + n->weak + n->vague + n->unsent +
	    n->crosstarget + n->future;
}

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct matchnames names;
		struct match m;
		struct addr a = addr("203.0.113.5");
		char got[512], counts[512], cross[MATCHKEY_LEN + 2] = { 0 };

		names_init(&names);
		match_init(&m, &names, 900 * NS_PER_S, AUTH_TAG30);
		/* 203.0.113.5 is a target of origin 0 */
		matchkey_set((uint8_t *)cross, &a);
		intern_add(&m.cross, cross, sizeof cross);
		a = addr(TARGET);
		uint8_t key[MATCHKEY_LEN];
		matchkey_set(key, &a);
		match_begin(&m, key);
		for (size_t k = 0; k < 4 && r->sent[k].ttl != 0; k++) {
			struct matchsent s = make_sent(&r->sent[k]);

			match_probe(&m, &s);
		}
		for (size_t k = 0; k < 6 && r->got[k].site != 0; k++) {
			struct matchreply p = make_reply(&r->got[k]);

			match_reply(&m, &p);
		}
		match_end(&m);
		describe(&m, got);
		describe_counts(&m.n, counts);
		ok(strcmp(got, r->want) == 0, "%s: %s", r->what, got);
		ok(strcmp(counts, r->counts) == 0 && closes(&m.n),
		    "%s: %s", r->what, counts);
		match_free(&m);
		matchnames_free(&names);
	}
}

/* Sent again: one row, the stronger verdict, whichever probe was answered. */
static void
test_merge(double answered)
{
	static const struct out sent[] = { { 0, 1, 0, 64, 0 },
	    { 5, 1, 0, 64, 0 }, { 9, 2, 0, 64, 0 } };
	struct got got = { answered + .1, answered, 2, KIND_ECHO, MAC, 1, 0, 64,
	    NULL, 0 };
	struct matchnames names;
	struct match m;
	struct addr a = addr(TARGET);
	uint8_t key[MATCHKEY_LEN];
	char text[512];

	names_init(&names);
	match_init(&m, &names, 900 * NS_PER_S, AUTH_TAG30);
	m.merge = true;
	matchkey_set(key, &a);
	match_begin(&m, key);
	for (size_t i = 0; i < 3; i++) {
		struct matchsent s = make_sent(&sent[i]);

		match_probe(&m, &s);
	}
	struct matchreply r = make_reply(&got);
	match_reply(&m, &r);
	match_end(&m);
	describe(&m, text);
	ok(strcmp(text, "ok/fra/1/fra none/-/0/-") == 0 && m.n.resent == 1 &&
	    closes(&m.n), "a probe sent again is one row: %s", text);
	match_free(&m);
	matchnames_free(&names);
}

/* ---- hops ---- */

enum { TTLS = 100, FLOWS = 100, ATTEMPTS = 5, HOPS = TTLS * FLOWS * ATTEMPTS };

static struct matchsent
hop(size_t i)
{
	struct out o = { (double)i / 1e4, 1, (int)(i % ATTEMPTS),
	    (int)(i / ATTEMPTS % TTLS) + 1, 0 };
	struct matchsent s = make_sent(&o);

	s.flow = (uint16_t)(i / ATTEMPTS / TTLS * 7);
	return s;
}

/* To probe i, which it tells by what 8 quoted bytes have. */
static struct matchreply
hop_reply(size_t i)
{
	struct matchsent s = hop(i);
	struct got g = { (double)i / 1e4 + 1, -1, 2, KIND_TTL, T32, -1,
	    s.attempt, s.ttl, "172.16.0.1", 0 };
	struct matchreply r = make_reply(&g);

	r.has |= HAS_FLOW;
	r.flow = s.flow;
	return r;
}

/*
 * Many probes of one target, answered in another order than they are in:
 * every answer finds its own, which takes far too long if it looks at all.
 */
static void
test_hops(void)
{
	struct matchsent *s = mem_array(HOPS, sizeof *s);
	struct addr a = addr(TARGET);
	uint8_t key[MATCHKEY_LEN];
	struct matchnames names;
	struct match m;
	size_t bad = 0;

	names_init(&names);
	names.hops = true;
	match_init(&m, &names, 900 * NS_PER_S, AUTH_TAG30);
	for (size_t i = 0; i < HOPS; i++)
		s[i] = hop(i);
	qsort_r(s, HOPS, sizeof *s, cmp_hops, &names);
	matchkey_set(key, &a);
	match_begin(&m, key);
	for (size_t i = 0; i < HOPS; i++)
		match_probe(&m, &s[i]);
	for (size_t i = 0; i < HOPS; i++) {
		struct matchreply r = hop_reply(i * 7919 % HOPS);

		match_reply(&m, &r);
	}
	match_end(&m);
	for (size_t i = 0; i < HOPS; i++) {
		const struct matchprobe *p = &m.probe[i];

		bad += p->replies != 1 || p->verdict != VERDICT_UNREACH ||
		    p->first.time != p->s.time + NS_PER_S;
		bad += i > 0 && (p->s.ttl < p[-1].s.ttl ||
		    (p->s.ttl == p[-1].s.ttl && p->s.flow < p[-1].s.flow));
	}
	ok(bad == 0 && m.n.used == HOPS && closes(&m.n) &&
	    m.rtts.unknown == HOPS, "%d probes of a target, %zu wrong", HOPS,
	    bad);
	match_free(&m);
	matchnames_free(&names);
	free(s);
}

/* Times of two nodes, with what is known of their clocks. */
static void
test_rtts(void)
{
	static const struct { double sent, got; int site; double offset, err,
	    rtt, bound; } times[] = {
		{ 0, .5, 1, 0, .1, .5, -1 },	/* one clock */
		{ 0, .5, 2, .2, .1, .3, .1 }, { 0, .5, 2, -.2, .1, .7, .1 },
		{ 0, .5, 2, .5, .1, -1, .1 }, { 0, .5, 2, .7, 9, -1, 9 },
	};

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct out o = { times[i].sent, 1, 0, 64, 0 };
		struct got g = { times[i].got, times[i].sent, times[i].site,
		    KIND_ECHO, MAC, 1, 0, 64, NULL, 0 };
		struct matchprobe p = { .s = make_sent(&o),
		    .first = make_reply(&g), .verdict = VERDICT_OK };
		struct offsets offsets = { 0 };
		struct match m = { .offsets = &offsets };
		int64_t err, rtt;

		offsets_add(&offsets, 1, 0, (int64_t)(times[i].offset * 1e9),
		    (int64_t)(times[i].err * 1e9), NUM_NONE, 0);
		offsets_ready(&offsets);
		rtt = match_rtt(&m, &p, &err);
		ok(rtt == (times[i].rtt < 0 ? NUM_NONE :
		    (int64_t)(times[i].rtt * 1e9 + 0.5)) &&
		    err == (times[i].bound < 0 ? NUM_NONE :
		    (int64_t)(times[i].bound * 1e9)), "rtt %g of %g",
		    (double)rtt / 1e9, times[i].rtt);
		m.offsets = NULL;
		rtt = match_rtt(&m, &p, &err);
		ok((rtt == NUM_NONE) == (times[i].site == 2) &&
		    err == NUM_NONE, "without offsets");
		offsets_free(&offsets);
	}
}

/* Nodes' numbers and their contradictions. */
static void
test_numbers(void)
{
	static const struct { const char *s; int r; } values[] = {
		{ "ams:1", 0 }, { "fra:2", 0 }, { "ams:1", 0 },
		{ "ams:3", 0 }, { "nrt:1", -2 }, { "ams", -1 }, { ":4", -1 },
		{ "ams:0", -1 }, { "ams:65536", -1 }, { "ams:x", -1 },
		{ "syd:65535", 0 },
	};
	struct matchnames names;

	matchnames_init(&names);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		ok(matchnames_number(&names, values[i].s) == values[i].r,
		    "node %s", values[i].s);
	matchnames_free(&names);
}

int
main(void)
{
	test_rows();
	test_merge(0);
	test_merge(5);
	test_hops();
	test_rtts();
	test_numbers();
	return tap_done();
}
