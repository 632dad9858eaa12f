#ifndef ICMP_H
#define ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cur.h"
#include "pkt.h"

/* ICMP and ICMPv6 errors: what they quote and the objects they carry. */

struct icmp {
	uint8_t		type, code;
	bool		error;		/* otherwise nothing below is set */
	struct cur	quote;		/* of the packet that caused it */
	struct cur	ext;		/* objects of RFC 4884; may be empty */
};

/* Parse what follows the IP header; PKT_SHORT when under 8 bytes. */
enum pkt_error icmp_parse(struct icmp *, uint8_t family, struct cur);

/*
 * Extension objects as text with a NUL: MPLS label stack entries
 * label:tc:s:ttl and interfaces ROLE|INDEX|ADDRESS|NAME|MTU, ROLE one of in,
 * sub, out, next, missing parts empty; comma-separated; what does not fit is
 * left out.
 */
void	 icmp_ext_format(struct cur ext, char *out, size_t cap);

#endif
