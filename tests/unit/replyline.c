/* The fast formatter writes what recout_write would have written. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replyline.h"
#include "tap.h"

static const uint8_t quote[] = { 0x45, 0, 0xff, 0x0a };
static struct origin origin4, origin6;

static const struct {
	const char	*what;
	int		 v6;
	int64_t		 ns;
	struct answer	 a;
} rows[] = {
	{ "echo", 0, INT64_C(1700000000123456789), { .kind = KIND_ECHO,
	    .auth = AUTH_MAC64, .ask = { .tx_ns = INT64_C(1700000000000000001),
	    .node = 3, .round = 255, .ttl = 64, .attempt = 2, .flow = 65535 },
	    .has_ask = true, .rttl = 255, .rtos = 184, .size = 65535,
	    .icmp_type = -1, .icmp_code = -1, .qttl = -1, .qtos = -1,
	    .qlen = -1 } },
	{ "echo, IPv6, later in that second", 1, INT64_C(1700000000999999999),
	    { .kind = KIND_ECHO, .auth = AUTH_MAC64, .ask = { .tx_ns = 1,
	    .node = 65535 }, .has_ask = true, .icmp_type = -1,
	    .icmp_code = -1, .qttl = -1, .qtos = -1, .qlen = -1 } },
	{ "the next second", 0, INT64_C(1700000001000000000),
	    { .kind = KIND_RST, .auth = AUTH_TAG32, .ask = {
	    .tx_ns = NUM_NONE, .node = 1 }, .has_ask = true, .icmp_type = -1,
	    .icmp_code = -1, .qttl = -1, .qtos = -1, .qlen = -1 } },
	{ "a second before", 0, INT64_C(1699999999000000001),
	    { .kind = KIND_SYNACK, .auth = AUTH_TAG32, .ask = {
	    .tx_ns = NUM_NONE, .node = 0 }, .has_ask = true, .icmp_type = -1,
	    .icmp_code = -1, .qttl = -1, .qtos = -1, .qlen = -1 } },
	{ "a quote with extensions", 0, 5, { .kind = KIND_TTL,
	    .auth = AUTH_TAG32, .ask = { .tx_ns = NUM_NONE, .ttl = 4 },
	    .has_ask = true, .icmp_type = 11, .icmp_code = 0, .qttl = 0,
	    .qtos = 255, .qlen = 4, .quote = quote, .quote_len = 4,
	    .mpls = "16:0:1:1,17:7:0:255" } },
	{ "nothing known but its shape", 0, 0, { .kind = KIND_UNREACH,
	    .auth = AUTH_NONE, .ask = { .tx_ns = NUM_NONE },
	    .has_ask = false, .icmp_type = 3, .icmp_code = 13, .qttl = 1,
	    .qtos = 0, .qlen = 28, .quote = quote, .quote_len = 1 } },
	{ "foreign text", 0, 1, { .kind = KIND_DNS, .auth = AUTH_TAG30,
	    .ask = { .tx_ns = NUM_NONE }, .has_ask = true, .icmp_type = -1,
	    .icmp_code = -1, .qttl = -1, .qtos = -1, .qlen = -1,
	    .txt = "a\tb\n%\xff-", .txt_len = 7 } },
	{ "text that is only the sign for missing", 0, 1, { .kind = KIND_DNS,
	    .auth = AUTH_TAG30, .ask = { .tx_ns = NUM_NONE },
	    .has_ask = true, .icmp_type = -1, .icmp_code = -1, .qttl = -1,
	    .qtos = -1, .qlen = -1, .txt = "-", .txt_len = 1 } },
	{ "before the Epoch", 0, -1, { .kind = KIND_OTHER,
	    .auth = AUTH_NONE, .ask = { .tx_ns = NUM_NONE }, .icmp_type = 5,
	    .icmp_code = 1, .qttl = -1, .qtos = -1, .qlen = -1 } },
};

static int64_t
known(int v)
{
	return v < 0 ? NUM_NONE : v;
}

/* The slow way: a record, field by field. */
static void
fill(struct reply *r, const struct answer *a, int64_t ns)
{
	char hex[16] = "", icmp[16] = "";

	rec_clear(&rec_reply, r);
	r->time = ns;
	word_str(&r->node, "ams");
	word_str(&r->kind, kind_name(a->kind));
	r->from = a->from;
	r->to = a->to;
	word_str(&r->probe, "icmp");
	r->dst = a->ask.dst;
	if (a->has_ask) {
		r->tx = a->ask.node == 0 ? NUM_NONE : a->ask.node;
		r->tx_time = a->ask.tx_ns;
		r->ttl = a->ask.ttl;
		r->flow = a->ask.flow;
		r->attempt = a->ask.attempt;
		r->round = a->ask.round;
	}
	word_str(&r->auth, auth_name(a->auth));
	r->rttl = a->rttl;
	r->rtos = a->rtos;
	r->size = a->size;
	if (a->icmp_type >= 0)
		snprintf(icmp, sizeof(icmp), "%d/%d", a->icmp_type,
		    a->icmp_code);
	word_str(&r->icmp, icmp);
	r->qttl = known(a->qttl);
	r->qtos = known(a->qtos);
	r->qlen = known(a->qlen);
	text_set(&r->mpls, a->mpls, strlen(a->mpls));
	for (size_t i = 0; i < a->quote_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", a->quote[i]);
	text_set(&r->quote, hex, strlen(hex));
	text_set(&r->txt, a->txt, a->txt_len);
}

static size_t
slow(const struct answer *a, int64_t ns, char *out)
{
	static struct reply r;
	size_t n = 0;

	fill(&r, a, ns);
	for (size_t i = 0; i < rec_reply.nfields; i++) {
		n += rec_format_field(&rec_reply.fields[i], &r, out + n);
		out[n++] = '\t';
	}
	out[n > 0 ? n - 1 : 0] = '\n';
	return n;
}

/* The most there can be fits, and is cut where a record would be. */
static void
longest(struct replyline *line)
{
	static struct answer a;
	static uint8_t many[QUOTE_MAX];
	char *out = malloc(REPLYLINE_MAX);
	size_t n;

	memset(many, 0xab, sizeof(many));
	memset(a.txt, 1, sizeof(a.txt));
	memset(a.mpls, 'x', sizeof(a.mpls) - 1);
	a.txt_len = sizeof(a.txt);
	a.quote = many;
	a.quote_len = sizeof(many);
	a.origin = &origin6;
	a.from.v = a.to.v = a.ask.dst.v = 6;
	n = replyline_format(line, &a, INT64_MAX, out);
	ok(n > 2 * QUOTE_MAX && n < REPLYLINE_MAX && out[n - 1] == '\n',
	    "the longest line fits");
	free(out);
}

int
main(void)
{
	static char fast_text[REPLYLINE_MAX], slow_text[REPLYLINE_MAX];
	static struct replyline line;
	size_t ncols = 0;

	origin4.probe = origin6.probe = probe_find("icmp");
	replyline_init(&line, "ams");
	while (replyline_cols[ncols] != NULL && ncols < rec_reply.nfields &&
	    strcmp(replyline_cols[ncols], rec_reply.fields[ncols].name) == 0)
		ncols++;
	ok(ncols == rec_reply.nfields && replyline_cols[ncols] == NULL,
	    "the columns are those of records.def, in order");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct answer a;
		size_t n, m;

		a = rows[i].a;
		a.origin = rows[i].v6 ? &origin6 : &origin4;
		addr_parse(&a.from, rows[i].v6 ? "2001:db8::2" : "10.0.0.2",
		    rows[i].v6 ? 11 : 8);
		a.to = a.ask.dst = a.from;
		n = replyline_format(&line, &a, rows[i].ns, fast_text);
		m = slow(&a, rows[i].ns, slow_text);
		ok(n == m && memcmp(fast_text, slow_text, n) == 0, "%s",
		    rows[i].what);
		if (n != m || memcmp(fast_text, slow_text, n) != 0)
			printf("# %.*s# %.*s", (int)n, fast_text, (int)m,
			    slow_text);
	}
	longest(&line);
	return tap_done();
}
