/* Lines of sent and reply files: what is refused. */

#include <stdlib.h>
#include <string.h>

#include "matchread.h"
#include "mem.h"
#include "tap.h"

static const char *const sent[nfields_sent] = { "100.5", "ams", "icmp",
    "192.0.2.1", "10.0.0.1", "64", "0", "1", "7", "-", "-", "-", "-", "-" };
static const char *const reply[nfields_reply] = { "100.7", "fra", "echo",
    "10.0.0.1", "192.0.2.1", "icmp", "3", "100.5", "10.0.0.1", "64", "0", "1",
    "mac64", "55", "0", "64", "-", "-", "-", "-", "-", "-", "7", "-" };

static char long_word[8192];

static void
fill(struct span v[], const char *const text[], size_t n, int at,
    const char *value)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (struct span){ text[i], strlen(text[i]) };
	if (at >= 0)
		v[at] = (struct span){ value, strlen(value) };
}

static void
test_sent(struct matchread *r)
{
	static const struct { int at; const char *value; int r; } rows[] = {
		{ -1, "", 0 }, { at_sent_time, "x", -1 },
		{ at_sent_time, "-", -1 }, { at_sent_node, "-", -1 },
		{ at_sent_node, "a\tb", -1 }, { at_sent_node, "a b", -1 },
		{ at_sent_node, "b\x80", -1 }, { at_sent_probe, "-", -1 },
		{ at_sent_probe, "i p", -1 }, { at_sent_src, "192.0.2", -1 },
		{ at_sent_src, "2001:db8::1", 0 },
		{ at_sent_src, long_word, -1 },
		{ at_sent_dst, "10.0.0.256", -1 }, { at_sent_dst, "-", -1 },
		{ at_sent_dst, "2001:db8::1", 0 }, { at_sent_ttl, "256", -1 },
		{ at_sent_ttl, "-", 0 }, { at_sent_flow, "65536", -1 },
		{ at_sent_attempt, "256", -1 }, { at_sent_attempt, "-1", -1 },
		{ at_sent_round, "256", -1 }, { at_sent_round, "-", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span v[nfields_sent];
		struct matchsent s = { 0 };

		fill(v, sent, nfields_sent, rows[i].at, rows[i].value);
		ok(matchread_sent(r, v, &s) == rows[i].r, "sent, %d: %.80s",
		    rows[i].at, rows[i].value);
	}
}

static void
test_reply(struct matchread *r)
{
	static const struct { int at; const char *value; int r; } rows[] = {
		{ -1, "", 0 }, { at_reply_time, "x", -1 },
		{ at_reply_node, "f\n", -1 }, { at_reply_kind, "ech", -1 },
		{ at_reply_kind, "-", -1 }, { at_reply_from, "-", -1 },
		{ at_reply_to, "-", -1 }, { at_reply_probe, "", -1 },
		{ at_reply_tx, "65536", -1 }, { at_reply_tx, "-", 0 },
		{ at_reply_tx_time, "x", -1 }, { at_reply_tx_time, "-", 0 },
		{ at_reply_dst, "-", 0 }, { at_reply_dst, "x", -1 },
		{ at_reply_dst, "2001:db8::1", -1 },
		{ at_reply_from, "2001:db8::1", -1 },
		{ at_reply_ttl, "256", -1 }, { at_reply_flow, "65536", -1 },
		{ at_reply_attempt, "256", -1 }, { at_reply_auth, "mac", -1 },
		{ at_reply_auth, "a-level-that-is-none", -1 },
		{ at_reply_auth, "none", 0 }, { at_reply_rttl, "256", -1 },
		{ at_reply_icmp, "3", -1 }, { at_reply_icmp, "3/", -1 },
		{ at_reply_icmp, "/3", -1 }, { at_reply_icmp, "3/256", -1 },
		{ at_reply_icmp, "3/1", 0 }, { at_reply_round, "256", -1 },
		{ at_reply_txt, "a b", -1 }, { at_reply_txt, "a%20b", 0 },
	};
	struct meta meta = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span v[nfields_reply];
		struct matchreply p = { 0 };

		fill(v, reply, nfields_reply, rows[i].at, rows[i].value);
		if (rows[i].at == at_reply_probe)
			v[at_reply_probe] = (struct span){ "-", 1 };
		ok(matchread_reply(r, v, &meta, &p) == rows[i].r,
		    "reply, %d: %s", rows[i].at, rows[i].value);
	}
}

