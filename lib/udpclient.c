#include "udpclient.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "connmsg.h"
#include "connpeer.h"
#include "mem.h"
#include "udpbw.h"
#include "udplat.h"
#include "udppmtu.h"

enum phase { BEGIN, RUN, DRAIN, ASK, HELLO, START, BW_RUN, BW_DRAIN, BW_STOP,
	PMTU, DONE };

enum { ASKS = 30, ASK_MS = 100, HELLOS = 20, HELLO_MS = 250, KEEP_MS = 250,
	TURN_S = 5 };

#define DRAIN_NS	(500 * NS_PER_MS)
#define SILENT_NS	NS_PER_S
#define TICK_NS		(100 * NS_PER_MS)

struct udpclient {
	struct connctx		*ctx;
	const struct connuri	*uri;
	struct connpeer		 peer;
	struct evsource		 source;
	bool			 open;		/* the peer answers */
	int			 error;		/* the last the system told */
	int64_t			 heard, since;	/* an answer; this socket */
	struct udpbatch		 batch;
	struct clockoff		 clock;

	enum phase		 phase;
	unsigned		 test;		/* CONN_LATENCY ... */
	uint64_t		 turns;
	int64_t			 until;		/* of the phase */
	unsigned		 tries;
	bool			 useful;	/* something was measured */
	struct evtimer		 pace, tick, step, bw;
	int64_t			 next_packet, next_record;
	uint32_t		 stamps;	/* asked of this socket */
	struct udplat		 lat;
	bool			 lat_on;

	struct udpbw		 data;
	struct udppmtu		 pmtu;
};

static void next_turn(struct udpclient *);

static int64_t
turn_ns(const struct udpclient *c)
{
	unsigned tests = c->uri->tests;

	if (c->uri->time_ns != 0)
		return c->uri->time_ns;
	/* One test and no number of turns: one turn without end. */
	if ((tests & (tests - 1)) == 0 && c->ctx->turns == 0 &&
	    tests == CONN_LATENCY)
		return INT64_MAX / 2;
	return TURN_S * NS_PER_S;
}

static void
event(struct udpclient *c, const char *what, const char *state, int error,
    const char *detail)
{
	connpeer_event(c->ctx, &c->peer, c->uri, what, state, error, detail);
}

/* Anything from the peer: it is there. */
static void
heard(struct udpclient *c)
{
	c->heard = clock_mono();
	c->useful = true;
	if (c->open)
		return;
	c->open = true;
	c->error = 0;
	connpeer_up(&c->peer);
	event(c, "open", "open", 0, NULL);
}

static void on_ready(void *, unsigned);

static void
connect_socket(struct udpclient *c)
{
	struct udpopts o = { c->uri->dscp, c->uri->ecn, c->uri->ttl,
	    .fragment = true };
	const union sockname *a = connpeer_addr(&c->peer);

	c->peer.attempt++;
	c->since = clock_mono();
	c->data.drops = c->batch.drops = 0;
	c->source = (struct evsource){ udpsock_open(a->sa.sa_family, NULL, a,
	    &o), on_ready, c };
	if (c->source.fd == -1) {
		c->error = errno;
		event(c, "connect", NULL, errno, NULL);
		return;
	}
	event(c, "connect", NULL, 0, NULL);
	c->stamps = 0;
	if (c->lat_on)
		udplat_socket(&c->lat, 0);
	(void)evloop_add(&c->ctx->loop, &c->source, EPOLLIN);
	if (c->uri->gso)
		udpsock_gro(c->source.fd, true);
}

static void
close_socket(struct udpclient *c)
{
	if (c->source.fd == -1)
		return;
	evloop_remove(&c->ctx->loop, &c->source);
	close(c->source.fd);
	c->source.fd = -1;
}

