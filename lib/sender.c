#include "sender.h"

#include <errno.h>
#include <signal.h>
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

/* ---- the thread that sends ---- */

/* Wait until then, or until stopped. */
static int
await(struct sender *s, int64_t until)
{
	int64_t spin = s->pace.rate >= SPIN_RATE ? SPIN_NS : 0, now;

	while (!s->stopped && (now = clock_mono()) < until) {
		int64_t ns = until - spin - now;
		struct timespec t;

		if (ns <= 0)
			continue;
		if (ns > SENDER_TICK_NS)
			ns = SENDER_TICK_NS;
		t.tv_sec = 0;
		t.tv_nsec = (long)ns;
		nanosleep(&t, NULL);
	}
	return s->stopped ? -1 : 0;
}

static unsigned
slot(unsigned long batch)
{
	return (unsigned)(batch % INJ_BATCHES) * INJ_BATCH;
}

/* Write probes from first on of a batch to their slots, stamped now. */
static void
fill(struct sender *s, unsigned long batch, unsigned first)
{
	struct sendbatch *b = &s->batch[batch % INJ_BATCHES];
	unsigned at = slot(batch);

	b->stamp = clock_real();
	for (unsigned i = first; i < b->n; i++) {
		struct queued *q = &b->probe[i];

		q->ask.tx_ns = b->stamp;
		probe_fill(q->tmpl, &q->ask, inj_slot(s->inj, at + i));
		inj_put(s->inj, at + i, q->tmpl->len);
	}
}

static void
count(struct sender *s, uint64_t *which)
{
	pthread_mutex_lock(&s->lock);
	++*which;
	pthread_mutex_unlock(&s->lock);
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
			count(s, &s->counts.linkdowns);
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
	count(s, &s->counts.again[e]);
	return await(s, clock_mono() + ns) == 0;
}

/* Is what is in the slots recent enough to be sent as it is? */
static bool
fresh(const struct sendbatch *b)
{
	int64_t age = b->stamp == 0 ? -1 : clock_real() - b->stamp;

	return age >= 0 && age <= SENDER_STALE_NS;
}

/* Hand over a batch, as often as it takes; return how many were taken. */
static unsigned
send_batch(struct sender *s, unsigned long batch)
{
	struct sendbatch *b = &s->batch[batch % INJ_BATCHES];
	unsigned done = 0, taken = 0, at = slot(batch);
	int64_t pause = AGAIN_MIN_NS;
	bool filled = fresh(b);

	while (done < b->n && !s->stopped) {
		int64_t before = clock_mono();
		int k, e;

		if (!filled)
			fill(s, batch, done);
		filled = false;
		k = inj_send(s->inj, at + done, at + b->n, b->stamp);
		e = errno;
		if (k > 0) {
			pace_sent(&s->pace, (unsigned)k, before, clock_mono());
			for (int i = 0; i < k; i++)
				b->probe[done++].sent = true;
			taken += (unsigned)k;
			s->down = false;
			pause = AGAIN_MIN_NS;
			continue;
		}
		if (try_again(s, k == 0 ? EAGAIN : e, &pause) || s->stopped)
			continue;
		count(s, &s->counts.failed[e > 0 && e < SENDER_ERRNOS ? e : 0]);
		done++;
	}
	pthread_mutex_lock(&s->lock);
	s->counts.sent += taken;
	s->counts.unsent += b->n - done;
	pthread_mutex_unlock(&s->lock);
	return taken;
}

/* The next batch there is; false: no more will come. */
static bool
next_batch(struct sender *s)
{
	bool any;

	pthread_mutex_lock(&s->lock);
	while (s->sent == s->filled && !s->done)
		pthread_cond_wait(&s->more, &s->lock);
	any = s->sent != s->filled;
	pthread_mutex_unlock(&s->lock);
	return any;
}

