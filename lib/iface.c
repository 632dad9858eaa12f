#include "iface.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "num.h"

#define ETHERTYPE4	0x0800
#define ETHERTYPE6	0x86dd
#define RESOLVE_NS	(3 * NS_PER_S)
#define DISCARD		9		/* RFC 863 */

/* Where a route goes: what is asked of each rtnetlink answer. */
struct hop {
	int		oif;
	struct addr	via, prefsrc;
	bool		is_default;
};

/* What a dump of the routes of one interface came to. */
struct routes {
	int		oif;
	struct hop	def, one;	/* the default route; one with a router */
	unsigned	routers;	/* how many different ones: 0, 1, 2 = more */
};

static int
fail(char err[static 128], const char *what, const char *why)
{
	snprintf(err, 128, "%.60s: %.60s", what, why);
	return -1;
}

static unsigned char
family_of(uint8_t v)
{
	return v == 6 ? AF_INET6 : AF_INET;
}

static void
put_attr(struct nlmsghdr *h, unsigned short type, const void *p, size_t n)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)h +
	    NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), p, n);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static struct addr
attr_addr(const struct rtattr *a)
{
	size_t n = RTA_PAYLOAD(a);

	if (n != 4 && n != 16)
		return (struct addr){ 0 };
	return addr_from_bytes(n == 4 ? 4 : 6, RTA_DATA(a));
}

/* RTA_VIA: a next hop of another family (RFC 8950). */
static struct addr
attr_via(const struct rtattr *a)
{
	const struct rtvia *v = RTA_DATA(a);
	size_t n = RTA_PAYLOAD(a);

	if (n == sizeof(*v) + 16 && v->rtvia_family == AF_INET6)
		return addr_from_bytes(6, v->rtvia_addr);
	if (n == sizeof(*v) + 4 && v->rtvia_family == AF_INET)
		return addr_from_bytes(4, v->rtvia_addr);
	return (struct addr){ 0 };
}

static void
parse_nexthops(struct hop *hop, struct rtattr *a, int oif)
{
	struct rtnexthop *nh = RTA_DATA(a);
	int left = (int)RTA_PAYLOAD(a);

	for (; RTNH_OK(nh, left); left -= (int)NLMSG_ALIGN(nh->rtnh_len),
	    nh = RTNH_NEXT(nh)) {
		struct rtattr *b = (void *)(nh + 1);
		unsigned n = nh->rtnh_len - (unsigned)sizeof(*nh);

		if (oif != 0 && nh->rtnh_ifindex != oif)
			continue;
		hop->oif = nh->rtnh_ifindex;
		for (; RTA_OK(b, n); b = RTA_NEXT(b, n))
			if (b->rta_type == RTA_GATEWAY)
				hop->via = attr_addr(b);
			else if (b->rta_type == RTA_VIA)
				hop->via = attr_via(b);
		return;
	}
}

static struct hop
parse_route(struct nlmsghdr *h, int oif)
{
	struct rtmsg *r = NLMSG_DATA(h);
	struct rtattr *a = RTM_RTA(r);
	unsigned left = (unsigned)RTM_PAYLOAD(h);
	struct hop hop = { .is_default = r->rtm_dst_len == 0 };

	if (r->rtm_type != RTN_UNICAST)
		return hop;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		switch (a->rta_type) {
		case RTA_OIF:
			memcpy(&hop.oif, RTA_DATA(a), sizeof(int));
			break;
		case RTA_GATEWAY:
			hop.via = attr_addr(a);
			break;
		case RTA_VIA:
			hop.via = attr_via(a);
			break;
		case RTA_PREFSRC:
			hop.prefsrc = attr_addr(a);
			break;
		case RTA_MULTIPATH:
			parse_nexthops(&hop, a, oif);
			break;
		}
	}
	return hop;
}

/*
 * Send a request and give each answer to each(); until it returns nonzero,
 * the dump is done, or one answer has come.  Return 0, or -1 with errno.
 */