/* Silent for too long: say so, and try with a new socket. */
static void
check_silence(struct udpclient *c, int64_t now)
{
	int64_t since = c->heard > c->since ? c->heard : c->since;
	int64_t limit = 10 * c->uri->interval_ns;
	int why;

	if (limit < SILENT_NS)
		limit = SILENT_NS;
	if (limit > 3 * SILENT_NS && c->uri->interval_ns < SILENT_NS)
		limit = 3 * SILENT_NS;
	if (c->error != 0)		/* and we were told why */
		limit = limit / 2;
	if (now - since < limit)
		return;
	why = c->error != 0 ? c->error : ETIMEDOUT;
	event(c, c->open ? "close" : "fail", c->error == 0 ? "silent" :
	    connctx_state(why), why, NULL);
	c->open = false;
	c->error = 0;
	(void)connpeer_failed(&c->peer);
	close_socket(c);
	connect_socket(c);
}

/*
 * One of the error queue: a timestamp, or what routers and the peer's host
 * say.  Was there one?
 */
static bool
on_error(struct udpclient *c)
{
	struct udperr e;

	if (c->source.fd == -1 || udpsock_error(c->source.fd, &e) != 1)
		return false;
	if (e.kind == UDPERR_STAMP) {
		if (c->lat_on)
			udplat_stamp(&c->lat, &e);
	} else if (e.error == EMSGSIZE)
		udppmtu_hint(&c->pmtu, e.info);
	else
		c->error = e.error;
	return true;
}

static void
send_latency(void *arg, int64_t now)
{
	struct udpclient *c = arg;
	int e = ENOTCONN;

	if (!c->lat_on || (c->phase != RUN && c->phase != BW_RUN &&
	    c->phase != HELLO && c->phase != START))
		return;
	if (c->source.fd != -1)
		e = udplat_send(&c->lat, c->source.fd);
	else
		c->lat.failed++;
	if (e != 0 && e != EAGAIN)
		c->error = e;
	/* The timestamp is there by now: taken here it wakes nobody. */
	if (e == 0)
		(void)on_error(c);
	/* What was missed is not made good, and the rest keeps its times. */
	c->next_packet += c->uri->interval_ns;
	if (c->next_packet < now) {
		int64_t missed = (now - c->next_packet) /
		    c->uri->interval_ns + 1;

		c->lat.failed += (uint64_t)missed;
		c->next_packet += missed * c->uri->interval_ns;
	}
	evtimer_set(&c->ctx->loop, &c->pace, c->next_packet);
}

static void
begin_latency(struct udpclient *c, const char *test)
{
	int64_t now = clock_mono();

	udplat_init(&c->lat, c->ctx, c->uri, c->peer.name, test, &c->clock);
	c->lat_on = true;
	udplat_socket(&c->lat, c->stamps);
	if (c->source.fd == -1)
		connect_socket(c);
	c->next_packet = now;
	evtimer_set(&c->ctx->loop, &c->pace, now);
}

static void
end_latency(struct udpclient *c)
{
	udplat_total(&c->lat);
	c->stamps = c->lat.stamp_id;
	udplat_free(&c->lat);
	c->lat_on = false;
	evtimer_clear(&c->ctx->loop, &c->pace);
}

static void
send_message(struct udpclient *c, enum msgtype type)
{
	uint8_t p[CONNMSG_MAX];
	struct buf b = buf_init(p, sizeof(p));
	struct udpout o = { .tos = -1 };
	struct connmsg m = c->data.start;

	m.type = type;
	m.sent = c->data.running ? c->data.send.sent : 0;
	memcpy(m.id, c->ctx->id, sizeof(m.id));
	snprintf(m.name, sizeof(m.name), "%s", c->ctx->node);
	connmsg_build(&b, &m);
	if (c->source.fd != -1 && udpsock_send(c->source.fd, &o, p, b.len) ==
	    -1 && errno != EAGAIN)
		c->error = errno;
}

