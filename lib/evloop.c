#include "evloop.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

int
evloop_open(struct evloop *l)
{
	*l = (struct evloop){ .ep = epoll_create1(EPOLL_CLOEXEC),
	    .now = INT64_MIN };
	return l->ep == -1 ? -1 : 0;
}

void
evloop_close(struct evloop *l)
{
	close(l->ep);
	free(l->timer);
}

int
evloop_add(struct evloop *l, struct evsource *s, unsigned events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	return epoll_ctl(l->ep, EPOLL_CTL_ADD, s->fd, &e);
}

int
evloop_change(struct evloop *l, struct evsource *s, unsigned events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	return epoll_ctl(l->ep, EPOLL_CTL_MOD, s->fd, &e);
}

void
evloop_remove(struct evloop *l, struct evsource *s)
{
	(void)epoll_ctl(l->ep, EPOLL_CTL_DEL, s->fd, NULL);
	for (int i = 0; i < l->nready; i++)
		if (l->ready[i].data.ptr == s)
			l->ready[i].data.ptr = NULL;
}

/* Put a timer where it belongs in the heap, beginning at that place. */
static void
up(struct evloop *l, size_t i, struct evtimer *t)
{
	while (i > 0 && l->timer[(i - 1) / 2]->due > t->due) {
		l->timer[i] = l->timer[(i - 1) / 2];
		l->timer[i]->at = i + 1;
		i = (i - 1) / 2;
	}
	l->timer[i] = t;
	t->at = i + 1;
}

static void
down(struct evloop *l, size_t i, struct evtimer *t)
{
	size_t child;

	while ((child = 2 * i + 1) < l->n) {
		if (child + 1 < l->n &&
		    l->timer[child + 1]->due < l->timer[child]->due)
			child++;
		if (l->timer[child]->due >= t->due)
			break;
		l->timer[i] = l->timer[child];
		l->timer[i]->at = i + 1;
		i = child;
	}
	l->timer[i] = t;
	t->at = i + 1;
}

void
evtimer_set(struct evloop *l, struct evtimer *t, int64_t due)
{
	int64_t was = t->due;

	t->due = due <= l->now ? l->now + 1 : due;
	if (t->at != 0) {
		(t->due < was ? up : down)(l, t->at - 1, t);
		return;
	}
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->timer = mem_grow(l->timer, l->cap, sizeof(*l->timer));
	}
	up(l, l->n++, t);
}

void
evtimer_clear(struct evloop *l, struct evtimer *t)
{
	struct evtimer *last;
	size_t i = t->at - 1;

	if (t->at == 0)
		return;
	t->at = 0;
	last = l->timer[--l->n];
	if (last != t)
		(last->due < t->due ? up : down)(l, i, last);
}

/* Fire what is due; one that is set again for the past is for the next. */
static void
fire_due(struct evloop *l)
{
	l->now = clock_mono();
	while (l->n > 0 && l->timer[0]->due <= l->now) {
		struct evtimer *t = l->timer[0];

		evtimer_clear(l, t);
		t->fire(t->arg, l->now);
	}
	l->now = INT64_MIN;
}

/*
 * A call may free the owner of another that is ready: see evloop_remove.  A
 * timerfd was tried for the timeout: it takes a third more processor time,
 * since the kernel lets nothing else go off with it.
 */
int
evloop_turn(struct evloop *l)
{
	int64_t now = clock_mono(), wait = 0;
	struct timespec ts;

	if (l->n > 0 && l->timer[0]->due > now)
		wait = l->timer[0]->due - now;
	ts = (struct timespec){ wait / NS_PER_S, wait % NS_PER_S };
	l->nready = epoll_pwait2(l->ep, l->ready, EVLOOP_READY,
	    l->n == 0 ? NULL : &ts, NULL);
	if (l->nready == -1) {
		l->nready = 0;
		if (errno != EINTR)
			return -1;
	}
	for (int i = 0; i < l->nready; i++) {
		struct evsource *s = l->ready[i].data.ptr;

		/* Times first: packets have theirs from the kernel. */
		if (l->n > 0 && l->timer[0]->due <= clock_mono())
			fire_due(l);
		if (l->ready[i].data.ptr != NULL)
			s->ready(s->arg, l->ready[i].events);
	}
	l->nready = 0;
	fire_due(l);
	return 0;
}
