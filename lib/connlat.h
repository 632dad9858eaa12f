#ifndef CONNLAT_H
#define CONNLAT_H

#include <stdint.h>

#include "clockoff.h"
#include "rec.h"
#include "sketch.h"

/*
 * Latency of one connection: exchanges in, columns of conn records out.
 * Of an interval the raw differences of the two clocks are kept until its
 * end, when the offset is known best; then it is added to the total.
 */
enum { LAT_UP, LAT_DOWN };

struct latsum {
	struct sketch	rtt, dwell, owd[2];
	int64_t		rtt_min, rtt_max, owd_min[2], owd_max[2];
	int64_t		owd_err;	/* largest; -1: no offset known */
	int64_t		offset, offset_err;	/* last: the peer's clock minus ours */
	uint64_t	clipped;	/* owds below 0 within the bound */
};

#define CONNLAT_RAW	4096		/* exchanges kept for an offset */

struct connlat {
	struct latsum	 part, total;	/* this interval, all of the turn */
	struct clockoff	*clock;		/* the peer's; the caller's */
	double		 jitter[2];	/* RFC 3550 section 6.4.1, ns */
	int64_t		 transit[2];	/* of the last packet */
	uint64_t	 n;
	struct latraw {
		int64_t	t, d[2];
	}		*raw;
	unsigned	 nraw;
};

void	 connlat_init(struct connlat *, struct clockoff *);
void	 connlat_free(struct connlat *);

/* Sent and received by our clock, received and answered by the peer's. */
void	 connlat_add(struct connlat *, int64_t t1, int64_t t2, int64_t t3,
    int64_t t4);

/* The interval is over: what it was goes into the total. */
void	 connlat_settle(struct connlat *);
/* Begin the next. */
void	 connlat_next(struct connlat *);

/* Set the columns of a record about round trips, or one direction. */
void	 connlat_fill_rt(const struct latsum *, struct conn *);
void	 connlat_fill_owd(const struct connlat *, const struct latsum *,
    int dir, struct conn *);

#endif
