/* hitin: every format a hitlist can be made from, and what is none */

#include <stdlib.h>
#include <string.h>

#include "hitin.h"
#include "tap.h"

#define N	HIT_NOSCORE
#define V6MAX	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define TEN	"abcdefghij"
#define OURS	"#fsdb -F t dst:a score:q block:a\n"

/*
 * A file and what its last line gives: lo (NULL: nothing in it), hi,
 * listed, score, AS, length; or err.
 */
static const struct row {
	const char	*what, *text;
	enum hitfmt	 fmt;
	const char	*lo, *hi;
	int		 listed, score;
	uint32_t	 as;
	int		 len;
	const char	*err;
} rows[] = {
	/* list */
	{ "an address", "1.2.3.4\n", HIT_LIST, "1.2.3.4", "1.2.3.4", 1, N, 0,
	    -1, NULL },
	{ "IPv6", "2001:DB8::0001\n", HIT_LIST, "2001:db8::1", "2001:db8::1",
	    1, N, 0, -1, NULL },
	{ "blanks and DOS", " \t1.2.3.4 \r\n", HIT_LIST, "1.2.3.4", "1.2.3.4",
	    1, N, 0, -1, NULL },
	{ "a comment behind", "1.2.3.4 # home\n", HIT_LIST, "1.2.3.4",
	    "1.2.3.4", 1, N, 0, -1, NULL },
	{ "a score", "1.2.3.4 99\n", HIT_LIST, "1.2.3.4", "1.2.3.4", 1, 99, 0,
	    -1, NULL },
	{ "no score", "1.2.3.4\t-\n", HIT_LIST, "1.2.3.4", "1.2.3.4", 1, N, 0,
	    -1, NULL },
	{ "a negative score", "1.2.3.4\t-2\n", HIT_LIST, "1.2.3.4", "1.2.3.4",
	    1, -2, 0, -1, NULL },
	{ "a prefix", "10.0.0.0/8\n", HIT_LIST, "10.0.0.0", "10.255.255.255",
	    0, N, 0, 8, NULL },
	{ "a /32", "10.0.0.1/32\n", HIT_LIST, "10.0.0.1", "10.0.0.1", 0, N, 0,
	    32, NULL },
	{ "everything", "0.0.0.0/0\n", HIT_LIST, "0.0.0.0",
	    "255.255.255.255", 0, N, 0, 0, NULL },
	{ "an IPv6 prefix", "2001:db8::/32\n", HIT_LIST, "2001:db8::",
	    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 0, N, 0, 32, NULL },
	{ "all of IPv6", "::/0\n", HIT_LIST, "::", V6MAX, 0, N, 0, 0, NULL },
	{ "a comment", "# x\n", HIT_AUTO, NULL, NULL, 0, 0, 0, 0, NULL },
	{ "nothing", "\n", HIT_AUTO, NULL, NULL, 0, 0, 0, 0, NULL },
	{ "a word", "nonsense\n", HIT_LIST, NULL, NULL, 0, 0, 0, 0,
	    "not an address: nonsense" },
	{ "control characters", "\033[2J\xff\n", HIT_LIST, NULL, NULL, 0, 0, 0,
	    0, "not an address: ?[2J?" },
	{ "a long line", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	    TEN TEN TEN TEN TEN "\n", HIT_LIST, NULL, NULL, 0, 0, 0, 0,
	    "not an address: " TEN TEN TEN TEN TEN TEN },
	{ "256", "1.2.3.256\n", HIT_LIST, NULL, NULL, 0, 0, 0, 0,
	    "not an address: 1.2.3.256" },
	{ "host bits", "10.0.0.1/8\n", HIT_LIST, NULL, NULL, 0, 0, 0, 0,
	    "not a prefix: 10.0.0.1/8" },
	{ "too long", "10.0.0.0/33\n", HIT_LIST, NULL, NULL, 0, 0, 0, 0,
	    "not a prefix: 10.0.0.0/33" },
	{ "a name behind", "1.2.3.4 home\n", HIT_LIST, NULL, NULL, 0, 0, 0, 0,
	    "not a score: home" },
	{ "score too large", "1.2.3.4 32768\n", HIT_LIST, NULL, NULL, 0, 0, 0,
	    0, "not a score: 32768" },
	{ "three columns", "1.2.3.4 9\n1.2.3.4 9 9\n", HIT_LIST, NULL,
	    NULL, 0, 0, 0, 0, "more than an address and its score: 9" },

	/* fsdb */
	{ "ISI", "#fsdb -F S hex_ip score ip\n01020304 99 1.2.3.4\n", HIT_FSDB,
	    "1.2.3.4", "1.2.3.4", 1, 99, 0, -1, NULL },
	{ "ISI, tabs", "#fsdb -F t hex_ip\tscore\tip\n01020304\t0\t1.2.3.4\n",
	    HIT_FSDB, "1.2.3.4", "1.2.3.4", 1, 0, 0, -1, NULL },
	{ "no -F", "#fsdb score ip\n-3   1.2.3.4\n", HIT_FSDB, "1.2.3.4",
	    "1.2.3.4", 1, -3, 0, -1, NULL },
	{ "history", "#fsdb -F t hex_ip history score\n0a0025d6\t1ff\t99\n",
	    HIT_FSDB, "10.0.37.214", "10.0.37.214", 1, 99, 0, -1, NULL },
	{ "-F Cx", "#fsdb -F C, ip score\n1.2.3.4,7\n", HIT_FSDB, "1.2.3.4",
	    "1.2.3.4", 1, 7, 0, -1, NULL },
	{ "-F X7c", "#fsdb -F X7c ip score\n1.2.3.4|7\n", HIT_FSDB, "1.2.3.4",
	    "1.2.3.4", 1, 7, 0, -1, NULL },
	{ "other options", "#fsdb -R C -F t ip\n1.2.3.4\n", HIT_FSDB,
	    "1.2.3.4", "1.2.3.4", 1, N, 0, -1, NULL },
	{ "missing address", "#fsdb -F t hex_ip score ip\n01020304\t9\t-\n",
	    HIT_FSDB, "1.2.3.4", "1.2.3.4", 1, 9, 0, -1, NULL },
	{ "prefix and AS", "#fsdb -F t prefix asn\n10.0.0.0/8\t64512\n",
	    HIT_FSDB, "10.0.0.0", "10.255.255.255", 0, N, 64512, 8, NULL },
	{ "hex of IPv6",
	    "#fsdb -F t hex\n20010db8000000000000000000000001\n", HIT_FSDB,
	    "2001:db8::1", "2001:db8::1", 1, N, 0, -1, NULL },
	{ "ours", OURS "1.2.3.4\t9\t1.2.3.0/24\n", HIT_FSDB, "1.2.3.4",
	    "1.2.3.4", 1, 9, 0, -1, NULL },
	{ "our end line", OURS "# end: 0\n", HIT_FSDB, NULL, NULL, 0, 0, 0, 0,
	    NULL },
	{ "the header again", OURS "# end: 0\n" OURS, HIT_FSDB, NULL, NULL, 0,
	    0, 0, 0, NULL },
	{ "another header", OURS "#fsdb -F t ip\n", HIT_FSDB, NULL, NULL, 0, 0,
	    0, 0, "another header in mid-stream: #fsdb -F t ip" },
	{ "no column", "#fsdb -F t a b\n", HIT_FSDB, NULL, NULL, 0, 0, 0, 0,
	    "no column dst, ip, hex_ip or prefix: #fsdb -F t a b" },
	{ "odd separator", "#fsdb -F Q ip\n", HIT_FSDB, NULL, NULL, 0, 0, 0, 0,
	    "a separator we do not know: Q" },
	{ "no address", "#fsdb -F t ip score\n-\t9\n", HIT_FSDB, NULL, NULL, 0,
	    0, 0, 0, "no address: -?9" },
	{ "bad hex", "#fsdb hex_ip score\n0102030g 9\n", HIT_FSDB, NULL, NULL,
	    0, 0, 0, 0, "not an address in hex: 0102030g" },
	{ "short hex", "#fsdb hex_ip score\n010203 9\n", HIT_FSDB, NULL, NULL,
	    0, 0, 0, 0, "not an address in hex: 010203" },
	{ "bad score", "#fsdb ip score\n1.2.3.4 x\n", HIT_FSDB, NULL, NULL,
	    0, 0, 0, 0, "not a score: x" },

	/* isi */
	{ "ISI, no header", "01020304\t99\t1.2.3.4\n", HIT_ISI, "1.2.3.4",
	    "1.2.3.4", 1, 99, 0, -1, NULL },
	{ "ISI, digits only", "10203040 -1 16.32.48.64\n", HIT_ISI,
	    "16.32.48.64", "16.32.48.64", 1, -1, 0, -1, NULL },
	{ "ISI, four columns", "01020304 9 1.2.3.4\n01020304 9 1.2.3.4 x\n",
	    HIT_ISI, NULL, NULL, 0, 0, 0, 0, "not three columns: 01020304" },
	{ "ISI, two columns", "01020304 9 1.2.3.4\n01020304 9\n", HIT_ISI,
	    NULL, NULL, 0, 0, 0, 0, "not three columns: 01020304" },

	/* pfx2as */
	{ "pfx2as", "1.0.0.0\t24\t13335\n", HIT_PFX2AS, "1.0.0.0",
	    "1.0.0.255", 0, N, 13335, 24, NULL },
	{ "several origins", "1.0.0.0\t24\t13335_4808\n", HIT_PFX2AS,
	    "1.0.0.0", "1.0.0.255", 0, N, 13335, 24, NULL },
	{ "an AS set", "1.0.0.0\t24\t23456,4808\n", HIT_PFX2AS, "1.0.0.0",
	    "1.0.0.255", 0, N, 23456, 24, NULL },
	{ "pfx2as of IPv6", "2001:200::\t32\t2500\n", HIT_PFX2AS, "2001:200::",
	    "2001:200:ffff:ffff:ffff:ffff:ffff:ffff", 0, N, 2500, 32, NULL },
	{ "default route", "0.0.0.0\t0\t1\n", HIT_PFX2AS, NULL, NULL, 0, 0, 0,
	    0, NULL },
	{ "length 33", "1.0.0.0 24 1\n1.0.0.0 33 1\n", HIT_PFX2AS, NULL, NULL,
	    0, 0, 0, 0, "not a prefix length: 33" },
	{ "no AS", "1.0.0.0 24 1\n1.0.0.0 24\n", HIT_PFX2AS, NULL, NULL, 0, 0,
	    0, 0, "not three columns: 1.0.0.0" },
	{ "host bits", "1.0.0.1 24 1\n", HIT_PFX2AS, NULL, NULL, 0, 0, 0, 0,
	    "bits beyond the length: 1.0.0.1" },

	/* ranges */
	{ "range", "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n",
	    HIT_RANGES, "1.0.0.0", "1.0.0.255", 0, N, 13335, -1, NULL },
	{ "quoted", "\"1.0.0.0\",\"1.0.0.255\",\"13335\",\"x\"\n", HIT_RANGES,
	    "1.0.0.0", "1.0.0.255", 0, N, 13335, -1, NULL },
	{ "numbers", "16777216,16777471,13335,x\n", HIT_RANGES, "1.0.0.0",
	    "1.0.0.255", 0, N, 13335, -1, NULL },
	{ "0 to the end", "0,4294967295\n", HIT_RANGES, "0.0.0.0",
	    "255.255.255.255", 0, N, 0, -1, NULL },
	{ "IPv6 numbers", "42540488161975842760550356425300246528,"
	    "42540488241204005274814694018844196863,6939,x\n", HIT_RANGES,
	    "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", 0, N, 6939, -1,
	    NULL },
	{ "the largest number",
	    "0,340282366920938463463374607431768211455\n", HIT_RANGES, "::",
	    V6MAX, 0, N, 0, -1, NULL },
	{ "one too many", "0,340282366920938463463374607431768211456\n",
	    HIT_RANGES, NULL, NULL, 0, 0, 0, 0, "not a range: 0" },
	{ "too many digits", "0,999999999999999999999999999999999999999999\n",
	    HIT_RANGES, NULL, NULL, 0, 0, 0, 0, "not a range: 0" },
	{ "a country", "1.0.0.0,1.0.0.255,AU\n", HIT_RANGES, "1.0.0.0",
	    "1.0.0.255", 0, N, 0, -1, NULL },
	{ "IPv6", "2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,x\n",
	    HIT_RANGES, "2001:200::", "2001:200:1b9:ffff:ffff:ffff:ffff:ffff",
	    0, N, 2500, -1, NULL },
	{ "names", "start_ip,end_ip,asn\n", HIT_RANGES, NULL, NULL, 0, 0, 0, 0,
	    NULL },
	{ "names twice", "a,b\nc,d\n", HIT_RANGES, NULL, NULL, 0, 0, 0, 0,
	    "not a range: c" },
	{ "CIDR in CSV", "network,asn,name\n1.0.0.0/24,13335,\"C, I\"\n",
	    HIT_RANGES, "1.0.0.0", "1.0.0.255", 0, N, 13335, 24, NULL },
	{ "backwards", "1.0.0.255,1.0.0.0,1\n", HIT_RANGES, NULL, NULL, 0, 0,
	    0, 0, "range ends before it begins: 1.0.0.255" },
	{ "two families", "1.0.0.255,2001::,1\n", HIT_RANGES, NULL, NULL, 0, 0,
	    0, 0, "a range of two families: 1.0.0.255" },
	{ "one end", "1.0.0.255,,1\n", HIT_RANGES, NULL, NULL, 0, 0, 0, 0,
	    "not a range: 1.0.0.255" },
	{ "open quote", "1.0.0.0,\"1.0.0.255\n", HIT_RANGES, "1.0.0.0",
	    "1.0.0.255", 0, N, 0, -1, NULL },
	{ "nothing but commas", "1,2\n,,,\n", HIT_RANGES, NULL, NULL, 0, 0, 0,
	    0, "not a range: " },

	/* bgpdump */
	{ "table dump", "TABLE_DUMP2|1700000000|B|193.0.0.56|3333|1.0.0.0/24|"
	    "3333 1299 13335|IGP|193.0.0.56|0|0||NAG||\n", HIT_BGPDUMP,
	    "1.0.0.0", "1.0.0.255", 0, N, 13335, 24, NULL },
	{ "old table dump", "TABLE_DUMP|1|B|1.1.1.1|1|2001:200::/32|1 {7,8}|"
	    "IGP\n", HIT_BGPDUMP, "2001:200::",
	    "2001:200:ffff:ffff:ffff:ffff:ffff:ffff", 0, N, 7, 32, NULL },
	{ "announcement", "BGP4MP|1|A|1.1.1.1|1|1.0.0.0/24||IGP\n",
	    HIT_BGPDUMP, "1.0.0.0", "1.0.0.255", 0, N, 0, 24, NULL },
	{ "withdrawal", "BGP4MP|1|W|1.1.1.1|1|1.0.0.0/24\n", HIT_BGPDUMP,
	    NULL, NULL, 0, 0, 0, 0, NULL },
	{ "session", "BGP4MP|1|STATE|1.1.1.1|1|3|2\n", HIT_BGPDUMP, NULL,
	    NULL, 0, 0, 0, 0, NULL },
	{ "default route", "TABLE_DUMP2|1|B|1.1.1.1|1|0.0.0.0/0|1|IGP\n",
	    HIT_BGPDUMP, NULL, NULL, 0, 0, 0, 0, NULL },
	{ "no prefix", "TABLE_DUMP2|1|B|1.1.1.1|1|1.0.0.0|1|IGP\n",
	    HIT_BGPDUMP, NULL, NULL, 0, 0, 0, 0, "not a prefix: 1.0.0.0" },
	{ "ends early", "TABLE_DUMP2|1|B\n", HIT_BGPDUMP, NULL, NULL, 0, 0, 0,
	    0, "not a prefix: " },
	{ "other bars", "a|b|c\n", HIT_BGPDUMP, NULL, NULL, 0, 0, 0, 0,
	    "not a line of bgpdump -m: a" },
};