static int
ask(struct nlmsghdr *req, int (*each)(struct nlmsghdr *, void *), void *arg)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	const struct timeval patience = { .tv_sec = 5 };
	int fd, rc = -1;
	bool done = false;

	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_ROUTE)) == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, req, req->nlmsg_len, 0) == -1)
		goto out;
	while (!done) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		unsigned left = (unsigned)got;

		if (got == -1)
			goto out;
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, left);
		    h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_ERROR) {
				struct nlmsgerr *e = NLMSG_DATA(h);

				errno = -e->error;
				goto out;
			}
			done = h->nlmsg_type == NLMSG_DONE ||
			    each(h, arg) != 0 || !(h->nlmsg_flags & NLM_F_MULTI);
			if (done)
				break;
		}
	}
	rc = 0;
out:
	if (close(fd) == -1)
		rc = -1;
	return rc;
}

static int
see_route(struct nlmsghdr *h, void *arg)
{
	if (h->nlmsg_type == RTM_NEWROUTE)
		*(struct hop *)arg = parse_route(h, ((struct hop *)arg)->oif);
	return 1;
}

/*
 * The route of packets to some public address (the first one of 1/8 or
 * 2000::/3; nothing is sent there), from src and through oif if given.
 */
static int
route_out(struct hop *hop, uint8_t v, const struct addr *src, int oif)
{
	static const uint8_t public4[4] = { 1 }, public6[16] = { 0x20 };
	struct {
		struct nlmsghdr	h;
		struct rtmsg	r;
		char		room[128];
	} q = {
		.h = { .nlmsg_type = RTM_GETROUTE,
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
		    .nlmsg_flags = NLM_F_REQUEST },
		.r = { .rtm_family = family_of(v),
		    .rtm_dst_len = v == 6 ? 128 : 32 },
	};

	put_attr(&q.h, RTA_DST, v == 6 ? public6 : public4, v == 6 ? 16 : 4);
	if (src != NULL) {
		q.r.rtm_src_len = v == 6 ? 128 : 32;
		put_attr(&q.h, RTA_SRC, src->b, addr_bytes(src));
	}
	if (oif != 0)
		put_attr(&q.h, RTA_OIF, &oif, sizeof(oif));
	*hop = (struct hop){ .oif = oif };
	return ask(&q.h, see_route, hop);
}

static int
see_routes(struct nlmsghdr *h, void *arg)
{
	struct routes *all = arg;
	struct hop hop;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return 0;
	hop = parse_route(h, all->oif);
	if (hop.oif != all->oif || hop.via.v == 0)
		return 0;
	if (hop.is_default && all->def.via.v == 0)
		all->def = hop;
	if (all->routers == 0 || addr_cmp(&hop.via, &all->one.via) != 0)
		all->routers++;
	all->one = hop;
	return 0;
}

static int
routes_of(struct routes *all, uint8_t v, int oif)
{
	struct {
		struct nlmsghdr	h;
		struct rtmsg	r;
	} q = {
		.h = { .nlmsg_type = RTM_GETROUTE, .nlmsg_len = sizeof(q),
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .rtm_family = family_of(v) },
	};

	*all = (struct routes){ .oif = oif };
	return ask(&q.h, see_routes, all);
}

/* Who routes for this interface. */
static int
find_router(const struct iface *l, uint8_t v, const struct addr *src,
    struct addr *via, char err[static 128])
{
	struct routes all;
	struct hop hop;

	if ((src != NULL && route_out(&hop, v, src, l->index) == 0 &&
	    hop.oif == l->index && hop.via.v != 0) ||
	    (route_out(&hop, v, NULL, l->index) == 0 && hop.oif == l->index &&
	    hop.via.v != 0)) {
		*via = hop.via;
		return 0;
	}
	if (routes_of(&all, v, l->index) == -1)
		return fail(err, l->name, strerror(errno));
	if (all.def.via.v == 0 && all.routers != 1)
		return fail(err, l->name, all.routers == 0 ?
		    "no router there: --gateway" :
		    "several routers there: --gateway");
	*via = all.def.via.v != 0 ? all.def.via : all.one.via;
	return 0;
}

