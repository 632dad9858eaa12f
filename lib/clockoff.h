#ifndef CLOCKOFF_H
#define CLOCKOFF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How far a peer's clock is from ours, and how sure that is.
 *
 * An exchange sent at t1 and received at t4 by our clock, received at t2
 * and answered at t3 by the peer's, says one thing for certain, because no
 * packet arrives before it was sent: the peer's clock minus ours was at
 * most t2 - t1 then, and at least t3 - t4.  Over a window of time these are
 * bounds a straight line (an offset and a drift) must pass between; all
 * lines that do bound the offset at any time (the convex hull method of
 * Zhang, Liu and Xia, INFOCOM 2002, here in both directions).  The estimate
 * is the middle, the error half the width: about half the round trip of
 * the fastest exchanges, whichever way the path is asymmetric.
 *
 * Drift is at most CLOCKOFF_DRIFT and may itself wander by CLOCKOFF_WANDER
 * within the window; when no line passes, a clock was set, and what was
 * before that is forgotten.
 */
#define CLOCKOFF_DRIFT	500e-6
#define CLOCKOFF_WANDER	1e-6
#define CLOCKOFF_SLOTS	64		/* of which each keeps its best */
#define CLOCKOFF_SLOT_NS INT64_C(1000000000)

struct clockoff {
	struct clockslot {
		int64_t	at;		/* number of the slot; its bounds: */
		double	up_t, up;	/* offset <= up at up_t, */
		double	down_t, down;	/* offset >= down at down_t */
	}		slot[CLOCKOFF_SLOTS];
	unsigned	n;		/* oldest first */
	int64_t		base_t, base_o;	/* times and offsets are from these */
	uint64_t	samples, steps;	/* exchanges; times a clock was set */
};

struct clockest {
	int64_t	offset_ns;		/* the peer's clock minus ours */
	int64_t	err_ns;			/* truth within plus or minus */
	double	drift_lo, drift_hi;	/* seconds a second */
};

/* A clockoff of zeros is empty and ready. */
void	 clockoff_add(struct clockoff *, int64_t t1, int64_t t2, int64_t t3,
    int64_t t4);

/* The offset at time t of our clock; false when nothing is known. */
bool	 clockoff_at(struct clockoff *, int64_t t, struct clockest *);

#endif
