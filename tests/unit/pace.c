/* Pacing under a simulated clock and a scheduler that means harm. */

#include "pace.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tap.h"

#define WINDOW	(10 * NS_PER_MS)
#define MAXSEEN	1000000

/* How the machine behaves: in nanoseconds, at most. */
struct machine {
	const char	*name;
	int64_t		 late;		/* woken up after the due time */
	int64_t		 packet;	/* time to send one */
	unsigned	 stall_1in;	/* every so many-th batch ... */
	int64_t		 stall;		/* ... is held up so long ... */
	bool		 inside;	/* ... while it is being sent */
	bool		 keeps_up;	/* the long-run rate must be right */
};

static const struct machine machines[] = {
	{ "ideal",		0,	0,	0, 0, false, true },
	{ "usual",		20000,	900,	0, 0, false, true },
	{ "slow",		20000,	1900,	0, 0, false, true },
	{ "stalls before",	20000,	900,	500, 7000000, false, true },
	{ "stalls inside",	20000,	900,	500, 7000000, true, true },
	{ "short stalls",	20000,	900,	3, 90000, true, false },
	{ "long stalls",	20000,	900,	100, 300000000, true, false },
	{ "always late",	900000,	900,	0, 0, false, false },
};

static const uint64_t rates[] = { 1, 7, 100, 999, 1000, 1001, 1500, 2000,
    3333, 10000, 99999, 100000, 500000 };

static int64_t seen[MAXSEEN];
static uint64_t rnd = 88172645463325252;

static int64_t
upto(int64_t max)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return max == 0 ? 0 : (int64_t)(rnd % (uint64_t)max);
}

/* Send n packets on that machine; when each left is in seen[]. */
static void
simulate(const struct machine *m, struct pace *p, size_t n, int64_t now)
{
	size_t k = 0;
	unsigned batches = 0;

	while (k < n) {
		unsigned b = p->batch < n - k ? p->batch : (unsigned)(n - k);
		int64_t due = pace_due(p, b), before, held = 0;
		bool stalled = m->stall_1in != 0 &&
		    ++batches % m->stall_1in == 0;

		if (due > now)
			now = due + upto(m->late);
		if (stalled && !m->inside)
			now += m->stall;
		before = now;
		if (stalled && m->inside)
			held = upto(b);
		for (unsigned i = 0; i < b; i++) {
			if (stalled && m->inside && i == held)
				now += m->stall;
			now += m->packet;
			seen[k++] = now;
		}
		pace_sent(p, b, before, now);
	}
}

static size_t
most_in_window(size_t n)
{
	size_t most = 0, tail = 0;

	for (size_t i = 0; i < n; i++) {
		while (seen[i] - seen[tail] >= WINDOW)
			tail++;
		if (i - tail + 1 > most)
			most = i - tail + 1;
	}
	return most;
}

/* Is any prefix of what was sent more than the rate allows? */
static bool
never_above(size_t n, int64_t start, uint64_t rate)
{
	for (size_t i = 0; i < n; i++)
		if ((double)i > (double)(seen[i] - start) * (double)rate / 1e9)
			return false;
	return true;
}

static void
check(const struct machine *m, uint64_t rate)
{
	const int64_t start = 5 * NS_PER_S;
	size_t n = (size_t)(rate * 4 < 20 ? 20 : rate * 4), most;
	struct pace p;
	double had, share = (double)rate / 100;

	if (n > MAXSEEN)
		n = MAXSEEN;
	pace_init(&p, rate, 256, start);
	simulate(m, &p, n, start);
	had = (double)(n - 1) / (double)(seen[n - 1] - seen[0]) * 1e9;
	ok(never_above(n, start, rate), "%s, %lu/s: never above", m->name,
	    (unsigned long)rate);
	most = most_in_window(n);
	if (rate >= 1000)
		ok((double)most <= 1.2 * share,
		    "%s, %lu/s: %zu in 10 ms, share %.0f", m->name,
		    (unsigned long)rate, most, share);
	if (m->keeps_up && n >= 1000)
		ok(had > 0.995 * (double)rate, "%s, %lu/s: had %.1f", m->name,
		    (unsigned long)rate, had);
}

static void
check_stall(void)
{
	struct pace p;
	int64_t now = 0;

	/* Ten seconds away: 50 ms of them are made good, at 1.1 the rate. */
	pace_init(&p, 1000, 256, 0);
	simulate(&machines[0], &p, 100, 0);
	now = seen[99] + 10 * NS_PER_S;
	pace_sent(&p, 1, now, now);
	simulate(&machines[0], &p, 1000, now);
	ok(seen[999] - now > 945 * NS_PER_MS, "a stall's packets are not sent");
	ok(seen[999] - now < 960 * NS_PER_MS, "but for 50 ms of them");
	ok(seen[100] - seen[0] >= 90 * NS_PER_MS, "and those not in a burst");
}

static void
check_changes(void)
{
	struct pace p;

	pace_init(&p, 1000, 256, 0);
	ok(p.batch == 1, "one at a time at 1,000/s");
	simulate(&machines[0], &p, 10, 0);
	pace_rate(&p, 100000, seen[9]);
	ok(p.batch == 50, "fifty at a time at 100,000/s");
	ok(pace_due(&p, 50) - seen[9] > 400000, "no burst on a change");
	pace_rate(&p, 10000000, 0);
	ok(p.batch == 256, "never more than the caller can");
	pace_rate(&p, 1000, 0);
	pace_pause(&p, 1000, NS_PER_S);
	ok(pace_due(&p, 1) >= NS_PER_S + 1000, "a pause");

	pace_init(&p, 0, 64, 0);
	ok(p.batch == 64 && pace_due(&p, 64) <= 0, "no limit: at once");
	pace_sent(&p, 64, 10, 20);
	ok(pace_due(&p, 64) <= 20, "and again");
	pace_pause(&p, 20, NS_PER_S);
	ok(pace_due(&p, 1) == NS_PER_S + 20, "but for a pause");
}

int
main(void)
{
	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++)
		for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
			check(&machines[m], rates[r]);
	check_stall();
	check_changes();
	return tap_done();
}
