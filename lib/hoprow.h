#ifndef HOPROW_H
#define HOPROW_H

#include <stdbool.h>

#include "intern.h"
#include "rec.h"
#include "str.h"

/*
 * Hop files read one target at a time, in rows a hundredth of the size of a
 * struct hop.  Several files are merged by target.
 */

enum hopverdict {
	HOP_NONE, HOP_UNREACH, HOP_LATE, HOP_ALIAS, HOP_OK, HOP_MULTI
};

enum qclass {
	QCLASS_NONE, QCLASS_L3, QCLASS_L3_8, QCLASS_PART, QCLASS_FULL
};

struct hoprow {
	rec_dur		 rtt_ns, rtt_err_ns;	/* NUM_NONE: not known */
	rec_time	 sent_time, reply_time;
	struct addr	 src, from;		/* v 0: missing */
	uint32_t	 tx, rx, kind, probe;	/* numbers in .names */
	uint32_t	 sites, mpls, mods, options;	/* where in .text; 0: "" */
	int32_t		 ttl, flow, attempt, dport, tos, size, replies;
	int32_t		 qttl, qlen, icmp_type, icmp_code;	/* -1: missing */
	uint32_t	 pass;			/* hoprow_traces */
	enum hopverdict	 verdict;
	enum qclass	 qclass;
};

struct hopfile {
	const char	*path;
	struct recin	 in;
	struct hop	*next;		/* the row that is read already */
	bool		 over;		/* there is none */
};

struct hoprows {
	struct hopfile	*file;
	size_t		 nfiles;
	struct intern	 names;		/* tx, rx, kind, probe; 0 is "-" */
	struct addr	 dst;		/* this target */
	struct hoprow	*row;
	size_t		 n, cap;
	struct str	 text;		/* of this target's rows */
	char		 err[512];

	/* A line of a file is bad: told, then passed over. */
	void		(*bad)(const char *path, unsigned long line,
			    const char *why);
};

/*
 * Open the files, "-" being standard input; header as recin_open has it.
 * Return 0, or -1 with .err.  bad must be set before.
 */
int	 hoprow_open(struct hoprows *, size_t n, char *const paths[],
    const char *header);

/* The next target: dst and its rows.  1; 0: the end; -1 with .err. */
int	 hoprow_next(struct hoprows *);

/*
 * Close the files.  Return how many were cut or had bad lines; each cut one
 * is told to bad with line 0.
 */
unsigned hoprow_close(struct hoprows *);
void	 hoprow_free(struct hoprows *);

/* The last value of a metadata key, of all files; NULL: none has it. */
const char *hoprow_meta(const struct hoprows *, const char *key);

/*
 * Sort the rows into traces: alike in sender, source, probe type, port, TOS,
 * options and flow, then by ttl and attempt.  A probe that is there again
 * (another measurement) belongs to the next pass, a trace of its own.
 */
void	 hoprow_traces(struct hoprows *);
/* Are two rows of the same trace; of the same but for the flow? */
bool	 hoprow_same(const struct hoprows *, const struct hoprow *,
    const struct hoprow *);
bool	 hoprow_alike(const struct hoprows *, const struct hoprow *,
    const struct hoprow *);

/* Somebody answered in time; the target was reached. */
bool	 hoprow_answered(const struct hoprow *);
bool	 hoprow_reached(const struct hoprows *, const struct hoprow *);

static inline const char *
hoprow_name(const struct hoprows *t, uint32_t id)
{
	return intern_string(&t->names, id);
}

static inline const char *
hoprow_text(const struct hoprows *t, uint32_t at)
{
	return t->text.s + at;
}

#endif
