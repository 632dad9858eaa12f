/* fill: an address for every block of ranges */

#include <stdlib.h>
#include <string.h>

#include "fill.h"
#include "tap.h"

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(&a, s, strlen(s)) == -1)
		abort();
	return a;
}

static const struct {
	const char	*what;
	uint8_t		 v, len;
	uint64_t	 most, host;
	const char	*range[4][2];
	const char	*out;
} rows[] = {
	{ "blocks of a range", 4, 24, 0, 1, { { "1.0.0.0", "1.0.2.255" } },
	    "1.0.0.1 1.0.1.1 1.0.2.1" },
	{ "overlapping", 4, 24, 0, 1, { { "1.0.1.0", "1.0.2.255" },
	    { "1.0.0.0", "1.0.1.255" }, { "1.0.0.0", "1.0.0.255" } },
	    "1.0.0.1 1.0.1.1 1.0.2.1" },
	{ "nested and beyond", 4, 24, 0, 1, { { "1.0.0.0", "1.0.3.255" },
	    { "1.0.1.0", "1.0.1.255" }, { "1.0.2.0", "1.0.2.255" } },
	    "1.0.0.1 1.0.1.1 1.0.2.1 1.0.3.1" },
	{ "half a block", 4, 24, 0, 1, { { "1.0.0.128", "1.0.0.255" } },
	    "1.0.0.129" },
	{ "two halves", 4, 24, 0, 1, { { "1.0.0.0", "1.0.0.127" },
	    { "1.0.0.128", "1.0.0.255" } }, "1.0.0.1" },
	{ "one address", 4, 24, 0, 1, { { "1.0.0.7", "1.0.0.7" } },
	    "1.0.0.7" },
	{ "two addresses, host 9", 4, 24, 0, 9, { { "1.0.0.6", "1.0.0.7" } },
	    "1.0.0.7" },
	{ "host 254", 4, 24, 0, 254, { { "1.0.0.0", "1.0.0.255" } },
	    "1.0.0.254" },
	{ "across blocks", 4, 24, 0, 1, { { "1.0.0.200", "1.0.2.3" } },
	    "1.0.0.201 1.0.1.1 1.0.2.1" },
	{ "the last of all", 4, 24, 0, 1, { { "255.255.255.0",
	    "255.255.255.255" } }, "255.255.255.1" },
	{ "/32s to the end", 4, 32, 0, 1, { { "255.255.255.254",
	    "255.255.255.255" }, { "255.255.255.255", "255.255.255.255" } },
	    "255.255.255.254 255.255.255.255" },
	{ "the other family", 4, 24, 0, 1, { { "::", "::1" } }, "" },
	{ "IPv6", 6, 48, 0, 1, { { "2001:db8::",
	    "2001:db8:1:ffff:ffff:ffff:ffff:ffff" } },
	    "2001:db8::1 2001:db8:1::1" },
	{ "the last of IPv6", 6, 128, 0, 1, {
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" } },
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "at most, but fewer", 6, 48, 2, 1, { { "2001:db8::",
	    "2001:db8:1:ffff:ffff:ffff:ffff:ffff" } },
	    "2001:db8::1 2001:db8:1::1" },
	{ "the same twice, at most 4", 4, 24, 4, 1, {
	    { "1.0.0.0", "1.0.0.255" }, { "1.0.0.0", "1.0.0.255" } },
	    "1.0.0.1" },
};

static char	 got[1024];
static size_t	 got_n, taken;

static void
take(void *arg, const struct addr *a)
{
	char s[ADDR_STRLEN];

	(void)arg;
	taken++;
	if (got_n < sizeof(got) - 100)
		got_n += (size_t)snprintf(got + got_n, sizeof(got) - got_n,
		    "%s%s", got_n > 0 ? " " : "", addr_string(a, s));
}

static void
table(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fillhow how = { rows[i].len, rows[i].most,
		    rows[i].host, 0 };
		struct fill f;
		uint64_t left;

		fill_init(&f);
		for (size_t j = 0; j < 4 && rows[i].range[j][0] != NULL;
		    j++) {
			struct addr lo = addr(rows[i].range[j][0]);
			struct addr hi = addr(rows[i].range[j][1]);

			fill_add(&f, &lo, &hi);
		}
		got_n = 0;
		*got = '\0';
		fill_each(&f, rows[i].v, &how, take, NULL, &left);
		ok(strcmp(got, rows[i].out) == 0 && left == 0, "%s: %s",
		    rows[i].what, got);
		fill_free(&f);
	}
}

