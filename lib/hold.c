#include "hold.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE	64		/* descriptors left for everything else */

/* Room for that many descriptors, if we may; return how many there can be. */
static int
raise_limit(rlim_t n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur >= n)
		return getdtablesize();
	r.rlim_cur = n;
	if (r.rlim_max < n)
		r.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1 &&
	    getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	return getdtablesize();
}

/*
 * The smallest receive buffer takes a packet or two and drops the rest in
 * silence.  A filter that drops them all would do as well, but each socket's
 * is a BPF program of its own, and to free 16,384 of them keeps the kernel
 * busy for minutes.
 */
static int
hold(const struct addr *a, uint16_t port, int max_fd)
{
	struct sockaddr_in s4 = { .sin_family = AF_INET,
	    .sin_port = htons(port) };
	struct sockaddr_in6 s6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port) };
	int v6 = a->v == 6, one = 1, none = 0, rc, e;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (fd >= max_fd) {
		close(fd);
		errno = EMFILE;
		return -1;
	}
	memcpy(&s4.sin_addr, a->b, 4);
	memcpy(&s6.sin6_addr, a->b, 16);
	/* Our address may not be up yet: a site about to be announced. */
	rc = v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one))
	    : setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (rc == 0)
		rc = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
		    sizeof(one));
	if (rc == 0)
		rc = setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &none,
		    sizeof(none));
	if (rc == 0)
		rc = v6 ? bind(fd, (struct sockaddr *)&s6, sizeof(s6)) :
		    bind(fd, (struct sockaddr *)&s4, sizeof(s4));
	if (rc == -1) {
		e = errno;
		close(fd);
		errno = e;
	}
	return rc;
}

unsigned
hold_ports(const struct addr *a, uint16_t lo, uint16_t hi)
{
	unsigned bad = 0;
	int first = 0, max_fd;

	max_fd = raise_limit((rlim_t)getdtablesize() + (rlim_t)(hi - lo) + 1 +
	    SPARE) - SPARE;
	for (unsigned port = lo; port <= hi; port++)
		if (hold(a, (uint16_t)port, max_fd) == -1 && bad++ == 0)
			first = errno;
	errno = first;
	return bad;
}
