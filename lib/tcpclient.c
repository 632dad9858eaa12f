#include "tcpclient.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "connpeer.h"
#include "mem.h"
#include "tcpconn.h"
#include "tcplat.h"

enum phase { DOWN, CONNECTING, HELLO, RUN, DRAIN, START, BW_RUN, BW_STOP,
	DONE };

enum { TURN_S = 5, SIZE = 128 << 10 };

#define TICK_NS		(100 * NS_PER_MS)
#define CONNECT_NS	NS_PER_S		/* an attempt may take */
#define HELLO_NS	(2 * NS_PER_S)
#define SILENT_NS	(400 * NS_PER_MS)	/* no ack of what was sent */
#define MOVED_NS	NS_PER_S		/* and our address is another */
#define DEAD_NS		(1300 * NS_PER_MS)	/* on a path without losses */
#define DEAD_RTOS	6
#define PATIENT_NS	(6500 * NS_PER_MS)	/* on one with losses */
#define PROVEN_SEGS	30			/* so many passed of ... */
#define LOSS_ONE_IN	50			/* lost at most this */
#define STOP_NS		(30 * NS_PER_S)

struct tcpclient {
	struct connctx		*ctx;
	const struct connuri	*uri;
	struct connpeer		 peer;
	struct tcpconn		 conn;
	struct clockoff		 clock;
	enum phase		 phase;
	unsigned		 test;
	uint64_t		 turns;
	bool			 useful, fresh;	/* fresh: no turn begun yet */
	int64_t			 until, turn_end, next_record;
	int64_t			 heard;		/* or nothing was owed */
	struct evtimer		 tick, ping, wait;

	bool			 lat_on;
	struct tcplat		 lat;
	int64_t			 next_ping;

	/* bandwidth */
	bool			 bw_on;
	struct connmsg		 start, report, report_last;
	struct tcpstate		 state0, state;
	uint64_t		 rcvd_last, rcvd0, msgs0, retrans_last, sent_last;
	int64_t			 bw_began, last_at;
};

static void next_turn(struct tcpclient *);
static void reconnect(void *, int64_t);

static int64_t
turn_ns(const struct tcpclient *c)
{
	if (c->uri->time_ns != 0)
		return c->uri->time_ns;
	if (c->uri->tests == CONN_LATENCY && c->ctx->turns == 0)
		return INT64_MAX / 2;
	return TURN_S * NS_PER_S;
}

static void
event(struct tcpclient *c, const char *what, const char *state, int error,
    const char *detail)
{
	connpeer_event(c->ctx, &c->peer, c->uri, what, state, error, detail);
}

static void
send_ping(void *arg, int64_t now)
{
	struct tcpclient *c = arg;

	if (!c->lat_on || (c->phase != RUN && c->phase != BW_RUN &&
	    c->phase != START))
		return;
	tcplat_send(&c->lat, &c->conn);
	/* What was missed is not made good, and the rest keeps its times. */
	c->next_ping += c->uri->interval_ns;
	if (c->next_ping < now) {
		int64_t missed = (now - c->next_ping) / c->uri->interval_ns + 1;

		c->lat.failed += (uint64_t)missed;
		c->next_ping += missed * c->uri->interval_ns;
	}
	evtimer_set(&c->ctx->loop, &c->ping, c->next_ping);
}

static void
begin_latency(struct tcpclient *c)
{
	tcplat_init(&c->lat, c->ctx, c->uri, c->peer.name,
	    c->test == CONN_BANDWIDTH ? "loaded" : "latency", &c->clock);
	c->lat_on = true;
}

static void
start_pings(struct tcpclient *c)
{
	c->next_ping = clock_mono();
	evtimer_set(&c->ctx->loop, &c->ping, c->next_ping);
}

static void
end_latency(struct tcpclient *c)
{
	if (!c->lat_on)
		return;
	tcplat_total(&c->lat);
	tcplat_free(&c->lat);
	c->lat_on = false;
	evtimer_clear(&c->ctx->loop, &c->ping);
}