static void
send_data(void *arg, int64_t now)
{
	struct udpclient *c = arg;

	if (c->phase != BW_RUN || c->source.fd == -1 ||
	    (c->uri->dirs & CONN_UP) == 0)
		return;
	evtimer_set(&c->ctx->loop, &c->bw, udpbw_send(&c->data, c->source.fd,
	    now));
}

static void
begin_bandwidth(struct udpclient *c)
{
	udpbw_init(&c->data, c->ctx, c->uri, c->peer.name, turn_ns(c));
	c->data.drops = c->batch.drops;
	c->phase = HELLO;
	c->tries = 0;
	begin_latency(c, "loaded");
	evtimer_set(&c->ctx->loop, &c->step, clock_mono());
}

static void
run_bandwidth(struct udpclient *c)
{
	int64_t now = clock_mono();
	unsigned mtu = udpsock_mtu(c->source.fd);
	char text[96];

	c->phase = BW_RUN;
	c->until = now + turn_ns(c);
	udpbw_run(&c->data, now);
	if (mtu != 0 && c->data.start.size + 28 > mtu) {
		snprintf(text, sizeof(text), "packets of %u bytes are beyond "
		    "the MTU of %u and will be fragmented",
		    (unsigned)c->data.start.size, mtu);
		event(c, "warn", NULL, EMSGSIZE, text);
	}
	evtimer_set(&c->ctx->loop, &c->bw, now);
	evtimer_set(&c->ctx->loop, &c->step, now + KEEP_MS * NS_PER_MS);
}

static void
end_bandwidth(struct udpclient *c)
{
	udpbw_end(&c->data);
	evtimer_clear(&c->ctx->loop, &c->bw);
}

static void step_latency(struct udpclient *, int64_t);

/* Load is over: what was under way then still counts. */
static void
drain_latency(struct udpclient *c)
{
	c->phase = RUN;
	step_latency(c, clock_mono());
}

static void
give_up_bandwidth(struct udpclient *c, const char *why, int error)
{
	event(c, "fail", NULL, error, why);
	c->ctx->failures++;
	end_latency(c);
	next_turn(c);
}

static void
on_message(struct udpclient *c, const struct udpin *in)
{
	static const char *const refusals[] = { "", "busy", "bad cookie",
	    "such a test is not made" };
	struct cur b = cur_init(in->p, in->segment);
	struct connmsg m;

	if (connmsg_header(&b, &m) == -1 || connmsg_body(&b, &m) == -1)
		return;
	heard(c);
	if (m.type == MSG_WELCOME && c->phase == HELLO) {
		c->data.start.cookie = m.cookie;
		c->phase = START;
		c->tries = 0;
		evtimer_set(&c->ctx->loop, &c->step, clock_mono());
		return;
	}
	if (m.session != c->data.start.session)
		return;
	/* The answer to START may have been lost, data tells as much. */
	if (m.type == MSG_DATA && c->phase == START)
		run_bandwidth(c);
	if (m.type == MSG_STARTED && c->phase == START) {
		if (m.refusal != MSG_OK) {
			give_up_bandwidth(c, refusals[m.refusal & 3],
			    ECONNABORTED);
			return;
		}
		if (m.rate < c->data.start.rate && (c->uri->dirs & CONN_DOWN) != 0)
			event(c, "warn", NULL, 0,
			    "the peer sends less than was asked");
		run_bandwidth(c);
	} else if (m.type == MSG_DATA && c->data.running)
		udpbw_receive(&c->data, in, c->batch.drops);
	else if (m.type == MSG_REPORT && c->data.running &&
	    udpbw_report(&c->data, &m) && c->phase == BW_STOP) {
		end_bandwidth(c);
		drain_latency(c);
	}
}

