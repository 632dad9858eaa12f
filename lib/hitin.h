#ifndef HITIN_H
#define HITIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "rec.h"

/*
 * The files hitlists are made from, a line at a time.  The format is known
 * by the first line that is no comment, or given:
 *
 *	list	ADDRESS [score], or ADDRESS/LEN
 *	fsdb	"#fsdb [-F x] columns", of which we know dst, ip, addr (an
 *		address), hex_ip, hex (the same in hex), prefix, score, asn,
 *		as: ISI's hitlists, our own target and result records
 *	isi	the columns hex_ip score ip without a header
 *	pfx2as	ADDRESS LEN AS (CAIDA's routeviews-prefix2as)
 *	ranges	START,END[,AS...] or ADDRESS/LEN[,AS...]: CSV, quoted or not,
 *		addresses or whole numbers, maybe under a line of names
 *	bgpdump	what bgpdump -m writes: TABLE_DUMP2|time|B|peer|as|prefix|path
 */
enum hitfmt {
	HIT_AUTO, HIT_LIST, HIT_FSDB, HIT_ISI, HIT_PFX2AS, HIT_RANGES,
	HIT_BGPDUMP
};

struct hit {
	struct addr	lo, hi;		/* the same for an address */
	bool		listed;		/* this very address, not a range */
	int		score;		/* HIT_NOSCORE: none */
	uint32_t	as;		/* 0: unknown */
	int		len;		/* prefix length, -1 of a range */
};

#define HIT_NOSCORE	(-32768)	/* less than any score */
#define HIT_MAXSCORE	32767

struct hitin {
	enum hitfmt	 fmt;
	uint64_t	 lines;		/* of data so far */
	struct meta	 meta;		/* of our own records; the caller's */
	char		 err[160];	/* why the last line was refused */

	/* hitin.c's own */
	char		*header;
	char		 sep;		/* of fsdb columns; 0: white space */
	int		 addr, hex, prefix, score, as;	/* columns, or -1 */
	bool		 typed;		/* our own: must have an end line */
	bool		 ended, cut;
	uint64_t	 seg_lines;
	unsigned	 segment;
};

/* A name above to a format: 0, or -1 if there is none such. */
int	 hitin_format(enum hitfmt *, const char *name);
const char *hitin_format_name(enum hitfmt);

void	 hitin_init(struct hitin *, enum hitfmt);

/*
 * Take a line of n bytes, NUL-terminated; whole says that it ended in a
 * newline.  Return 1 with *hit; 0 when there is nothing in it (a comment, a
 * header, a default route); -1 when it makes no sense and -2 when nothing
 * of this file can (with .err).
 */
int	 hitin_line(struct hitin *, const char *line, size_t n, bool whole,
    struct hit *);

/* After the last line: 0, or -1 with .err when the input was cut short. */
int	 hitin_end(struct hitin *);

/* Release all but .meta. */
void	 hitin_free(struct hitin *);

#endif
