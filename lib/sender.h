#ifndef SENDER_H
#define SENDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inj.h"
#include "pace.h"
#include "probe.h"
#include "sentlog.h"

/*
 * Probes from a queue to an injector, paced, and a sent record for each one
 * that was taken.
 *
 * A thread of its own does nothing but send, a batch at a time; the tool's
 * thread, which calls what is below, fills batches and writes the records of
 * those that were sent.
 *
 * A probe is stamped when it is handed over, not when it is queued; without
 * a limit to the rate, up to SENDER_STALE_NS before, so that the thread that
 * sends need not wait for it.  When the kernel has no room or the link is
 * down it is stamped anew and tried again, for as long as it takes: to wait
 * costs no target.  Other failures lose that one probe and are counted.
 */
#define SENDER_ERRNOS	134		/* Linux has 133 */
#define SENDER_TICK_NS	100000000	/* idle is called about this often */
#define SENDER_STALE_NS	500000		/* a stamp older than this is renewed */

struct sendcounts {
	uint64_t	sent;
	uint64_t	failed[SENDER_ERRNOS];	/* probes lost, by errno */
	uint64_t	again[SENDER_ERRNOS];	/* tries that were repeated */
	uint64_t	linkdowns;		/* times the link went down */
	uint64_t	unsent;			/* queued when it was stopped */
};

struct sendbatch {
	unsigned	 n;
	int64_t		 stamp;		/* of the packets in their slots; 0: none yet */
	struct queued {
		const struct tmpl	*tmpl;
		const struct origin	*origin;
		struct ask		 ask;
		bool			 sent;
	}		 probe[INJ_BATCH];
};

struct sender {
	struct inj		*inj;
	struct sentlog		*log;
	uint64_t		 rate;		/* packets per second; 0: no limit */
	int			 log_error;	/* errno: no record can be */

	/*
	 * Called while waiting and between batches; false: stop.  now is
	 * clock_mono.
	 */
	bool			(*idle)(void *arg, int64_t now);
	void			*arg;

	/* sender.c's own */
	int64_t			 ticked;
	unsigned		 n;		/* in the batch being filled */
	unsigned long		 recorded;	/* batches */
	struct sendbatch	 batch[INJ_BATCHES];

	/* Both threads', under lock: batches [recorded, sent) have been. */
	pthread_mutex_t		 lock;
	pthread_cond_t		 more, less;
	unsigned long		 filled, sent;
	unsigned		 wake;		/* main waits for so few; see reap */
	bool			 waiting, done;
	struct sendcounts	 counts;
	int			 error;		/* errno: nothing can be sent */

	/* The sending thread's, but for these it may read and set any time. */
	atomic_bool		 stopped, down;
	_Atomic uint64_t	 asked;		/* the rate from the next batch on */
	struct pace		 pace;
	pthread_t		 thread;
};

/*
 * Start the thread; call it before a sandbox goes on.  The injector and the
 * log, which are not used before the first probe, stay the caller's.  rate
 * 0: no limit.
 */
void	 sender_init(struct sender *, struct inj *, struct sentlog *,
    uint64_t rate, bool (*idle)(void *arg, int64_t now), void *arg);

/*
 * Queue a probe (ask->tx_ns is set when it leaves), and let a complete batch
 * go.  The template must stay until the queue is flushed, the origin for
 * good.  Return 0, or -1 when stopped: by idle, or by an error.
 */
int	 sender_add(struct sender *, const struct tmpl *,
    const struct origin *, const struct ask *);

/* Send what is queued, each when it is due, and record it. */
int	 sender_flush(struct sender *);

/* Send what is queued, then nothing for ns. */
int	 sender_pause(struct sender *, int64_t ns);

/* Unless it is past: the same until that moment of clock_mono. */
int	 sender_until(struct sender *, int64_t moment);

/* Another rate; not to or from 0. */
void	 sender_rate(struct sender *, uint64_t rate);

/* Wait until a moment of clock_mono, or until stopped. */
int	 sender_wait(struct sender *, int64_t until);

/* So far, or in the end. */
void	 sender_counts(struct sender *, struct sendcounts *);

/* End the thread; flush first.  The counts can still be had. */
void	 sender_close(struct sender *);

/*
 * The counts as text, "sent=9 unsent=0 linkdowns=0 err.EPERM=1
 * again.EPERM=0 ...", for the caller to free.
 */
char	*sendcounts_format(const struct sendcounts *);

#endif
