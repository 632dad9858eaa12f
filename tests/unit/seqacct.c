/* Accounting of numbered packets, against planted sequences. */

#include <stdlib.h>
#include <string.h>

#include "seqacct.h"
#include "tap.h"

static const struct row {
	const char	*what;
	int		 seq[16];	/* ends with -1 */
	uint64_t	 sent;
	uint64_t	 rcvd, lost, dup, reord, extent, bursts, burst_max;
} rows[] = {
	{ "all in order", { 0, 1, 2, 3, -1 }, 4, 4, 0, 0, 0, 0, 0, 0 },
	{ "none came", { -1 }, 5, 0, 5, 0, 0, 0, 1, 5 },
	{ "one lost", { 0, 1, 3, -1 }, 4, 3, 1, 0, 0, 0, 1, 1 },
	{ "the first lost", { 1, 2, -1 }, 3, 2, 1, 0, 0, 0, 1, 1 },
	{ "the last two lost", { 0, 1, -1 }, 4, 2, 2, 0, 0, 0, 1, 2 },
	{ "bursts of 1 and 3", { 0, 2, 3, 7, -1 }, 8, 4, 4, 0, 0, 0, 2, 3 },
	{ "a duplicate", { 0, 1, 1, 2, -1 }, 3, 3, 0, 1, 0, 0, 0, 0 },
	{ "a duplicate that is behind", { 0, 1, 2, 0, -1 }, 3, 3, 0, 1, 0, 0,
	    0, 0 },
	{ "three of one", { 0, 0, 0, -1 }, 1, 1, 0, 2, 0, 0, 0, 0 },
	/* RFC 4737 section 4.2.3, its example, numbered from 0. */
	{ "RFC 4737: 4 5 6 early", { 0, 1, 2, 4, 5, 6, 3, 7, -1 }, 8, 8, 0, 0,
	    1, 3, 0, 0 },
	{ "two swapped", { 0, 2, 1, 3, -1 }, 4, 4, 0, 0, 1, 1, 0, 0 },
	{ "backwards", { 3, 2, 1, 0, -1 }, 4, 4, 0, 0, 3, 3, 0, 0 },
	{ "two blocks swapped", { 2, 3, 0, 1, -1 }, 4, 4, 0, 0, 2, 3, 0, 0 },
	{ "reordered and its duplicate", { 0, 2, 1, 1, -1 }, 3, 3, 0, 1, 1, 1,
	    0, 0 },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct seqacct a;

		seqacct_init(&a, 6);
		for (int k = 0; r->seq[k] != -1; k++)
			seqacct_add(&a, (uint32_t)r->seq[k]);
		seqacct_end(&a, r->sent);
		ok(a.rcvd == r->rcvd && a.lost == r->lost && a.dup == r->dup,
		    "%s: received %d, lost %d, duplicates %d", r->what,
		    (int)a.rcvd, (int)a.lost, (int)a.dup);
		ok(a.reord == r->reord && a.extent_max == r->extent,
		    "%s: reordered %d, extent %d", r->what, (int)a.reord,
		    (int)a.extent_max);
		ok(a.bursts == r->bursts && a.burst_max == r->burst_max,
		    "%s: bursts %d, longest %d", r->what, (int)a.bursts,
		    (int)a.burst_max);
		seqacct_free(&a);
	}
}

