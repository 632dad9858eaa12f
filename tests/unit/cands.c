/* cands: the best of each block, and how blocks are ordered */

#include <stdlib.h>
#include <string.h>

#include "cands.h"
#include "order.h"
#include "tap.h"
#include "targetline.h"

#define N	CANDS_NOSCORE

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(&a, s, strlen(s)) == -1)
		abort();
	return a;
}

static const struct row {
	const char	*what;
	uint8_t		 v, len;
	unsigned	 keep;
	struct { const char *a; int score; bool made_up; } in[8];
	const char	*out;		/* blocks; candidates after commas */
	unsigned	 duplicate, surplus, covered;
} rows[] = {
	{ "the best score", 4, 24, 1, { { "1.0.0.1", 5, 0 },
	    { "1.0.0.9", 90, 0 }, { "1.0.0.3", N, 0 } }, "1.0.0.9", 0, 2, 0 },
	{ "of equals the first", 4, 24, 1, { { "1.0.0.7", 5, 0 },
	    { "1.0.0.1", 5, 0 } }, "1.0.0.7", 0, 1, 0 },
	{ "no score is less than any", 4, 24, 1, { { "1.0.0.7", N, 0 },
	    { "1.0.0.1", -3, 0 } }, "1.0.0.1", 0, 1, 0 },
	{ "blocks by address", 4, 24, 1, { { "9.0.0.1", N, 0 },
	    { "1.0.0.1", N, 0 }, { "200.0.0.1", N, 0 }, { "1.0.1.1", N, 0 } },
	    "1.0.0.1 1.0.1.1 9.0.0.1 200.0.0.1", 0, 0, 0 },
	{ "listed before made up", 4, 24, 2, { { "1.0.0.1", N, 1 },
	    { "1.0.0.9", N, 0 } }, "1.0.0.9", 0, 0, 1 },
	{ "made up alone", 4, 24, 2, { { "1.0.0.1", N, 1 },
	    { "1.0.0.1", N, 1 } }, "1.0.0.1", 1, 0, 0 },
	{ "listed twice", 4, 24, 3, { { "1.0.0.1", 1, 0 },
	    { "1.0.0.2", 9, 0 }, { "1.0.0.1", 20, 0 } }, "1.0.0.1,1.0.0.2",
	    1, 0, 0 },
	{ "three of four", 4, 24, 3, { { "1.0.0.1", 1, 0 },
	    { "1.0.0.2", 2, 0 }, { "1.0.0.3", 3, 0 }, { "1.0.0.4", 4, 0 },
	    { "2.0.0.1", 4, 0 } }, "1.0.0.4,1.0.0.3,1.0.0.2 2.0.0.1", 0, 1,
	    0 },
	{ "/32: each its own", 4, 32, 1, { { "1.0.0.2", N, 0 },
	    { "1.0.0.1", N, 0 } }, "1.0.0.1 1.0.0.2", 0, 0, 0 },
	{ "/8", 4, 8, 1, { { "1.255.0.2", N, 0 }, { "1.0.0.1", 1, 0 },
	    { "2.0.0.0", N, 0 } }, "1.0.0.1 2.0.0.0", 0, 1, 0 },
	{ "IPv6", 6, 48, 2, { { "2001:db8:1::1", 1, 0 },
	    { "2001:db8:0:ffff::1", 1, 0 }, { "2001:db8:1::2", 2, 0 },
	    { "2001:db8::", N, 1 }, { "2001:db8:2::", N, 1 } },
	    "2001:db8:0:ffff::1 2001:db8:1::2,2001:db8:1::1 2001:db8:2::",
	    0, 0, 1 },
	{ "IPv6 /128", 6, 128, 1, { { "::2", 1, 0 }, { "::1", 1, 0 },
	    { "::2", 1, 0 } }, "::1 ::2", 1, 0, 0 },
	{ "nothing", 4, 24, 1, { { NULL, 0, 0 } }, "", 0, 0, 0 },
};

/* All blocks with their candidates, as text. */
static void
show(const struct cands *c, char *out, size_t cap)
{
	char s[ADDR_STRLEN];
	struct addr a;
	size_t n = 0;
	int score;

	*out = '\0';
	for (size_t i = 0; i < c->nblocks; i++)
		for (unsigned k = 0; cands_get(c, i, k, &a, &score); k++)
			n += (size_t)snprintf(out + n, cap - n, "%s%s",
			    k > 0 ? "," : i > 0 ? " " : "",
			    addr_string(&a, s));
}

static void
check(const struct row *r)
{
	struct cands_lost lost = { 0, 0, 0 };
	struct cands c;
	char got[512];

	cands_init(&c, r->v, r->len);
	for (size_t i = 0; i < 8 && r->in[i].a != NULL; i++) {
		struct addr a = addr(r->in[i].a);

		cands_add(&c, &a, r->in[i].score, r->in[i].made_up);
	}
	cands_sort(&c);
	cands_keep(&c, r->keep, &lost);
	show(&c, got, sizeof(got));
	ok(strcmp(got, r->out) == 0, "%s: %s", r->what, got);
	ok(lost.duplicate == r->duplicate && lost.surplus == r->surplus &&
	    lost.covered == r->covered, "%s: what was lost", r->what);
	cands_free(&c);
}

