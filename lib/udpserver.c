#include "udpserver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "connbw.h"
#include "connmsg.h"
#include "key.h"
#include "mem.h"
#include "reflect.h"
#include "udpsock.h"

enum { FLOWS = 64, REPORT_MS = 250, SILENT_S = 2, LINGER_S = 10 };

/* A bandwidth test of a peer. */
struct bwtest {
	struct udpserver	*server;
	bool			 used;
	uint64_t		 session;
	union sockname		 peer;
	struct addr		 local;
	unsigned		 ifindex;
	int			 fd;
	struct connmsg		 start;		/* as granted */
	struct bwsend		 send;
	struct bwrecv		 recv;
	struct evtimer		 timer, report;
	int64_t			 end, heard;
	bool			 done;
	struct connmsg		 final;
};

struct udpserver {
	struct connctx		*ctx;
	struct evsource		 source[2];
	unsigned		 n;
	struct reflect		 reflect;
	struct udpbatch		 batch;
	uint32_t		 drops;
	struct bwtest		*flow;
	struct evtimer		 tick;
	double			 tokens;	/* bytes that may be sent */
	int64_t			 filled;
	uint64_t		 capped, bad, nocookie;
};

/* May n bytes be sent?  A tenth of a second's worth can be saved up. */
static bool
allowed(struct udpserver *s, size_t n)
{
	int64_t now = clock_mono();
	double rate = (double)s->ctx->max_rate / 8;

	if (s->ctx->max_rate == CONN_RATE_MAX)
		return true;
	s->tokens += rate * (double)(now - s->filled) / 1e9;
	s->filled = now;
	if (s->tokens > rate / 10 + UDPSOCK_MAX)
		s->tokens = rate / 10 + UDPSOCK_MAX;
	if (s->tokens < (double)n) {
		s->capped++;
		return false;
	}
	s->tokens -= (double)n;
	return true;
}

static uint64_t
cookie_of(const struct udpserver *s, const union sockname *peer, int64_t epoch)
{
	uint8_t p[32] = { 0 };
	struct buf b = buf_init(p, sizeof(p));
	uint16_t port;
	struct addr a = sockname_addr(peer, &port);

	buf_copy(&b, a.b, sizeof(a.b));
	buf_u8(&b, a.v);
	buf_u16(&b, port);
	buf_u64(&b, (uint64_t)epoch);
	return siphash(s->ctx->secret, p, b.len);
}

/* Good for one to two minutes, from this address and port only. */
static bool
cookie_good(const struct udpserver *s, const union sockname *peer,
    uint64_t cookie)
{
	int64_t epoch = clock_mono() / (60 * NS_PER_S);

	return cookie == cookie_of(s, peer, epoch) ||
	    cookie == cookie_of(s, peer, epoch - 1);
}

static void
answer(struct udpserver *s, int fd, const struct udpin *in,
    const struct connmsg *m)
{
	uint8_t p[CONNMSG_MAX];
	struct buf b = buf_init(p, sizeof(p));
	struct udpout o = { .to = &in->from, .from = &in->to,
	    .ifindex = in->ifindex, .tos = -1 };

	connmsg_build(&b, m);
	/* Never more bytes than came: lengths of types are made so. */
	if (!b.bad && b.len <= in->n && allowed(s, b.len))
		(void)udpsock_send(fd, &o, p, b.len);
}

static void
welcome(struct udpserver *s, int fd, const struct udpin *in)
{
	struct connmsg m = { .type = MSG_WELCOME };

	m.cookie = cookie_of(s, &in->from, clock_mono() / (60 * NS_PER_S));
	memcpy(m.id, s->ctx->id, sizeof(m.id));
	snprintf(m.name, sizeof(m.name), "%s", s->ctx->node);
	answer(s, fd, in, &m);
}

static struct bwtest *
find_flow(struct udpserver *s, uint64_t session)
{
	for (int i = 0; i < FLOWS; i++)
		if (s->flow[i].used && s->flow[i].session == session)
			return &s->flow[i];
	return NULL;
}

static void
peer_name(const union sockname *peer, char out[static 64])
{
	char text[ADDR_STRLEN];
	uint16_t port;
	struct addr a = sockname_addr(peer, &port);

	snprintf(out, 64, a.v == 6 ? "[%s]:%u" : "%s:%u",
	    addr_string(&a, text), port);
}