/* Give every line in a malloc of its exact size. */
static int
feed(struct hitin *h, const char *text, struct hit *hit)
{
	int r = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		char *line = malloc(n + 1);

		if (line == NULL)
			abort();
		memcpy(line, text, n);
		line[n] = '\0';
		r = hitin_line(h, line, n, text[n] == '\n', hit);
		free(line);
		text += n + (text[n] == '\n');
	}
	return r;
}

static int
equal(const struct hit *hit, const struct row *r)
{
	char lo[ADDR_STRLEN], hi[ADDR_STRLEN];

	return strcmp(addr_string(&hit->lo, lo), r->lo) == 0 &&
	    strcmp(addr_string(&hit->hi, hi), r->hi) == 0 &&
	    hit->listed == r->listed && hit->score == r->score &&
	    hit->as == r->as && hit->len == r->len;
}

static void
check(const struct row *r, enum hitfmt fmt)
{
	struct hitin h;
	struct hit hit;
	int got;

	hitin_init(&h, fmt);
	got = feed(&h, r->text, &hit);
	if (r->err != NULL)
		ok(got < 0 && strcmp(h.err, r->err) == 0, "%s: %s: %s",
		    hitin_format_name(fmt), r->what, h.err);
	else if (r->lo == NULL)
		ok(got == 0, "%s: %s: nothing", hitin_format_name(fmt),
		    r->what);
	else
		ok(got == 1 && equal(&hit, r), "%s: %s: %s to %s",
		    hitin_format_name(fmt), r->what, r->lo, r->hi);
	ok(r->fmt == HIT_AUTO || h.fmt == r->fmt, "%s: is %s", r->what,
	    hitin_format_name(r->fmt));
	hitin_free(&h);
	meta_free(&h.meta);
}

