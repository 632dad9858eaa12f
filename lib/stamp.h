#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "cur.h"

/*
 * Simple Two-way Active Measurement Protocol: packets of RFC 8762,
 * unauthenticated mode (sections 4.2.1 and 4.3.1), with the session
 * identifier and the extensions of RFC 8972.
 *
 * Timestamps stay as they were on the wire (raw), because a reflector
 * returns the sender's bytes; stamp_ns makes nanoseconds of the Unix epoch
 * of them, in the format that the error estimate beside them says.
 */
#define STAMP_LEN	44		/* both packets, without extensions */
#define STAMP_TLV_LEN	4		/* header of an extension */

struct stamp_request {
	uint32_t	seq;
	uint64_t	time;
	uint16_t	error;
	uint16_t	ssid;		/* RFC 8972; 0: none */
};

struct stamp_reply {
	uint32_t	seq;		/* the reflector's own, or the sender's */
	uint64_t	time;		/* when it was sent */
	uint16_t	error;
	uint16_t	ssid;
	uint64_t	rx_time;	/* when the request came */
	uint32_t	sender_seq;
	uint64_t	sender_time;
	uint16_t	sender_error;
	uint8_t		sender_ttl;	/* as it arrived */
};

/* Read the fixed part and leave the cursor on the extensions; 0 or -1. */
int	 stamp_parse_request(struct cur *, struct stamp_request *);
int	 stamp_parse_reply(struct cur *, struct stamp_reply *);
void	 stamp_build_request(struct buf *, const struct stamp_request *);
void	 stamp_build_reply(struct buf *, const struct stamp_reply *);

/* Bits of the error estimate (RFC 8762 section 4.2.1, RFC 4656 4.1.2). */
enum {
	STAMP_SYNCED	= 0x8000,	/* S: to UTC by an outside source */
	STAMP_PTP	= 0x4000	/* Z: PTPv2 timestamps, else NTP */
};

uint64_t stamp_ntp(int64_t ns);
uint64_t stamp_ptp(int64_t ns);
/* NTP before 2036 or after it; error: of the same packet. */
int64_t	 stamp_ns(uint64_t time, uint16_t error);

/* An error estimate no smaller than ns. */
uint16_t stamp_error(int64_t ns, bool synced);
int64_t	 stamp_error_ns(uint16_t error);

/* Extensions (RFC 8972 section 4). */
enum {
	TLV_PADDING	= 1,
	TLV_COS		= 4,		/* class of service, 4 bytes */
	TLV_CASTNET	= 252,		/* private use: see below */

	TLV_U		= 0x80,		/* not understood */
	TLV_M		= 0x40,		/* malformed */
	TLV_I		= 0x20		/* integrity check failed */
};

struct stamp_tlv {
	uint8_t		flags, type;
	struct cur	body;
};

/*
 * The next extension: 1, 0 at the end, -1 when what is left is none (its
 * length is beyond the packet, or fewer than four bytes remain).
 */
int	 stamp_next(struct cur *, struct stamp_tlv *);
void	 stamp_padding(struct buf *, uint8_t flags, size_t total);

/* Class of service (RFC 8972 section 4.4): what arrived at the reflector. */
struct stamp_cos {
	uint8_t	dscp1;			/* that the reply should have */
	uint8_t	dscp2, ecn;		/* as the request arrived */
	uint8_t	rp;			/* dscp1 was: 0 used, 1 not allowed */
};

void	 stamp_build_cos(struct buf *, uint8_t flags, const struct stamp_cos *);
int	 stamp_parse_cos(struct cur, struct stamp_cos *);

/*
 * Our own extension: who this is, whatever address it has by now, and what
 * our reflector has counted.  Sent with zero counters, so that no reply is
 * longer than its request.
 */
enum { STAMP_ASK = 1 };			/* flag: only asks, is not counted */

struct stamp_count {
	uint64_t	session;
	uint8_t		flags;
	uint32_t	epoch;		/* 24 bits: of the reflector's memory */
	uint32_t	rcvd, dup, reord, extent, bursts, burst_max, late,
			replies;	/* sent, this one too */
};

#define STAMP_COUNT_LEN	(STAMP_TLV_LEN + 48)
#define STAMP_COS_LEN	(STAMP_TLV_LEN + 4)
#define STAMP_FULL_LEN	(STAMP_LEN + STAMP_COS_LEN + STAMP_COUNT_LEN)

void	 stamp_build_count(struct buf *, uint8_t flags,
    const struct stamp_count *);
int	 stamp_parse_count(struct cur, struct stamp_count *);

#endif
