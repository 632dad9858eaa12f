#include "tcpserver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "tcpconn.h"

enum { PEERS = 256, BACKLOG = 128, TICK_MS = 250, HELLO_S = 5, SILENT_S = 60 };

struct peer {
	struct tcpserver	*server;
	bool			 used, known;	/* has said hello */
	struct tcpconn		 conn;
	char			 name[CONNMSG_NAME];
	struct addr		 addr;
	uint16_t		 port;
	int64_t			 heard;
	bool			 testing, stopping;
	struct connmsg		 start;
	uint64_t		 rcvd0, msgs0;
	struct tcpstate		 state0, state;
	uint64_t		 pings;
};

struct tcpserver {
	struct connctx	*ctx;
	struct evsource	 source[2];
	unsigned	 n;
	struct peer	*peer;
	struct evtimer	 tick;
	uint64_t	 refused, strangers;
};

static void
peer_event(struct peer *p, const char *what, int error)
{
	connctx_event(p->server->ctx, what, p->name, CONN_TCP, &p->addr,
	    p->port, NULL, error, NULL);
}

static void
report(struct peer *p, bool final)
{
	struct connmsg m = { .type = MSG_REPORT, .session = p->start.session,
	    .final = final };

	tcpconn_state(&p->conn, &p->state, &p->state);
	m.limit = (uint8_t)p->state.limit;
	m.cwnd = p->state.cwnd;
	m.retrans = p->state.retrans - p->state0.retrans;
	/* The message under way will be sent whole. */
	if ((p->start.dirs & CONN_DOWN) != 0)
		m.sent = (p->conn.sent + p->start.size - 1) / p->start.size;
	m.sent_bytes = m.sent * p->start.size;
	m.rcvd = p->conn.rcvd_msgs - p->msgs0;
	m.rcvd_bytes = p->conn.rcvd - p->rcvd0;
	m.span_ns = p->conn.first == 0 ? 0 :
	    (uint64_t)(p->conn.last - p->conn.first);
	(void)tcpconn_send(&p->conn, &m);
}

/* What this end saw of a test. */
static void
put_test(struct peer *p, bool whole)
{
	struct connctx *ctx = p->server->ctx;
	struct conn *r;

	if ((p->start.dirs & CONN_UP) != 0) {
		uint64_t bytes = p->conn.rcvd - p->rcvd0;
		int64_t span = p->conn.last - p->conn.first;

		r = connctx_begin(ctx, "total", p->name, CONN_TCP, "down");
		word_str(&r->test, "bandwidth");
		word_str(&r->state, whole ? "whole" : "part");
		r->addr = p->addr;
		r->size = p->start.size;
		r->rcvd = (rec_num)(p->conn.rcvd_msgs - p->msgs0);
		if (bytes > 0 && span > 0)
			r->bps = (rec_num)((double)bytes * 8e9 /
			    (double)span);
		connctx_put(ctx);
	}
	if ((p->start.dirs & CONN_DOWN) != 0) {
		r = connctx_begin(ctx, "total", p->name, CONN_TCP, "up");
		word_str(&r->test, "bandwidth");
		word_str(&r->state, whole ? "whole" : "part");
		word_str(&r->limit, connlimit_name(p->state.limit));
		word_str(&r->io, "send");
		r->addr = p->addr;
		r->size = p->start.size;
		r->sent = (rec_num)((p->conn.sent + p->start.size - 1) /
		    p->start.size);
		r->retrans = (rec_num)(p->state.retrans - p->state0.retrans);
		connctx_put(ctx);
	}
}

static void
on_start(struct peer *p, const struct connmsg *m)
{
	struct connmsg re = *m;

	re.type = MSG_STARTED;
	re.refusal = m->dirs == 0 || m->dirs > 3 || m->size <
	    CONNMSG_HEADER + CONNMSG_DATA_FIXED || m->size > 1U << 30 ?
	    MSG_BADTEST : p->testing ? MSG_BUSY : MSG_OK;
	(void)tcpconn_send(&p->conn, &re);
	if (re.refusal != MSG_OK)
		return;
	p->start = *m;
	p->testing = true;
	p->stopping = false;
	p->rcvd0 = p->conn.rcvd;
	p->msgs0 = p->conn.rcvd_msgs;
	p->conn.first = p->conn.last = 0;
	tcpconn_state(&p->conn, &p->state0, &p->state0);
	p->state = p->state0;
	tcpconn_rate(&p->conn, p->server->ctx->tcp_rate != 0 &&
	    (m->rate == 0 || m->rate > p->server->ctx->tcp_rate) ?
	    p->server->ctx->tcp_rate : m->rate == CONN_RATE_MAX ? 0 : m->rate);
	if ((m->dirs & CONN_DOWN) != 0)
		tcpconn_stream(&p->conn, m->size);
}

