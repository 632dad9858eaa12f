#include "ifwatch.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned if_nametoindex(const char *);	/* <net/if.h> redefines the above */

void
ifwatch_ask(struct ifwatch *w)
{
	struct {
		struct nlmsghdr		h;
		struct ifinfomsg	i;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETLINK,
		    .nlmsg_flags = NLM_F_REQUEST },
		.i = { .ifi_index = w->ifindex },
	};

	if (w->fd != -1)
		(void)send(w->fd, &q, sizeof(q), MSG_DONTWAIT);
}

int
ifwatch_open(struct ifwatch *w, const char *iface)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK };
	int e;

	*w = (struct ifwatch){ .fd = -1 };
	if ((w->ifindex = (int)if_nametoindex(iface)) == 0)
		return -1;
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (w->fd == -1)
		return -1;
	if (bind(w->fd, (struct sockaddr *)&me, sizeof(me)) == -1) {
		e = errno;
		close(w->fd);
		w->fd = -1;
		errno = e;
		return -1;
	}
	ifwatch_ask(w);
	ifwatch_hear(w);
	return 0;
}

/* One RTM_NEWLINK: flags now, counters where they come along. */
static void
news(struct ifwatch *w, const struct nlmsghdr *h)
{
	const struct ifinfomsg *i = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(i);
	size_t n = IFLA_PAYLOAD(h), step;
	struct rtnl_link_stats64 s;
	bool up = (i->ifi_flags & (IFF_UP | IFF_LOWER_UP)) ==
	    (IFF_UP | IFF_LOWER_UP);

	if (w->known && w->up && !up)
		w->downs++;
	w->up = up;
	for (; n >= sizeof(*a) && a->rta_len >= sizeof(*a) && a->rta_len <= n;
	    n -= step, a = (const void *)((const char *)a + step)) {
		step = RTA_ALIGN(a->rta_len);
		if (step > n)
			step = n;
		if (a->rta_type != IFLA_STATS64)
			continue;
		memset(&s, 0, sizeof(s));
		memcpy(&s, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof(s) ?
		    RTA_PAYLOAD(a) : sizeof(s));
		w->lost = s.rx_missed_errors + s.rx_fifo_errors;
		if (!w->known)
			w->lost_before = w->lost;
		w->known = true;
	}
}

void
ifwatch_hear(struct ifwatch *w)
{
	_Alignas(struct nlmsghdr) char b[32768];
	ssize_t n;

	if (w->fd == -1)
		return;
	while ((n = recv(w->fd, b, sizeof(b), MSG_DONTWAIT)) > 0) {
		size_t left = (size_t)n;

		for (const struct nlmsghdr *h = (void *)b; NLMSG_OK(h, left);
		    h = NLMSG_NEXT(h, left)) {
			const struct ifinfomsg *i = NLMSG_DATA(h);

			if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*i)) ||
			    i->ifi_index != w->ifindex)
				continue;
			if (h->nlmsg_type == RTM_NEWLINK)
				news(w, h);
			else if (h->nlmsg_type == RTM_DELLINK)
				w->gone = true;
		}
	}
}
