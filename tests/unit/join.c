/* Lines of other people's files: fields, ranges, prefixes, weights. */

#include <math.h>
#include <string.h>

#include "csv.h"
#include "join.h"
#include "load.h"
#include "tap.h"

static void
test_csv(void)
{
	static const struct { const char *line, *fields; int n; } rows[] = {
		{ "a,b,c", "a|b|c", 3 }, { "a b\tc", "a|b|c", 3 },
		{ "a,\"b, c\",d", "a|b, c|d", 3 }, { "a,\"b \"\"c\"\"\"", "a|b \"c\"", 2 },
		{ "\"1\",\"2\"", "1|2", 2 }, { "a,,c", "a||c", 3 },
		{ "a,b,", "a|b|", 3 }, { "  a   b  ", "a|b", 2 },
		{ "a,b\r", "a|b", 2 }, { "", "", 0 }, { "   ", "", 0 },
		{ "# no", "", 0 }, { "a,\"b", "", -1 }, { "a,\"\"", "a|", 2 },
		{ "1\t2\t3,4", "1|2|3,4", 3 }, { "a, \"b\" ,c", "a|b|c", 3 },
		{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18",
		    "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16", 16 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct csv t = { 0 };
		char line[256], got[256] = "";
		int n;

		strcpy(line, rows[i].line);
		n = csv_split(&t, line);
		for (int k = 0; k < n; k++) {
			strcat(got, k > 0 ? "|" : "");
			strcat(got, t.field[k]);
		}
		ok(n == rows[i].n && (n < 1 || strcmp(got, rows[i].fields) ==
		    0), "fields of \"%s\"", rows[i].line);
	}
}

static void
test_lines(void)
{
	static const struct { enum joinkind kind; const char *line, *addr,
	    *want; int plen; } rows[] = {
		{ JOIN_ASN, "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"",
		    "1.0.0.9", "13335 Cloudflare,%20Inc.", 24 },
		{ JOIN_ASN, "16777216,16777471,13335,x", "1.0.0.9", "13335 x",
		    24 },
		{ JOIN_ASN, "1.0.0.0\t24\t13335_38803", "1.0.0.9",
		    "13335_38803 ", 24 },
		{ JOIN_ASN, "1.0.0.0 24 13335,38803", "1.0.0.9",
		    "13335_38803 ", 24 },
		{ JOIN_ASN, "1.0.0.0/24 {13335,1}", "1.0.0.9", "13335_1 ", 24 },
		{ JOIN_ASN, "1.0.0.0/24 AS13335", "1.0.0.9", "13335 ", 24 },
		{ JOIN_ASN, "2001:db8::/32 64496", "2001:db8::1", "64496 ",
		    32 },
		{ JOIN_ASN, "42540488161975842760550356425300246528,"
		    "42540488241204005274814694018844196863,6939,HE",
		    "2001::1", "6939 HE", 32 },
		{ JOIN_GEO, "16777216,16777471,AU", "1.0.0.9", "AU ", 24 },
		{ JOIN_GEO, "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff"
		    ",JP", "2001:200::1", "JP ", 32 },
		{ JOIN_GEO, "1.0.0.0,1.0.0.255,AU,Queensland,,\"South "
		    "Brisbane\",,-27.4767,153.017,", "1.0.0.9",
		    "AU South%20Brisbane", 24 },
		{ JOIN_ASN, "1.0.0.0,1.0.0.255,x", NULL, NULL, 0 },
		{ JOIN_ASN, "1.0.0.9,1.0.0.0,1", NULL, NULL, 0 },
		{ JOIN_ASN, "1.0.0.0,2001::,1", NULL, NULL, 0 },
		{ JOIN_ASN, "1.0.0.0 33 1", NULL, NULL, 0 },
		{ JOIN_ASN, "1.0.0.1/24 1", NULL, NULL, 0 },
		{ JOIN_ASN, "1.0.0.0/24", NULL, NULL, 0 },
		{ JOIN_ASN, "1.0.0.0,1.0.0.255", NULL, NULL, 0 },
		{ JOIN_ASN, "999999999999999999999999999999999999999999,"
		    "999999999999999999999999999999999999999999,1", NULL, NULL,
		    0 },
		{ JOIN_ASN, "start,end,asn", NULL, NULL, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct csv t = { 0 };
		struct join j;
		struct joined in;
		struct addr a;
		const char *why;
		char line[256], got[256] = "";
		int r;

		join_init(&j, rows[i].kind);
		strcpy(line, rows[i].line);
		csv_split(&t, line);
		r = join_line(&j, &t, &why);
		join_ready(&j);
		if (rows[i].want == NULL) {
			ok(r == -1, "refused: %s", rows[i].line);
			join_free(&j);
			continue;
		}
		addr_parse(&a, rows[i].addr, strlen(rows[i].addr));
		if (r == 0 && join_find(&j, &a, true, &in) == 1)
			snprintf(got, sizeof got, "%s %s",
			    rows[i].kind == JOIN_ASN ? in.asn : in.country,
			    rows[i].kind == JOIN_ASN ? in.asname : in.city);
		ok(strcmp(got, rows[i].want) == 0 && in.plen == rows[i].plen,
		    "%s: %s", rows[i].line, got);
		if (strstr(rows[i].line, "Brisbane") != NULL)
			ok(in.lat < -27.47 && in.lon > 153.01,
			    "with latitude and longitude");
		join_free(&j);
	}
}

static int
weigh(struct load *t, const char *s)
{
	struct csv c = { 0 };
	const char *why;
	char line[128];

	strcpy(line, s);
	csv_split(&c, line);
	return load_line(t, &c, &why);
}

static uint64_t
at(struct load *t, const char *s)
{
	struct addr a = { 0 };

	addr_parse(&a, s, strlen(s));
	return load_find(t, &a);
}

static void
test_load(void)
{
	struct load t;
	uint64_t sum = 0;
	char text[64], a[32];

	load_init(&t, 24, 48);
	ok(weigh(&t, "10.0.0.0/24 100") == 0 && weigh(&t, "10.0.0.1,0.5") == 0
	    && weigh(&t, "10.0.0.128/25 1e1") == 0 &&
	    weigh(&t, "10.1.0.0/22 10") == 0 && weigh(&t, "10.1.1.0/24 1") ==
	    0 && weigh(&t, "2001:db8::/32,7") == 0 &&
	    weigh(&t, "10.2.0.0/23 0.000001") == 0, "weights");
	ok(weigh(&t, "10.0.0.1/24 1") == -1 && weigh(&t, "10.0.0.0/24") == -1 &&
	    weigh(&t, "10.0.0.0/24 x") == -1 &&
	    weigh(&t, "10.0.0.0/24 -1") == -1 &&
	    weigh(&t, "10.0.0.0/24 1e30") == -1 &&
	    weigh(&t, "10.0.0.0/24 9000000000000") == 0 &&
	    weigh(&t, "10.0.0.0/24 9000000000000") == -1, "and no weights");
	load_free(&t);

	load_init(&t, 24, 48);
	weigh(&t, "10.0.0.0/24 100");
	weigh(&t, "10.0.0.1,0.5");
	weigh(&t, "10.0.0.128/25 1e1");
	weigh(&t, "10.1.0.0/22 10");
	weigh(&t, "10.1.1.0/24 1");
	weigh(&t, "2001:db8::/32,7");
	weigh(&t, "10.2.0.0/23 0.000001");
	load_ready(&t);
	ok(at(&t, "10.0.0.77") == 110500000, "one block's are added up");
	ok(at(&t, "10.1.0.1") == 2500000, "a wider prefix is spread");
	ok(at(&t, "10.1.1.1") == 3500000, "and added to the block's own");
	ok(at(&t, "10.1.4.1") == 0 && at(&t, "9.9.9.9") == 0, "elsewhere none");
	ok(at(&t, "10.2.0.0") + at(&t, "10.2.1.0") == 1, "nothing is lost");
	for (int i = 0; i < 65536; i++) {
		snprintf(a, sizeof a, "2001:db8:%x::1", (unsigned)i);
		sum += at(&t, a);
	}
	ok(sum == 7000000, "nor of a /32 over its /48s");
	ok(t.total == 128500001, "the total");
	text[load_format(t.total, text)] = '\0';
	ok(strcmp(text, "128.500001") == 0, "as text: %s", text);
	text[load_format(5000000, text)] = '\0';
	ok(strcmp(text, "5") == 0, "a whole number: %s", text);
	load_free(&t);
}

int
main(void)
{
	test_csv();
	test_lines();
	test_load();
	return tap_done();
}