static void
report_of(const struct bwtest *f, struct connmsg *m)
{
	*m = (struct connmsg){ .type = MSG_REPORT, .session = f->session,
	    .sent = f->send.sent, .sent_bytes = f->send.bytes };
	if ((f->start.dirs & CONN_UP) != 0)
		bwrecv_report(&f->recv, m);
}

/* Records of a test as this end saw it. */
static void
put_flow(struct bwtest *f)
{
	struct connctx *ctx = f->server->ctx;
	struct connmsg none = { 0 };
	char peer[64];

	peer_name(&f->peer, peer);
	if ((f->start.dirs & CONN_UP) != 0) {
		struct conn *r = connctx_begin(ctx, "total", peer, CONN_UDP,
		    "down");

		word_str(&r->test, "bandwidth");
		word_str(&r->state, f->final.final ? "whole" : "part");
		r->addr = sockname_addr(&f->peer, &(uint16_t){ 0 });
		r->size = f->start.size;
		connbw_fill(r, &f->final, &none);
		connctx_put(ctx);
	}
	if ((f->start.dirs & CONN_DOWN) != 0) {
		struct conn *r = connctx_begin(ctx, "total", peer, CONN_UDP,
		    "up");

		word_str(&r->test, "bandwidth");
		r->addr = sockname_addr(&f->peer, &(uint16_t){ 0 });
		r->size = f->start.size;
		r->sent = (rec_num)f->send.sent;
		connctx_put(ctx);
	}
}

static void
free_flow(struct bwtest *f)
{
	struct evloop *l = &f->server->ctx->loop;

	if (!f->done) {
		report_of(f, &f->final);
		put_flow(f);
	}
	evtimer_clear(l, &f->timer);
	evtimer_clear(l, &f->report);
	udpsock_gro(f->fd, false);
	if ((f->start.dirs & CONN_DOWN) != 0)
		bwsend_free(&f->send);
	if ((f->start.dirs & CONN_UP) != 0)
		bwrecv_free(&f->recv);
	f->used = false;
}

static void
on_send(void *arg, int64_t now)
{
	struct bwtest *f = arg;
	struct udpout o = { .to = &f->peer, .from = &f->local,
	    .ifindex = f->ifindex, .tos = -1 };
	uint64_t before = f->send.sent;

	if (f->done || now > f->end || now - f->heard > SILENT_S * NS_PER_S)
		return;
	evtimer_set(&f->server->ctx->loop, &f->timer,
	    bwsend_step(&f->send, f->fd, &o, now));
	f->server->ctx->loop.packets += f->send.sent - before;
}

/* Tell the peer what arrives; forget it when it is gone. */
static void
on_report(void *arg, int64_t now)
{
	struct bwtest *f = arg;
	struct udpout o = { .to = &f->peer, .from = &f->local,
	    .ifindex = f->ifindex, .tos = -1 };
	uint8_t p[CONNMSG_MAX];
	struct buf b = buf_init(p, sizeof(p));
	struct connmsg m;

	if (now - f->heard > LINGER_S * NS_PER_S) {
		free_flow(f);
		return;
	}
	if (!f->done && now - f->heard <= SILENT_S * NS_PER_S) {
		report_of(f, &m);
		connmsg_build(&b, &m);
		(void)udpsock_send(f->fd, &o, p, b.len);
	}
	evtimer_set(&f->server->ctx->loop, &f->report,
	    now + REPORT_MS * NS_PER_MS);
}

static void
begin_flow(struct udpserver *s, struct bwtest *f, int fd,
    const struct udpin *in, const struct connmsg *m)
{
	int64_t now = clock_mono();
	uint64_t rate = m->rate > s->ctx->max_rate ? s->ctx->max_rate :
	    m->rate;

	*f = (struct bwtest){ .server = s, .used = true,
	    .session = m->session, .peer = in->from, .local = in->to,
	    .ifindex = in->ifindex, .fd = fd, .start = *m, .heard = now,
	    .timer = { .fire = on_send, .arg = f },
	    .report = { .fire = on_report, .arg = f } };
	f->start.rate = rate;
	f->end = now + (int64_t)m->time_ns;
	if ((m->dirs & CONN_DOWN) != 0) {
		bwsend_init(&f->send, m->session, rate, m->size, m->gso, now);
		evtimer_set(&s->ctx->loop, &f->timer, now);
	}
	if ((m->dirs & CONN_UP) != 0)
		bwrecv_init(&f->recv);
	udpsock_gro(fd, m->gso != 0);
	evtimer_set(&s->ctx->loop, &f->report, now + REPORT_MS * NS_PER_MS);
}

