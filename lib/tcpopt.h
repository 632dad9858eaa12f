#ifndef TCPOPT_H
#define TCPOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a TCP SYN carries besides its numbers: options and ECN flags, as the
 * options column of probe and sent records has them:
 *
 *	MSS(1460)/WSCALE(7)/SACKP/TS/MPCAPABLE/ECE/CWR
 *
 * in any order, each at most once; or NONE, for no option at all.  The
 * options go on the wire in that order, padded with zeros to whole words
 * (RFC 9293 section 3.1); probes(7) has their bytes.
 */
#define TCPOPT_MAX	40		/* bytes of options, padded */
#define TCPOPT_STRLEN	64		/* of the text, with a NUL */

enum { TCPOPT_ECE = 0x40, TCPOPT_CWR = 0x80 };

struct tcpopt {
	bool		given;		/* false: the type's own options */
	uint8_t		flags;		/* TCPOPT_ECE, TCPOPT_CWR */
	uint8_t		n;		/* bytes of options, padded */
	uint8_t		ts;		/* where TSval goes, 0: no timestamps */
	uint8_t		b[TCPOPT_MAX];
};

/*
 * Parse.  Return 0, or -1 with a reason that names the element which cannot
 * be: unknown, twice, out of range.
 */
int	 tcpopt_parse(struct tcpopt *, const char *s, size_t n,
    char err[static 128]);

/*
 * The one text of what was parsed: options in their order, values written
 * out, then flags.  Return its length, 0 when nothing was given.
 */
size_t	 tcpopt_format(const struct tcpopt *, char out[static TCPOPT_STRLEN]);

#endif
