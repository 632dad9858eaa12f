#include "portcheck.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "connpeer.h"
#include "mem.h"
#include "stamp.h"
#include "udpsock.h"

enum { AT_ONCE = 64, TICK_MS = 20, UDP_AGAIN_MS = 500 };

struct one {
	struct portcheck	*check;
	const char		*host;
	struct connport		 port;
	union sockname		 to;
	struct evsource		 source;
	int64_t			 began, again;
	bool			 done;
	const char		*state;
	int			 error;
	int64_t			 rtt;
	char			 detail[96];
};

struct portcheck {
	struct connctx	*ctx;
	struct one	*one;
	size_t		 n, next, put;	/* begun before, written before */
	unsigned	 active;
	int64_t		 wait;
	struct evtimer	 tick;
};

/* Records in order, as far as they are there. */
static void
put_done(struct portcheck *k)
{
	for (; k->put < k->n && k->one[k->put].done; k->put++) {
		struct one *o = &k->one[k->put];
		struct conn *r = connctx_begin(k->ctx, "port", o->host,
		    o->port.proto, "up");
		uint16_t port;

		word_str(&r->test, "port");
		word_str(&r->state, o->state);
		r->addr = sockname_addr(&o->to, &port);
		r->port = o->port.port;
		r->attempt = 1;
		if (o->error != 0)
			word_str(&r->error, connctx_errname(o->error));
		if (o->rtt != 0)
			r->rtt_min_ms = o->rtt;
		if (o->detail[0] != '\0')
			(void)text_set(&r->detail, o->detail,
			    strlen(o->detail));
		connctx_put(k->ctx);
		if (strcmp(o->state, "open") != 0)
			k->ctx->failures++;
	}
	if (k->put == k->n && k->n > 0) {
		k->n = k->put = 0;
		k->ctx->busy--;
		evtimer_clear(&k->ctx->loop, &k->tick);
	}
}

static void
end(struct one *o, const char *state, int error)
{
	struct portcheck *k = o->check;

	if (o->source.fd != -1) {
		evloop_remove(&k->ctx->loop, &o->source);
		close(o->source.fd);
		o->source.fd = -1;
		k->active--;
	}
	o->state = state;
	o->error = error;
	o->done = true;
}

/* Who says that, and does it mean a filter? */
static bool
read_icmp(struct one *o)
{
	char text[ADDR_STRLEN];
	struct udperr e;
	bool v6 = o->to.sa.sa_family == AF_INET6, filter = false;

	while (udpsock_error(o->source.fd, &e) == 1) {
		if (e.kind != UDPERR_ICMP)
			continue;
		snprintf(o->detail, sizeof(o->detail), "icmp %u/%u from %s",
		    e.type, e.code, addr_string(&e.from, text));
		o->error = e.error;
		/* Prohibited; and no host refuses TCP but by a reset. */
		filter = v6 ? e.type == 1 && (e.code == 1 || e.code == 5 ||
		    e.code == 6) : e.type == 3 && (e.code == 9 ||
		    e.code == 10 || e.code == 13);
		if (o->port.proto == CONN_TCP && (v6 ? e.type == 1 &&
		    e.code == 4 : e.type == 3 && e.code == 3))
			filter = true;
	}
	return filter;
}

static void
on_ready(void *arg, unsigned events)
{
	struct one *o = arg;
	uint8_t p[512];
	int error = 0;
	bool filter = read_icmp(o);
	socklen_t n = sizeof(error);

	(void)events;
	o->rtt = clock_mono() - o->began;
	(void)getsockopt(o->source.fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error == 0)
		error = o->error;
	if (error == 0 && o->port.proto == CONN_UDP &&
	    recv(o->source.fd, p, sizeof(p), 0) == -1) {
		if (errno == EAGAIN)
			return;
		error = errno;
	}
	end(o, filter ? "filtered" : connctx_state(error), error);
	put_done(o->check);
}

