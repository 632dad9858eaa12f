#ifndef SPOOL_H
#define SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Short strings of bytes put aside, to be fetched by number in any order:
 * a few hundred KiB in memory, what is more in a temporary file that has no
 * name.
 */
struct spool;

#define SPOOL_MAX	65535		/* bytes of one string */

struct spool	*spool_open(const char *tmpdir);	/* never NULL */
void		 spool_close(struct spool *);
bool		 spool_empty(const struct spool *);

/* Put n bytes, 1 to SPOOL_MAX; return their number, or 0 with errno. */
uint64_t	 spool_add(struct spool *, const void *p, size_t n);

/*
 * Fetch them to out[SPOOL_MAX or what was the largest]; return how many, or
 * -1 with errno.
 */
long		 spool_get(struct spool *, uint64_t number, void *out);

#endif
