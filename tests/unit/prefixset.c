/* prefixset: longest match, against a table and against trying them all */

#include <stdlib.h>
#include <string.h>

#include "prefixset.h"
#include "tap.h"
#include "u128.h"

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(&a, s, strlen(s)) == -1)
		abort();
	return a;
}

static struct prefix
prefix(const char *s)
{
	struct prefix p;

	if (prefix_parse(&p, s, strlen(s)) == -1)
		abort();
	return p;
}

static const struct { const char *prefix; uint32_t value; } prefixes[] = {
	{ "0.0.0.0/0", 1 },
	{ "10.0.0.0/8", 2 },
	{ "10.0.0.0/16", 3 },
	{ "10.0.0.0/32", 4 },
	{ "10.255.255.255/32", 5 },
	{ "10.255.255.0/24", 6 },
	{ "255.255.255.255/32", 7 },
	{ "255.0.0.0/8", 8 },
	{ "192.0.2.0/24", 9 },
	{ "192.0.2.0/24", 10 },		/* again: this one counts */
	{ "2001:db8::/32", 20 },
	{ "2001:db8::/48", 21 },
	{ "2001:db8:0:ffff::/64", 22 },
	{ "2001:db8::1/128", 23 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 24 },
};

static const struct { const char *addr; uint32_t value; int len; } rows[] = {
	{ "0.0.0.0", 1, 0 },
	{ "9.255.255.255", 1, 0 },
	{ "10.0.0.0", 4, 32 },
	{ "10.0.0.1", 3, 16 },
	{ "10.0.255.255", 3, 16 },
	{ "10.1.0.0", 2, 8 },
	{ "10.255.254.255", 2, 8 },
	{ "10.255.255.0", 6, 24 },
	{ "10.255.255.254", 6, 24 },
	{ "10.255.255.255", 5, 32 },
	{ "11.0.0.0", 1, 0 },
	{ "192.0.1.255", 1, 0 },
	{ "192.0.2.128", 10, 24 },
	{ "192.0.3.0", 1, 0 },
	{ "254.255.255.255", 1, 0 },
	{ "255.255.255.254", 8, 8 },
	{ "255.255.255.255", 7, 32 },
	{ "::", 0, -1 },
	{ "::10.0.0.0", 0, -1 },	/* no IPv4 prefix matches IPv6 */
	{ "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", 0, -1 },
	{ "2001:db8::", 21, 48 },
	{ "2001:db8::1", 23, 128 },
	{ "2001:db8::2", 21, 48 },
	{ "2001:db8:0:fffe:ffff:ffff:ffff:ffff", 21, 48 },
	{ "2001:db8:0:ffff::5", 22, 64 },
	{ "2001:db8:1::", 20, 32 },
	{ "2001:db9::", 0, -1 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 0, -1 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 24, 128 },
};

static void
check_rows(const struct prefixset *ps, const char *how)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct addr a = addr(rows[i].addr);
		struct prefixhit hit = { 0, 0 };
		bool found = prefixset_find(ps, &a, &hit);

		ok(found == (rows[i].len >= 0) && (!found ||
		    (hit.value == rows[i].value && hit.len == rows[i].len)),
		    "%s: %s is in a /%d with %u", how, rows[i].addr,
		    rows[i].len, rows[i].value);
	}
}

static void
tables(void)
{
	size_t n = sizeof(prefixes) / sizeof(*prefixes);
	struct prefixset ps;
	struct prefix p;

	prefixset_init(&ps);
	for (size_t i = 0; i < n; i++) {
		p = prefix(prefixes[i].prefix);
		prefixset_add(&ps, &p, prefixes[i].value);
	}
	prefixset_build(&ps);
	check_rows(&ps, "in order");
	p = prefix("172.16.0.0/12");
	prefixset_add(&ps, &p, 30);
	prefixset_seal(&ps);
	check_rows(&ps, "built again");
	p.addr = addr("172.31.255.255");
	ok(prefixset_find(&ps, &p.addr, NULL), "a prefix added later is found");
	prefixset_free(&ps);

	/* Backwards, except that of equal ones the later must stay last. */
	prefixset_init(&ps);
	for (size_t i = n; i-- > 0; ) {
		p = prefix(prefixes[i].prefix);
		prefixset_add(&ps, &p, prefixes[i].value == 9 ? 10 :
		    prefixes[i].value);
	}
	prefixset_seal(&ps);
	check_rows(&ps, "backwards");
	prefixset_free(&ps);
}

