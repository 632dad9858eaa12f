/* The narrowest range around an address. */

#include <string.h>

#include "ranges.h"
#include "tap.h"

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(&a, s, strlen(s)) == -1)
		printf("Bail out! %s\n", s);
	return a;
}

static const struct { const char *lo, *hi; uint32_t value; } added[] = {
	{ "10.0.0.10", "10.0.0.30", 1 },
	{ "10.0.0.15", "10.0.0.20", 2 },
	{ "10.0.0.16", "10.0.0.25", 3 },	/* overlaps 2, within 1 */
	{ "10.1.0.0", "10.1.255.255", 4 },
	{ "10.1.0.0", "10.1.0.255", 5 },
	{ "10.1.0.0", "10.1.0.255", 6 },	/* the same: the last counts */
	{ "32.1.0.0", "32.1.255.255", 7 },	/* the bytes of 2001:: */
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 8 },
	{ "2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", 9 },
	{ "0.0.0.0", "0.0.0.0", 10 },
	{ "255.255.255.255", "255.255.255.255", 11 },
	{ "ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 12 },
};

static const struct { const char *a; int value, plen; } asked[] = {
	{ "10.0.0.9", -1, 0 }, { "10.0.0.10", 1, 31 }, { "10.0.0.15", 2, 32 },
	{ "10.0.0.16", 3, 29 }, { "10.0.0.20", 3, 29 }, { "10.0.0.25", 3, 31 },
	{ "10.0.0.28", 1, 31 }, { "10.0.0.30", 1, 32 }, { "10.0.0.31", -1, 0 },
	{ "10.1.0.7", 6, 24 }, { "10.1.1.0", 4, 16 }, { "10.2.0.0", -1, 0 },
	{ "32.1.13.184", 7, 16 }, { "2001:db8::1", 8, 32 },
	{ "2001:db8:1::", 9, 48 }, { "2001:db8:2::", 8, 32 },
	{ "2001:db7::", -1, 0 }, { "2001:db9::", -1, 0 },
	{ "0.0.0.0", 10, 32 }, { "0.0.0.1", -1, 0 },
	{ "255.255.255.255", 11, 32 }, { "::", -1, 0 }, { "ffff::1", 12, 16 },
};

int
main(void)
{
	enum { ADDED = sizeof added / sizeof added[0],
	    ASKED = sizeof asked / sizeof asked[0] };
	struct ranges t = { 0 };
	struct prefix p = { .len = 30 };

	ranges_sort(&t);
	p.addr = addr("10.0.0.0");
	ok(ranges_find(&t, &p.addr) == RANGES_NONE, "nothing is in no range");
	for (size_t i = 0; i < ADDED; i++) {
		struct addr lo = addr(added[i].lo), hi = addr(added[i].hi);

		ranges_add(&t, &lo, &hi, added[i].value);
	}
	ranges_sort(&t);
	/* Any order of asking has to do: up, down, and far jumps. */
	for (size_t turn = 0; turn < 3; turn++)
		for (size_t k = 0; k < ASKED; k++) {
			size_t i = turn == 0 ? k : turn == 1 ? ASKED - 1 - k :
			    k * 7 % ASKED;
			struct addr a = addr(asked[i].a);
			uint32_t at = ranges_find(&t, &a);

			ok(asked[i].value == -1 ? at == RANGES_NONE :
			    at != RANGES_NONE &&
			    t.r[at].value == (uint32_t)asked[i].value &&
			    ranges_plen(&t, at, &a) == asked[i].plen,
			    "%s is in %d", asked[i].a, asked[i].value);
		}
	p.addr = addr("10.0.0.20");
	uint32_t at = ranges_find(&t, &p.addr);
	ok((at = ranges_around(&t, at, &p.addr)) != RANGES_NONE &&
	    t.r[at].value == 2, "around it is the one that overlaps");
	ok((at = ranges_around(&t, at, &p.addr)) != RANGES_NONE &&
	    t.r[at].value == 1, "and around that the widest");
	ok(ranges_around(&t, at, &p.addr) == RANGES_NONE, "then none");
	ranges_free(&t);

	p.addr = addr("192.0.2.4");
	ranges_add_prefix(&t, &p, 5);
	ranges_sort(&t);
	p.addr = addr("192.0.2.7");
	ok(ranges_find(&t, &p.addr) == 0, "a prefix holds its last address");
	p.addr = addr("192.0.2.8");
	ok(ranges_find(&t, &p.addr) == RANGES_NONE, "and not the next");
	ranges_free(&t);
	return tap_done();
}
