#include "tcpconn.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

enum { IN = 64 << 10, OUT = 64 << 10, DATA = 256 << 10, ROUNDS = 8,
	LOWAT = 128 << 10, WAKE_MAX = 256 << 10 };

#define SKIP_MAX	(UINT64_C(8) << 20)
#define RTO_MIN		(200 * NS_PER_MS)	/* Linux */
#define TAIL_PROBES	2			/* before the first timeout */

static int
set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

void
tcpconn_rate(struct tcpconn *c, uint64_t bits)
{
	uint64_t bytes = bits == 0 ? UINT64_MAX : bits / 8;

	(void)setsockopt(c->source.fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes,
	    sizeof(bytes));
}

static void on_ready(void *, unsigned);

static void
begin(struct tcpconn *c, int fd)
{
	c->source = (struct evsource){ fd, on_ready, c };
	c->in = mem_array(IN, 1);
	c->out = mem_array(OUT, 1);
	c->nin = c->nout = 0;
	c->skip = c->rcvd = c->sent = c->rcvd_msgs = c->sent_msgs = 0;
	c->wake = 1;
	c->data = NULL;
	c->streaming = c->want_out = false;
	(void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, LOWAT);
	(void)set(fd, SOL_SOCKET, SO_TIMESTAMPING,
	    SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
	(void)evloop_add(c->loop, &c->source, c->connecting ? EPOLLOUT :
	    EPOLLIN);
}

void
tcpconn_accept(struct tcpconn *c, int fd)
{
	c->connecting = false;
	begin(c, fd);
}

int
tcpconn_connect(struct tcpconn *c, const union sockname *to,
    const struct tcpopts *o)
{
	bool v6 = to->sa.sa_family == AF_INET6;
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0), saved;

	if (fd == -1)
		return -1;
	if (o->dscp >= 0)
		(void)set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		    v6 ? IPV6_TCLASS : IP_TOS, o->dscp << 2);
	if (o->ttl > 0)
		(void)set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		    v6 ? IPV6_UNICAST_HOPS : IP_TTL, o->ttl);
	if (connect(fd, &to->sa, v6 ? sizeof(to->in6) : sizeof(to->in)) ==
	    -1 && errno != EINPROGRESS) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	c->connecting = true;
	begin(c, fd);
	if (o->rate != 0)
		tcpconn_rate(c, o->rate);
	return 0;
}

void
tcpconn_close(struct tcpconn *c)
{
	if (c->source.fd == -1)
		return;
	evloop_remove(c->loop, &c->source);
	close(c->source.fd);
	c->source.fd = -1;
	c->connecting = false;
	free(c->data);
	free(c->in);
	free(c->out);
	c->data = c->in = c->out = NULL;
}

static void
lost(struct tcpconn *c, int error)
{
	tcpconn_close(c);
	c->closed(c->arg, error);
}

static void
want(struct tcpconn *c, bool out)
{
	if (out != c->want_out)
		(void)evloop_change(c->loop, &c->source,
		    out ? EPOLLIN | EPOLLOUT : EPOLLIN);
	c->want_out = out;
}

/* Between two messages of the stream? */
static bool
between(const struct tcpconn *c)
{
	return c->data == NULL || c->at % c->size == 0;
}

bool
tcpconn_idle(const struct tcpconn *c)
{
	return c->nout == 0 && !c->streaming && between(c);
}

/*
 * What is next of the stream, up to the end given, or *n bytes of it: the end
 * of a message that is larger than .data is half of that, again and again, so
 * that who asks for large messages costs no memory.
 */
static const uint8_t *
next_data(const struct tcpconn *c, uint64_t end, size_t *n)
{
	uint64_t at = c->at, have = c->round < DATA ? c->round : DATA;

	if (at >= DATA)
		at = DATA / 2 + at % (DATA / 2);
	*n = end - c->at < have - at ? end - c->at : have - at;
	return c->data + at;
}

/* One send of what is next: 1 sent, 0 would block or nothing, -1 error. */
static int
send_next(struct tcpconn *c)
{
	ssize_t n;

	if (c->nout > 0 && between(c)) {
		n = send(c->source.fd, c->out, c->nout, MSG_NOSIGNAL);
		if (n > 0) {
			memmove(c->out, c->out + n, c->nout - (size_t)n);
			c->nout -= (size_t)n;
		}
	} else if (c->streaming || !between(c)) {
		uint64_t end = c->streaming && c->nout == 0 ? c->round :
		    (c->at / c->size + 1) * c->size;
		size_t len;
		const uint8_t *p = next_data(c, end, &len);

		/* More follows at once: segments are filled. */
		n = send(c->source.fd, p, len, MSG_NOSIGNAL |
		    (c->streaming && c->nout == 0 ? MSG_MORE : 0));
		if (n > 0) {
			c->sent += (uint64_t)n;
			c->at += (uint64_t)n;
			c->sent_msgs = c->sent / c->size;
			if (c->at == c->round)
				c->at = 0;
		}
	} else
		return 0;
	return n > 0 ? 1 : n == -1 && errno != EAGAIN && errno != EINTR ? -1 :
	    0;
}

