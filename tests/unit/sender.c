/*
 * The sender with an injector that fails to order: every packet taken has
 * one record, no other has, and what was not taken is counted.
 */

#include "sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "origin.h"
#include "tap.h"

enum { MANY = 1000 };

/* What the injector says, call by call; the last row is for all later ones. */
struct say {
	int	taken;		/* at most so many; -1: errno */
	int	e;
};

struct trial {
	const char	*what;
	struct say	 say[6];
	unsigned	 n;		/* probes queued */
	uint64_t	 sent, failed, again, unsent, linkdowns;
	int		 error;		/* of the sender */
};

#define ALL	{ INJ_BATCH, 0 }

static const struct trial trials[] = {
	{ "all taken", { ALL }, MANY, MANY, 0, 0, 0, 0, 0 },
	{ "one by one", { { 1, 0 } }, 20, 20, 0, 0, 0, 0, 0 },
	{ "in part", { { 3, 0 }, ALL }, 20, 20, 0, 0, 0, 0, 0 },
	{ "no room", { { -1, ENOBUFS }, { -1, EAGAIN }, ALL }, 20, 20, 0, 2, 0,
	    0, 0 },
	{ "no room in between", { { 3, 0 }, { -1, ENOBUFS }, ALL }, 20, 20, 0,
	    1, 0, 0, 0 },
	{ "took none", { { 0, 0 }, ALL }, 20, 20, 0, 1, 0, 0, 0 },
	{ "link down", { { -1, ENETDOWN }, { -1, ENETDOWN }, ALL }, 20, 20, 0,
	    2, 0, 1, 0 },
	{ "link down twice", { { -1, ENETDOWN }, { 2, 0 }, { -1, ENETDOWN },
	    ALL }, 20, 20, 0, 2, 0, 2, 0 },
	{ "one refused", { { -1, EPERM }, ALL }, 20, 19, 1, 0, 0, 0, 0 },
	{ "one too large", { { 7, 0 }, { -1, EMSGSIZE }, ALL }, 20, 19, 1, 0,
	    0, 0, 0 },
	{ "all refused", { { -1, EPERM } }, 20, 0, 20, 0, 0, 0, 0 },
	{ "interrupted", { { -1, EINTR }, ALL }, 20, 20, 0, 0, 0, 0, 0 },
	{ "interface gone", { { 5, 0 }, { -1, ENODEV } }, 20, 5, 0, 0, 15, 0,
	    ENODEV },
};

/* The injector: what it took, by target and stamp. */
static const struct trial *trial;
static unsigned calls, ntook;
static struct { uint32_t dst; int64_t ns; } took[MANY];

static int
act(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	const struct say *s = &trial->say[0];
	unsigned k = n - first;

	for (unsigned i = 0; i < calls && (s[1].taken != 0 || s[1].e != 0); i++)
		s++;
	calls++;
	if (s->taken < 0) {
		errno = s->e;
		return -1;
	}
	if (k > (unsigned)s->taken)
		k = (unsigned)s->taken;
	for (unsigned i = first; i < first + k; i++) {
		struct addr dst = addr_from_bytes(4, inj_slot(j, i) + 16);

		took[ntook].dst = addr_u32(&dst);
		took[ntook++].ns = ns;
	}
	return (int)k;
}

static const struct injkind acting = { "acting", act, NULL };

static bool
go_on(void *arg, int64_t now)
{
	(void)now;
	return *(bool *)arg;
}

static const uint8_t key_bytes[16] = "sixteen bytes ..";
static struct origin origin, parsed[ORIGIN_MAX];
static struct tmpl tmpl;

/* Read the records back: the same packets, in order, with the same times? */
static bool
records_agree(const char *path)
{
	struct recin in;
	struct sent rec;
	unsigned n = 0;
	bool same = true;
	FILE *f = fopen(path, "r");

	if (f == NULL || recin_open(&in, &rec_sent, dup(fileno(f)), path, NULL,
	    NULL) == -1)
		return false;
	fclose(f);
	rec_clear(&rec_sent, &rec);
	while (recin_read(&in, &rec) == 1) {
		same = same && n < ntook && addr_u32(&rec.dst) == took[n].dst &&
		    rec.time == took[n].ns && rec.ttl == 7 &&
		    rec.flow == 3 && rec.round == 9 &&
		    strcmp(rec.node.s, "ams") == 0 &&
		    strcmp(rec.probe.s, "icmp") == 0 &&
		    addr_cmp(&rec.src, &origin.src) == 0;
		n++;
	}
	meta_free(&in.meta);
	return recin_close(&in) == 0 && same && n == ntook;
}

