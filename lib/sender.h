#ifndef SENDER_H
#define SENDER_H

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
 * A probe is stamped when it is handed over, not when it is queued.  When
 * the kernel has no room or the link is down it is stamped anew and tried
 * again, for as long as it takes: to wait costs no target.  Other failures
 * lose that one probe and are counted.
 */
#define SENDER_ERRNOS	134		/* Linux has 133 */
#define SENDER_TICK_NS	100000000	/* idle is called about this often */

struct sendcounts {
	uint64_t	sent;
	uint64_t	failed[SENDER_ERRNOS];	/* probes lost, by errno */
	uint64_t	again[SENDER_ERRNOS];	/* tries that were repeated */
	uint64_t	linkdowns;		/* times the link went down */
	uint64_t	unsent;			/* queued when it was stopped */
};

struct sender {
	struct inj		*inj;
	struct pace		 pace;
	struct sentlog		*log;
	struct sendcounts	 counts;
	int			 error;		/* errno: nothing can be sent */
	int			 log_error;	/* errno: no record can be */

	/*
	 * Called while waiting and between batches; false: stop.  now is
	 * clock_mono.
	 */
	bool			(*idle)(void *arg, int64_t now);
	void			*arg;

	/* sender.c's own */
	bool			 stopped, down;
	int64_t			 ticked;
	unsigned		 n;
	struct queued {
		const struct tmpl	*tmpl;
		const struct origin	*origin;
		struct ask		 ask;
	}			 queue[INJ_BATCH];
};

/* The injector and the log stay the caller's.  rate 0: no limit. */
void	 sender_init(struct sender *, struct inj *, struct sentlog *,
    uint64_t rate, bool (*idle)(void *arg, int64_t now), void *arg);

/*
 * Queue a probe (ask->tx_ns is set when it leaves), and send if a batch is
 * complete.  The template must stay until the queue is flushed, the origin
 * for good.  Return 0, or -1 when stopped: by idle, or by an error.
 */
int	 sender_add(struct sender *, const struct tmpl *,
    const struct origin *, const struct ask *);

/* Send what is queued, each when it is due. */
int	 sender_flush(struct sender *);

/* Send what is queued, then nothing for ns. */
int	 sender_pause(struct sender *, int64_t ns);

/* Unless it is past: the same until that moment of clock_mono. */
int	 sender_until(struct sender *, int64_t moment);

/* Wait until a moment of clock_mono, or until stopped. */
int	 sender_wait(struct sender *, int64_t until);

/*
 * The counts as text, "sent=9 unsent=0 linkdowns=0 err.EPERM=1
 * again.EPERM=0 ...", for the caller to free.
 */
char	*sender_counts(const struct sendcounts *);

#endif