static void
on_pong(struct tcpclient *c, const struct connmsg *m, int64_t ns)
{
	if (!c->lat_on || !tcplat_receive(&c->lat, m, ns))
		return;
	c->useful = true;
	if (c->phase == DRAIN && tcplat_whole(&c->lat))
		evtimer_set(&c->ctx->loop, &c->wait, clock_mono());
}

static void
put_down(struct tcpclient *c, bool final, bool whole)
{
	struct conn *r = connctx_begin(c->ctx, final ? "total" : "interval",
	    c->peer.name, CONN_TCP, "down");
	uint64_t bytes = c->conn.rcvd - (final ? c->rcvd0 : c->rcvd_last);
	int64_t now = clock_mono(), span = final ? c->conn.last -
	    c->conn.first : now - c->last_at;

	word_str(&r->test, "bandwidth");
	r->size = c->start.size;
	if (span > 0)
		r->bps = (rec_num)((double)bytes * 8e9 / (double)span);
	if (c->report.cwnd != 0) {
		r->retrans = (rec_num)((c->report.retrans - (final ? 0 :
		    c->report_last.retrans)) & INT64_MAX);
		r->cwnd = c->report.cwnd;
		word_str(&r->limit, connlimit_name(
		    (enum connlimit)c->report.limit));
	}
	if (final) {
		r->rcvd = (rec_num)(c->conn.rcvd_msgs - c->msgs0);
		word_str(&r->state, whole ? "whole" : "part");
		if (whole)
			r->sent = (rec_num)(c->report.sent & INT64_MAX);
	}
	connctx_put(c->ctx);
}

static void
put_up(struct tcpclient *c, bool final, bool whole)
{
	struct conn *r = connctx_begin(c->ctx, final ? "total" : "interval",
	    c->peer.name, CONN_TCP, "up");
	const struct connmsg none = { 0 }, *from = final ? &none :
	    &c->report_last;
	uint64_t span = c->report.span_ns - from->span_ns;
	double bytes = (double)(c->report.rcvd_bytes - from->rcvd_bytes);

	word_str(&r->test, "bandwidth");
	word_str(&r->io, "send");
	r->size = c->start.size;
	if (span > 0 && span < INT64_MAX && bytes >= 0)
		r->bps = (rec_num)(bytes * 8e9 / (double)span);
	r->retrans = (rec_num)(c->state.retrans - (final ?
	    c->state0.retrans : c->retrans_last));
	r->cwnd = c->state.cwnd;
	r->pmtu = c->state.pmtu == 0 ? NUM_NONE : c->state.pmtu;
	word_str(&r->limit, connlimit_name(c->uri->rate != 0 &&
	    c->uri->rate != CONN_RATE_MAX ? LIMIT_RATE : c->state.limit));
	r->sent = (rec_num)(c->conn.sent_msgs - (final ? 0 : c->sent_last));
	if (final) {
		word_str(&r->state, whole ? "whole" : "part");
		if (whole)
			r->rcvd = (rec_num)(c->report.rcvd & INT64_MAX);
	}
	connctx_put(c->ctx);
}

static void
put_bandwidth(struct tcpclient *c, bool final, bool whole)
{
	struct tcpstate now = c->state;

	tcpconn_state(&c->conn, final ? &c->state0 : &c->state, &now);
	if (c->conn.source.fd != -1)
		c->state = now;
	if ((c->start.dirs & CONN_UP) != 0)
		put_up(c, final, whole);
	if ((c->start.dirs & CONN_DOWN) != 0)
		put_down(c, final, whole);
	c->report_last = c->report;
	c->rcvd_last = c->conn.rcvd;
	c->retrans_last = c->state.retrans;
	c->sent_last = c->conn.sent_msgs;
	c->last_at = clock_mono();
}

