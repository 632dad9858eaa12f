/*
 * The simulated Internet and the product, written apart from one another,
 * should agree: on every probe, on every answer to it, and on why what is
 * forged, damaged or foreign is none.
 */

#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "tap.h"

#include "../../share/lab/siminet/check.c"
#include "../../share/lab/siminet/hostile.c"
#include "../../share/lab/siminet/reply.c"
#include "../../share/lab/siminet/wire.c"

#define ROUNDS	2000
#define NOW	INT64_C(1795000000000000000)

static struct key key;
static struct wirekey wirekey = { .dns_sport = 61000, .tcp_sport = 62000,
    .udp_sport = 63000, .ack_sport = 64000 };

struct scene {
	struct origin	 origin, told;	/* what sender and catcher know */
	struct tmpl	 tmpl;
	struct expect	 expect;
	struct ask	 ask;
	uint8_t		 packet[PROBE_MAX];
	struct seen	 seen;
	struct rnd	 rnd;
};

static void
random_ask(struct scene *s)
{
	uint8_t b[16];

	for (int i = 0; i < 16; i++)
		b[i] = (uint8_t)rnd_next(&s->rnd);
	s->ask = (struct ask){ .dst = addr_from_bytes(s->origin.src.v, b),
	    .tx_ns = NOW - (int64_t)rnd_below(&s->rnd, 1000000000),
	    .node = (uint16_t)(1 + rnd_below(&s->rnd, 6)),
	    .round = (uint8_t)rnd_below(&s->rnd, 256), .ttl = 64,
	    .attempt = (uint8_t)rnd_below(&s->rnd, 2) };
	if (strcmp(probe_name(s->origin.probe), "chaos") != 0)
		s->ask.flow = (uint16_t)rnd_below(&s->rnd, 1000);
}

/* The next probe of the scene, as the simulated Internet sees it. */
static bool
next_probe(struct scene *s)
{
	random_ask(s);
	probe_fill(&s->tmpl, &s->ask, s->packet);
	s->seen.rx_ns = NOW;
	return wire_parse(&s->seen, s->packet, s->tmpl.len);
}

static enum reject
judge(const struct scene *s, const uint8_t *p, size_t len, struct answer *a)
{
	uint8_t *copy = malloc(len);	/* its exact size, for ASan */
	enum reject r;

	memcpy(copy, p, len);
	r = probe_match(&s->expect, cur_init(copy, len), NOW, a);
	a->quote = NULL;
	free(copy);
	return r;
}

static bool
same_addr(const struct addr *a, const uint8_t *b)
{
	return memcmp(a->b, b, addr_bytes(a)) == 0;
}

/* Does what a reply carries agree with what was asked? */
static bool
same_ask(const struct scene *s, const struct answer *a)
{
	const struct ask *x = &s->ask, *y = &a->ask;

	return addr_cmp(&x->dst, &y->dst) == 0 &&
	    (y->tx_ns == NUM_NONE || x->tx_ns == y->tx_ns) &&
	    (y->node == 0 || x->node == y->node) &&
	    (!a->has_ask || (x->ttl == y->ttl && x->attempt == y->attempt &&
	    x->flow == y->flow));
}

static bool
check_probe(struct scene *s)
{
	const char *bad = wire_check(&s->seen);

	if (bad == NULL)
		bad = wire_check_key(&s->seen, &wirekey);
	if (bad != NULL)
		printf("# %s\n", bad);
	return bad == NULL && same_addr(&s->ask.dst, s->seen.dst) &&
	    same_addr(&s->origin.src, s->seen.src) && (!s->seen.payload ||
	    (s->seen.node == s->ask.node && s->seen.tx_ns == s->ask.tx_ns));
}

/* A probe cut short is none; given in its exact size, for ASan. */
static bool
check_cut(struct scene *s)
{
	size_t n = rnd_below(&s->rnd, (unsigned)s->tmpl.len);
	uint8_t *copy = malloc(n + (n == 0));
	struct seen seen;
	bool probe;

	memcpy(copy, s->packet, n);
	probe = wire_parse(&seen, copy, n);
	free(copy);
	return !probe;
}

/* One bit of a probe flipped: is it noticed? */
static bool
check_damage(struct scene *s)
{
	uint8_t bad[PROBE_MAX];
	struct seen seen;
	size_t at = rnd_below(&s->rnd, (unsigned)s->tmpl.len);

	memcpy(bad, s->packet, s->tmpl.len);
	bad[at] ^= (uint8_t)(1U << rnd_below(&s->rnd, 8));
	if (at == 1 || (s->origin.src.v == 6 && at == 0))
		return true;			/* type of service */
	return !wire_parse(&seen, bad, s->tmpl.len) ||
	    wire_check(&seen) != NULL || wire_check_key(&seen, &wirekey) != NULL;
}

static bool
check_answer(const struct scene *s, bool alias)
{
	uint8_t out[FRAME_MAX], from[16];
	struct said said;
	struct answer a;
	size_t n;
	bool tied = s->seen.type == P_ICMP || s->seen.type == P_DNS ||
	    s->seen.type == P_UDP;

	memcpy(from, s->seen.dst, s->seen.alen);
	if (alias)
		reply_alias(&s->seen, from);
	n = reply_answer(&s->seen, from, s->rnd, out, &said);
	if (alias && !tied)
		return judge(s, out, n, &a) == REJ_FORGED;
	return judge(s, out, n, &a) == REJ_OK &&
	    strcmp(kind_name(a.kind), said.kind) == 0 &&
	    same_addr(&a.from, from) && same_ask(s, &a) &&
	    a.auth >= AUTH_TAG30 && a.txt_len == strlen(said.txt) &&
	    memcmp(a.txt, said.txt, a.txt_len) == 0;
}

