#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "buf.h"
#include "cur.h"
#include "key.h"
#include "num.h"
#include "tcpopt.h"

/*
 * Probes on the wire; probes(7) is the specification.
 *
 * A probe type is one file, lib/probe_NAME.c, and one row of probes.def.
 * It says how to ask and how to know an answer; it does no I/O, keeps no
 * state and prints nothing.  tests/unit/probe.c tries every row.
 */

struct probe_type;			/* a row; probe_types.h */

/* What is constant for all probes of one origin in one run. */
struct origin {
	const struct probe_type	*probe;
	struct addr		 src;		/* its family is the probes' family */
	uint16_t		 sport, dport;	/* 0: the type's default; a keyed sport stays */
	uint8_t			 ttl;		/* default of asks, 0: 64 */
	uint8_t			 tos;
	uint16_t		 size;		/* IP packet size, 0: as needed */
	const char		*qname;		/* DNS: suffix, NULL: "invalid"; CHAOS: the name */
	const char		*contact;	/* opt-out text, NULL: none */
	struct tcpopt		 tcp;		/* syn: options, when given */
};

/* What one probe carries: the same ask must be found again in the answer. */
struct ask {
	struct addr	dst;
	int64_t		tx_ns;		/* NUM_NONE: not in this answer */
	uint16_t	node;		/* number of the sending node; 0: unknown */
	uint8_t		round, ttl, attempt;
	uint16_t	flow;
};

#define PROBE_MAX	1500

/* A probe with everything constant in place, and sums over it. */
struct tmpl {
	uint8_t			 b[PROBE_MAX];	/* from the IP header on */
	size_t			 len;
	const struct probe_type	*probe;
	struct origin		 origin;
	struct key		 key;
	size_t			 l4;		/* offset of the transport header */
	uint64_t		 sum_l4;	/* of constant transport bytes and pseudo-header, unfolded */
	uint64_t		 sum_ip;	/* of constant IPv4 header bytes */
	uint32_t		 serial;	/* tmplset: no other has it */
};

/*
 * Build the template with libnet (tmpl_net.c).  Return 0, or -1 with a
 * reason in err.
 */
int	 tmpl_build(struct tmpl *, const struct origin *, const struct key *,
    char err[static 128]);

/*
 * Write one whole probe to out (tmpl->len bytes): the template and what the
 * ask changes, checksums complete.  The same origin, key and ask give the
 * same bytes.  ask->dst must be of the template's family, attempt < 255.
 * This is the sender's fast path: no allocation, two SipHashes.
 */
void	 probe_fill(const struct tmpl *, const struct ask *, uint8_t *out);

/* Look a type up by name; all names, for usage. */
const struct probe_type *probe_find(const char *name);
extern const struct probe_type *const probes[];	/* NULL-terminated */
const char	*probe_name(const struct probe_type *);
uint8_t		 probe_proto(const struct probe_type *, uint8_t family);
void		 probe_ports(const struct probe_type *, uint16_t *sport, uint16_t *dport);
/*
 * Source ports [*lo, *hi] the answers come to: the origin's, one per flow it
 * may use; 0,0 when the type has none.  With flow 0 alone it is *lo alone,
 * unless the type's ports are keyed (probe_ports gives sport 0).
 */
void		 probe_bind_range(const struct origin *, uint16_t *lo, uint16_t *hi);

/* How strongly an answer is tied to the probe; higher is stronger. */
enum auth { AUTH_NONE, AUTH_TAG16, AUTH_TAG30, AUTH_TAG32, AUTH_MAC64 };
const char	*auth_name(enum auth);
int		 auth_find(const char *name);	/* -1: no such level */

/* What kind of packet answered. */
enum kind {
	KIND_ECHO, KIND_DNS, KIND_RST, KIND_SYNACK, KIND_TTL, KIND_UNREACH,
	KIND_PTB, KIND_PARAM, KIND_REDIRECT, KIND_QUENCH, KIND_OTHER
};
const char	*kind_name(enum kind);

/* Why a packet is no answer: each is counted by this name. */
enum reject {
	REJ_OK,
	REJ_FOREIGN,	/* foreign: not to an origin, or none of our probes */
	REJ_SHORT,	/* short: cut before what must be there */
	REJ_BADSUM,	/* badsum: a checksum is wrong */
	REJ_BADFORM,	/* badform: lengths or types contradict each other */
	REJ_FRAGMENT,	/* fragment: not the whole packet */
	REJ_FORGED,	/* forged: looks ours, tag is wrong */
	REJ_FUTURE,	/* future: says it was sent more than 2 s after it arrived */
	REJ_MAX
};
const char	*reject_name(enum reject);

#define QUOTE_MAX	1500

/* A packet that is an answer. */
struct answer {
	const struct origin	*origin;
	enum kind		 kind;
	enum auth		 auth;
	struct addr		 from, to;
	struct ask		 ask;		/* .dst always, .flow when authentic */
	bool			 has_ask;	/* ttl, attempt are known; node unless 0 */
	uint8_t			 rttl, rtos;
	uint16_t		 size;
	int			 icmp_type, icmp_code;	/* -1: no ICMP error */
	int			 qttl, qtos, qlen;	/* -1: no quote */
	const uint8_t		*quote;		/* into the packet; NULL: none */
	size_t			 quote_len;
	char			 mpls[512];	/* icmp_ext_format; "" when none */
	char			 txt[256];	/* CHAOS: the first string, raw */
	size_t			 txt_len;
};

/* What is expected, for all origins of a run. */
struct expect {
	const struct origin	*origins;
	size_t			 n;
	const struct key	*key;		/* NULL: not known here; auth is none */
	uint16_t		 max_node;	/* asks with a larger node are forged; 0: 65535 */
	uint8_t			 ttl;		/* asks with another ttl are forged; 0: any */
	uint8_t			 max_attempt;	/* likewise */
	bool			 nosum;		/* do not check transport checksums */
};

/*
 * Is this packet (from its IP header on, cut to what was captured; caplen
 * smaller than the packet is "short" only if what is needed is missing) an
 * answer to one of our probes?  REJ_OK fills *answer.  rx_ns is the arrival
 * time.  Costs one SipHash for a forged packet.
 *
 * Without a key REJ_OK means it has the shape of one; quote then holds the
 * packet from its IP header on, so that probe_match can be called again on
 * it, with the key, later.
 */
enum reject probe_match(const struct expect *, struct cur packet,
    int64_t rx_ns, struct answer *);

/*
 * A pcap filter for the answers to all origins; wide: every packet to their
 * addresses (to count foreign ones), otherwise also our mid and ports.
 * Return 0, or -1 if it does not fit.
 */
int	 probe_filter(const struct expect *, bool wide, char *out, size_t cap);

#endif
