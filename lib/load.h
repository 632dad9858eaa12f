#ifndef LOAD_H
#define LOAD_H

#include "addr.h"
#include "csv.h"
#include "ranges.h"

/*
 * How much of the load comes from where: lines "prefix weight" or
 * "netblock,weight".  What comes from within one block (a /24, a /48) is
 * added up; the weight of a wider prefix is spread evenly over its blocks.
 *
 * Weights are kept in millionths and divided without loss, so that sums do
 * not depend on the order of adding.
 */
struct load {
	uint8_t		 len4, len6;	/* of a block */
	struct ranges	 ranges;
	struct loadline {
		struct prefix	prefix;
		uint64_t	units;
	}		*line;
	size_t		 n, cap;
	uint64_t	 total;		/* units */
};

#define LOAD_UNIT	1000000

void	 load_init(struct load *, uint8_t len4, uint8_t len6);

/* Read a file: 0, or -1 with a reason in err, as join_add. */
int	 load_add(struct load *, const char *path, char err[static 512]);
int	 load_line(struct load *, struct csv *, const char **why);

/* After the last file. */
void	 load_ready(struct load *);

/* The load of the block around an address, in units. */
uint64_t load_find(struct load *, const struct addr *);
void	 load_free(struct load *);

/* Units as a decimal number, without trailing zeros; return the length. */
size_t	 load_format(uint64_t units, char *out);

#endif
