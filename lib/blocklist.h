#ifndef BLOCKLIST_H
#define BLOCKLIST_H

#include "addr.h"
#include "prefixset.h"

/*
 * What must not be probed: the special-purpose registries of IANA (built
 * in), and what a user's files list.  blocklist_allow lifts the registries
 * for a prefix (a lab's addresses); it does not lift a user's file, because
 * somebody's wish not to be probed weighs more than a command line.
 *
 * Order of calls: init, any number of load and allow, ready, then refuses
 * (from any thread).
 */
struct blocklist {
	struct prefixset	special, file, allow;
};

enum blockwhy {
	BLOCK_NO,		/* may be probed */
	BLOCK_SPECIAL,		/* in a special-purpose registry */
	BLOCK_FILE		/* in a user's file */
};

void	 blocklist_init(struct blocklist *);

/*
 * Add the prefixes of a file: one prefix or address a line, '#' begins a
 * comment, gzip or not.  Return 0, or -1 with "file:line: why" or "file:
 * why" in err: a list that cannot be read whole must not be probed with.
 */
int	 blocklist_load(struct blocklist *, const char *path,
    char err[static 256]);

void	 blocklist_allow(struct blocklist *, const struct prefix *);
void	 blocklist_ready(struct blocklist *);
enum blockwhy blocklist_refuses(const struct blocklist *, const struct addr *);

/* For counters: "special", "blocklist". */
const char *blocklist_why(enum blockwhy);

void	 blocklist_free(struct blocklist *);

/* The built-in rows, for tests and the manual; ends with prefix NULL. */
struct special {
	const char	*prefix;
	bool		 probe;		/* globally reachable: may be probed */
	const char	*name;
};

extern const struct special blocklist_special[];

#endif