static void *
run(void *arg)
{
	struct sender *s = arg;

	while (next_batch(s)) {
		const struct sendbatch *b = &s->batch[s->sent % INJ_BATCHES];

		if (s->pace.rate != s->asked)
			pace_rate(&s->pace, s->asked, clock_mono());
		await(s, pace_due(&s->pace, b->n));
		send_batch(s, s->sent);
		pthread_mutex_lock(&s->lock);
		s->sent++;
		if (s->waiting && s->filled - s->sent <= s->wake)
			pthread_cond_signal(&s->less);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* ---- the tool's thread ---- */

void
sender_init(struct sender *s, struct inj *inj, struct sentlog *log,
    uint64_t rate, bool (*idle)(void *, int64_t), void *arg)
{
	pthread_condattr_t mono;
	sigset_t all, old;
	int e;

	*s = (struct sender){ .inj = inj, .log = log, .rate = rate,
	    .asked = rate, .idle = idle, .arg = arg };
	s->ticked = clock_mono();
	pace_init(&s->pace, rate, INJ_BATCH, s->ticked);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&s->more, NULL);
	pthread_cond_init(&s->less, &mono);
	pthread_condattr_destroy(&mono);
	/* Signals are the tool's thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (e != 0) {
		s->error = e;
		s->stopped = true;
		s->done = true;
	}
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
	int64_t now;

	while (!s->stopped && (now = clock_mono()) < until) {
		int64_t ns = until - now;
		struct timespec t;

		if (now - s->ticked >= SENDER_TICK_NS)
			tick(s, now);
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

/* Record the batches before end, which have been sent. */
static void
record(struct sender *s, unsigned long end)
{
	for (; s->recorded < end; s->recorded++) {
		const struct sendbatch *b =
		    &s->batch[s->recorded % INJ_BATCHES];

		for (unsigned i = 0; i < b->n && s->log_error == 0; i++)
			if (b->probe[i].sent && sentlog_write(s->log,
			    b->probe[i].origin, b->probe[i].tmpl,
			    &b->probe[i].ask) == -1) {
				s->log_error = errno;
				s->stopped = true;
			}
	}
}

/* Wait a tick at most until only so many batches are left to be sent. */
static unsigned long
await_less(struct sender *s, unsigned left)
{
	int64_t until = clock_mono() + SENDER_TICK_NS;
	struct timespec t = { .tv_sec = until / NS_PER_S,
	    .tv_nsec = until % NS_PER_S };
	unsigned long sent;
	int e = 0;

	pthread_mutex_lock(&s->lock);
	s->wake = left;
	s->waiting = true;
	while (s->filled - s->sent > left && e == 0)
		e = pthread_cond_timedwait(&s->less, &s->lock, &t);
	s->waiting = false;
	sent = s->sent;
	pthread_mutex_unlock(&s->lock);
	return sent;
}

/*
 * Record what has been sent, and wait until a batch is free (left: all but
 * so many).
 */
static void
reap(struct sender *s, unsigned left)
{
	unsigned long sent;
	int64_t now;

	do {
		sent = await_less(s, left);
		record(s, sent);
		now = clock_mono();
		if (now - s->ticked >= SENDER_TICK_NS)
			tick(s, now);
	} while (s->filled - sent > left);
}

/* Let the batch being filled go. */
static void
submit(struct sender *s)
{
	struct sendbatch *b = &s->batch[s->filled % INJ_BATCHES];

	b->n = s->n;
	b->stamp = 0;
	s->n = 0;
	if (s->rate == 0)
		fill(s, s->filled, 0);
	pthread_mutex_lock(&s->lock);
	if (s->filled++ == s->sent)
		pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

int
sender_flush(struct sender *s)
{
	if (s->n > 0)
		submit(s);
	if (s->filled != s->recorded)
		reap(s, 0);
	return s->stopped ? -1 : 0;
}

int
sender_add(struct sender *s, const struct tmpl *t, const struct origin *o,
    const struct ask *ask)
{
	struct queued *q = &s->batch[s->filled % INJ_BATCHES].probe[s->n];

	if (s->stopped) {
		pthread_mutex_lock(&s->lock);
		s->counts.unsent++;
		pthread_mutex_unlock(&s->lock);
		return -1;
	}
	*q = (struct queued){ .tmpl = t, .origin = o, .ask = *ask };
	if (++s->n < pace_batch(s->rate, INJ_BATCH))
		return 0;
	submit(s);
	/* Of several batches at once the other thread wakes us once only. */
	if (s->filled - s->recorded == INJ_BATCHES)
		reap(s, s->rate == 0 ? INJ_BATCHES / 2 : INJ_BATCHES - 1);
	return s->stopped ? -1 : 0;
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

void
sender_rate(struct sender *s, uint64_t rate)
{
	s->asked = rate;
	s->rate = rate;
}

void
sender_counts(struct sender *s, struct sendcounts *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->counts;
	pthread_mutex_unlock(&s->lock);
}

void
sender_close(struct sender *s)
{
	bool running = !s->done;

	pthread_mutex_lock(&s->lock);
	s->done = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	if (running)
		pthread_join(s->thread, NULL);
}

char *
sendcounts_format(const struct sendcounts *c)
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