static void
test_late(void)
{
	struct seqacct a;

	seqacct_init(&a, 6);
	ok(seqacct_add(&a, 5) == SEQ_NEW && seqacct_add(&a, 4) == SEQ_REORD &&
	    seqacct_add(&a, 3) == SEQ_REORD && seqacct_add(&a, 6) == SEQ_NEW &&
	    seqacct_add(&a, 6) == SEQ_DUP, "each is told what it is");
	seqacct_free(&a);
	seqacct_init(&a, 6);
	seqacct_add(&a, 0);
	seqacct_add(&a, 2);
	seqacct_settle(&a, 3);
	ok(a.lost == 1, "given up: lost");
	ok(seqacct_add(&a, 1) == SEQ_LATE && a.late == 1 && a.lost == 0 &&
	    a.rcvd == 3, "... and came: late, not lost");
	ok(seqacct_add(&a, 1) == SEQ_DUP && a.late == 1, "... and once more");
	seqacct_settle(&a, 10);
	ok(a.lost == 7, "given up before any came");
	ok(seqacct_add(&a, 5) == SEQ_LATE && a.lost == 6 && a.reord == 1,
	    "... one came: late; RFC 4737 knows only what was received");
	ok(seqacct_add(&a, 200) == SEQ_NEW, "far ahead");
	ok(a.lost == 6 + (200 + 1 - 64 - 10), "what left the window is lost");
	ok(seqacct_add(&a, 100) == SEQ_OLD && a.old == 1,
	    "from before the window: neither late nor duplicate");
	seqacct_end(&a, 201);
	ok(a.rcvd + a.lost == 201, "received and lost are all");
	seqacct_free(&a);
}

static void
test_wrap(void)
{
	struct seqacct a;
	uint32_t jumps[] = { 0x7ffffff0, 0xffffffe0, 0xfffffffe, 0xffffffff,
	    1, 0 };

	seqacct_init(&a, 10);
	for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++)
		seqacct_add(&a, jumps[i]);
	ok(a.rcvd == 6 && a.reord == 1 && a.high == (UINT64_C(1) << 32) + 2,
	    "numbers go on beyond 32 bits");
	seqacct_end(&a, a.high);
	ok(a.rcvd + a.lost == a.high, "... and all are accounted for");
	seqacct_free(&a);
}

/*
 * A path with a plan: by a fixed sequence packets are dropped, doubled and
 * held back; a slow count of what was planned has to agree.
 */
static void
test_planted(void)
{
	enum { N = 200000 };
	static uint32_t out[3 * N];
	static uint8_t seen[N];
	uint64_t s = 7, rcvd = 0, dup = 0, reord = 0, bursts = 0, longest = 0,
	    run = 0, high = 0;
	size_t n = 0;
	struct seqacct a;

	for (uint32_t i = 0; i < N; i++) {
		s = s * UINT64_C(6364136223846793005) + 1442695040888963407;
		unsigned r = (unsigned)(s >> 40) % 100;

		if (r < 10)
			continue;		/* lost */
		out[n++] = i;
		if (r < 15)
			out[n++] = i;
		if (r >= 90 && n > 20) {	/* goes before earlier ones */
			size_t back = 1 + r % 7;
			uint32_t v = out[n - 1];

			memmove(out + n - back, out + n - 1 - back,
			    back * sizeof out[0]);
			out[n - 1 - back] = v;
		}
	}
	seqacct_init(&a, 16);
	for (size_t i = 0; i < n; i++) {
		seqacct_add(&a, out[i]);
		if (seen[out[i]]++) {
			dup++;
			continue;
		}
		rcvd++;
		if (out[i] < high)
			reord++;
		else
			high = out[i] + 1;
	}
	for (uint32_t i = 0; i <= N; i++) {
		if (i < N && !seen[i]) {
			run++;
			continue;
		}
		bursts += run > 0;
		longest = run > longest ? run : longest;
		run = 0;
	}
	seqacct_end(&a, N);
	ok(a.rcvd == rcvd && a.lost == N - rcvd, "planted: %d received",
	    (int)rcvd);
	ok(a.dup == dup && dup > 5000, "planted: %d duplicates", (int)dup);
	ok(a.reord == reord && reord > 5000, "planted: %d reordered",
	    (int)reord);
	ok(a.bursts == bursts && a.burst_max == longest,
	    "planted: %d bursts, longest %d", (int)bursts, (int)longest);
	ok(a.burst_lens.total == bursts && a.late + a.old == 0,
	    "every burst has a length, none is late");
	seqacct_free(&a);
}

int
main(void)
{
	test_rows();
	test_late();
	test_wrap();
	test_planted();
	return tap_done();
}
