#ifndef MATCHMETA_H
#define MATCHMETA_H

#include <stdio.h>

#include "match.h"
#include "rec.h"

/*
 * The metadata of a result file: that of every file read, with the counters
 * of all senders and of all catchers added up, and the matching's own.
 */
struct counter {
	struct intern	 name;
	uint64_t	*n;
};

struct matchmeta {
	struct meta	 all;		/* last value of each key; provenance */
	struct {
		char	*node, *key, *value;
	}		*owner;		/* every value of every key */
	size_t		 nlines;
	struct intern	 nodes;		/* "name:number" */
	struct counter	 sent, reply;
};

/*
 * Add a file's metadata; learn the nodes' numbers.  Return 0, or -1 with a
 * reason: another run's key, or a node number that means two nodes.
 */
int	 matchmeta_add(struct matchmeta *, const struct meta *,
    const struct rectype *, struct matchnames *, char err[static 128]);
void	 matchmeta_free(struct matchmeta *);

/* Write it, before the records; returns as recout_meta. */
int	 matchmeta_write(const struct matchmeta *, struct recout *);

/* Count what offline authentication rejected as replies read. */
void	 matchmeta_reject(struct matchcounts *, const uint64_t by[REJ_MAX],
    uint64_t total);

/* The counts as a metadata line, and as a table for people. */
int	 matchmeta_counts(const struct matchcounts *, uint64_t badlines,
    struct recout *);

/* How many times are by which clocks. */
int	 matchmeta_rtts(const struct matchrtts *, struct recout *);
void	 matchmeta_print(const struct matchcounts *, FILE *);

#endif
