#ifndef CONNCTX_H
#define CONNCTX_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "connuri.h"
#include "evloop.h"
#include "rec.h"

/*
 * What all connections of one conntest share: the loop, the records, who
 * we are and what went wrong.
 */
struct connctx {
	struct evloop	 loop;
	struct recout	*out, *offsets;		/* offsets: NULL: not asked */
	const char	*node;
	uint8_t		 id[16];		/* of this process */
	uint8_t		 secret[16];		/* for cookies */
	int64_t		 interval_ns;		/* between records */
	uint64_t	 turns;			/* rounds to make; 0: no end */
	uint16_t	 clock_error;		/* of about now */
	uint64_t	 max_rate;		/* of a UDP listener, bits a second */
	uint64_t	 tcp_rate;		/* of a TCP listener, 0: any */
	bool		 hist;
	bool		 ending;		/* finish, begin nothing */
	unsigned	 busy;			/* connections not done */
	unsigned	 failures;		/* tests that could not be made */
	int		 error;			/* errno of a failed write */
	struct conn	 rec;			/* of connctx_begin */

	int64_t		 cpu_at, cpu_last;	/* for connctx_cpu */
	uint64_t	 packets_last;
	rec_num		 cpu;
};

/*
 * Begin a record: everything missing but the time and these; then set what
 * there is, and put it.  One at a time.
 */
struct conn *connctx_begin(struct connctx *, const char *event,
    const char *peer, enum connproto, const char *dir);
void	 connctx_put(struct connctx *);

/* An event: state and error may be NULL and 0; detail NULL. */
void	 connctx_event(struct connctx *, const char *event, const char *peer,
    enum connproto, const struct addr *, uint16_t port, const char *state,
    int error, const char *detail);

/* Is that a clock offset to be written for matchresults -o? */
void	 connctx_offset(struct connctx *, const char *peer,
    const struct conn *);

/* Name of an errno, "ECONNREFUSED"; and what it says of a port or peer. */
const char *connctx_errname(int error);
const char *connctx_state(int error);

/* The error estimate of our clock as STAMP has it, from the kernel. */
uint16_t connctx_clock_error(void);

/*
 * Processor time the process took per packet, sent or received, in
 * nanoseconds: in the last interval, which is the same for all connections,
 * and in all; NUM_NONE: there were no packets.
 */
rec_num	 connctx_cpu(struct connctx *);
rec_num	 connctx_cpu_total(const struct connctx *);

#endif
