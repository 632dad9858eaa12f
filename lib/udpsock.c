#include "udpsock.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

enum { CONTROL = 512, RCVBUF = 4 << 20, SNDBUF = 4 << 20, GSO_MAX = 64 };

socklen_t
sockname_make(union sockname *s, const struct addr *a, uint16_t port)
{
	memset(s, 0, sizeof(*s));
	if (a->v == 6) {
		s->in6.sin6_family = AF_INET6;
		s->in6.sin6_port = htons(port);
		memcpy(&s->in6.sin6_addr, a->b, 16);
		return sizeof(s->in6);
	}
	s->in.sin_family = AF_INET;
	s->in.sin_port = htons(port);
	memcpy(&s->in.sin_addr, a->b, 4);
	return sizeof(s->in);
}

struct addr
sockname_addr(const union sockname *s, uint16_t *port)
{
	uint8_t b[16];

	if (s->sa.sa_family == AF_INET6) {
		*port = ntohs(s->in6.sin6_port);
		memcpy(b, &s->in6.sin6_addr, 16);
		return addr_from_bytes(6, b);
	}
	*port = ntohs(s->in.sin_port);
	memcpy(b, &s->in.sin_addr, 4);
	return addr_from_bytes(4, b);
}

static socklen_t
name_len(const union sockname *s)
{
	return s->sa.sa_family == AF_INET6 ? sizeof(s->in6) : sizeof(s->in);
}

static int
set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* What a packet should bring along; what a kernel lacks stays unknown. */
static void
ask_for(int fd, bool v6)
{
	int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
	    SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

	(void)set(fd, SOL_SOCKET, SO_TIMESTAMPING, stamps);
	(void)set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, RCVBUF);
	(void)set(fd, SOL_SOCKET, SO_SNDBUF, SNDBUF);
	(void)set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RCVBUF);
	(void)set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SNDBUF);
	if (v6) {
		(void)set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		(void)set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
		(void)set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		return;
	}
	(void)set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	(void)set(fd, IPPROTO_IP, IP_RECVTTL, 1);
	(void)set(fd, IPPROTO_IP, IP_RECVTOS, 1);
}

static int
set_header(int fd, bool v6, const struct udpopts *o)
{
	int tos = (o->dscp < 0 ? 0 : o->dscp << 2) | (o->ecn < 0 ? 0 : o->ecn);

	if ((o->dscp >= 0 || o->ecn >= 0) && set(fd, v6 ? IPPROTO_IPV6 :
	    IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, tos) == -1)
		return -1;
	if (o->ttl > 0 && set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	    v6 ? IPV6_UNICAST_HOPS : IP_TTL, o->ttl) == -1)
		return -1;
	udpsock_fragment(fd, o->fragment);
	return 0;
}

/* Of the two families only the socket's own takes its option. */
void
udpsock_fragment(int fd, bool on)
{
	(void)set(fd, IPPROTO_IP, IP_MTU_DISCOVER,
	    on ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
	(void)set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
	    on ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
}

void
udpsock_gro(int fd, bool on)
{
	(void)set(fd, SOL_UDP, UDP_GRO, on);
}

int
udpsock_open(int family, const union sockname *local,
    const union sockname *peer, const struct udpopts *o)
{
	bool v6 = family == AF_INET6;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (fd == -1)
		return -1;
	ask_for(fd, v6);
	if (v6)
		(void)set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (set_header(fd, v6, o) == 0 &&
	    (local == NULL || bind(fd, &local->sa, name_len(local)) == 0) &&
	    (peer == NULL || ((v6 ? set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) :
	    set(fd, IPPROTO_IP, IP_RECVERR, 1)) == 0 &&
	    connect(fd, &peer->sa, name_len(peer)) == 0)))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Made once: most calls bring one packet, and then one is made anew. */
struct udpheads {
	struct mmsghdr	m[UDPSOCK_BATCH];
	struct iovec	v[UDPSOCK_BATCH];
	_Alignas(struct cmsghdr) char control[UDPSOCK_BATCH][CONTROL];
};

void
udpbatch_init(struct udpbatch *b, size_t each)
{
	memset(b, 0, sizeof(*b));
	b->each = each;
	b->room = mem_array(UDPSOCK_BATCH, each);
	b->heads = mem_alloc(sizeof(*b->heads));
	for (size_t i = 0; i < UDPSOCK_BATCH; i++) {
		b->heads->v[i] = (struct iovec){ b->room + i * each, each };
		b->heads->m[i].msg_hdr = (struct msghdr){
		    .msg_name = &b->in[i].from,
		    .msg_namelen = sizeof(b->in[i].from),
		    .msg_iov = &b->heads->v[i], .msg_iovlen = 1,
		    .msg_control = b->heads->control[i],
		    .msg_controllen = CONTROL };
	}
}

void
udpbatch_free(struct udpbatch *b)
{
	free(b->room);
	free(b->heads);
	b->room = NULL;
}

static int64_t
stamp_of(const struct cmsghdr *c)
{
	struct scm_timestamping t;

	memcpy(&t, CMSG_DATA(c), sizeof(t));
	return t.ts[0].tv_sec * NS_PER_S + t.ts[0].tv_nsec;
}

static int
int_of(const struct cmsghdr *c)
{
	int v = 0;

	memcpy(&v, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0) < sizeof(v) ?
	    c->cmsg_len - CMSG_LEN(0) : sizeof(v));
	return v;
}