static void
on_message(void *arg, const struct connmsg *m, int64_t ns)
{
	struct peer *p = arg;
	struct connmsg re = { .type = MSG_WELCOME };

	p->heard = clock_mono();
	if (!p->known && m->type != MSG_HELLO)
		return;
	if (m->type == MSG_HELLO && !p->known) {
		p->known = true;
		snprintf(p->name, sizeof(p->name), "%s", m->name);
		memcpy(re.id, p->server->ctx->id, sizeof(re.id));
		snprintf(re.name, sizeof(re.name), "%s",
		    p->server->ctx->node);
		(void)tcpconn_send(&p->conn, &re);
		peer_event(p, "open", 0);
	} else if (m->type == MSG_PING) {
		p->server->ctx->loop.packets += 2;	/* this, the answer */
		re = *m;
		re.type = MSG_PONG;
		re.t2 = (uint64_t)ns;
		re.t3 = (uint64_t)clock_real();
		(void)tcpconn_send(&p->conn, &re);
	} else if (m->type == MSG_START)
		on_start(p, m);
	else if (m->type == MSG_STOP && p->testing) {
		p->stopping = true;
		tcpconn_unstream(&p->conn);
		report(p, true);
		put_test(p, true);
		p->testing = false;
	}
}

static void
on_closed(void *arg, int error)
{
	struct peer *p = arg;

	if (p->testing)
		put_test(p, false);
	if (p->known)
		peer_event(p, "close", error);
	else
		p->server->strangers++;
	p->used = false;
}

static void
on_accept(struct tcpserver *s, int listener)
{
	union sockname from;
	socklen_t n = sizeof(from);
	int fd = accept4(listener, &from.sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *p;
	int i = 0;

	if (fd == -1)
		return;
	while (i < PEERS && s->peer[i].used)
		i++;
	if (i == PEERS) {
		s->refused++;
		close(fd);
		return;
	}
	p = &s->peer[i];
	*p = (struct peer){ .server = s, .used = true, .heard = clock_mono() };
	p->addr = sockname_addr(&from, &p->port);
	p->conn = (struct tcpconn){ .loop = &s->ctx->loop, .arg = p,
	    .message = on_message, .closed = on_closed };
	tcpconn_accept(&p->conn, fd);
}

static void
ready0(void *arg, unsigned events)
{
	struct tcpserver *s = arg;

	(void)events;
	on_accept(s, s->source[0].fd);
}

static void
ready1(void *arg, unsigned events)
{
	struct tcpserver *s = arg;

	(void)events;
	on_accept(s, s->source[1].fd);
}

static void
let_go(struct peer *p, int error)
{
	tcpconn_close(&p->conn);
	on_closed(p, error);
}

static void
on_tick(void *arg, int64_t now)
{
	struct tcpserver *s = arg;

	for (int i = 0; i < PEERS; i++) {
		struct peer *p = &s->peer[i];

		if (!p->used)
			continue;
		if (p->testing)
			report(p, false);
		if (now - p->heard > (p->known ? SILENT_S : HELLO_S) *
		    NS_PER_S && (!p->testing || p->conn.rcvd == p->rcvd0))
			let_go(p, ETIMEDOUT);
	}
	evtimer_set(&s->ctx->loop, &s->tick, now + TICK_MS * NS_PER_MS);
}

static int
listen_on(struct tcpserver *s, const union sockname *at)
{
	bool v6 = at->sa.sa_family == AF_INET6;
	int on = 1, fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof(on));
	if (bind(fd, &at->sa, v6 ? sizeof(at->in6) : sizeof(at->in)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		on = errno;
		close(fd);
		errno = on;
		return -1;
	}
	s->source[s->n] = (struct evsource){ fd, s->n == 0 ? ready0 : ready1,
	    s };
	return evloop_add(&s->ctx->loop, &s->source[s->n++], EPOLLIN);
}

struct tcpserver *
tcpserver_open(struct connctx *ctx, const struct connuri *u)
{
	struct tcpserver *s = mem_alloc(sizeof(*s));
	struct addr any[2] = { { .v = 4 }, { .v = 6 } }, one;
	union sockname at;

	s->ctx = ctx;
	s->peer = mem_array(PEERS, sizeof(*s->peer));
	if (u->host[0] != '\0') {
		if (addr_parse(&one, u->host, strlen(u->host)) == -1) {
			errno = EADDRNOTAVAIL;
			return NULL;
		}
		sockname_make(&at, &one, u->port);
		if (listen_on(s, &at) == -1)
			return NULL;
	} else
		for (int i = 0; i < 2; i++) {
			sockname_make(&at, &any[i], u->port);
			if (listen_on(s, &at) == -1 && errno != EAFNOSUPPORT)
				return NULL;
		}
	s->tick = (struct evtimer){ .fire = on_tick, .arg = s };
	evtimer_set(&ctx->loop, &s->tick, clock_mono() + TICK_MS * NS_PER_MS);
	return s;
}

void
tcpserver_close(struct tcpserver *s)
{
	char text[96];

	for (int i = 0; i < PEERS; i++)
		if (s->peer[i].used)
			let_go(&s->peer[i], 0);
	if (s->refused + s->strangers > 0) {
		snprintf(text, sizeof(text), "refused=%llu strangers=%llu",
		    (unsigned long long)s->refused,
		    (unsigned long long)s->strangers);
		connctx_event(s->ctx, "warn", "any", CONN_TCP, NULL, 0, NULL,
		    0, text);
	}
	for (unsigned i = 0; i < s->n; i++) {
		evloop_remove(&s->ctx->loop, &s->source[i]);
		close(s->source[i].fd);
	}
	evtimer_clear(&s->ctx->loop, &s->tick);
	free(s->peer);
	free(s);
}
