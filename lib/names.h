#ifndef NAMES_H
#define NAMES_H

#include "addr.h"
#include "intern.h"

/*
 * Names of addresses, from a file or as names_net.c asks for them; every
 * address is asked for once.
 */
struct names {
	struct intern	 addr;		/* the address, 17 bytes */
	char		**name;		/* NULL: has none */
	uint64_t	 late;		/* not known in time */
};

/*
 * One line of a file: "address name", separated by white space; what follows
 * the name is ignored, '#' begins a comment.  A name of "-" says that there
 * is none.  Return 1; 0: nothing on it; -1 with a reason.
 */
int	 names_parse(const char *line, struct addr *, char name[static 256],
    const char **why);

/* Read a file, .gz or not; the first name of an address counts.  0, or -1. */
int	 names_load(struct names *, const char *path, char err[static 512]);

/* Note a name, or NULL: none; unless the address has one already. */
void	 names_set(struct names *, const struct addr *, const char *name);
/* Is it known whether it has a name? */
bool	 names_known(const struct names *, const struct addr *);
/* The name, or NULL. */
const char *names_find(const struct names *, const struct addr *);
void	 names_free(struct names *);

/*
 * Ask the system's resolver for the names of n addresses, 16 at a time, and
 * wait no longer than limit_ns; those not answered by then are counted in
 * .late and not asked for again.  An edge: the only one here to use the
 * network.
 */
void	 names_resolve(struct names *, const struct addr *, size_t n,
    int64_t limit_ns);

#endif
