#ifndef EVLOOP_H
#define EVLOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * One thread that waits for descriptors and for times: epoll(7), with
 * timers to the nanosecond, in a heap: what a packet costs does not depend
 * on how many peers there are.  Sources and timers are their owners', who may
 * add and remove them at any time, also from within a call.
 */
struct evsource {
	int	 fd;
	void	(*ready)(void *arg, unsigned events);	/* EPOLLIN ... */
	void	*arg;
};

struct evtimer {
	int64_t	 due;			/* CLOCK_MONOTONIC */
	void	(*fire)(void *arg, int64_t now);
	void	*arg;
	size_t	 at;			/* place + 1 of one that is set */
};

#define EVLOOP_READY	64

struct evloop {
	int		 ep;
	struct evtimer	**timer;	/* a heap of those that are set */
	size_t		 n, cap;
	int64_t		 now;		/* of the timers being fired */
	struct epoll_event ready[EVLOOP_READY];
	int		 nready;	/* of this turn */
	bool		 stop;
	uint64_t	 packets;	/* handled by whoever counts them here */
};

/* Return 0, or -1 with errno. */
int	 evloop_open(struct evloop *);
void	 evloop_close(struct evloop *);

/* events: EPOLLIN, EPOLLOUT ...; evloop_change for one that is added. */
int	 evloop_add(struct evloop *, struct evsource *, unsigned events);
int	 evloop_change(struct evloop *, struct evsource *, unsigned events);
void	 evloop_remove(struct evloop *, struct evsource *);

/*
 * Call fire once when it is due, in a later turn than this if that is now;
 * setting again moves it.
 */
void	 evtimer_set(struct evloop *, struct evtimer *, int64_t due);
void	 evtimer_clear(struct evloop *, struct evtimer *);

/* Wait for the next of them and make the calls.  Return 0, or -1. */
int	 evloop_turn(struct evloop *);

#endif
