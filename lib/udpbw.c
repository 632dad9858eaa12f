#include "udpbw.h"

#include <sys/random.h>

#include "connuri.h"

#define RATE	UINT64_C(10000000)	/* when none is asked */

void
udpbw_init(struct udpbw *b, struct connctx *ctx, const struct connuri *u,
    const char *peer, int64_t time_ns)
{
	*b = (struct udpbw){ .ctx = ctx, .uri = u, .peer = peer,
	    .start = { .dirs = (uint8_t)u->dirs, .gso = u->gso,
	    .rate = u->rate == 0 ? RATE : u->rate,
	    .size = u->size < CONNBW_MIN ? CONNBW_SIZE : (uint32_t)u->size,
	    .time_ns = (uint64_t)time_ns } };
	(void)getrandom(&b->start.session, sizeof(b->start.session), 0);
}

void
udpbw_run(struct udpbw *b, int64_t now)
{
	bwsend_init(&b->send, b->start.session, b->start.rate, b->start.size,
	    b->uri->gso, now);
	bwrecv_init(&b->recv);
	b->running = true;
}

int64_t
udpbw_send(struct udpbw *b, int fd, int64_t now)
{
	struct udpout o = { .tos = -1 };
	uint64_t before = b->send.sent;
	int64_t next = bwsend_step(&b->send, fd, &o, now);

	b->ctx->loop.packets += b->send.sent - before;
	return next;
}

void
udpbw_receive(struct udpbw *b, const struct udpin *in, uint32_t drops)
{
	b->recv.drops += drops - b->drops;
	b->drops = drops;
	b->ctx->loop.packets += bwrecv_add(&b->recv, b->start.session, in);
}

bool
udpbw_report(struct udpbw *b, const struct connmsg *m)
{
	if (!b->report.final)
		b->report = *m;
	return m->final;
}

static struct conn *
begin(struct udpbw *b, const char *event, const char *dir)
{
	struct conn *r = connctx_begin(b->ctx, event, b->peer, CONN_UDP, dir);

	word_str(&r->test, "bandwidth");
	word_str(&r->io, b->uri->gso ? "gso" : "sendmmsg");
	r->size = b->start.size;
	return r;
}

/* Columns of a direction; with GSO drops are of trains, not of packets. */
static void
fill(const struct udpbw *b, struct conn *r, const struct connmsg *m,
    const struct connmsg *since, bool final)
{
	connbw_fill(r, m, since);
	if (b->uri->gso)
		r->drops = NUM_NONE;
	if (final)
		word_str(&r->state, b->report.final ? "whole" : "part");
}

static void
put_up(struct udpbw *b, const char *event, bool final)
{
	struct conn *r = begin(b, event, "up");

	r->sent = (rec_num)(b->send.sent - b->last.sent);
	fill(b, r, &b->report, &b->last.up, final);
	if (final)
		r->failed = (rec_num)b->send.failed;
	else
		r->cpu_ns = connctx_cpu(b->ctx);
	connctx_put(b->ctx);
	b->last.up = b->report;
	b->last.sent = b->send.sent;
}

/* This end's own counts, as if they were a report. */
static void
put_down(struct udpbw *b, const char *event, bool final)
{
	struct connmsg m = { .final = final && b->report.final };
	struct conn *r = begin(b, event, "down");

	bwrecv_report(&b->recv, &m);
	fill(b, r, &m, &b->last.down, final);
	if (m.final)
		r->sent = (rec_num)b->report.sent;
	connctx_put(b->ctx);
	b->last.down = m;
}

static void
put(struct udpbw *b, const char *event, bool final)
{
	if ((b->uri->dirs & CONN_UP) != 0)
		put_up(b, event, final);
	if ((b->uri->dirs & CONN_DOWN) != 0)
		put_down(b, event, final);
}

void
udpbw_interval(struct udpbw *b)
{
	put(b, "interval", false);
}

void
udpbw_end(struct udpbw *b)
{
	if (!b->running)
		return;
	bwrecv_end(&b->recv, b->report.final ? b->report.sent : 0);
	b->last.sent = 0;
	b->last.up = b->last.down = (struct connmsg){ 0 };
	put(b, "total", true);
	bwsend_free(&b->send);
	bwrecv_free(&b->recv);
	b->running = false;
}