static int
open_tcp(struct one *o)
{
	bool v6 = o->to.sa.sa_family == AF_INET6;
	int on = 1, fd = socket(o->to.sa.sa_family, SOCK_STREAM |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	    v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on));
	if (connect(fd, &o->to.sa, v6 ? sizeof(o->to.in6) :
	    sizeof(o->to.in)) == -1 && errno != EINPROGRESS) {
		on = errno;
		close(fd);
		errno = on;
		return -1;
	}
	return fd;
}

static int
send_udp(struct one *o)
{
	uint8_t p[STAMP_LEN];
	struct buf b = buf_init(p, sizeof(p));
	struct stamp_request q = { 0, stamp_ntp(clock_real()),
	    connctx_clock_error(), 0 };
	struct udpout out = { .tos = -1 };

	stamp_build_request(&b, &q);
	o->again = clock_mono() + UDP_AGAIN_MS * NS_PER_MS;
	return udpsock_send(o->source.fd, &out, p, b.len);
}

static void
begin(struct one *o)
{
	struct udpopts u = { -1, -1, -1, .fragment = true };

	o->began = clock_mono();
	o->source = (struct evsource){ o->port.proto == CONN_TCP ?
	    open_tcp(o) : udpsock_open(o->to.sa.sa_family, NULL, &o->to, &u),
	    on_ready, o };
	if (o->source.fd == -1) {
		end(o, connctx_state(errno), errno);
		return;
	}
	o->check->active++;
	(void)evloop_add(&o->check->ctx->loop, &o->source,
	    o->port.proto == CONN_TCP ? EPOLLOUT : EPOLLIN);
	if (o->port.proto == CONN_UDP)
		(void)send_udp(o);
}

static void
on_tick(void *arg, int64_t now)
{
	struct portcheck *k = arg;

	evtimer_set(&k->ctx->loop, &k->tick, now + TICK_MS * NS_PER_MS);
	for (size_t i = k->put; i < k->next; i++) {
		struct one *o = &k->one[i];

		if (o->done)
			continue;
		if (now - o->began > k->wait || k->ctx->ending)
			end(o, k->ctx->ending ? "error" :
			    o->port.proto == CONN_UDP ? "silent" : "filtered",
			    k->ctx->ending ? EINTR : ETIMEDOUT);
		else if (o->port.proto == CONN_UDP && now > o->again)
			(void)send_udp(o);
	}
	for (; k->next < k->n && k->active < AT_ONCE; k->next++) {
		begin(&k->one[k->next]);
		if (k->ctx->ending && !k->one[k->next].done)
			end(&k->one[k->next], "error", EINTR);
	}
	put_done(k);
}

struct portcheck *
portcheck_open(struct connctx *ctx, char *const hosts[],
    const struct connport *ports, unsigned nports, int64_t wait,
    char err[static CONN_ERRLEN])
{
	struct portcheck *k = mem_alloc(sizeof(*k));

	*k = (struct portcheck){ .ctx = ctx, .wait = wait };
	for (; *hosts != NULL; hosts++) {
		struct connuri u = { .port = 1 };
		struct connpeer p;

		snprintf(u.host, sizeof(u.host), "%s", *hosts);
		if (connpeer_init(&p, &u, err) == -1) {
			portcheck_close(k);
			return NULL;
		}
		k->one = mem_grow(k->one, k->n + p.n * nports + 1,
		    sizeof(*k->one));
		for (unsigned i = 0; i < p.n * nports; i++) {
			struct one *o = &k->one[k->n++];

			*o = (struct one){ .check = k, .host = *hosts,
			    .port = ports[i % nports], .source.fd = -1,
			    .to = p.addr[i / nports] };
			if (o->to.sa.sa_family == AF_INET6)
				o->to.in6.sin6_port = htons(o->port.port);
			else
				o->to.in.sin_port = htons(o->port.port);
		}
	}
	ctx->busy++;
	k->tick = (struct evtimer){ .fire = on_tick, .arg = k };
	evtimer_set(&ctx->loop, &k->tick, clock_mono());
	return k;
}

void
portcheck_close(struct portcheck *k)
{
	evtimer_clear(&k->ctx->loop, &k->tick);
	free(k->one);
	free(k);
}
