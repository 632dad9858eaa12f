/*
 * IP packets by raw sockets (raw(7)), for interfaces without Ethernet.  The
 * kernel routes each; it would fill in an IPv4 id of 0, which we never use.
 */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "inj.h"
#include "mem.h"

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif

#define SNDBUF	(4 << 20)
#define DST4	16		/* offset of the destination, RFC 791 */
#define DST6	24		/* RFC 8200 */

struct batch {
	struct mmsghdr	msg[INJ_BATCH];
	struct iovec	iov[INJ_BATCH];
	union {
		struct sockaddr_in	v4;
		struct sockaddr_in6	v6;
	}		to[INJ_BATCH];
};

/* Address packet i as its header says; return which socket it is for. */
static int
address(struct inj *j, unsigned i)
{
	struct batch *b = j->own;
	struct msghdr *h = &b->msg[i].msg_hdr;
	const uint8_t *ip = inj_slot(j, i);

	b->iov[i].iov_len = j->len[i];
	h->msg_name = &b->to[i];
	if (ip[0] >> 4 != 6) {
		b->to[i].v4 = (struct sockaddr_in){ .sin_family = AF_INET };
		memcpy(&b->to[i].v4.sin_addr, ip + DST4, 4);
		h->msg_namelen = sizeof(b->to[i].v4);
		return 0;
	}
	b->to[i].v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	memcpy(&b->to[i].v6.sin6_addr, ip + DST6, 16);
	if (j->iface != NULL && ip[DST6] == 0xfe)
		b->to[i].v6.sin6_scope_id = (uint32_t)j->iface->index;
	h->msg_namelen = sizeof(b->to[i].v6);
	return 1;
}

/* Runs of one family go in one call each. */
static int
send_packets(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	struct batch *b = j->own;
	unsigned at = first;

	(void)ns;
	while (at < n) {
		int six = address(j, at), k;
		unsigned end = at + 1;

		while (end < n && address(j, end) == six)
			end++;
		if (j->fd[six] == -1) {
			errno = EAFNOSUPPORT;
			k = -1;
		} else
			k = sendmmsg(j->fd[six], b->msg + at, end - at,
			    MSG_DONTWAIT);
		if (k == -1)
			return at > first ? (int)(at - first) : -1;
		at += (unsigned)k;
		if (at < end)
			break;
	}
	return (int)(at - first);
}

static const struct injkind raw = { "raw", send_packets, NULL };

static int
open_one(int family, int level, int option, const struct iface *iface)
{
	const int on = 1, room = SNDBUF;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd == -1)
		return -1;
	setsockopt(fd, level, option, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (iface != NULL)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface->name,
		    (socklen_t)strlen(iface->name));
	return fd;
}

int
inj_open_raw(struct inj *j, const struct iface *iface, size_t max,
    char err[static 128])
{
	struct batch *b;

	inj_init(j, &raw, iface, max);
	inj_slots(j);
	j->fd[0] = open_one(AF_INET, IPPROTO_IP, IP_HDRINCL, iface);
	if (j->fd[0] == -1) {
		snprintf(err, 128, "raw socket: %s", strerror(errno));
		inj_close(j);
		return -1;
	}
	/* A kernel without IPv6 can still send IPv4. */
	j->fd[1] = open_one(AF_INET6, IPPROTO_IPV6, IPV6_HDRINCL, iface);

	j->own = b = mem_alloc(sizeof(*b));
	for (unsigned i = 0; i < INJ_BATCH; i++) {
		b->iov[i].iov_base = inj_slot(j, i);
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}