/* One packet, or a train: of data as a whole, else packet by packet. */
static void
on_packet(struct udpclient *c, const struct udpin *in)
{
	if (connmsg_is(in->p, in->n)) {
		on_message(c, in);
		return;
	}
	for (size_t at = 0; at < in->n; at += in->segment) {
		struct udpin one = *in;

		one.p += at;
		one.n = in->n - at < in->segment ? in->n - at : in->segment;
		if (c->phase == PMTU ? udppmtu_receive(&c->pmtu, &one) :
		    c->lat_on && udplat_receive(&c->lat, &one))
			heard(c);
	}
}

static void
on_ready(void *arg, unsigned events)
{
	struct udpclient *c = arg;
	int n;

	while ((events & EPOLLERR) != 0 && on_error(c))
		;
	n = udpsock_recv(c->source.fd, &c->batch);
	if (n == -1 && errno != EMSGSIZE)
		c->error = errno;
	for (int i = 0; i < n; i++)
		if (c->batch.in[i].n > 0 && !c->batch.in[i].cut)
			on_packet(c, &c->batch.in[i]);
	if (c->phase == ASK && c->lat.counted)
		evtimer_set(&c->ctx->loop, &c->step, clock_mono());
}

static void
step_latency(struct udpclient *c, int64_t now)
{
	if (c->phase == RUN) {
		c->phase = DRAIN;
		c->until = now + c->uri->timeout_ns;
	}
	if (c->phase == DRAIN && !udplat_whole(&c->lat) && now < c->until) {
		evtimer_set(&c->ctx->loop, &c->step, now + 10 * NS_PER_MS);
		return;
	}
	if (c->phase == DRAIN) {
		c->phase = ASK;
		c->tries = 0;
	}
	if (c->lat.ours && !c->lat.counted && c->tries++ < ASKS &&
	    c->source.fd != -1) {
		(void)udplat_ask(&c->lat, c->source.fd);
		evtimer_set(&c->ctx->loop, &c->step, now + ASK_MS * NS_PER_MS);
		return;
	}
	end_latency(c);
	next_turn(c);
}

static void
step_bandwidth(struct udpclient *c, int64_t now)
{
	if (c->phase == HELLO || c->phase == START) {
		if (c->tries++ == HELLOS || c->ctx->ending) {
			give_up_bandwidth(c, "no answer", ETIMEDOUT);
			return;
		}
		send_message(c, c->phase == HELLO ? MSG_HELLO : MSG_START);
		evtimer_set(&c->ctx->loop, &c->step, now +
		    HELLO_MS * NS_PER_MS);
		return;
	}
	if (c->phase == BW_RUN && now < c->until && !c->ctx->ending) {
		send_message(c, MSG_KEEP);
		now += KEEP_MS * NS_PER_MS;
		evtimer_set(&c->ctx->loop, &c->step, now < c->until ? now :
		    c->until);
		return;
	}
	if (c->phase == BW_RUN) {
		c->phase = BW_DRAIN;
		c->tries = 0;
		evtimer_set(&c->ctx->loop, &c->step, now + DRAIN_NS);
		return;
	}
	c->phase = BW_STOP;
	if (c->tries++ == ASKS) {
		c->ctx->failures++;
		end_bandwidth(c);
		drain_latency(c);
		return;
	}
	send_message(c, MSG_STOP);
	evtimer_set(&c->ctx->loop, &c->step, now + ASK_MS * NS_PER_MS);
}

static void
step_pmtu(struct udpclient *c, int64_t now)
{
	int64_t due;

	if (c->source.fd == -1)
		connect_socket(c);
	due = udppmtu_step(&c->pmtu, c->source.fd, now);
	if (due != 0 && !c->ctx->ending) {
		evtimer_set(&c->ctx->loop, &c->step, due);
		return;
	}
	udpsock_fragment(c->source.fd, true);
	udppmtu_put(&c->pmtu, c->ctx, c->peer.name);
	next_turn(c);
}

