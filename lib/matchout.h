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

/* The columns for recout_open; NULL: all. */
const char *const *matchout_columns(bool all);

/* Format one line into out[MATCHOUT_MAX]; return its length with newline. */
size_t	 matchout_line(const struct match *, const struct matchprobe *,
    bool all, char *out);

#endif