static void
flush(struct tcpconn *c)
{
	int r = 1;

	for (int i = 0; i < ROUNDS && r == 1; i++)
		r = send_next(c);
	if (r == -1) {
		lost(c, errno);
		return;
	}
	want(c, c->nout > 0 || c->streaming || !between(c));
}

int
tcpconn_send(struct tcpconn *c, const struct connmsg *m)
{
	struct buf b;

	if (c->source.fd == -1)
		return -1;
	b = buf_init(c->out + c->nout, OUT - c->nout);
	connmsg_build(&b, m);
	if (b.bad)
		return -1;
	c->nout += b.len;
	if (!c->connecting)
		want(c, true);
	return 0;
}

void
tcpconn_stream(struct tcpconn *c, uint64_t size)
{
	struct connmsg m = { .type = MSG_DATA,
	    .length = (uint32_t)(size - CONNMSG_HEADER) };
	uint64_t count = size < DATA ? DATA / size : 1;

	free(c->data);
	c->size = size;
	c->round = size * count;
	c->at = 0;
	c->sent = c->sent_msgs = 0;
	c->data = mem_array(DATA, 1);
	for (uint64_t i = 0; i < count; i++) {
		struct buf b = buf_init(c->data + i * size,
		    CONNMSG_HEADER + CONNMSG_DATA_FIXED);

		connmsg_build(&b, &m);
	}
	c->streaming = true;
	want(c, true);
}

void
tcpconn_unstream(struct tcpconn *c)
{
	c->streaming = false;
}

/* Bytes of MSG_DATA came. */
static void
count(struct tcpconn *c, uint64_t n, int64_t ns)
{
	c->rcvd += n;
	if (c->first == 0)
		c->first = ns;
	c->last = ns;
}

/* The messages in the buffer; -1 when what is there is none of ours. */
static int
understand(struct tcpconn *c, int64_t ns)
{
	size_t at = 0;

	while (c->nin - at >= CONNMSG_HEADER && c->source.fd != -1) {
		struct cur b = cur_init(c->in + at, c->nin - at);
		struct connmsg m;
		size_t whole;

		if (connmsg_header(&b, &m) == -1)
			return -1;
		if (m.type == MSG_DATA) {
			uint64_t all = CONNMSG_HEADER + (uint64_t)m.length;
			uint64_t here = c->nin - at < all ? c->nin - at : all;

			count(c, here, ns);
			c->rcvd_msgs++;
			c->skip = all - here;
			at += here;
			continue;
		}
		whole = CONNMSG_HEADER + m.length;
		if (c->nin - at < whole)
			break;
		b = cur_init(c->in + at + CONNMSG_HEADER, m.length);
		if (connmsg_body(&b, &m) == -1)
			return -1;
		at += whole;
		c->message(c->arg, &m, ns);
	}
	if (c->source.fd == -1)
		return 0;
	memmove(c->in, c->in + at, c->nin - at);
	c->nin -= at;
	return 0;
}

static int64_t
stamp_of(struct msghdr *m)
{
	struct scm_timestamping t;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL;
	    h = CMSG_NXTHDR(m, h))
		if (h->cmsg_level == SOL_SOCKET &&
		    h->cmsg_type == SO_TIMESTAMPING) {
			memcpy(&t, CMSG_DATA(h), sizeof(t));
			if (t.ts[0].tv_sec != 0)
				return t.ts[0].tv_sec * NS_PER_S +
				    t.ts[0].tv_nsec;
		}
	return clock_real();
}

/*
 * Of a message to be thrown away nothing is of interest until its end: being
 * woken for each segment costs more than reading it.  What comes after it is
 * not held up, since all of it comes first.
 */
static void
wake_at(struct tcpconn *c)
{
	int n = c->skip == 0 ? 1 : c->skip < WAKE_MAX ? (int)c->skip :
	    WAKE_MAX;

	if (n != c->wake && set(c->source.fd, SOL_SOCKET, SO_RCVLOWAT, n) == 0)
		c->wake = n;
}