static void
end_bandwidth(struct tcpclient *c, bool whole)
{
	if (!c->bw_on)
		return;
	put_bandwidth(c, true, whole);
	c->bw_on = false;
	if (!whole)
		c->ctx->failures++;
}

static void
begin_bandwidth(struct tcpclient *c)
{
	const struct connuri *u = c->uri;
	struct connmsg *m = &c->start;

	*m = (struct connmsg){ .type = MSG_START, .dirs = (uint8_t)u->dirs,
	    .size = u->size == 0 ? SIZE : (uint32_t)u->size,
	    .rate = u->rate == 0 ? CONN_RATE_MAX : u->rate,
	    .time_ns = (uint64_t)turn_ns(c) };
	(void)getrandom(&m->session, sizeof(m->session), 0);
	c->report = c->report_last = (struct connmsg){ 0 };
	c->phase = START;
	(void)tcpconn_send(&c->conn, m);
	begin_latency(c);
	start_pings(c);
	evtimer_set(&c->ctx->loop, &c->wait, clock_mono() + STOP_NS);
}

static void
run_bandwidth(struct tcpclient *c)
{
	c->phase = BW_RUN;
	c->bw_on = true;
	c->rcvd0 = c->rcvd_last = c->conn.rcvd;
	c->msgs0 = c->conn.rcvd_msgs;
	c->conn.first = c->conn.last = 0;
	c->conn.sent = c->conn.sent_msgs = c->sent_last = 0;
	c->bw_began = c->last_at = clock_mono();
	tcpconn_state(&c->conn, &c->state0, &c->state0);
	c->state = c->state0;
	c->retrans_last = c->state0.retrans;
	c->turn_end = c->bw_began + turn_ns(c);
	if ((c->start.dirs & CONN_UP) != 0)
		tcpconn_stream(&c->conn, c->start.size);
	evtimer_set(&c->ctx->loop, &c->wait, c->turn_end);
}

static void
on_message(void *arg, const struct connmsg *m, int64_t ns)
{
	struct tcpclient *c = arg;

	c->heard = clock_mono();
	if (m->type == MSG_WELCOME && c->phase == HELLO) {
		connpeer_up(&c->peer);
		event(c, "open", "open", 0, m->name);
		next_turn(c);
	} else if (m->type == MSG_PONG)
		on_pong(c, m, ns);
	else if (m->session != c->start.session)
		return;
	else if (m->type == MSG_STARTED && c->phase == START) {
		if (m->refusal == MSG_OK) {
			run_bandwidth(c);
			return;
		}
		event(c, "fail", NULL, ECONNABORTED, "the peer refused");
		c->ctx->failures++;
		end_latency(c);
		next_turn(c);
	} else if (m->type == MSG_REPORT && c->bw_on) {
		c->report = *m;
		if (m->final && c->phase == BW_STOP) {
			end_bandwidth(c, true);
			end_latency(c);
			next_turn(c);
		}
	}
}

static void
failed(struct tcpclient *c, int error)
{
	bool was_open = c->phase != CONNECTING && c->phase != HELLO &&
	    c->phase != DOWN;
	int64_t wait = connpeer_failed(&c->peer);

	event(c, was_open ? "close" : "fail", was_open ? NULL :
	    connctx_state(error), error, NULL);
	c->peer.at -= was_open;		/* the address was good */
	if (c->bw_on)
		end_bandwidth(c, false);
	if (c->phase == BW_RUN || c->phase == BW_STOP || c->phase == START)
		end_latency(c);
	if (c->phase == DONE)
		return;
	c->phase = DOWN;
	evtimer_clear(&c->ctx->loop, &c->ping);
	c->wait.fire = reconnect;
	evtimer_set(&c->ctx->loop, &c->wait, clock_mono() + wait);
}

static void
on_closed(void *arg, int error)
{
	failed(arg, error == 0 ? ECONNRESET : error);
}

static void
drop(struct tcpclient *c, int error)
{
	tcpconn_close(&c->conn);
	failed(c, error);
}