static void
read_socket(const struct cmsghdr *c, struct udpin *in, uint32_t *drops)
{
	if (c->cmsg_type == SO_TIMESTAMPING)
		in->ns = stamp_of(c);
	else if (c->cmsg_type == SO_RXQ_OVFL)
		memcpy(drops, CMSG_DATA(c), sizeof(*drops));
}

static void
read_v4(const struct cmsghdr *c, struct udpin *in)
{
	struct in_pktinfo i;

	if (c->cmsg_type == IP_TTL)
		in->ttl = int_of(c);
	else if (c->cmsg_type == IP_TOS)
		in->tos = int_of(c);
	else if (c->cmsg_type == IP_PKTINFO) {
		memcpy(&i, CMSG_DATA(c), sizeof(i));
		in->to = addr_from_u32(ntohl(i.ipi_addr.s_addr));
		in->ifindex = (unsigned)i.ipi_ifindex;
	}
}

static void
read_v6(const struct cmsghdr *c, struct udpin *in)
{
	struct in6_pktinfo i;

	if (c->cmsg_type == IPV6_HOPLIMIT)
		in->ttl = int_of(c);
	else if (c->cmsg_type == IPV6_TCLASS)
		in->tos = int_of(c);
	else if (c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&i, CMSG_DATA(c), sizeof(i));
		in->to = addr_from_bytes(6, i.ipi6_addr.s6_addr);
		in->ifindex = i.ipi6_ifindex;
	}
}

static void
read_control(struct msghdr *m, struct udpin *in, uint32_t *drops)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	    c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET)
			read_socket(c, in, drops);
		else if (c->cmsg_level == IPPROTO_IP)
			read_v4(c, in);
		else if (c->cmsg_level == IPPROTO_IPV6)
			read_v6(c, in);
		else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
			in->segment = (size_t)int_of(c);
	}
}

int
udpsock_recv(int fd, struct udpbatch *b)
{
	int n = recvmmsg(fd, b->heads->m, UDPSOCK_BATCH, 0, NULL);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (int i = 0; i < n; i++) {
		struct udpin *in = &b->in[i];
		struct msghdr *m = &b->heads->m[i].msg_hdr;

		in->p = b->room + (size_t)i * b->each;
		in->n = b->heads->m[i].msg_len;
		in->segment = in->n;
		in->to = (struct addr){ 0 };
		in->ns = 0;
		in->ttl = in->tos = -1;
		in->cut = (m->msg_flags & MSG_TRUNC) != 0;
		read_control(m, in, &b->drops);
		m->msg_namelen = sizeof(in->from);
		m->msg_controllen = CONTROL;
		if (in->ns == 0)
			in->ns = clock_real();
		if (in->segment == 0)
			in->segment = in->n;
	}
	return n;
}

static void
put(struct msghdr *m, int level, int type, const void *p, size_t n)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)
	    ((char *)m->msg_control + m->msg_controllen);

	memset(c, 0, CMSG_SPACE(n));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), p, n);
	m->msg_controllen += CMSG_SPACE(n);
}

static void
put_from(struct msghdr *m, const struct udpout *o)
{
	struct in_pktinfo i4 = { 0 };
	struct in6_pktinfo i6 = { 0 };

	if (o->from->v == 4) {
		memcpy(&i4.ipi_spec_dst, o->from->b, 4);
		put(m, IPPROTO_IP, IP_PKTINFO, &i4, sizeof(i4));
	} else if (o->from->v == 6) {
		memcpy(&i6.ipi6_addr, o->from->b, 16);
		/* A link-local address is one of an interface. */
		if (o->from->b[0] == 0xfe && (o->from->b[1] & 0xc0) == 0x80)
			i6.ipi6_ifindex = o->ifindex;
		put(m, IPPROTO_IPV6, IPV6_PKTINFO, &i6, sizeof(i6));
	}
}