static const struct {
	const char *what, *text;
	int rc;
} ends[] = {
	{ "a list needs no end", "1.2.3.4\n", 0 },
	{ "nor a newline", "1.2.3.4", 0 },
	{ "nor does ISI's", "#fsdb -F S hex_ip score ip\n01020304 9 1.2.3.4\n",
	    0 },
	{ "ours, whole", OURS "1.2.3.4\t9\t-\n# end: 1\n", 0 },
	{ "ours, twice", OURS "1.2.3.4\t9\t-\n# end: 1\n" OURS "# end: 0\n",
	    0 },
	{ "ours, no end", OURS "1.2.3.4\t9\t-\n", -1 },
	{ "ours, half a line", OURS "1.2.3.4\t9\t-\n1.2.3", -1 },
	{ "ours, a line missing", OURS "1.2.3.4\t9\t-\n# end: 2\n", -1 },
	{ "ours, a line doubled", OURS "1.2.3.4\t9\t-\n1.2.3.4\t9\t-\n"
	    "# end: 1\n", -1 },
	{ "ours, a line after the end", OURS "# end: 0\n1.2.3.4\t9\t-\n", -1 },
	{ "ours, the first without an end", OURS "1.2.3.4\t9\t-\n" OURS
	    "# end: 0\n", -1 },
};

