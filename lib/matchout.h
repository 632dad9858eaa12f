#ifndef MATCHOUT_H
#define MATCHOUT_H

#include "match.h"
#include "rec.h"

/*
 * Result records as text, by hand: at millions of lines a general writer
 * takes twice as long.  Columns are either all of them, or the first few,
 * without those that are alike for all probes of a simple run.
 */
#define MATCHOUT_MAX	GZ_LINE_MAX

/* The columns for recout_open; the error of times too, if there are offsets. */
const char *const *matchout_columns(bool all, bool err);

/* Format one line into out[MATCHOUT_MAX]; return its length with newline. */
size_t	 matchout_line(const struct match *, const struct matchprobe *,
    bool all, char *out);

/*
 * The same as a hop record with all its columns.  mods and qclass are
 * strings, "-" for none.
 */
size_t	 matchout_hop(const struct match *, const struct matchprobe *,
    const char *mods, const char *qclass, char *out);

#endif
