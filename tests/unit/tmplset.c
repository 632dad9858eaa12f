/*
 * Templates of unusual probes: as many as there may be, found again, dropped
 * when there is no room; and a probe made again is the one that was sent.
 */

#include "tmplset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe_types.h"
#include "tap.h"

static const char *const texts[] = { NULL, "MSS(1300)", "TS/ECE", "NONE",
    "MSS(1400)", "SACKP/WSCALE(3)/TS" };

static struct origin origins[3];
static struct key key;
static struct tmplset set;
static char why[128];

/*
 * The i-th of many variants.  No two of an origin are alike, but each is
 * asked of all, and of six in a row only the options, or sizes, differ.
 */
static struct variant
variant(size_t i)
{
	size_t j = i / 3, k = j / 6;
	struct variant v = { .sport = (uint16_t)(1000 + k % 7),
	    .dport = (uint16_t)(1 + k / 7 % 17),
	    .tos = (int16_t)(k / 119 % 50) };

	if (!origins[i % 3].probe->tcp_options)
		v.size = (uint16_t)(200 + j % 6);
	else if ((v.options = texts[j % 6]) != NULL)
		v.noptions = strlen(v.options);
	return v;
}

/* What the origin's own template for that would give. */
static size_t
afresh(size_t i, const struct variant *v, const struct ask *a, uint8_t *out)
{
	static struct tmpl t;
	struct origin o = origins[i % 3];

	o.sport = v->sport;
	o.dport = v->dport;
	o.tos = (uint8_t)v->tos;
	o.size = v->size;
	if (v->options != NULL)
		tcpopt_parse(&o.tcp, v->options, v->noptions, why);
	if (tmpl_build(&t, &o, &key, why) == -1)
		abort();
	probe_fill(&t, a, out);
	return t.len;
}

static bool
try(size_t i)
{
	uint8_t got[PROBE_MAX], want[PROBE_MAX];
	struct variant v = variant(i);
	struct ask a = { .node = 3, .ttl = 9, .flow = (uint16_t)(i % 1024),
	    .attempt = (uint8_t)(i % 255), .tx_ns = 1000000007 };
	size_t n, k;

	a.dst = addr_from_u32(0xc6120000 + (uint32_t)i);
	n = tmplset_regen(&set, i % 3, &a, &v, got, why);
	k = afresh(i, &v, &a, want);
	return n == k && memcmp(got, want, n) == 0;
}

/* Serials, by which the log tells templates apart, are never used again. */
static void
test_many(void)
{
	size_t n = 3 * TMPLSET_MORE, bad = 0, hidden = 0;
	uint32_t x = 1, made;

	for (size_t i = 0; i < n; i++) {
		bad += !try(i);
		/* What was made last is there. */
		struct variant v = variant(i);
		hidden += tmplset_find(&set, i % 3, &v) == NULL;
	}
	ok(bad == 0, "%zu variants, each the right one (%zu not)", n, bad);
	ok(hidden == 0, "each is found as soon as it is made");
	ok(tmplset_full(&set) && set.made == n + 3,
	    "each is made once, and then there is no more room");
	made = set.made;
	for (size_t i = n - TMPLSET_MORE; i < n; i++)
		bad += !try(i);
	ok(bad == 0 && set.made == made, "the last %d are kept", TMPLSET_MORE);
	for (int i = 0; i < 20000; i++) {
		x = x * 1664525 + 1013904223;
		bad += !try((x >> 8) % n);
	}
	ok(bad == 0 && set.made > made + 5000, "in any order");
}

static void
test_refused(void)
{
	struct ask a = { .dst = addr_from_u32(0xc6120001), .ttl = 1 };
	struct variant v = VARIANT_NONE;
	uint8_t out[PROBE_MAX];
	size_t none = tmplset_regen(&set, 0, &a, &v, out, why);

	ok(none == 44 && tmplset_find(&set, 0, &v) == &set.base[0],
	    "what is not unusual has the origin's");
	a.ttl = 0;
	ok(tmplset_regen(&set, 0, &a, &v, out, why) == 0, "no ttl: %s", why);
	a.ttl = 1;
	a.flow = 1024;
	ok(tmplset_regen(&set, 0, &a, &v, out, why) == 0, "flow 1024: %s", why);
	a.flow = 0;
	a.dst.v = 6;
	ok(tmplset_regen(&set, 0, &a, &v, out, why) == 0, "IPv6: %s", why);
	v.options = "MSS";
	v.noptions = 3;
	ok(tmplset_find(&set, 1, &v) == NULL &&
	    tmplset_make(&set, 1, &v, why) == NULL &&
	    strcmp(why, "udp probes have no options") == 0, "%s", why);
	v.options = "FOO";
	ok(tmplset_find(&set, 0, &v) == NULL &&
	    tmplset_make(&set, 0, &v, why) == NULL &&
	    strcmp(why, "no such TCP option: FOO") == 0, "%s", why);
	v = VARIANT_NONE;
	v.size = 20;
	ok(tmplset_make(&set, 1, &v, why) == NULL, "size 20: %s", why);
}

int
main(void)
{
	static const char *const types[] = { "syn", "udp", "dns" };
	static const uint8_t b[16] = { 7 };

	key_set(&key, b);
	for (int i = 0; i < 3; i++) {
		origins[i].probe = probe_find(types[i]);
		origins[i].src = addr_from_u32(0xc0000201);
	}
	if (tmplset_init(&set, origins, 3, &key, why) == -1)
		abort();
	test_refused();
	test_many();
	tmplset_free(&set);
	return tap_done();
}