static void
check_ends(void)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct hitin h;
		struct hit hit;
		int rc;

		hitin_init(&h, HIT_AUTO);
		feed(&h, ends[i].text, &hit);
		rc = hitin_end(&h);
		ok(rc == ends[i].rc, "%s%s%s", ends[i].what,
		    rc == 0 ? "" : ": ", rc == 0 ? "" : h.err);
		hitin_free(&h);
		meta_free(&h.meta);
	}
}

static void
check_meta(void)
{
	struct hitin h;
	struct hit hit;
	enum hitfmt fmt;

	hitin_init(&h, HIT_AUTO);
	feed(&h, OURS "# seed: 7\n#   | mkhitlist -e 7\n# end: 0\n", &hit);
	ok(meta_get(&h.meta, "seed") != NULL &&
	    strcmp(meta_get(&h.meta, "seed"), "7") == 0 &&
	    meta_get(&h.meta, "end") == NULL, "metadata is kept");
	ok(h.meta.nprov == 1 && strcmp(h.meta.prov[0], "mkhitlist -e 7") == 0,
	    "and provenance");
	hitin_free(&h);
	meta_free(&h.meta);
	hitin_init(&h, HIT_AUTO);
	ok(feed(&h, OURS "1.2.3.4", &hit) == 0, "ours: half a line is none");
	hitin_free(&h);
	ok(hitin_format(&fmt, "nonsense") == -1, "there is no such format");
	hitin_init(&h, HIT_FSDB);
	ok(feed(&h, "1.2.3.4\n", &hit) == -2, "fsdb: no header");
	hitin_free(&h);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum hitfmt fmt;

		check(&rows[i], HIT_AUTO);
		if (hitin_format(&fmt, hitin_format_name(rows[i].fmt)) == 0 &&
		    fmt == rows[i].fmt && fmt != HIT_AUTO)
			check(&rows[i], fmt);
	}
	check_ends();
	check_meta();
	return tap_done();
}
