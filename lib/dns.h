#ifndef DNS_H
#define DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "cur.h"

/* As much of DNS (RFC 1035, 6891) as two kinds of question need. */

enum { DNS_A = 1, DNS_TXT = 16, DNS_OPT = 41, DNS_IN = 1, DNS_CH = 3 };

/* The header of a message, after its id. */
struct dns {
	uint16_t	id;
	bool		reply;
	uint16_t	questions, answers;
};

/* Append a header with id 0, RD when asked, one question, an OPT or none. */
void	 dns_header(struct buf *, bool recurse, bool opt);

/* Append the labels of a name and its end; bad when it is no DNS name. */
void	 dns_name(struct buf *, const char *name);

/* Append type and class of a question. */
void	 dns_question(struct buf *, uint16_t type, uint16_t class);

/* Bytes of an OPT record with a text. */
#define DNS_OPT_LEN(n)	(15 + (n))

/*
 * Append an OPT record with the contact text (code 65001), if there is one,
 * and padding (RFC 7830) up to want bytes in all since at, or of spare bytes
 * if that is more: those are the last ones then.
 */
void	 dns_opt(struct buf *, const char *contact, size_t at, size_t want,
    size_t spare);

/* Read a header. */
struct dns dns_parse(struct cur *);

/*
 * Pass over a name, compressed or not; pointers are not followed, so a loop
 * of them is none.  Return 0, or -1 for label types there are not.
 */
int	 dns_skip_name(struct cur *);

/*
 * The first string of the first TXT record among the answers: its length,
 * copied to out[256]; 0 if there is none.  c is after the header.
 */
size_t	 dns_find_txt(struct cur c, const struct dns *, char *out);

/* Turn a query at b->p + at into its reply, with a TXT record or none. */
void	 dns_answer(struct buf *, struct cur query, const char *txt);

#endif
