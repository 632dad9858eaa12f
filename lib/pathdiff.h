#ifndef PATHDIFF_H
#define PATHDIFF_H

#include "hopfiles.h"

/*
 * Paths of several rounds side by side, and how one goes over into the next.
 */
enum pathchange {
	PATHDIFF_NONE,	/* in neither round */
	PATHDIFF_STABLE,	/* no hop that answered in both is another */
	PATHDIFF_CHANGED,	/* one is */
	PATHDIFF_LOST,	/* the target answered before, not now; else stable */
	PATHDIFF_GAINED,	/* the reverse */
	PATHDIFF_SILENT,	/* nothing answered in one of them or in both */
	PATHDIFF_ADDED, PATHDIFF_REMOVED,	/* not probed in the one, in the other */
	PATHDIFF_CHANGES
};
const char	*pathdiff_name(enum pathchange);

/*
 * Compare two traces of one target.  A silent hop is compatible with any,
 * and the target is at every ttl from the one it first answered at; of hops
 * where several addresses answered one in common is enough.  *ttl: the first
 * that differs, or where the target first answered; 0 when there is none.
 */
enum pathchange	 pathdiff(const struct paths *, const struct pathtrace *,
    const struct paths *, const struct pathtrace *, unsigned *ttl);

/*
 * The hops of a trace from ttl 1 to its end, comma-separated, "-" for silent
 * ones, "|" between several addresses of one; what does not fit is left out.
 */
void		 pathdiff_text(const struct paths *, const struct pathtrace *,
    rec_text *);

/* The same set of traces (sender, source, probe type) in another round. */
const struct pathset *pathdiff_set(const struct paths *of,
    const struct pathset *, const struct paths *in);

/* How many traces are in the one and not in the other, which may be NULL. */
uint64_t	 pathdiff_missing(const struct paths *, const struct paths *);

struct pathround {
	char		*label;
	char		*path;
	struct hopfiles	 files;		/* one */
	bool		 here;		/* .files.paths is of this target */
	bool		 over;
};

struct pathrounds {
	struct pathround *r;
	size_t		 n;
	struct addr	 dst;		/* this target */
};

/*
 * Open the files, each "label=path" or "path".  Return 0, or -1 with a
 * reason that names the file.  header: for input that has none, or NULL.
 */
int	 pathrounds_open(struct pathrounds *, size_t n,
    char *const operands[], const char *header, char err[static 512]);

/* The next target.  Return 1; 0 at the end; -1 with a reason. */
int	 pathrounds_next(struct pathrounds *, char err[static 512]);
void	 pathrounds_free(struct pathrounds *);

#endif
