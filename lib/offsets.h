#ifndef OFFSETS_H
#define OFFSETS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How far the clocks of nodes are apart, so that times of two nodes can be
 * subtracted.  Nodes are numbers of the caller's.  All zeros is empty.
 */
struct offsets {
	struct offset_entry	*v;	/* each measurement, seen from both ends */
	size_t			 n, cap;
};

#define OFFSETS_MAX	INT64_C(1000000000000000000)

/*
 * The clock of a minus that of b, at a time (by a's or b's clock, NUM_NONE:
 * not known), within plus or minus err_ns, which grows by drift_ns (0 or
 * more) in each minute before or after that time.  None may be beyond
 * OFFSETS_MAX, which no bound exceeds.
 */
void	 offsets_add(struct offsets *, uint32_t a, uint32_t b,
    int64_t offset_ns, int64_t err_ns, int64_t time, int64_t drift_ns);

/* All added: offsets_find may be called. */
void	 offsets_ready(struct offsets *);

/*
 * The clock of a minus that of b at time t, and its error bound: measured
 * between the two, or from both to one third node, whichever has the
 * smallest bound.  Return 0, or -1: not known.
 */
int	 offsets_find(const struct offsets *, uint32_t a, uint32_t b,
    int64_t t, int64_t *offset_ns, int64_t *err_ns);

void	 offsets_free(struct offsets *);

#endif
