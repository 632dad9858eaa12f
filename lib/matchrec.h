#ifndef MATCHREC_H
#define MATCHREC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "intern.h"
#include "probe.h"

/*
 * Probes and replies as matchresults keeps them in memory: 40 and 72 bytes
 * each, for hops 40 and 96, names as numbers, the target first, as bytes
 * that sort like the hex column.
 */
#define MATCHKEY_LEN	17	/* 4 bytes, 0 or 1 for IPv6, 12 more bytes */

struct matchsent {
	uint8_t		key[MATCHKEY_LEN];
	uint8_t		ttl, attempt, round;
	uint16_t	origin, node;
	int64_t		time;
	uint16_t	flow;
	uint8_t		has_round;
	uint8_t		unlogged;	/* only its reply tells of it */
	uint32_t	how;		/* number in names->how + 1, 0: as its origin */
};

enum {				/* what a reply says of its probe: matchreply.has */
	HAS_TX_TIME = 1, HAS_TX = 2, HAS_TTL = 4, HAS_ATTEMPT = 8,
	HAS_FLOW = 16, HAS_ROUND = 32, HAS_RTTL = 64, HAS_ICMP = 128,
	HAS_HOP = HAS_TTL | HAS_ATTEMPT | HAS_FLOW
};

struct matchreply {
	uint8_t		key[MATCHKEY_LEN];
	uint8_t		from[MATCHKEY_LEN];
	uint8_t		has, kind, auth;
	uint8_t		ttl, attempt, round;
	int64_t		time, tx_time;
	uint16_t	tx;		/* number of the sending node */
	uint16_t	node;		/* the catching one */
	uint16_t	origin, flow;
	uint8_t		rttl, icmp_type, icmp_code, pad;
	uint32_t	txt;		/* number in names->txt + 1, 0: none */

	/* For hops only; otherwise all of it is 0, and not stored. */
	uint64_t	quote;		/* where the quote is kept, 0: nowhere */
	uint32_t	ext;		/* number in names->ext + 1, 0: none */
	uint16_t	qlen;
	uint8_t		qttl, qtos, rtos;
	uint8_t		qhas;		/* which of the four were given */
	uint8_t		pad2[6];
};

enum { QHAS_QLEN = 1, QHAS_QTTL = 2, QHAS_QTOS = 4, QHAS_RTOS = 8 };

/* What a sent record says of an unusual probe. */
struct matchhow {
	uint32_t	options;	/* number in names->options + 1, 0: none */
	uint16_t	sport, dport, size;
	uint8_t		tos, has;	/* which of these four were given */
};

enum { HOW_SPORT = 1, HOW_DPORT = 2, HOW_SIZE = 4, HOW_TOS = 8 };

void		 matchkey_set(uint8_t key[static MATCHKEY_LEN],
    const struct addr *);
struct addr	 matchkey_addr(const uint8_t key[static MATCHKEY_LEN]);

/*
 * Names and what else is the same in many records.  Two threads read files,
 * so adding takes the lock, and so does comparing two different numbers.
 */
struct matchnames {
	pthread_mutex_t	 lock;
	struct intern	 node, type, txt, key, ext, options;
	struct intern	 how;		/* the bytes of struct matchhow */
	bool		 hops;		/* order within a target: see below */
	struct matchorigin {
		struct addr	 src;
		uint32_t	 type;
	}		*origin;
	size_t		 norigins;
	uint32_t	*number;	/* node by its number, or INTERN_NONE */
	uint8_t		*numbered;	/* by node: some file told its number */
};

#define MATCH_MAXNAMES	65535

void	 matchnames_init(struct matchnames *);
void	 matchnames_free(struct matchnames *);

/* The number of a node or an origin, or -1: too many. */
long	 matchnames_node(struct matchnames *, const char *s, size_t n);
long	 matchnames_origin(struct matchnames *, const struct addr *src,
    const char *type, size_t n);
/* The number + 1 in one of the others: txt, ext, options, how. */
uint32_t matchnames_add(struct matchnames *, struct intern *, const void *s,
    size_t n);

/*
 * "# node: name:number".  Return 0; -1: not of that form; -2: the number
 * is another node's.
 */
int	 matchnames_number(struct matchnames *, const char *value);

/*
 * The order of records with equal keys, the same whatever the numbers are;
 * for matchsort, arg is the names.  Probes: origin, attempt, time; with
 * names->hops origin, ttl, flow, attempt, time.  matchhop_cmp is of replies
 * with what only hops have.
 */
int	 matchsent_cmp(const void *, const void *, const void *names);
int	 matchreply_cmp(const void *, const void *, const void *names);
int	 matchhop_cmp(const void *, const void *, const void *names);

#endif
