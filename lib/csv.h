#ifndef CSV_H
#define CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "gz.h"

/*
 * Lines of fields from elsewhere: comma-separated (RFC 4180, but a field
 * cannot hold a newline) or separated by white space; comments begin with
 * '#'.  .gz or not.
 */
enum { CSV_MAX = 16 };

struct csv {
	struct gzin	*gz;
	unsigned long	 lineno;
	char		*field[CSV_MAX];	/* NUL-terminated, changeable */
	size_t		 n;
	bool		 comma;		/* this line was comma-separated */
};

/*
 * Split one line in place: the number of fields, at most CSV_MAX (the rest
 * is dropped); 0: nothing on it.  -1: a quote is not closed.
 */
int	 csv_split(struct csv *, char *line);

int	 csv_open(struct csv *, const char *path);	/* 0, or -1 with errno */
/* 1: a line with fields; 0: the end; -1: unclosed quote; -2: csv_error. */
int	 csv_next(struct csv *);
const char *csv_error(const struct csv *);
void	 csv_close(struct csv *);

#endif
