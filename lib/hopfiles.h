#ifndef HOPFILES_H
#define HOPFILES_H

#include "paths.h"
#include "rec.h"

/*
 * Files of hop records side by side, as of several rounds or senders.  All
 * are sorted by hex, so one target at a time is read from all of them.
 */
struct hopfile {
	const char	*path;
	struct recin	 in;
	struct span	 v[nfields_hop];
	struct addr	 next;		/* target of the row read already */
	bool		 over;		/* there is none */
	char		*bad;		/* "path:line: why" of the first bad
					   line, or NULL */
};

struct hopfiles {
	struct hopfile	*f;
	size_t		 n;
	struct paths	 paths;		/* this target */
	uint64_t	 doubled;	/* rows that were there already */
};

/*
 * Open files ("-" is standard input).  Return 0, or -1 with a reason that
 * names the file.  header: for input that has none, or NULL.  Metadata that
 * comes before the records is then in .f[i].in.meta.
 */
int	 hopfiles_open(struct hopfiles *, size_t n, char *const path[],
    const char *header, char err[static 512]);

/*
 * The next target: .paths holds all its rows, in order.  Return 1; 0 at the
 * end; -1 with a reason: a file is not sorted, or a target has too many rows.
 * Bad lines are counted in .in.nbad and passed over.
 */
int	 hopfiles_next(struct hopfiles *, char err[static 512]);

/* Has any of the files that column? */
bool	 hopfiles_column(const struct hopfiles *, const char *name);

/*
 * What a metadata key says, the last file that has it deciding; NULL if
 * none has.
 */
const char *hopfiles_meta(const struct hopfiles *, const char *key);

/*
 * Close one file: 0, or -1 with a reason in .in.err when it was cut.  Its
 * metadata stays until hopfiles_free.
 */
int	 hopfiles_close(struct hopfiles *, size_t i);
void	 hopfiles_free(struct hopfiles *);

#endif