static bool
odd(void *arg, const struct addr *a)
{
	(void)arg;
	return a->b[2] & 1;
}

/* Many, in no order: sorted, stable, filtered. */
static void
many(unsigned keep)
{
	enum { ADDRS = 20000 };
	struct cands_lost lost = { 0, 0, 0 };
	struct cands c;
	struct addr a, last = { 0 };
	unsigned bad = 0, total = 0;
	int score;

	cands_init(&c, 4, 24);
	for (uint32_t i = 0; i < ADDRS; i++) {
		a = addr_from_u32((i * 2654435761U & 0xfff) << 8 |
		    (uint32_t)(permute_draw(1, i) & 255));
		cands_add(&c, &a, (int)(i % 7), false);
	}
	cands_sort(&c);
	cands_keep(&c, keep, &lost);
	ok(c.nblocks == 4096 && c.n + lost.duplicate + lost.surplus == ADDRS,
	    "%d addresses: 4096 blocks, nothing forgotten", ADDRS);
	cands_filter(&c, odd, NULL);
	for (size_t i = 0; i < c.nblocks; i++) {
		struct addr best = { 0 };
		int before = 100;

		for (unsigned k = 0; cands_get(&c, i, k, &a, &score); k++) {
			bad += score > before || (k > 0 &&
			    memcmp(a.b, best.b, 3) != 0);
			best = a;
			before = score;
			total++;
		}
		bad += !odd(NULL, &best) || addr_cmp(&best, &last) <= 0;
		last = best;
	}
	ok(c.nblocks == 2048 && total == c.n && bad == 0, "keeping %u: half "
	    "the blocks are odd, in order, best first", keep);
	cands_free(&c);
}

/* Every block comes once, both families from beginning to end. */
static void
orders(void)
{
	struct cands_lost lost = { 0, 0, 0 };
	uint64_t block, seen4 = 0, seen6 = 0, gap = 0, longest = 0;
	static uint64_t at[2000];
	struct cands c4, c6;
	struct order o;
	int family;

	cands_init(&c4, 4, 24);
	cands_init(&c6, 6, 48);
	for (uint32_t i = 0; i < 2000; i++) {	/* 20 blocks in a /16 */
		struct addr a = addr_from_u32((i / 20) << 16 | i % 20 << 8);
		struct addr b = { 6, { 0x20, 0, 0, (uint8_t)(i >> 4), 0,
		    (uint8_t)(i & 15) } };

		cands_add(&c4, &a, N, false);
		if (i < 500)
			cands_add(&c6, &b, N, false);
	}
	cands_keep(&c4, 1, &lost);
	cands_keep(&c6, 1, &lost);
	ok(cands_crowd(&c4, 16) == 20 && cands_crowd(&c6, 32) == 16,
	    "20 blocks of a /16, 16 of a /32");
	order_init(&o, &c4, &c6, 3);
	for (uint64_t t = 1; order_next(&o, &family, &block); t++) {
		gap++;
		if (family == 1) {
			seen6++;
			if (gap > longest)
				longest = gap;
			gap = 0;
		} else {
			seen4++;
			at[block] = at[block] == 0 ? t : UINT64_MAX;
		}
	}
	ok(seen4 == 2000 && seen6 == 500, "each block of both families");
	ok(longest == 5, "IPv6 is every fifth");
	gap = UINT64_MAX;
	for (size_t i = 0; i < 2000; i++)
		for (size_t j = i + 1; j < 2000 && j / 20 == i / 20; j++) {
			uint64_t d = at[i] < at[j] ? at[j] - at[i] :
			    at[i] - at[j];

			if (d < gap)
				gap = d;
		}
	ok(gap >= 25, "two of a /16 are at least %llu of 100 apart",
	    (unsigned long long)gap);
	cands_free(&c4);
	cands_free(&c6);
}

static const struct {
	const char *a;
	int score;
	uint8_t block;
	const char *line;
} lines[] = {
	{ "1.2.3.4", N, 24, "1.2.3.4\t-\t1.2.3.0/24\n" },
	{ "255.255.255.255", 99, 8, "255.255.255.255\t99\t255.0.0.0/8\n" },
	{ "0.0.0.0", -1, 32, "0.0.0.0\t-1\t0.0.0.0/32\n" },
	{ "10.100.20.109", 0, 31, "10.100.20.109\t0\t10.100.20.108/31\n" },
	{ "2001:db8:1:2::1", 7, 48, "2001:db8:1:2::1\t7\t2001:db8:1::/48\n" },
	{ "1111:2222:3333:4444:5555:6666:7777:8888", -32767, 128,
	    "1111:2222:3333:4444:5555:6666:7777:8888\t-32767\t"
	    "1111:2222:3333:4444:5555:6666:7777:8888/128\n" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i]);
	many(1);
	many(3);
	orders();
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char out[TARGET_LINE];
		struct addr a = addr(lines[i].a);
		size_t n = target_line(out, &a, lines[i].score,
		    lines[i].block);

		ok(n == strlen(lines[i].line) &&
		    memcmp(out, lines[i].line, n) == 0, "line of %s/%d",
		    lines[i].a, lines[i].block);
	}
	return tap_done();
}
