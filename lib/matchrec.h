#ifndef MATCHREC_H
#define MATCHREC_H

#include <pthread.h>
#include <stdint.h>

#include "addr.h"
#include "intern.h"
#include "probe.h"

/*
 * Probes and replies as matchresults keeps them in memory: 40 and 72 bytes
 * each, names as numbers, the target first, as bytes that sort like the hex
 * column.
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
	uint32_t	pad;
};

enum {				/* what a reply says of its probe: matchreply.has */
	HAS_TX_TIME = 1, HAS_TX = 2, HAS_TTL = 4, HAS_ATTEMPT = 8,
	HAS_FLOW = 16, HAS_ROUND = 32, HAS_RTTL = 64, HAS_ICMP = 128
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
};

void		 matchkey_set(uint8_t key[static MATCHKEY_LEN],
    const struct addr *);
struct addr	 matchkey_addr(const uint8_t key[static MATCHKEY_LEN]);

/*
 * Names and what else is the same in many records.  Two threads read files,
 * so adding takes the lock, and so does comparing two different numbers.
 */
struct matchnames {
	pthread_mutex_t	 lock;
	struct intern	 node, type, txt, key;
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

/* The number of a node or an origin, or -1: too many; of a TXT answer. */
long	 matchnames_node(struct matchnames *, const char *s, size_t n);
long	 matchnames_origin(struct matchnames *, const struct addr *src,
    const char *type, size_t n);
uint32_t matchnames_txt(struct matchnames *, const char *s, size_t n);

/*
 * "# node: name:number".  Return 0; -1: not of that form; -2: the number
 * is another node's.
 */
int	 matchnames_number(struct matchnames *, const char *value);

/*
 * The order of records with equal keys, the same whatever the numbers are;
 * for matchsort, arg is the names.
 */
int	 matchsent_cmp(const void *, const void *, const void *names);
int	 matchreply_cmp(const void *, const void *, const void *names);

#endif