int
iface_find(struct iface *l, const char *name, uint8_t family,
    char err[static 128])
{
	struct ifreq ifr = { 0 };
	struct hop hop;
	int fd, rc = -1;

	*l = (struct iface){ 0 };
	if (name == NULL) {
		if (route_out(&hop, family, NULL, 0) == -1 || hop.oif == 0 ||
		    if_indextoname((unsigned)hop.oif, ifr.ifr_name) == NULL)
			return fail(err, "no default route", "name an "
			    "interface with -i");
	} else if (strlen(name) >= sizeof(ifr.ifr_name))
		return fail(err, name, "no such interface");
	else
		strcpy(ifr.ifr_name, name);
	memcpy(l->name, ifr.ifr_name, sizeof(l->name));

	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return fail(err, "socket", strerror(errno));
	if (ioctl(fd, SIOCGIFINDEX, &ifr) == -1)
		goto out;
	l->index = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFMTU, &ifr) == -1)
		goto out;
	l->mtu = (unsigned)ifr.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) == -1)
		goto out;
	l->ether = ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	memcpy(l->mac, ifr.ifr_hwaddr.sa_data, sizeof(l->mac));
	rc = 0;
out:
	if (rc == -1)
		fail(err, l->name, errno == ENODEV ? "no such interface" :
		    strerror(errno));
	close(fd);
	return rc;
}

static socklen_t
to_sockaddr(struct sockaddr_storage *ss, const struct addr *a, int scope)
{
	struct sockaddr_in *s4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->v == 4) {
		s4->sin_family = AF_INET;
		s4->sin_port = htons(DISCARD);
		memcpy(&s4->sin_addr, a->b, 4);
		return sizeof(*s4);
	}
	s6->sin6_family = AF_INET6;
	s6->sin6_port = htons(DISCARD);
	memcpy(&s6->sin6_addr, a->b, 16);
	if (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80)
		s6->sin6_scope_id = (uint32_t)scope;
	return sizeof(*s6);
}

/* A UDP socket on that interface, connected to an address; or -1. */
static int
udp_to(const struct iface *l, const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = to_sockaddr(&ss, a, l->index);
	int fd = socket(family_of(a->v), SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, l->name,
	    (socklen_t)strlen(l->name));
	if (connect(fd, (struct sockaddr *)&ss, n) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
iface_source(const struct iface *l, uint8_t family, struct addr *out,
    char err[static 128])
{
	struct sockaddr_in s4 = { 0 };
	struct sockaddr_in6 s6 = { 0 };
	struct sockaddr *us = family == 6 ? (struct sockaddr *)&s6 :
	    (struct sockaddr *)&s4;
	socklen_t n = family == 6 ? sizeof(s6) : sizeof(s4);
	struct hop hop;
	struct addr via;
	int fd;

	if (route_out(&hop, family, NULL, l->index) == 0 && hop.prefsrc.v != 0) {
		*out = hop.prefsrc;
		return 0;
	}
	if (find_router(l, family, NULL, &via, err) == -1)
		return -1;
	if (via.v != family || (fd = udp_to(l, &via)) == -1)
		return fail(err, l->name, "no address to send from: -S");
	*out = (struct addr){ 0 };
	if (getsockname(fd, us, &n) == 0)
		*out = family == 6 ? addr_from_bytes(6, s6.sin6_addr.s6_addr) :
		    addr_from_u32(ntohl(s4.sin_addr.s_addr));
	close(fd);
	return out->v == family ? 0 :
	    fail(err, l->name, "no address to send from: -S");
}

/* A neighbour's hardware address, once it is known. */
struct neighbour {
	uint8_t	mac[6];
	bool	known;
};

static int
see_neighbour(struct nlmsghdr *h, void *arg)
{
	struct neighbour *nb = arg;
	struct ndmsg *nd = NLMSG_DATA(h);
	struct rtattr *a = (struct rtattr *)(void *)((char *)nd +
	    NLMSG_ALIGN(sizeof(*nd)));
	unsigned left = h->nlmsg_len - (unsigned)NLMSG_LENGTH(sizeof(*nd));

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    (nd->ndm_state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE |
	    NUD_STALE | NUD_DELAY | NUD_PROBE)) == 0)
		return 1;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == NDA_LLADDR &&
		    RTA_PAYLOAD(a) == sizeof(nb->mac)) {
			memcpy(nb->mac, RTA_DATA(a), sizeof(nb->mac));
			nb->known = true;
		}
	return 1;
}

