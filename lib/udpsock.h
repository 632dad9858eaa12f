#ifndef UDPSOCK_H
#define UDPSOCK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "addr.h"

/*
 * UDP sockets that tell when and how packets came: kernel timestamps, TTL,
 * TOS, our address, packets lost in the socket; and ICMP errors with their
 * senders.  Packets are received and sent many at a time.
 */
union sockname {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
	struct sockaddr_storage	ss;
};

/* An address and port as a socket wants it, and back; also for TCP. */
socklen_t sockname_make(union sockname *, const struct addr *, uint16_t port);
struct addr sockname_addr(const union sockname *, uint16_t *port);

struct udpopts {
	int	dscp, ecn, ttl;		/* -1: the system's */
	bool	fragment;		/* may be; else DF, ignoring what the
					   kernel believes the path takes */
};

/*
 * A socket bound to an address (NULL: none) and connected to a peer (NULL:
 * none).  Return the descriptor, or -1 with errno.
 */
int	 udpsock_open(int family, const union sockname *local,
    const union sockname *peer, const struct udpopts *);

#define UDPSOCK_BATCH	64
#define UDPSOCK_MAX	65536		/* largest datagram, or train of GRO */

/* One packet, or a train of packets of .segment bytes each. */
struct udpin {
	const uint8_t	*p;
	size_t		 n, segment;
	union sockname	 from;
	struct addr	 to;		/* our address, v 0 if not told */
	unsigned	 ifindex;
	int64_t		 ns;		/* CLOCK_REALTIME, by the kernel */
	int		 ttl, tos;	/* -1: not told */
	bool		 cut;		/* longer than the buffer */
};

struct udpbatch {
	struct udpin	 in[UDPSOCK_BATCH];
	uint32_t	 drops;		/* by the socket since it was opened */
	/* udpsock.c's own */
	size_t		 each;
	uint8_t		*room;
	struct udpheads	*heads;		/* ready for the kernel to fill */
};

/* Buffers for packets up to that many bytes each. */
void	 udpbatch_init(struct udpbatch *, size_t each);
void	 udpbatch_free(struct udpbatch *);

/* What has arrived: how many packets, 0 for none, -1 with errno. */
int	 udpsock_recv(int fd, struct udpbatch *);

struct udpout {
	const union sockname	*to;	/* NULL: the socket is connected */
	const struct addr	*from;	/* our address, NULL or v 0: any */
	unsigned		 ifindex;
	int			 tos;	/* -1: the socket's */
	bool			 stamp;	/* tell when it left */
};

/* Send one; 0, or -1 with errno. */
int	 udpsock_send(int fd, const struct udpout *, const void *p, size_t n);

/*
 * Send count packets of n bytes that lie one after the other; gso: in
 * trains that the kernel or the interface cuts.  Return how many left.
 */
int	 udpsock_sendmany(int fd, const struct udpout *, const uint8_t *p,
    size_t n, unsigned count, bool gso);

/* What the error queue says, one at a time. */
struct udperr {
	enum { UDPERR_STAMP, UDPERR_ICMP, UDPERR_LOCAL } kind;
	uint32_t	id;		/* STAMP: which, counted from 0 */
	int64_t		ns;		/* STAMP: when */
	int		error;		/* errno */
	uint8_t		type, code;	/* ICMP */
	uint32_t	info;		/* with EMSGSIZE: the MTU */
	struct addr	from;		/* sender of the ICMP error */
};

/* 1 with *e set, 0 for none. */
int	 udpsock_error(int fd, struct udperr *);

/* May packets be fragmented?  May they come as trains? */
void	 udpsock_fragment(int fd, bool on);
void	 udpsock_gro(int fd, bool on);

/* The MTU of the path as the kernel knows it, 0: not known. */
unsigned udpsock_mtu(int fd);

#endif