static void
on_connected(void *arg)
{
	struct tcpclient *c = arg;
	struct connmsg m = { .type = MSG_HELLO };

	event(c, "connect", "open", 0, NULL);
	memcpy(m.id, c->ctx->id, sizeof(m.id));
	snprintf(m.name, sizeof(m.name), "%s", c->ctx->node);
	(void)tcpconn_send(&c->conn, &m);
	c->phase = HELLO;
	c->heard = clock_mono();
	evtimer_set(&c->ctx->loop, &c->wait, c->heard + HELLO_NS);
}

/* The time of a phase is over. */
static void
on_wait(void *arg, int64_t now)
{
	struct tcpclient *c = arg;
	struct connmsg m = { .type = MSG_STOP, .session = c->start.session };

	switch (c->phase) {
	case CONNECTING:
		drop(c, ETIMEDOUT);
		break;
	case HELLO:
		drop(c, EPROTO);
		break;
	case RUN:
		c->phase = DRAIN;
		evtimer_set(&c->ctx->loop, &c->wait, tcplat_whole(&c->lat) ?
		    now : now + c->uri->timeout_ns);
		break;
	case DRAIN:
		end_latency(c);
		next_turn(c);
		break;
	case BW_RUN:
		tcpconn_unstream(&c->conn);
		m.sent = c->conn.sent_msgs;
		(void)tcpconn_send(&c->conn, &m);
		c->phase = BW_STOP;
		evtimer_set(&c->ctx->loop, &c->wait, now + STOP_NS);
		break;
	case START:
	case BW_STOP:
		drop(c, ETIMEDOUT);
		break;
	case DOWN:
	case DONE:
		break;
	}
}

static void
reconnect(void *arg, int64_t now)
{
	struct tcpclient *c = arg;
	struct tcpopts o = { c->uri->dscp, c->uri->ttl,
	    c->uri->rate == CONN_RATE_MAX ? 0 : c->uri->rate };

	c->wait.fire = on_wait;
	c->peer.attempt++;
	c->phase = CONNECTING;
	c->conn.arg = c;
	c->conn.loop = &c->ctx->loop;
	c->conn.message = on_message;
	c->conn.closed = on_closed;
	c->conn.connected = on_connected;
	if (tcpconn_connect(&c->conn, connpeer_addr(&c->peer), &o) == -1) {
		failed(c, errno);
		return;
	}
	evtimer_set(&c->ctx->loop, &c->wait, now + CONNECT_NS);
}

static void
finish(struct tcpclient *c)
{
	end_bandwidth(c, false);
	end_latency(c);
	c->phase = DONE;
	if (!c->useful)
		c->ctx->failures++;
	c->ctx->busy--;
	evtimer_clear(&c->ctx->loop, &c->tick);
	evtimer_clear(&c->ctx->loop, &c->wait);
	if (c->conn.source.fd != -1) {
		tcpconn_close(&c->conn);
		event(c, "close", NULL, 0, NULL);
	}
}

/* How long may a turn go on that never was connected? */
static bool
turn_over(const struct tcpclient *c, int64_t now)
{
	return c->ctx->ending || (c->ctx->turns != 0 && now > c->until);
}

/*
 * How long may what was sent stay without an ack?  TCP has tried again after
 * 0.2 and 0.6 s: where next to nothing was lost before, that both of these
 * are too means that nothing passes, or that a NAT has forgotten us.  Where
 * losses are usual it means little, and tries come ever more seldom, after
 * 1.4, 3 and 6.2 s.
 */
static int64_t
patience(const struct tcpstate *s)
{
	int64_t rtos = DEAD_RTOS * s->rto_ns;

	if (s->segs < PROVEN_SEGS || s->again > s->segs / LOSS_ONE_IN ||
	    rtos > PATIENT_NS)
		return PATIENT_NS;
	return rtos < DEAD_NS ? DEAD_NS : rtos;
}

