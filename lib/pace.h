#ifndef PACE_H
#define PACE_H

#include <stdint.h>

/*
 * Even pacing.  Packets leave in small batches, each when its last packet
 * is due, so that there were never more than asked for; a batch holds half
 * a millisecond's packets, at least one and at most max.
 *
 * Who is late may catch up, but gently: batches keep 1/1.1 of their usual
 * distance, and of a stall longer than PACE_DEBT_NS only that much is made
 * good.  Hence from 1,000 packets a second on no 10 ms hold more than
 * 1.2 times their share, whatever the scheduler does:
 *
 *	1.1 (distance) x 1.04 (see pace_sent) + 0.05 (a batch) < 1.2
 *
 * No clock is read here: times are nanoseconds of one monotonic clock, and
 * the caller's.
 */
#define PACE_BATCH_NS	500000		/* time's worth of packets sent together */
#define PACE_DEBT_NS	50000000	/* made good after a stall */
#define PACE_CALL_NS	40000		/* usual time to send a batch, */
#define PACE_PACKET_NS	1200		/* and per packet in it */
#define PACE_MANY	32		/* packets in a batch that cover a stall */

struct pace {
	uint64_t	rate;		/* packets per second; 0: no limit */
	unsigned	max;		/* largest batch */
	unsigned	batch;		/* packets to send together */
	int64_t		next;		/* when the next packet is due */
	uint64_t	rest;		/* and the part below a nanosecond */
	int64_t		left;		/* when the last batch left */
};

void	 pace_init(struct pace *, uint64_t rate, unsigned max, int64_t now);

/* Another rate from now on. */
void	 pace_rate(struct pace *, uint64_t rate, int64_t now);

/* When the next n packets (at most .batch) may leave: at once, if past. */
int64_t	 pace_due(const struct pace *, unsigned n);

/*
 * n packets left between these two readings of the clock.  If that took the
 * usual time they count as having left at the first, else at the second:
 * all of them may have been held back until then.  Of PACE_MANY packets or
 * more, a batch's share of time before the second is enough: a slow machine
 * would be held back by its own slowness, and only one batch, a twentieth
 * of a window, comes closer to the next.
 */
void	 pace_sent(struct pace *, unsigned n, int64_t before, int64_t after);

/* Nothing leaves for ns from now. */
void	 pace_pause(struct pace *, int64_t now, int64_t ns);

#endif