/* A choice of blocks: distinct, within, with the first, the rest counted. */
static const struct {
	const char	*lo, *hi;
	uint8_t		 len;
	uint64_t	 most, left;
} choices[] = {
	{ "10.0.0.0", "10.255.255.255", 24, 1, 65535 },
	{ "10.0.0.0", "10.255.255.255", 24, 100, 65436 },
	{ "10.0.0.0", "10.0.255.255", 24, 256, 0 },
	{ "10.0.0.0", "10.0.255.255", 24, 255, 1 },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 48, 16,
	    65520 },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 128, 1000,
	    UINT64_MAX },
	{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, 1000,
	    UINT64_MAX },
	{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 64, 1000,
	    UINT64_MAX - 999 },
};

struct seen {
	struct addr	a[1000];
	size_t		n;
};

static void
note(void *arg, const struct addr *a)
{
	struct seen *s = arg;

	if (s->n < 1000)
		s->a[s->n++] = *a;
}

static int
cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static void
choosing(void)
{
	static struct seen s, t;

	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		struct addr lo = addr(choices[i].lo), hi = addr(choices[i].hi);
		struct fillhow how = { choices[i].len, choices[i].most, 1, 5 };
		struct prefix first = addr_block(&lo, how.len);
		unsigned bad = 0, firsts = 0;
		struct fill f;
		uint64_t left;

		s.n = t.n = 0;
		fill_init(&f);
		fill_add(&f, &lo, &hi);
		fill_each(&f, lo.v, &how, note, &s, &left);
		fill_each(&f, lo.v, &how, note, &t, &left);
		ok(s.n == choices[i].most && left == choices[i].left,
		    "%s/%d: %zu blocks, %llu left", choices[i].lo,
		    choices[i].len, s.n, (unsigned long long)left);
		ok(s.n == t.n && memcmp(s.a, t.a, s.n * sizeof(*s.a)) == 0,
		    "the same again");
		qsort(s.a, s.n, sizeof(*s.a), cmp);
		for (size_t j = 0; j < s.n; j++) {
			struct prefix p = addr_block(&s.a[j], how.len);

			bad += j > 0 && prefix_holds(&p, &s.a[j - 1]);
			bad += addr_cmp(&s.a[j], &lo) < 0 ||
			    addr_cmp(&s.a[j], &hi) > 0;
			firsts += prefix_holds(&first, &s.a[j]);
		}
		ok(bad == 0 && firsts == 1,
		    "all different and within, the first among them");
		fill_free(&f);
	}
}

static void
random_hosts(void)
{
	struct fillhow how = { 24, 0, 0, 1 };
	unsigned count[256] = { 0 }, bad = 0, other = 0;
	struct addr lo = addr("1.0.0.4"), hi = addr("1.0.0.7"), a;

	for (uint32_t i = 0; i < 65536; i++) {
		struct addr from = addr_from_u32(i << 8);
		struct addr to = addr_from_u32(i << 8 | 255), b;

		a = fill_host(&how, &from, &to);
		count[a.b[3]]++;
		how.seed = 2;
		b = fill_host(&how, &from, &to);
		how.seed = 1;
		other += addr_cmp(&a, &b) != 0;
	}
	for (unsigned i = 1; i < 255; i++)
		bad += count[i] < 150 || count[i] > 400;
	ok(count[0] == 0 && count[255] == 0 && bad == 0,
	    "random hosts: 1 to 254, evenly");
	ok(other > 64000, "another seed, other hosts");
	a = fill_host(&how, &lo, &hi);
	ok(a.b[3] == 5 || a.b[3] == 6, "of four, one of the middle two");
	hi = addr("1.0.0.5");
	a = fill_host(&how, &lo, &hi);
	ok(a.b[3] == 4 || a.b[3] == 5, "of two, either");
	lo = addr("2001:db8::");
	hi = addr("2001:db8::ffff:ffff:ffff:ffff:ffff");
	a = fill_host(&how, &lo, &hi);
	ok(memcmp(a.b, lo.b, 6) == 0 && memcmp(a.b + 6, lo.b + 6, 10) != 0,
	    "IPv6: within the block");
}

int
main(void)
{
	table();
	choosing();
	random_hosts();
	return tap_done();
}