/* Silent for too long, or from an address that is no longer ours: errno. */
static int
dead(struct tcpclient *c, int64_t now)
{
	int64_t silent = now - c->heard;
	struct tcpstate s;

	if (silent < SILENT_NS)
		return 0;
	tcpconn_state(&c->conn, &c->state, &s);
	if (!s.waiting)
		silent = 0;
	else if (s.heard_ms * NS_PER_MS < silent)
		silent = s.heard_ms * NS_PER_MS;
	c->heard = now - silent;
	if (silent > patience(&s))
		return ETIMEDOUT;
	return silent > MOVED_NS && tcpconn_moved(&c->conn,
	    connpeer_addr(&c->peer)) ? EADDRNOTAVAIL : 0;
}

static void
on_tick(void *arg, int64_t now)
{
	struct tcpclient *c = arg;
	int error;

	evtimer_set(&c->ctx->loop, &c->tick, now + TICK_NS);
	if (c->lat_on)
		tcplat_settle(&c->lat, clock_real());
	if (c->phase >= RUN && c->phase < DONE) {
		if ((error = dead(c, now)) != 0) {
			drop(c, error);
			return;
		}
	} else if (turn_over(c, now)) {
		finish(c);
		return;
	}
	if (c->ctx->ending && (c->phase == RUN || c->phase == BW_RUN))
		evtimer_set(&c->ctx->loop, &c->wait, now);
	if (now < c->next_record)
		return;
	c->next_record = now + c->ctx->interval_ns;
	if (c->lat_on && c->phase != DRAIN)
		tcplat_interval(&c->lat);
	if (c->phase == BW_RUN)
		put_bandwidth(c, false, false);
}

static void
next_turn(struct tcpclient *c)
{
	int64_t now = clock_mono();

	/* A latency turn that lost its connection goes on. */
	if (c->lat_on && c->test == CONN_LATENCY) {
		c->phase = RUN;
		start_pings(c);
		evtimer_set(&c->ctx->loop, &c->wait, c->turn_end);
		return;
	}
	do {
		c->test = c->test == CONN_LATENCY ? CONN_BANDWIDTH :
		    CONN_LATENCY;
		if (c->test == CONN_LATENCY)
			c->turns++;
	} while ((c->uri->tests & c->test) == 0);
	if (c->ctx->ending || (c->ctx->turns != 0 &&
	    c->turns > c->ctx->turns)) {
		finish(c);
		return;
	}
	c->until = now + turn_ns(c) + 10 * NS_PER_S;
	if (c->test == CONN_BANDWIDTH) {
		begin_bandwidth(c);
		return;
	}
	c->phase = RUN;
	begin_latency(c);
	start_pings(c);
	c->turn_end = now + turn_ns(c);
	evtimer_set(&c->ctx->loop, &c->wait, c->turn_end);
}

struct tcpclient *
tcpclient_open(struct connctx *ctx, const struct connuri *u,
    char err[static CONN_ERRLEN])
{
	struct tcpclient *c = mem_alloc(sizeof(*c));
	int64_t now = clock_mono();

	if (connpeer_init(&c->peer, u, err) == -1) {
		free(c);
		return NULL;
	}
	c->ctx = ctx;
	c->uri = u;
	c->conn.source.fd = -1;
	c->phase = DOWN;
	c->until = now + turn_ns(c) + 10 * NS_PER_S;
	c->tick = (struct evtimer){ .fire = on_tick, .arg = c };
	c->ping = (struct evtimer){ .fire = send_ping, .arg = c };
	c->wait = (struct evtimer){ .fire = reconnect, .arg = c };
	ctx->busy++;
	c->next_record = now + ctx->interval_ns;
	evtimer_set(&ctx->loop, &c->tick, now + TICK_NS);
	evtimer_set(&ctx->loop, &c->wait, now);
	return c;
}

void
tcpclient_close(struct tcpclient *c)
{
	if (c->phase != DONE)
		finish(c);
	free(c);
}