static void
empty(void)
{
	struct addr a4 = addr("1.2.3.4"), a6 = addr("2001:db8::1");
	struct addr none = { 0 };
	struct prefixset ps;
	struct prefix p;

	prefixset_init(&ps);
	prefixset_seal(&ps);
	ok(!prefixset_find(&ps, &a4, NULL) && !prefixset_find(&ps, &a6, NULL),
	    "an empty set holds nothing");
	prefixset_free(&ps);

	prefixset_init(&ps);
	p = prefix("0.0.0.0/0");
	prefixset_add(&ps, &p, 1);
	p = prefix("::/0");
	prefixset_add(&ps, &p, 2);
	prefixset_seal(&ps);
	ok(prefixset_find(&ps, &a4, NULL) && prefixset_find(&ps, &a6, NULL),
	    "/0 of both families holds everything");
	ok(!prefixset_find(&ps, &none, NULL), "but not no address");
	prefixset_free(&ps);
}

static const struct {
	const char *lo, *hi;
	const char *in[3], *out[2];
} ranges[] = {
	{ "1.0.0.0", "1.0.0.255", { "1.0.0.0", "1.0.0.77", "1.0.0.255" },
	    { "0.255.255.255", "1.0.1.0" } },
	{ "1.0.0.1", "1.0.0.254", { "1.0.0.1", "1.0.0.128", "1.0.0.254" },
	    { "1.0.0.0", "1.0.0.255" } },
	{ "0.0.0.0", "255.255.255.255", { "0.0.0.0", "8.8.8.8",
	    "255.255.255.255" }, { "::", "::1" } },
	{ "255.255.255.255", "255.255.255.255", { "255.255.255.255",
	    "255.255.255.255", "255.255.255.255" },
	    { "255.255.255.254", "0.0.0.0" } },
	{ "2001:200::", "2001:200:1b9:ffff:ffff:ffff:ffff:ffff",
	    { "2001:200::", "2001:200:1b9::", "2001:200:100::1" },
	    { "2001:200:1ba::", "2001:1ff:ffff::" } },
	{ "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
	    { "::1", "2001:db8::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe" },
	    { "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" } },
	{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    { "::", "2001:db8::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	    { "0.0.0.0", "255.255.255.255" } },
};

static void
range_rows(void)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		struct addr lo = addr(ranges[i].lo), hi = addr(ranges[i].hi);
		struct prefixset ps;
		struct addr a;
		bool good = true;

		prefixset_init(&ps);
		prefixset_add_range(&ps, &lo, &hi, 5);
		prefixset_seal(&ps);
		for (size_t j = 0; j < 3; j++) {
			a = addr(ranges[i].in[j]);
			good = good && prefixset_find(&ps, &a, NULL);
		}
		for (size_t j = 0; j < 2; j++) {
			a = addr(ranges[i].out[j]);
			good = good && !prefixset_find(&ps, &a, NULL);
		}
		ok(good, "range %s to %s", ranges[i].lo, ranges[i].hi);
		prefixset_free(&ps);
	}
}

static uint64_t
rnd(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Few distinct bits, so that prefixes nest, touch and repeat. */
static struct addr
random_addr(uint8_t v, uint64_t *x)
{
	struct addr a = { .v = v };

	for (unsigned i = 0; i < addr_bytes(&a); i++)
		switch (rnd(x) % 3) {
		case 0: a.b[i] = 0; break;
		case 1: a.b[i] = 0xff; break;
		case 2: a.b[i] = (uint8_t)(1U << rnd(x) % 8); break;
		}
	return a;
}

/* The plain way: try every prefix. */
static bool
slow_find(const struct prefix *p, size_t n, const struct addr *a,
    struct prefixhit *hit)
{
	bool found = false;

	for (size_t i = 0; i < n; i++)
		if (p[i].addr.v == a->v && prefix_holds(&p[i], a) &&
		    (!found || p[i].len >= hit->len)) {
			*hit = (struct prefixhit){ (uint32_t)i, p[i].len };
			found = true;
		}
	return found;
}

static void
random_sets(uint8_t v)
{
	enum { SETS = 60, N = 200, ASKS = 400 };
	struct prefix p[N];
	uint64_t x = v;
	unsigned wrong = 0;

	for (int set = 0; set < SETS; set++) {
		size_t n = rnd(&x) % N;
		struct prefixset ps;

		prefixset_init(&ps);
		for (size_t i = 0; i < n; i++) {
			struct addr a = random_addr(v, &x);

			p[i] = addr_block(&a, (uint8_t)(rnd(&x) %
			    (v == 4 ? 33 : 129)));
			prefixset_add(&ps, &p[i], (uint32_t)i);
		}
		prefixset_seal(&ps);
		for (int ask = 0; ask < ASKS; ask++) {
			struct prefixhit a = { 0, 0 }, b = { 0, 0 };
			struct addr at = random_addr(v, &x);
			bool fast = prefixset_find(&ps, &at, &a);
			bool slow = slow_find(p, n, &at, &b);

			wrong += fast != slow || a.value != b.value ||
			    a.len != b.len;
		}
		prefixset_free(&ps);
	}
	ok(wrong == 0, "IPv%d: %d lookups in %d random sets equal trying all",
	    v, SETS * ASKS, SETS);
}

int
main(void)
{
	tables();
	empty();
	range_rows();
	random_sets(4);
	random_sets(6);
	return tap_done();
}
