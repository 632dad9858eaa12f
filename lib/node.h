#ifndef NODE_H
#define NODE_H

#include <stdint.h>

/* A node as -N tells it: NAME:NUMBER, the number as in the probes it sends. */
struct node {
	char		name[254];
	uint16_t	number;		/* 1 to 65535 */
};

/*
 * Names are [A-Za-z0-9][A-Za-z0-9._-]*, at most 253 bytes.  NULL is this
 * host's name and 1.  Return 0 or -1.
 */
int	 node_parse(struct node *, const char *s);

#endif