static void
on_start(struct udpserver *s, int fd, const struct udpin *in,
    const struct connmsg *m)
{
	struct connmsg re = *m;
	struct bwtest *f;
	int i = 0;

	if (!cookie_good(s, &in->from, m->cookie)) {
		s->nocookie++;
		return;
	}
	re.type = MSG_STARTED;
	re.refusal = MSG_OK;
	f = find_flow(s, m->session);
	while (f == NULL && i < FLOWS && s->flow[i].used)
		i++;
	if (f == NULL && i == FLOWS)
		re.refusal = MSG_BUSY;
	else if (m->size < CONNBW_MIN || m->size > 65507 || m->rate < 1000 ||
	    m->dirs == 0 || m->dirs > 3 || m->time_ns > (uint64_t)INT64_MAX / 2)
		re.refusal = MSG_BADTEST;
	else if (f == NULL)
		begin_flow(s, f = &s->flow[i], fd, in, m);
	if (f != NULL)
		re.rate = f->start.rate;
	answer(s, fd, in, &re);
}

static void
on_stop(struct udpserver *s, struct bwtest *f, int fd, const struct udpin *in,
    const struct connmsg *m)
{
	if (!f->done) {
		f->done = true;
		evtimer_clear(&s->ctx->loop, &f->timer);
		if ((f->start.dirs & CONN_UP) != 0)
			bwrecv_end(&f->recv, m->sent > UINT32_MAX ? 0 :
			    m->sent);
		report_of(f, &f->final);
		f->final.final = true;
		put_flow(f);
	}
	answer(s, fd, in, &f->final);
}

static void
on_data(struct udpserver *s, struct bwtest *f, const struct udpin *in)
{
	if (f->done || (f->start.dirs & CONN_UP) == 0) {
		s->bad++;
		return;
	}
	f->recv.drops += s->batch.drops - s->drops;
	s->drops = s->batch.drops;
	s->ctx->loop.packets += bwrecv_add(&f->recv, f->session, in);
}

static void
on_message(struct udpserver *s, int fd, const struct udpin *in)
{
	struct cur c = cur_init(in->p, in->segment);
	struct connmsg m;
	struct bwtest *f;

	if (connmsg_header(&c, &m) == -1 || connmsg_body(&c, &m) == -1) {
		s->bad++;
		return;
	}
	if (m.type == MSG_HELLO) {
		welcome(s, fd, in);
		return;
	}
	if (m.type == MSG_START) {
		on_start(s, fd, in, &m);
		return;
	}
	if ((f = find_flow(s, m.session)) == NULL) {
		s->bad++;
		return;
	}
	/*
	 * Data goes on to the address that showed the cookie, wherever this
	 * came from: or a source that is made up could turn it elsewhere.
	 */
	f->heard = clock_mono();
	if (m.type == MSG_STOP)
		on_stop(s, f, fd, in, &m);
	else if (m.type == MSG_DATA)
		on_data(s, f, in);
}

static void
on_stamp(struct udpserver *s, int fd, const struct udpin *in)
{
	static uint8_t p[UDPSOCK_MAX];
	struct udpout o = { .to = &in->from, .from = &in->to,
	    .ifindex = in->ifindex, .tos = -1 };
	size_t n = reflect_answer(&s->reflect, in, p, sizeof(p), &o.tos);

	if (n == 0 || n > in->n) {
		s->bad++;
		return;
	}
	s->ctx->loop.packets++;
	if (!allowed(s, n))
		return;
	if (udpsock_send(fd, &o, p, n) == -1)
		s->reflect.failed++;
	else
		s->ctx->loop.packets++;
}

