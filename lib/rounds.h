#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdbool.h>

#include "groups.h"
#include "intern.h"
#include "rec.h"

/*
 * Result files of several rounds side by side.  All are sorted by hex, so
 * one target is looked at in all rounds at a time.
 */
enum { STATE_ABSENT, STATE_SILENT, STATE_MULTI, STATE_SITE };

struct round {
	char		*label;
	const char	*path;
	struct recin	 in;
	struct span	 v[nfields_result];
	struct addr	 next;		/* the row that is read already */
	uint32_t	 next_state;
	bool		 over;		/* there is none */
	uint64_t	 nbad;
	uint32_t	 state;		/* of this target; a site is
					   STATE_SITE + its number */
};

struct rounds {
	struct round	*r;
	size_t		 n;
	struct intern	 site;
	struct addr	 dst;		/* this target */
	uint8_t		 len4, len6;	/* targets alike so far are one */
};

/*
 * Open the files, each "label=path" or "path".  Return 0, or -1 with a
 * reason that names the file.  header: for input that has none, or NULL.
 * len4, len6: compare prefixes of these lengths; 32 and 128 are targets.
 */
int	 rounds_open(struct rounds *, size_t n, char *const operands[],
    const char *header, uint8_t len4, uint8_t len6, char err[static 512]);

/*
 * The next target: dst and every round's state.  Several rows of a target
 * in one round are one: at the site of those that are ok, STATE_MULTI if
 * they are at several.  Return 1; 0 at the end; -1 with a reason: a file is
 * not sorted.  Bad lines are counted and passed over.
 */
int	 rounds_next(struct rounds *, char err[static 512]);

/* How a target went from one state to the next. */
enum change {
	CHANGE_NONE,		/* in neither round */
	CHANGE_STABLE, CHANGE_FLIPPED, CHANGE_TO_SILENT, CHANGE_FROM_SILENT,
	CHANGE_SILENT, CHANGE_MULTI, CHANGE_ADDED, CHANGE_REMOVED, CHANGE_MAX
};
enum change rounds_change(uint32_t from, uint32_t to);

/* The name of a state: its site, "absent", "none" or "multi". */
const char *rounds_state(const struct rounds *, uint32_t state);

void	 rounds_free(struct rounds *);

#endif
