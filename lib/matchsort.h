#ifndef MATCHSORT_H
#define MATCHSORT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sort more records than memory holds.  Records have one size (a multiple
 * of 8) and begin with a key compared as bytes; cmp orders those whose keys
 * are equal.  What does not fit the budget goes to a temporary file, as
 * sorted runs which matchsort_next merges.  Records that compare equal come
 * in no promised order, so cmp has to look at everything that matters.
 */
struct matchsort;

/* Memory that several sorters share. */
struct matchsort_budget {
	size_t		limit;
	atomic_size_t	used;
};

/*
 * tmpdir: directory for the temporary file, which has no name there.
 * Never NULL.
 */
struct matchsort *matchsort_open(size_t size, size_t keylen,
    int (*cmp)(const void *, const void *, const void *arg), const void *arg,
    struct matchsort_budget *, const char *tmpdir);

/* A zeroed record to be filled in, or NULL with errno (temporary file). */
void	*matchsort_add(struct matchsort *);

/* No more will be added: sort.  Return 0, or -1 with errno. */
int	 matchsort_done(struct matchsort *);

/*
 * The next record in order, good until the next call, or NULL at the end
 * and after an error, which matchsort_error tells (0: none).
 */
const void *matchsort_next(struct matchsort *);
int	 matchsort_error(const struct matchsort *);

/* Begin again at the first; after matchsort_done only. */
int	 matchsort_rewind(struct matchsort *);

uint64_t matchsort_count(const struct matchsort *);
size_t	 matchsort_runs(const struct matchsort *);	/* 0: all in memory */
void	 matchsort_close(struct matchsort *);

#endif