/* A train that is no data: packet by packet. */
static void
on_train(struct udpserver *s, int fd, const struct udpin *in)
{
	for (size_t at = 0; at < in->n; at += in->segment) {
		struct udpin one = *in;

		one.p += at;
		one.n = in->n - at < in->segment ? in->n - at : in->segment;
		one.segment = one.n;
		if (connmsg_is(one.p, one.n))
			on_message(s, fd, &one);
		else
			on_stamp(s, fd, &one);
	}
}

static void
on_packets(struct udpserver *s, int fd)
{
	int n = udpsock_recv(fd, &s->batch);

	for (int i = 0; i < n; i++) {
		const struct udpin *in = &s->batch.in[i];

		if (in->cut || in->n == 0)
			s->bad++;
		else if (connmsg_is(in->p, in->n) && in->n > CONNMSG_MAX)
			on_message(s, fd, in);
		else
			on_train(s, fd, in);
	}
}

static void
ready0(void *arg, unsigned events)
{
	struct udpserver *s = arg;

	(void)events;
	on_packets(s, s->source[0].fd);
}

static void
ready1(void *arg, unsigned events)
{
	struct udpserver *s = arg;

	(void)events;
	on_packets(s, s->source[1].fd);
}

static void
on_tick(void *arg, int64_t now)
{
	struct udpserver *s = arg;

	reflect_tick(&s->reflect, now);
	evtimer_set(&s->ctx->loop, &s->tick, now + NS_PER_S);
}

static int
listen_on(struct udpserver *s, const union sockname *at)
{
	struct udpopts o = { -1, -1, -1, .fragment = true };
	struct evsource *e = &s->source[s->n];

	e->fd = udpsock_open(at->sa.sa_family, at, NULL, &o);
	if (e->fd == -1)
		return -1;
	e->arg = s;
	e->ready = s->n == 0 ? ready0 : ready1;
	s->n++;
	return evloop_add(&s->ctx->loop, e, EPOLLIN);
}

struct udpserver *
udpserver_open(struct connctx *ctx, const struct connuri *u)
{
	struct udpserver *s = mem_alloc(sizeof(*s));	/* the tool exits on NULL */
	struct addr any[2] = { { .v = 4 }, { .v = 6 } }, one;
	union sockname at;
	int ok = 0;

	s->ctx = ctx;
	s->filled = clock_mono();
	s->flow = mem_array(FLOWS, sizeof(*s->flow));
	if (u->host[0] != '\0') {
		if (addr_parse(&one, u->host, strlen(u->host)) == -1) {
			errno = EADDRNOTAVAIL;
			return NULL;
		}
		sockname_make(&at, &one, u->port);
		ok = listen_on(s, &at) == 0;
	} else
		for (int i = 0; i < 2; i++) {
			sockname_make(&at, &any[i], u->port);
			if (listen_on(s, &at) == 0)
				ok++;
			else if (errno != EAFNOSUPPORT)
				return NULL;
		}
	if (ok == 0)
		return NULL;
	udpbatch_init(&s->batch, UDPSOCK_MAX);
	reflect_init(&s->reflect, ctx);
	s->tick = (struct evtimer){ .fire = on_tick, .arg = s };
	evtimer_set(&ctx->loop, &s->tick, clock_mono() + NS_PER_S);
	return s;
}

void
udpserver_close(struct udpserver *s)
{
	char text[160];

	for (int i = 0; i < FLOWS; i++)
		if (s->flow[i].used)
			free_flow(&s->flow[i]);
	reflect_close(&s->reflect);
	if (s->capped + s->bad + s->nocookie > 0) {
		snprintf(text, sizeof(text), "capped=%llu malformed=%llu "
		    "nocookie=%llu", (unsigned long long)s->capped,
		    (unsigned long long)s->bad,
		    (unsigned long long)s->nocookie);
		connctx_event(s->ctx, "warn", "any", CONN_UDP, NULL, 0, NULL,
		    0, text);
	}
	for (unsigned i = 0; i < s->n; i++) {
		evloop_remove(&s->ctx->loop, &s->source[i]);
		close(s->source[i].fd);
	}
	evtimer_clear(&s->ctx->loop, &s->tick);
	udpbatch_free(&s->batch);
	free(s->flow);
	free(s);
}