static uint64_t
total(const uint64_t c[])
{
	uint64_t n = 0;

	for (int e = 0; e < SENDER_ERRNOS; e++)
		n += c[e];
	return n;
}

static void
run_trial(const struct trial *t)
{
	char path[] = "/tmp/sender.XXXXXX";
	struct inj inj;
	struct recout out;
	struct sentlog log;
	const char *cols[SENTLOG_COLS];
	static struct sender s;
	bool going = true;
	struct ask ask = { .ttl = 7, .flow = 3, .round = 9, .node = 1 };

	trial = t;
	calls = ntook = 0;
	inj_init(&inj, &acting, NULL, PROBE_MAX);
	inj_slots(&inj);
	sentlog_cols(0, cols);
	recout_open(&out, &rec_sent, mkstemp(path), false, false,
	    cols);
	sentlog_init(&log, &out, "ams", 0);
	sender_init(&s, &inj, &log, 0, go_on, &going);
	for (unsigned i = 0; i < t->n; i++) {
		ask.dst = addr_from_u32(0xc0000200 + i);
		sender_add(&s, &tmpl, &origin, &ask);
	}
	sender_flush(&s);
	recout_close(&out, NULL, NULL);
	inj_close(&inj);

	ok(s.counts.sent == t->sent && ntook == t->sent, "%s: sent", t->what);
	ok(total(s.counts.failed) == t->failed, "%s: failed", t->what);
	ok(total(s.counts.again) == t->again, "%s: tried again", t->what);
	ok(s.counts.unsent == t->unsent, "%s: unsent", t->what);
	ok(s.counts.linkdowns == t->linkdowns, "%s: link downs", t->what);
	ok(s.error == t->error, "%s: error", t->what);
	ok(records_agree(path), "%s: a record for each, and no other", t->what);
	unlink(path);
}

/* Stopped by idle: what is queued is not sent. */
static void
check_stop(void)
{
	struct inj inj;
	struct recout out;
	struct sentlog log;
	const char *cols[SENTLOG_COLS];
	static struct sender s;
	bool going = true;
	struct ask ask = { .ttl = 7, .dst = addr_from_u32(0xc0000201) };
	int r = 0;

	trial = &trials[0];
	calls = ntook = 0;
	inj_init(&inj, &acting, NULL, PROBE_MAX);
	inj_slots(&inj);
	sentlog_cols(0, cols);
	recout_open(&out, &rec_sent, dup(STDERR_FILENO), false, false,
	    cols);
	sentlog_init(&log, &out, "ams", 0);
	sender_init(&s, &inj, &log, 1, go_on, &going);
	for (unsigned i = 0; i < 10 && r == 0; i++) {
		going = i < 1;
		r = sender_add(&s, &tmpl, &origin, &ask);
	}
	ok(r == -1, "idle can stop it");
	ok(sender_add(&s, &tmpl, &origin, &ask) == -1, "and it stays stopped");
	ok(s.counts.sent == ntook && ntook <= 2, "nothing more is sent");
	ok(s.counts.unsent >= 1, "the rest is counted");
	recout_close(&out, NULL, NULL);
	inj_close(&inj);
}

/* The log is full: sending stops, with the reason. */
static void
check_full(void)
{
	struct inj inj;
	struct recout out;
	struct sentlog log;
	const char *cols[SENTLOG_COLS];
	static struct sender s;
	bool going = true;
	struct ask ask = { .ttl = 7, .dst = addr_from_u32(0xc0000201) };
	FILE *full = fopen("/dev/full", "w");
	int r = 0;

	trial = &trials[0];
	inj_init(&inj, &acting, NULL, PROBE_MAX);
	inj_slots(&inj);
	sentlog_cols(0, cols);
	recout_open(&out, &rec_sent, dup(fileno(full)), false, false,
	    cols);
	sentlog_init(&log, &out, "ams", 0);
	sender_init(&s, &inj, &log, 0, go_on, &going);
	for (unsigned i = 0; i < 1000000 && r == 0; i++) {
		ntook = 0;
		r = sender_add(&s, &tmpl, &origin, &ask);
	}
	ok(r == -1 && s.log_error == ENOSPC, "a full disk stops the sender");
	ok(recout_close(&out, NULL, NULL) == -1, "and closing says so too");
	inj_close(&inj);
	fclose(full);
}

int
main(void)
{
	struct originopts want = { .source = "198.51.100.1" };
	struct key key;
	char why[128];

	key_set(&key, key_bytes);
	if (origin_parse(parsed, &want, why) != 1)
		return 1;
	origin = parsed[0];
	if (tmpl_build(&tmpl, &origin, &key, why) == -1)
		return 1;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		run_trial(&trials[i]);
	check_stop();
	check_full();
	return tap_done();
}