static void
prepare(struct msghdr *m, const struct udpout *o, struct iovec *v,
    char *control, size_t segment)
{
	uint32_t sched = SOF_TIMESTAMPING_TX_SCHED;
	uint16_t gso = (uint16_t)segment;

	*m = (struct msghdr){ .msg_iov = v, .msg_iovlen = 1,
	    .msg_control = control };
	if (o->to != NULL) {
		m->msg_name = (void *)(uintptr_t)&o->to->sa;
		m->msg_namelen = name_len(o->to);
	}
	if (o->from != NULL)
		put_from(m, o);
	if (o->tos >= 0 && o->to != NULL)
		put(m, o->to->sa.sa_family == AF_INET6 ? IPPROTO_IPV6 :
		    IPPROTO_IP, o->to->sa.sa_family == AF_INET6 ?
		    IPV6_TCLASS : IP_TOS, &o->tos, sizeof(o->tos));
	if (o->stamp)
		put(m, SOL_SOCKET, SO_TIMESTAMPING, &sched, sizeof(sched));
	if (gso != 0)
		put(m, SOL_UDP, UDP_SEGMENT, &gso, sizeof(gso));
	if (m->msg_controllen == 0)
		m->msg_control = NULL;
}

int
udpsock_send(int fd, const struct udpout *o, const void *p, size_t n)
{
	_Alignas(struct cmsghdr) char control[CONTROL];
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct msghdr m;

	prepare(&m, o, &v, control, 0);
	return sendmsg(fd, &m, 0) == -1 ? -1 : 0;
}

/* Trains: as many packets each as one send may hold. */
static int
send_trains(int fd, const struct udpout *o, const uint8_t *p, size_t n,
    unsigned count)
{
	_Alignas(struct cmsghdr) char control[CONTROL];
	unsigned per = (unsigned)(65000 / n), done = 0;
	struct msghdr m;

	if (per > GSO_MAX)
		per = GSO_MAX;
	while (done < count) {
		unsigned k = count - done < per ? count - done : per;
		struct iovec v = { (void *)(uintptr_t)(p + done * n), k * n };

		prepare(&m, o, &v, control, k > 1 ? n : 0);
		if (sendmsg(fd, &m, 0) == -1)
			return done > 0 ? (int)done : -1;
		done += k;
	}
	return (int)done;
}

int
udpsock_sendmany(int fd, const struct udpout *o, const uint8_t *p, size_t n,
    unsigned count, bool gso)
{
	static _Alignas(struct cmsghdr) char control[UDPSOCK_BATCH][CONTROL];
	struct mmsghdr m[UDPSOCK_BATCH];
	struct iovec v[UDPSOCK_BATCH];

	if (gso && n < 32500)
		return send_trains(fd, o, p, n, count);
	if (count > UDPSOCK_BATCH)
		count = UDPSOCK_BATCH;
	for (unsigned i = 0; i < count; i++) {
		v[i] = (struct iovec){ (void *)(uintptr_t)(p + i * n), n };
		prepare(&m[i].msg_hdr, o, &v[i], control[i], 0);
	}
	return sendmmsg(fd, m, count, 0);
}

/* An error of the queue: a timestamp, or what ICMP or our system said. */
static void
read_error(const struct cmsghdr *c, struct udperr *e)
{
	struct sock_extended_err ee;
	union sockname from = { 0 };
	uint16_t port;
	size_t n = c->cmsg_len - CMSG_LEN(sizeof(ee));

	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	e->error = (int)ee.ee_errno;
	e->info = ee.ee_info;
	if (ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		e->kind = UDPERR_STAMP;
		e->id = ee.ee_data;
		return;
	}
	e->kind = ee.ee_origin == SO_EE_ORIGIN_ICMP ||
	    ee.ee_origin == SO_EE_ORIGIN_ICMP6 ? UDPERR_ICMP : UDPERR_LOCAL;
	e->type = ee.ee_type;
	e->code = ee.ee_code;
	memcpy(&from, CMSG_DATA(c) + sizeof(ee), n < sizeof(from) ? n :
	    sizeof(from));
	if (from.sa.sa_family == AF_INET || from.sa.sa_family == AF_INET6)
		e->from = sockname_addr(&from, &port);
}

int
udpsock_error(int fd, struct udperr *e)
{
	_Alignas(struct cmsghdr) char control[CONTROL];
	char data[64];
	struct iovec v = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(control) };

	*e = (struct udperr){ .kind = UDPERR_LOCAL };
	if (recvmsg(fd, &m, MSG_ERRQUEUE) == -1)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
	    c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SO_TIMESTAMPING)
			e->ns = stamp_of(c);
		else if ((c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_RECVERR))
			read_error(c, e);
	}
	return 1;
}

unsigned
udpsock_mtu(int fd)
{
	int mtu = 0;
	socklen_t n = sizeof(mtu);

	if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &n) == 0)
		return (unsigned)mtu;
	n = sizeof(mtu);
	if (getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &n) == 0)
		return (unsigned)mtu;
	return 0;
}
