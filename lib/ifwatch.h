#ifndef IFWATCH_H
#define IFWATCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the kernel tells of one interface over netlink: whether it is up
 * with a carrier, and packets its hardware lost for want of room.  The
 * socket is opened beforehand; asking needs no privilege.
 */
struct ifwatch {
	int		fd;		/* to send, receive; -1: none */
	int		ifindex;
	bool		known;		/* the rest has been heard */
	bool		up;
	bool		gone;		/* deleted: it does not come back */
	uint64_t	downs;		/* times it went down */
	uint64_t	lost, lost_before;	/* rx missed and fifo errors */
};

/* Return 0, or -1 with errno (fd is -1 and the other calls do nothing). */
int	 ifwatch_open(struct ifwatch *, const char *iface);

/* Take what the kernel has said: whenever fd can be read. */
void	 ifwatch_hear(struct ifwatch *);
/* Ask for the counters: about every second; the answer comes to fd. */
void	 ifwatch_ask(struct ifwatch *);

static inline uint64_t
ifwatch_drops(const struct ifwatch *w)
{
	return w->lost - w->lost_before;
}

#endif