/* What is read for hops alone. */
static void
test_hops(struct matchread *r)
{
	static const struct { int at; const char *value; int r; } sents[] = {
		{ at_sent_sport, "33434", 0 }, { at_sent_sport, "65536", -1 },
		{ at_sent_dport, "x", -1 }, { at_sent_tos, "255", 0 },
		{ at_sent_tos, "256", -1 }, { at_sent_size, "1500", 0 },
		{ at_sent_size, "-1", -1 }, { at_sent_options, "MSS(1460)", 0 },
		{ at_sent_options, "MSS 1", -1 },
		{ at_sent_options, long_word, -1 },
	}, replies[] = {
		{ at_reply_rtos, "256", -1 }, { at_reply_qttl, "256", -1 },
		{ at_reply_qtos, "256", -1 }, { at_reply_qlen, "65536", -1 },
		{ at_reply_qlen, "28", 0 }, { at_reply_mpls, "16:0:1:1", 0 },
		{ at_reply_mpls, "16 0", -1 }, { at_reply_mpls, long_word, -1 },
	};
	struct meta meta = { 0 };

	r->hops = true;
	for (size_t i = 0; i < sizeof sents / sizeof sents[0]; i++) {
		struct span v[nfields_sent];
		struct matchsent s = { 0 };

		fill(v, sent, nfields_sent, sents[i].at, sents[i].value);
		ok(matchread_sent(r, v, &s) == sents[i].r &&
		    (s.how != 0) == (sents[i].r == 0), "sent, %d: %.80s",
		    sents[i].at, sents[i].value);
		if (s.how != 0) {
			uint32_t had = s.how;

			ok(matchread_sent(r, v, &s) == 0 && s.how == had,
			    "the same again is the same");
		}
	}
	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		struct span v[nfields_reply];
		struct matchreply p = { 0 };

		fill(v, reply, nfields_reply, replies[i].at, replies[i].value);
		ok(matchread_reply(r, v, &meta, &p) == replies[i].r,
		    "reply, %d: %.80s", replies[i].at, replies[i].value);
	}
	r->hops = false;
}

/* Packets in the quote, to be authenticated. */
static void
test_quote(struct matchnames *names)
{
	static const struct { const char *quote; int r; } rows[] = {
		{ "45000014", 1 }, { "4500001", -1 }, { "450000xx", -1 },
		{ "450000g0", -1 }, { "45 0", -1 }, { "-", 0 }, { "00", 1 },
		{ "4F", -1 },
	};
	static const uint8_t k[16];
	struct meta meta = { 0 };
	struct matchread r;
	struct key key;
	char *big = mem_alloc(2 * QUOTE_MAX + 3);

	key_set(&key, k);
	matchread_init(&r, names, &key);
	meta_set(&meta, 0, "origin.0", "src=192.0.2.1,probe=icmp");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span v[nfields_reply];
		struct matchreply p = { 0 };

		fill(v, reply, nfields_reply, at_reply_quote, rows[i].quote);
		v[at_reply_auth] = (struct span){ "none", 4 };
		ok(matchread_reply(&r, v, &meta, &p) == rows[i].r, "quote %s",
		    rows[i].quote);
	}
	for (size_t n = 2 * QUOTE_MAX; n <= 2 * QUOTE_MAX + 2; n += 2) {
		struct span v[nfields_reply];
		struct matchreply p = { 0 };

		memset(big, '0', n);
		fill(v, reply, nfields_reply, at_reply_quote, big);
		v[at_reply_auth] = (struct span){ "none", 4 };
		ok(matchread_reply(&r, v, &meta, &p) ==
		    (n > 2 * QUOTE_MAX ? -1 : 1), "a quote of %zu digits", n);
	}
	free(big);
	meta_free(&meta);
	matchread_free(&r);
}

int
main(void)
{
	struct matchnames names;
	struct matchread r;

	memset(long_word, '1', sizeof long_word - 1);
	matchnames_init(&names);
	matchread_init(&r, &names, NULL);
	test_sent(&r);
	test_reply(&r);
	test_hops(&r);
	test_quote(&names);
	matchread_free(&r);
	matchnames_free(&names);
	return tap_done();
}