static void
on_step(void *arg, int64_t now)
{
	struct udpclient *c = arg;

	switch (c->phase) {
	case RUN:
	case DRAIN:
	case ASK:
		step_latency(c, now);
		break;
	case PMTU:
		step_pmtu(c, now);
		break;
	case BEGIN:
		next_turn(c);
		break;
	case DONE:
		break;
	default:
		step_bandwidth(c, now);
	}
}

static void
on_tick(void *arg, int64_t now)
{
	struct udpclient *c = arg;

	if (c->phase == DONE)
		return;
	evtimer_set(&c->ctx->loop, &c->tick, now + TICK_NS);
	if (c->lat_on)
		udplat_settle(&c->lat, clock_real());
	if (now >= c->next_record) {
		c->next_record = now + c->ctx->interval_ns;
		if (c->lat_on && (c->phase == RUN || c->phase == BW_RUN))
			udplat_interval(&c->lat);
		if (c->phase == BW_RUN)
			udpbw_interval(&c->data);
	}
	/* Who sends nothing hears nothing. */
	if (c->phase != BEGIN && c->phase != PMTU && c->phase != DRAIN &&
	    c->phase != ASK)
		check_silence(c, now);
	if (c->ctx->ending && (c->phase == RUN || c->phase == BW_RUN))
		evtimer_set(&c->ctx->loop, &c->step, now);
}

/* The tests in turn; after the last of them a round is over. */
static void
next_turn(struct udpclient *c)
{
	int64_t now = clock_mono();

	do {
		c->test = c->test >= CONN_PMTU || c->test == 0 ? CONN_LATENCY :
		    c->test * 2;
		if (c->test == CONN_LATENCY)
			c->turns++;
	} while ((c->uri->tests & c->test) == 0);
	if (c->ctx->ending || (c->ctx->turns != 0 &&
	    c->turns > c->ctx->turns)) {
		c->phase = DONE;
		if (!c->useful)
			c->ctx->failures++;
		c->ctx->busy--;
		evtimer_clear(&c->ctx->loop, &c->tick);
		return;
	}
	c->since = now;
	if (c->test == CONN_BANDWIDTH)
		begin_bandwidth(c);
	else if (c->test == CONN_PMTU) {
		c->phase = PMTU;
		udppmtu_init(&c->pmtu, c->uri,
		    connpeer_addr(&c->peer)->sa.sa_family == AF_INET6);
		evtimer_set(&c->ctx->loop, &c->step, now);
	} else {
		c->phase = RUN;
		begin_latency(c, "latency");
		evtimer_set(&c->ctx->loop, &c->step, now + turn_ns(c));
	}
}

struct udpclient *
udpclient_open(struct connctx *ctx, const struct connuri *u,
    char err[static CONN_ERRLEN])
{
	struct udpclient *c = mem_alloc(sizeof(*c));

	if (connpeer_init(&c->peer, u, err) == -1) {
		free(c);
		return NULL;
	}
	c->ctx = ctx;
	c->uri = u;
	c->source.fd = -1;
	c->pace = (struct evtimer){ .fire = send_latency, .arg = c };
	c->tick = (struct evtimer){ .fire = on_tick, .arg = c };
	c->step = (struct evtimer){ .fire = on_step, .arg = c };
	c->bw = (struct evtimer){ .fire = send_data, .arg = c };
	udpbatch_init(&c->batch, UDPSOCK_MAX);
	ctx->busy++;
	evtimer_set(&ctx->loop, &c->step, clock_mono());
	c->next_record = clock_mono() + ctx->interval_ns;
	evtimer_set(&ctx->loop, &c->tick, clock_mono() + TICK_NS);
	return c;
}

void
udpclient_close(struct udpclient *c)
{
	end_bandwidth(c);
	if (c->lat_on)
		end_latency(c);
	c->phase = DONE;
	evtimer_clear(&c->ctx->loop, &c->tick);
	evtimer_clear(&c->ctx->loop, &c->step);
	close_socket(c);
	udpbatch_free(&c->batch);
	free(c);
}
