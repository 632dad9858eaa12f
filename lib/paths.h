#ifndef PATHS_H
#define PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "intern.h"
#include "rec.h"

/*
 * The hop rows of one target, put in order: by sender, by flow, by ttl.
 * Memory is that of one target; a struct paths of zeros is ready, and used
 * again for the next target.  hopfiles.h fills it from files.
 *
 *	set	what one node sent to the target: tx, src, probe type
 *	trace	one flow of a set
 *	cell	one ttl of a trace: its rows in order of their attempts
 *	row	one probe, answered or not
 *
 * All are arrays; a level names its part of the next by first and n.
 */
enum { PATHS_MAXROWS = 1 << 22, PATHS_MAXFLOW = 65535, PATHS_MAXTTL = 255 };

/*
 * One row.  Words are numbers for paths_name, texts for paths_text, both 0
 * when missing; times are NUM_NONE then, numbers -1, addresses have v 0.
 */
struct pathrow {
	struct addr	from, src;
	rec_time	sent, reply;
	rec_dur		rtt, rtt_err;
	uint32_t	tx, rx, probe, verdict, kind, auth, icmp, qclass,
			options;				/* words */
	uint32_t	sites, mpls, mods, txt;			/* texts */
	int32_t		replies, rttl, rtos, qttl, qtos, qlen, round;
	int32_t		sport, dport, tos, size;
	uint16_t	flow;
	uint8_t		ttl, attempt;
	bool		answered;	/* anything authentic came */
	bool		reached;	/* and it was the destination's */
};

struct pathcell {
	uint32_t	row, n;		/* row[row .. row + n) */
	struct addr	addr;		/* of the first answer; v 0: silent */
	uint16_t	flow;
	uint8_t		ttl;
	uint8_t		answered;	/* rows with an answer, at most 255 */
	uint8_t		next;		/* attempt to go on with, 255: none left */
	bool		reached;	/* the destination answered */
	bool		refused;	/* a router said unreachable */
	bool		several;	/* different addresses answered */
};

enum pathend {
	PATH_OPEN,		/* nothing ended it yet */
	PATH_REACHED, PATH_REFUSED, PATH_LOOP
};

struct pathtrace {
	uint32_t	cell, n;
	uint16_t	flow;
	uint8_t		reached;	/* first ttl of these, 0: none */
	uint8_t		refused;
	uint8_t		loop;		/* where an address came again, two or
					   more ttls after it came first */
	uint8_t		answered;	/* last ttl up to the end that anything
					   answered at, 0: none */
	uint8_t		end;		/* last ttl that belongs to the path:
					   reached, else the first of refused
					   and loop, else the last probed */
	enum pathend	why;
};

struct pathset {
	uint32_t	trace, n;
	uint32_t	tx, probe;	/* words */
	struct addr	src;
	uint32_t	nrows;
	uint32_t	row;		/* any of its rows: for sport and so on */
};

struct paths {
	struct addr	 dst;
	struct pathrow	*row;
	struct pathcell	*cell;
	struct pathtrace *trace;
	struct pathset	*set;
	size_t		 nrows, ncells, ntraces, nsets;
	size_t		 doubled;	/* rows that were there already */

	/* paths.c's own */
	struct intern	 names;		/* words of all targets so far */
	char		*text;		/* texts of this one */
	struct hop	*scratch;
	size_t		 ntext, captext, caprows, capcells, captraces, capsets;
};

/* Begin another target. */
void	 paths_begin(struct paths *, const struct addr *dst);

/*
 * Add a row: a hop record split into its columns (recin_split; columns the
 * input does not have are .s NULL).  Return 0; -1 with a reason: a bad value,
 * or more than PATHS_MAXROWS, errno ENOBUFS then.
 */
int	 paths_add(struct paths *, const struct span v[], char err[static 256]);

/*
 * The same made by hand, with .answered and .reached; paths_norow is a row
 * that has nothing.
 */
int	 paths_addrow(struct paths *, const struct pathrow *);
extern const struct pathrow paths_norow;

/* All are there: put them in order.  A row that is there twice is taken once. */
void	 paths_end(struct paths *);

void	 paths_free(struct paths *);

/* A word's number and back: number 0 is "-". */
uint32_t paths_word(struct paths *, const char *s, size_t n);
uint32_t paths_keep(struct paths *, const char *s, size_t n);
const char *paths_name(const struct paths *, uint32_t word);
const char *paths_text(const struct paths *, uint32_t text);

/* The trace of a flow in a set, its cell at a ttl; NULL if there is none. */
const struct pathtrace *paths_trace(const struct paths *,
    const struct pathset *, unsigned flow);
const struct pathcell *paths_cell(const struct paths *,
    const struct pathtrace *, unsigned ttl);

#endif