/* One read: 1 something came, 0 nothing, -1 the connection is gone. */
static int
read_some(struct tcpconn *c)
{
	_Alignas(struct cmsghdr) char control[256];
	struct iovec v = { c->in + c->nin, IN - c->nin };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(control) };
	bool skipping = c->skip > 0;
	ssize_t n;

	if (skipping)
		n = recv(c->source.fd, NULL, c->skip > SKIP_MAX ?
		    SKIP_MAX : c->skip, MSG_TRUNC);
	else
		n = recvmsg(c->source.fd, &m, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		wake_at(c);
		return 0;
	}
	if (n <= 0) {
		lost(c, n == 0 ? 0 : errno);
		return -1;
	}
	if (skipping) {
		c->skip -= (uint64_t)n;
		if (c->skip == 0)
			wake_at(c);
		count(c, (uint64_t)n, clock_real());
		return 1;
	}
	c->nin += (size_t)n;
	if (understand(c, stamp_of(&m)) == -1) {
		lost(c, EPROTO);
		return -1;
	}
	return c->source.fd == -1 ? -1 : 1;
}

static void
on_ready(void *arg, unsigned events)
{
	struct tcpconn *c = arg;
	int error = 0;
	socklen_t n = sizeof(error);

	if (c->connecting) {
		if (getsockopt(c->source.fd, SOL_SOCKET, SO_ERROR, &error,
		    &n) == -1)
			error = errno;
		if (error != 0) {
			lost(c, error);
			return;
		}
		c->connecting = false;
		c->want_out = true;
		c->connected(c->arg);
		if (c->source.fd != -1)
			flush(c);
		return;
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		for (int i = 0; i < ROUNDS; i++) {
			int r = read_some(c);

			if (r == -1)
				return;
			if (r == 0)
				break;
		}
	if (c->want_out)
		flush(c);
}

bool
tcpconn_moved(const struct tcpconn *c, const union sockname *to)
{
	bool v6 = to->sa.sa_family == AF_INET6;
	socklen_t n = sizeof(union sockname), m = n;
	union sockname here, there;
	struct addr a, b;
	uint16_t port;
	int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool moved = false;

	if (fd == -1)
		return false;
	if (connect(fd, &to->sa, v6 ? sizeof(to->in6) : sizeof(to->in)) == 0 &&
	    getsockname(fd, &there.sa, &n) == 0 &&
	    getsockname(c->source.fd, &here.sa, &m) == 0) {
		a = sockname_addr(&here, &port);
		b = sockname_addr(&there, &port);
		moved = addr_cmp(&a, &b) != 0;
	}
	close(fd);
	return moved;
}

void
tcpconn_state(const struct tcpconn *c, const struct tcpstate *last,
    struct tcpstate *s)
{
	struct tcp_info i;
	socklen_t n = sizeof(i);
	uint64_t busy;
	uint32_t in_silence;

	memset(s, 0, sizeof(*s));
	memset(&i, 0, sizeof(i));
	if (c->source.fd == -1 ||
	    getsockopt(c->source.fd, IPPROTO_TCP, TCP_INFO, &i, &n) == -1)
		return;
	s->busy = i.tcpi_busy_time;
	s->rwnd = i.tcpi_rwnd_limited;
	s->sndbuf = i.tcpi_sndbuf_limited;
	s->retrans = i.tcpi_total_retrans;
	s->cwnd = i.tcpi_snd_cwnd;
	s->pmtu = i.tcpi_pmtu;
	s->heard_ms = i.tcpi_last_ack_recv < i.tcpi_last_data_recv ?
	    i.tcpi_last_ack_recv : i.tcpi_last_data_recv;
	/* What cannot even be sent, as from an address we lost, counts. */
	s->waiting = i.tcpi_unacked > 0 || i.tcpi_notsent_bytes > 0;
	s->segs = i.tcpi_data_segs_out;
	in_silence = i.tcpi_retransmits + TAIL_PROBES;
	if (i.tcpi_total_retrans > in_silence)
		s->again = i.tcpi_total_retrans - in_silence;
	s->rto_ns = ((int64_t)i.tcpi_rtt + 4 * (int64_t)i.tcpi_rttvar) * 1000;
	if (s->rto_ns < RTO_MIN)
		s->rto_ns = RTO_MIN;
	busy = s->busy - last->busy;
	s->limit = busy == 0 ? LIMIT_APP :
	    s->rwnd - last->rwnd > busy / 2 ? LIMIT_RECEIVER :
	    s->sndbuf - last->sndbuf > busy / 2 ? LIMIT_SNDBUF :
	    i.tcpi_delivery_rate_app_limited ? LIMIT_APP : LIMIT_NETWORK;
}
