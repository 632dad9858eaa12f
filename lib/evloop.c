#include "evloop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

enum { EVENTS = 64 };

int
evloop_open(struct evloop *l)
{
	*l = (struct evloop){ .ep = epoll_create1(EPOLL_CLOEXEC) };
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
}

void
evtimer_set(struct evloop *l, struct evtimer *t, int64_t due)
{
	t->due = due;
	if (t->at != 0)
		return;
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->timer = mem_grow(l->timer, l->cap, sizeof(*l->timer));
	}
	l->timer[l->n++] = t;
	t->at = l->n;
}

void
evtimer_clear(struct evloop *l, struct evtimer *t)
{
	struct evtimer *last;

	if (t->at == 0)
		return;
	last = l->timer[--l->n];
	l->timer[t->at - 1] = last;
	last->at = t->at;
	t->at = 0;
}

/* Fire what is due; a timer that is set again for the past fires next turn. */
static void
fire_due(struct evloop *l)
{
	int64_t now = clock_mono();

	for (size_t i = 0; i < l->n;) {
		struct evtimer *t = l->timer[i];

		if (t->due > now) {
			i++;
			continue;
		}
		evtimer_clear(l, t);
		t->fire(t->arg, now);
		if (i < l->n && l->timer[i] == t)
			i++;
	}
}

static int64_t
next_due(const struct evloop *l)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < l->n; i++)
		if (l->timer[i]->due < due)
			due = l->timer[i]->due;
	return due;
}

/*
 * One descriptor per wait: a call may free the owner of another that is
 * ready too, and epoll hands them out in turn.
 */
int
evloop_turn(struct evloop *l)
{
	int64_t due = next_due(l), now = clock_mono();
	int64_t wait = due <= now ? 0 : due - now;
	struct timespec ts = { wait / NS_PER_S, wait % NS_PER_S };
	struct epoll_event e;
	int n;

	n = epoll_pwait2(l->ep, &e, 1, due == INT64_MAX ? NULL : &ts, NULL);
	ts = (struct timespec){ 0, 0 };
	for (int i = 0; i < EVENTS && n == 1; i++) {
		struct evsource *s = e.data.ptr;

		s->ready(s->arg, e.events);
		if (next_due(l) <= clock_mono())
			break;
		n = epoll_pwait2(l->ep, &e, 1, &ts, NULL);
	}
	fire_due(l);
	return n == -1 && errno != EINTR ? -1 : 0;
}