static int
neighbour_of(struct neighbour *nb, const struct iface *l, const struct addr *a)
{
	struct {
		struct nlmsghdr	h;
		struct ndmsg	nd;
		char		room[64];
	} q = {
		.h = { .nlmsg_type = RTM_GETNEIGH,
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg)),
		    .nlmsg_flags = NLM_F_REQUEST },
		.nd = { .ndm_family = family_of(a->v),
		    .ndm_ifindex = l->index },
	};

	put_attr(&q.h, NDA_DST, a->b, addr_bytes(a));
	nb->known = false;
	return ask(&q.h, see_neighbour, nb);
}

/* Ask until it answers: a datagram makes the kernel do ARP or ND. */
static int
find_mac(const struct iface *l, const struct addr *via, uint8_t mac[6],
    char err[static 128])
{
	int64_t now = clock_mono(), end = now + RESOLVE_NS, again = now;
	char text[ADDR_STRLEN];
	struct neighbour nb;
	int fd = -1;

	while (now < end) {
		if (neighbour_of(&nb, l, via) == 0 && nb.known)
			break;
		if (now >= again) {
			if (fd == -1)
				fd = udp_to(l, via);
			if (fd != -1)
				send(fd, "", 1, MSG_DONTWAIT);
			again = now + NS_PER_S;
		}
		poll(NULL, 0, 10);
		now = clock_mono();
	}
	if (fd != -1)
		close(fd);
	if (now >= end)
		return fail(err, addr_string(via, text),
		    "the next hop does not answer: --gateway-mac");
	memcpy(mac, nb.mac, sizeof(nb.mac));
	return 0;
}

int
iface_resolve(struct iface *l, uint8_t family, const struct addr *src,
    const struct addr *gateway, const uint8_t *mac, char err[static 128])
{
	uint8_t *h = family == 6 ? l->hdr6 : l->hdr4;
	struct addr *via = family == 6 ? &l->via6 : &l->via4;
	unsigned type = family == 6 ? ETHERTYPE6 : ETHERTYPE4;

	if (mac != NULL)
		memcpy(h, mac, sizeof(l->mac));
	else {
		if (gateway != NULL)
			*via = *gateway;
		else if (find_router(l, family, src, via, err) == -1)
			return -1;
		if (find_mac(l, via, h, err) == -1)
			return -1;
	}
	memcpy(h + 6, l->mac, sizeof(l->mac));
	h[12] = (uint8_t)(type >> 8);
	h[13] = (uint8_t)type;
	*(family == 6 ? &l->has6 : &l->has4) = true;
	return 0;
}

int
iface_parse_mac(uint8_t mac[static 6], const char *s)
{
	if (strlen(s) != 17)
		return -1;
	for (unsigned i = 0; i < 6; i++, s += 3) {
		uint64_t v;

		if (num_parse_hex(&v, s, 2, 255) == -1 ||
		    s[2] != (i < 5 ? ':' : '\0'))
			return -1;
		mac[i] = (uint8_t)v;
	}
	return 0;
}
