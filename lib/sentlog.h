#ifndef SENTLOG_H
#define SENTLOG_H

#include <stdint.h>

#include "probe.h"
#include "rec.h"

/*
 * The sent records of one node, fast: of a record only the target changes
 * from one to the next, so what stands before and after it is kept as text.
 */

/* Columns beside those every sent log has, as bits; in this order. */
enum {
	SENTLOG_SPORT = 1, SENTLOG_DPORT = 2, SENTLOG_TOS = 4,
	SENTLOG_SIZE = 8, SENTLOG_OPTIONS = 16
};

struct sentlog {
	struct recout		*out;
	const char		*node;
	unsigned		 extra;
	const struct origin	*origin;	/* what the texts below are for */
	uint32_t		 serial;
	int64_t			 tx_ns;
	struct ask		 ask;
	size_t			 nbefore, nafter;
	char			 before[512], after[192];
};

/* The columns to open the stream with, NULL at the end. */
#define SENTLOG_COLS	15
void	 sentlog_cols(unsigned extra, const char *cols[static SENTLOG_COLS]);

/* All are kept. */
void	 sentlog_init(struct sentlog *, struct recout *, const char *node,
    unsigned extra);

/*
 * Write the record of a probe sent.  Return 0, or -1 with errno.  A given
 * origin must not change its address or type from call to call, templates
 * with different ports, sizes and so on have different serials.
 */
int	 sentlog_write(struct sentlog *, const struct origin *,
    const struct tmpl *, const struct ask *);

#endif
