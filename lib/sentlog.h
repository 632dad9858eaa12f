#ifndef SENTLOG_H
#define SENTLOG_H

#include <stdint.h>

#include "probe.h"
#include "rec.h"

/*
 * The sent records of one node, fast: of a record only the target changes
 * from one to the next, so what stands before and after it is kept as text.
 * The stream must have been opened with sentlog_cols.
 */
extern const char *const sentlog_cols[];

struct sentlog {
	struct recout		*out;
	const char		*node;
	const struct origin	*origin;	/* what the texts below are for */
	int64_t			 tx_ns;
	struct ask		 ask;
	size_t			 nbefore, nafter;
	char			 before[512], after[64];
};

/* Both are kept. */
void	 sentlog_init(struct sentlog *, struct recout *, const char *node);

/*
 * Write the record of a probe sent.  Return 0, or -1 with errno.  A given
 * origin must not change its address or type from call to call.
 */
int	 sentlog_write(struct sentlog *, const struct origin *,
    const struct ask *);

#endif
