/* Addresses and prefixes, to and from text. */

#include "addr.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* Text, canonical text (RFC 5952; NULL: refused), hex. */
static const struct { const char *in, *out, *hex; } addrs[] = {
	{ "192.0.2.1", "192.0.2.1", "c0000201" },
	{ "0.0.0.0", "0.0.0.0", "00000000" },
	{ "255.255.255.255", "255.255.255.255", "ffffffff" },
	{ "1.2.3", NULL, NULL }, { "1.2.3.4.5", NULL, NULL },
	{ "1.2.3.256", NULL, NULL }, { "01.2.3.4", NULL, NULL },
	{ "1.2.3.4 ", NULL, NULL }, { "1..2.3", NULL, NULL },
	{ "1.2.3.-4", NULL, NULL }, { "", NULL, NULL }, { "1", NULL, NULL },
	{ "1.2.3.0004", NULL, NULL }, { "a.b.c.d", NULL, NULL },
	{ "2001:DB8::1", "2001:db8::1", "20010db8000000000000000000000001" },
	{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1",
	    "20010db8000000000000000000020001" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1",
	    "20010db8000000010001000100010001" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1",
	    "20010000000000010000000000000001" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1",
	    "20010db8000000000001000000000001" },
	{ "::", "::", "00000000000000000000000000000000" },
	{ "::1", "::1", "00000000000000000000000000000001" },
	{ "1::", "1::", "00010000000000000000000000000000" },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1",
	    "00000000000000000000ffffc0000201" },
	{ "::g", NULL, NULL }, { "1:2:3:4:5:6:7", NULL, NULL },
	{ "1::2::3", NULL, NULL }, { "fe80::1%eth0", NULL, NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL, NULL },
};

static const struct { const char *in, *out; } prefixes[] = {
	{ "10.0.0.0/8", "10.0.0.0/8" }, { "10.0.0.1", "10.0.0.1/32" },
	{ "0.0.0.0/0", "0.0.0.0/0" }, { "10.0.0.1/24", NULL },
	{ "10.0.0.0/33", NULL }, { "10.0.0.0/", NULL }, { "/8", NULL },
	{ "10.0.0.0/-1", NULL }, { "10.0.0.0/0008", NULL },
	{ "2001:db8::/32", "2001:db8::/32" }, { "::/0", "::/0" },
	{ "2001:db8::1/32", NULL }, { "2001:db8::/129", NULL },
	{ "10.0.0.128/25", "10.0.0.128/25" }, { "10.0.0.64/25", NULL },
};

/* In the order LC_ALL=C sort gives their hex. */
static const char *const sorted[] = {
	"1.2.3.4", "102:304::", "102:304::1", "1.2.3.5", "32.1.13.183",
	"2001:db8::", "32.1.13.184", "255.0.0.1",
};

/* Parse from memory of just that size: one byte too far is an ASan error. */
static int
parse(struct addr *a, const char *s)
{
	size_t n = strlen(s);
	char *copy = malloc(n == 0 ? 1 : n);
	int r;

	memcpy(copy, s, n);
	r = addr_parse(a, copy, n);
	free(copy);
	return r;
}

static void
test_order(void)
{
	struct addr a, b;
	char x[ADDR_HEXLEN + 2], y[ADDR_HEXLEN + 2];

	for (size_t i = 0; i < COUNT(sorted); i++)
		for (size_t k = 0; k < COUNT(sorted); k++) {
			parse(&a, sorted[i]);
			parse(&b, sorted[k]);
			strcpy(x + addr_format_hex(&a, x), "\t");
			strcpy(y + addr_format_hex(&b, y), "\t");
			int c = addr_cmp(&a, &b), s = strcmp(x, y);
			ok((c < 0) == (s < 0) && (c > 0) == (s > 0),
			    "%s and %s as sort has them", sorted[i], sorted[k]);
		}
}

int
main(void)
{
	char out[PREFIX_STRLEN], hex[ADDR_HEXLEN + 1];
	struct addr a, b;
	struct prefix p;

	for (size_t i = 0; i < COUNT(addrs); i++) {
		int r = parse(&a, addrs[i].in);

		if (addrs[i].out == NULL) {
			ok(r == -1, "\"%s\" is refused", addrs[i].in);
			continue;
		}
		ok(r == 0 && strcmp(addr_string(&a, out), addrs[i].out) == 0,
		    "\"%s\" is %s", addrs[i].in, addrs[i].out);
		hex[addr_format_hex(&a, hex)] = '\0';
		ok(strcmp(hex, addrs[i].hex) == 0 && addr_parse_hex(&b, hex,
		    strlen(hex)) == 0 && addr_cmp(&a, &b) == 0,
		    "%s in hex and back", addrs[i].out);
	}
	ok(addr_parse_hex(&a, "c000020", 7) == -1 &&
	    addr_parse_hex(&a, "c000020g", 8) == -1, "bad hex");
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		int r = prefix_parse(&p, prefixes[i].in,
		    strlen(prefixes[i].in));

		if (prefixes[i].out == NULL) {
			ok(r == -1, "\"%s\" is refused", prefixes[i].in);
			continue;
		}
		out[prefix_format(&p, out)] = '\0';
		ok(r == 0 && strcmp(out, prefixes[i].out) == 0,
		    "\"%s\" is %s", prefixes[i].in, prefixes[i].out);
	}
	parse(&a, "10.1.2.3");
	p = addr_block(&a, 20);
	out[prefix_format(&p, out)] = '\0';
	ok(strcmp(out, "10.1.0.0/20") == 0, "the /20 around 10.1.2.3");
	parse(&b, "10.1.15.255");
	ok(prefix_holds(&p, &b), "10.1.15.255 is in it");
	parse(&b, "10.1.16.0");
	ok(!prefix_holds(&p, &b), "10.1.16.0 is not");
	parse(&b, "a01::");
	ok(!prefix_holds(&p, &b), "nor is an IPv6 address of the same bytes");
	test_order();
	return tap_done();
}
