#ifndef SKETCH_H
#define SKETCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Quantiles of many numbers in little memory, mergeable.
 *
 * A value from 0 to INT64_MAX falls into a bucket: values under 256 have
 * one each, above that each power of two is cut in 128 (after DDSketch,
 * Masson, Rim and Lee, VLDB 2019, but with integers only, so that every
 * machine puts a value in the same bucket).  A quantile is the middle of
 * its bucket: it is within SKETCH_ERROR of the value that has that rank.
 * Merging adds counts: how values were spread over sketches, and in which
 * order they came, makes no difference to any result.
 */
struct sketch {
	struct sketchbucket {
		uint32_t	at;
		uint64_t	count;
	}		*b;		/* sorted by at, counts above 0 */
	size_t		 n, cap;
	uint64_t	 total;
};

#define SKETCH_ERROR	(1.0 / 256)	/* relative */

/* A sketch of zeros is empty and ready. */
void	 sketch_add(struct sketch *, int64_t value, uint64_t times);
void	 sketch_merge(struct sketch *, const struct sketch *from);
void	 sketch_free(struct sketch *);

/*
 * The value whose rank is q of all (0 to 1; nearest rank), or -1 when
 * there are none.
 */
int64_t	 sketch_quantile(const struct sketch *, double q);

/*
 * As text, "bucket:count,bucket:count,...", from bucket number *from on, as
 * many as fit in cap; *from becomes the first left out, or n.  No NUL.
 * Return the length.
 */
size_t	 sketch_format(const struct sketch *, size_t *from, char *out,
    size_t cap);

/* Add what such a text says; return 0, or -1 (then some may be added). */
int	 sketch_parse(struct sketch *, const char *p, size_t n);

#endif
