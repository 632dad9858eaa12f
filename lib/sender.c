#include "sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "mem.h"

/*
 * A sleeper wakes up some 50 us late.  From this rate on that is noticeable,
 * and the last part of a wait is spent looking at the clock.
 */
#define SPIN_RATE	1000
#define SPIN_NS		60000

#define AGAIN_MIN_NS	50000		/* pause before a second try, */
#define AGAIN_MAX_NS	10000000	/* doubled up to this */
#define DOWN_NS		100000000	/* pause while the link is down */

void
sender_init(struct sender *s, struct inj *inj, struct sentlog *log,
    uint64_t rate, bool (*idle)(void *, int64_t), void *arg)
{
	*s = (struct sender){ .inj = inj, .log = log, .idle = idle,
	    .arg = arg };
	s->ticked = clock_mono();
	pace_init(&s->pace, rate, INJ_BATCH, s->ticked);
}

static void
tick(struct sender *s, int64_t now)
{
	s->ticked = now;
	if (!s->idle(s->arg, now))
		s->stopped = true;
}

int
sender_wait(struct sender *s, int64_t until)
{
	int64_t spin = s->pace.rate >= SPIN_RATE ? SPIN_NS : 0, now;

	while (!s->stopped && (now = clock_mono()) < until) {
		int64_t ns = until - spin - now;
		struct timespec t;

		if (now - s->ticked >= SENDER_TICK_NS)
			tick(s, now);
		if (ns <= 0)
			continue;
		if (ns > SENDER_TICK_NS)
			ns = SENDER_TICK_NS;
		t.tv_sec = 0;
		t.tv_nsec = (long)ns;
		/* A signal is a reason to look around. */
		if (nanosleep(&t, NULL) == -1)
			tick(s, clock_mono());
	}
	return s->stopped ? -1 : 0;
}

/* Write probes from first on to their slots, stamped now; return the stamp. */
static int64_t
fill(struct sender *s, unsigned first)
{
	int64_t ns = clock_real();

	for (unsigned i = first; i < s->n; i++) {
		struct queued *q = &s->queue[i];

		q->ask.tx_ns = ns;
		probe_fill(q->tmpl, &q->ask, inj_slot(s->inj, i));
		inj_put(s->inj, i, q->tmpl->len);
	}
	return ns;
}

/* Record probes [first, end), which were taken. */
static void
record(struct sender *s, unsigned first, unsigned end)
{
	s->counts.sent += end - first;
	s->down = false;
	for (unsigned i = first; i < end && s->log_error == 0; i++)
		if (sentlog_write(s->log, s->queue[i].origin,
		    s->queue[i].tmpl, &s->queue[i].ask) == -1) {
			s->log_error = errno;
			s->stopped = true;
		}
}

/*
 * The kernel did not take a probe, and said e.  Wait, and return true to
 * try it again; false: give it up.
 */
static bool
try_again(struct sender *s, int e, int64_t *pause)
{
	int64_t ns = *pause;

	switch (e) {
	case EINTR:
		return true;
	case ENOBUFS:
	case EAGAIN:
	case ENOMEM:
		*pause = ns * 2 > AGAIN_MAX_NS ? AGAIN_MAX_NS : ns * 2;
		break;
	case ENETDOWN:
		if (!s->down)
			s->counts.linkdowns++;
		s->down = true;
		ns = DOWN_NS;
		break;
	case ENODEV:
	case ENXIO:
		s->error = e;
		s->stopped = true;
		return false;
	default:
		return false;
	}
	s->counts.again[e]++;
	return sender_wait(s, clock_mono() + ns) == 0;
}

/* Hand over what is queued, as often as it takes. */
static void
send_batch(struct sender *s)
{
	int64_t pause = AGAIN_MIN_NS;
	unsigned done = 0;

	while (done < s->n && !s->stopped) {
		int64_t before = clock_mono(), ns = fill(s, done);
		int k = inj_send(s->inj, done, s->n, ns), e = errno;

		if (k > 0) {
			pace_sent(&s->pace, (unsigned)k, before, clock_mono());
			record(s, done, done + (unsigned)k);
			done += (unsigned)k;
			pause = AGAIN_MIN_NS;
			continue;
		}
		if (try_again(s, k == 0 ? EAGAIN : e, &pause) || s->stopped)
			continue;
		s->counts.failed[e > 0 && e < SENDER_ERRNOS ? e : 0]++;
		done++;
	}
	s->counts.unsent += s->n - done;
	s->n = 0;
}

int
sender_flush(struct sender *s)
{
	int64_t now;

	if (s->n == 0)
		return s->stopped ? -1 : 0;
	sender_wait(s, pace_due(&s->pace, s->n));
	send_batch(s);
	now = clock_mono();
	if (now - s->ticked >= SENDER_TICK_NS)
		tick(s, now);
	return s->stopped ? -1 : 0;
}

int
sender_add(struct sender *s, const struct tmpl *t, const struct origin *o,
    const struct ask *ask)
{
	struct queued *q = &s->queue[s->n];

	if (s->stopped) {
		s->counts.unsent++;
		return -1;
	}
	q->tmpl = t;
	q->origin = o;
	q->ask = *ask;
	if (++s->n < s->pace.batch)
		return 0;
	return sender_flush(s);
}

int
sender_pause(struct sender *s, int64_t ns)
{
	if (sender_flush(s) == -1)
		return -1;
	pace_pause(&s->pace, clock_mono(), ns);
	return 0;
}

int
sender_until(struct sender *s, int64_t moment)
{
	int64_t now = clock_mono();

	if (now >= moment)
		return s->stopped ? -1 : 0;
	if (sender_flush(s) == -1)
		return -1;
	now = clock_mono();
	if (now < moment)
		pace_pause(&s->pace, now, moment - now);
	return 0;
}

char *
sender_counts(const struct sendcounts *c)
{
	char *s = mem_format("sent=%llu unsent=%llu linkdowns=%llu",
	    (unsigned long long)c->sent, (unsigned long long)c->unsent,
	    (unsigned long long)c->linkdowns);

	for (int e = 0; e < SENDER_ERRNOS; e++) {
		const char *name = strerrorname_np(e);
		char *more;

		if (c->failed[e] == 0 && c->again[e] == 0)
			continue;
		more = mem_format("%s err.%s=%llu again.%s=%llu", s, name,
		    (unsigned long long)c->failed[e], name,
		    (unsigned long long)c->again[e]);
		free(s);
		s = more;
	}
	return s;
}