static bool
check_error(const struct scene *s, bool exceeded, bool quote8)
{
	uint8_t out[FRAME_MAX], from[16];
	struct said said;
	struct answer a;
	size_t n = reply_error(&s->seen, exceeded, quote8, s->rnd, out, &said,
	    from);

	return judge(s, out, n, &a) == REJ_OK &&
	    strcmp(kind_name(a.kind), said.kind) == 0 &&
	    same_addr(&a.from, from) && same_ask(s, &a) &&
	    a.icmp_type == said.icmp[0] && a.icmp_code == said.icmp[1] &&
	    a.auth >= AUTH_TAG30;
}

static bool
check_hostile(const struct scene *s, int what)
{
	static const enum reject want[] = { REJ_FORGED, REJ_FOREIGN, REJ_SHORT,
	    REJ_BADSUM, REJ_FRAGMENT };
	uint8_t out[FRAME_MAX];
	struct said said;
	struct answer a;
	enum reject got;
	size_t n;

	if (what == 0)
		n = reply_forged(&s->seen, s->rnd, out);
	else if (what == 1)
		n = reply_foreign(&s->seen, s->rnd, out);
	else
		n = reply_answer(&s->seen, s->seen.dst, s->rnd, out, &said);
	if (what == 2)
		n = reply_truncate(&s->seen, s->rnd, out, n);
	if (what == 3)
		n = reply_corrupt(&s->seen, s->rnd, out, n);
	if (what == 4)
		n = reply_fragment(&s->seen, s->rnd, out, n);
	got = judge(s, out, n, &a);
	if (got != want[what])
		printf("# %s instead of %s\n", reject_name(got),
		    reject_name(want[what]));
	return got == want[what];
}

/* A reply from the same target in a run with another key. */
static bool
check_replayed(const struct scene *s, const struct key *other)
{
	struct expect e = s->expect;
	uint8_t out[FRAME_MAX];
	struct said said;
	struct answer a;
	size_t n = reply_answer(&s->seen, s->seen.dst, s->rnd, out, &said);

	e.key = other;
	return probe_match(&e, cur_init(out, n), NOW, &a) != REJ_OK;
}

enum { PROBE, CUT, DAMAGE, ANSWER, ALIAS, FULL, QUOTE8, TTL, TTL8, FORGED, FOREIGN,
    TRUNCATED, CORRUPTED, FRAGMENT, REPLAYED, CHECKS };

static const char *const check_name[] = {
	"probes are as probes(7) says", "cut probes are none",
	"damaged probes are not",
	"answers", "answers from an alias", "unreachable, all quoted",
	"unreachable, 8 bytes quoted", "time exceeded",
	"time exceeded, 8 bytes quoted", "forged", "foreign", "truncated",
	"corrupted", "fragments", "replayed"
};

static bool
check(struct scene *s, int what, const struct key *other)
{
	switch (what) {
	case PROBE:	return check_probe(s);
	case CUT:	return check_cut(s);
	case DAMAGE:	return check_damage(s);
	case ANSWER:	return check_answer(s, false);
	case ALIAS:	return check_answer(s, true);
	case FULL:	return check_error(s, false, false);
	case QUOTE8:	return check_error(s, false, true);
	case TTL:	return check_error(s, true, false);
	case TTL8:	return check_error(s, true, true);
	case REPLAYED:	return check_replayed(s, other);
	default:	return check_hostile(s, what - FORGED);
	}
}

static void
scene_run(const char *type, uint8_t family, const struct key *other)
{
	static struct scene s;
	unsigned bad[CHECKS] = { 0 };
	const char *src = family == 4 ? "192.0.2.1" : "2001:db8:a::1";
	char err[128];

	s = (struct scene){ .origin = { .probe = probe_find(type), .ttl = 64,
	    .contact = family == 4 ? "see https://example.net/" : NULL } };
	addr_parse(&s.origin.src, src, strlen(src));
	s.rnd = rnd_seed(7, family, (const uint8_t *)type, 3);
	s.told = s.origin;
	s.told.contact = NULL;
	s.expect = (struct expect){ .origins = &s.told, .n = 1, .key = &key,
	    .max_node = 6, .ttl = 64, .max_attempt = 1 };
	if (tmpl_build(&s.tmpl, &s.origin, &key, err) == -1) {
		printf("# %s\n", err);
		ok(false, "%s IPv%u template", type, family);
		return;
	}
	for (int i = 0; i < ROUNDS; i++) {
		if (!next_probe(&s)) {
			bad[PROBE]++;
			continue;
		}
		for (int w = 0; w < CHECKS; w++)
			bad[w] += !check(&s, w, other);
	}
	for (int w = 0; w < CHECKS; w++)
		ok(bad[w] == 0, "%s IPv%u: %s (%u of %d not)", type, family,
		    check_name[w], bad[w], ROUNDS);
}

int
main(void)
{
	static const uint8_t b[2][16] = { "sixteen bytes k", "another 16 byte" };
	struct key other;

	key_set(&key, b[0]);
	key_set(&other, b[1]);
	memcpy(wirekey.b, b[0], 16);
	for (size_t i = 0; probes[i] != NULL; i++) {
		scene_run(probe_name(probes[i]), 4, &other);
		scene_run(probe_name(probes[i]), 6, &other);
	}
	return tap_done();
}
