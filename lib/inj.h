#ifndef INJ_H
#define INJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iface.h"

/*
 * Where probes leave: IP packets, in batches, without a system call each.
 *
 *	inj_packet.c	AF_PACKET and sendmmsg: Ethernet
 *	inj_xdp.c	AF_XDP: Ethernet, faster, seen by no tap
 *	inj_raw.c	raw IP sockets: any interface, the kernel routes
 *	inj_pcap.c	a file
 *
 * A packet is written at inj_slot(i), inj_put(i) says how long it is, and
 * inj_send hands some of them over.  Sending never waits.
 */
#define INJ_BATCH	128

struct inj;

struct injkind {
	const char	*name;
	int	(*send)(struct inj *, unsigned first, unsigned n, int64_t ns);
	int	(*close)(struct inj *);
};

struct inj {
	const struct injkind	*kind;
	const struct iface	*iface;		/* NULL: any */
	int			 fd[2];		/* sockets or file; -1: none */
	size_t			 max;		/* bytes of a packet */
	uint8_t			*slots;
	uint8_t			*slot[INJ_BATCH];	/* see inj_slot */
	size_t			 len[INJ_BATCH];
	void			*own;		/* the kind's */
};

/*
 * Each opens with room for packets of max bytes; the interface stays the
 * caller's.  Return 0, or -1 with a reason.
 *
 * qdisc: through the queueing discipline, where tc and local taps are, and
 * a little slower.
 */
int	 inj_open_packet(struct inj *, const struct iface *, size_t max,
    bool qdisc, char err[static 128]);
int	 inj_open_xdp(struct inj *, const struct iface *, size_t max,
    char err[static 128]);
int	 inj_open_raw(struct inj *, const struct iface *, size_t max,
    char err[static 128]);
int	 inj_open_pcap(struct inj *, int fd, size_t max);
void	 inj_open_none(struct inj *, size_t max);	/* takes, and forgets */

/* What precedes the IP header in a slot, so that this is aligned. */
#define INJ_HEAD	16

/*
 * Where the IP header of packet i of a batch begins; elsewhere once
 * inj_send has taken the packet.
 */
static inline uint8_t *
inj_slot(struct inj *j, unsigned i)
{
	return j->slot[i];
}

/* Packet i is complete, and that long. */
void	 inj_put(struct inj *, unsigned i, size_t len);

/*
 * Hand over packets [first, n) of the batch, stamped ns.  Return how many
 * the kernel took, counted from first; or -1 with errno when it did not
 * take even one, and has kept none.
 */
static inline int
inj_send(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	return j->kind->send(j, first, n, ns);
}

/* Return 0, or -1 with errno: what a file did not take. */
int	 inj_close(struct inj *);

/*
 * For the kinds: fields as they begin; and memory for the slots, unless the
 * kind has its own.
 */
void	 inj_init(struct inj *, const struct injkind *, const struct iface *,
    size_t max);
void	 inj_slots(struct inj *);

#endif
