#ifndef NODE_H
#define NODE_H

#include <stdint.h>

/*
 * A node as tools are told it by -N: NAME:NUMBER.  The name stands in
 * records, the number in packets.
 */
#define NODE_NAMELEN	254		/* with a NUL */

struct node {
	char		name[NODE_NAMELEN];
	uint16_t	number;		/* 1 to 65535 */
};

/*
 * Names are ^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$.  Return 0, or -1.
 */
int	 node_parse(struct node *, const char *);

#endif
