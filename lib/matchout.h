#ifndef MATCHOUT_H
#define MATCHOUT_H

#include "match.h"
#include "rec.h"

/*
 * Result records as text, all columns in the order of records.def, by hand:
 * at millions of lines a general writer takes twice as long.
 */
#define MATCHOUT_MAX	GZ_LINE_MAX

/* Format one line into out[MATCHOUT_MAX]; return its length with newline. */
size_t	 matchout_line(const struct match *, const struct matchprobe *,
    char *out);

#endif
