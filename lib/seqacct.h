#ifndef SEQACCT_H
#define SEQACCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sketch.h"

/*
 * What became of numbered packets, from the numbers that arrive: received,
 * lost and in which bursts, duplicated, late, reordered (RFC 4737: a packet
 * is reordered when its number is below one that was received before; its
 * extent is how many packets ago the first such one came).
 *
 * A packet is given up, and lost, when seqacct_settle says so, or when
 * numbers have gone on by a window.  One that comes later than that counts
 * as late and received, and no longer as lost; bursts stay as they were
 * when they were settled.  One from before the window is counted in old
 * and nowhere else: it may be late, it may be a duplicate.
 */
#define SEQACCT_RING	512		/* arrivals remembered for extents */

struct seqacct {
	uint64_t	*bits;		/* received, of the last window numbers */
	uint64_t	 window;	/* a power of two, 64 or more */
	uint64_t	 head;		/* end of the window */
	uint64_t	 high;		/* highest received + 1: NextExp */
	uint64_t	 settled;	/* lower ones are received or lost */
	uint64_t	 run;		/* lost without a break before settled */

	uint64_t	 rcvd, lost, dup, reord, late, old;
	uint64_t	 bursts, burst_max, extent_max;
	struct sketch	 burst_lens;

	uint64_t	*arrival;	/* the last SEQACCT_RING new ones */
	uint64_t	 arrivals;
};

enum seqkind { SEQ_NEW, SEQ_REORD, SEQ_LATE, SEQ_DUP, SEQ_OLD };

void	 seqacct_init(struct seqacct *, unsigned log2_window);
void	 seqacct_free(struct seqacct *);

/* A packet arrived; its number is 32 bits of a count that only grows. */
enum seqkind seqacct_add(struct seqacct *, uint32_t seq);

/* Give up numbers below upto that have not come. */
void	 seqacct_settle(struct seqacct *, uint64_t upto);

/* No more will come: give up all that were sent, end the last burst. */
void	 seqacct_end(struct seqacct *, uint64_t sent);

#endif
