#include "tcplat.h"

#include "clock.h"

enum { LOG2_WINDOW = 12 };

void
tcplat_init(struct tcplat *l, struct connctx *ctx, const struct connuri *u,
    const char *peer, const char *test, struct clockoff *clock)
{
	*l = (struct tcplat){ .ctx = ctx, .uri = u, .peer = peer,
	    .test = test };
	connlat_init(&l->lat, clock);
	seqacct_init(&l->rt, LOG2_WINDOW);
}

void
tcplat_free(struct tcplat *l)
{
	connlat_free(&l->lat);
	seqacct_free(&l->rt);
}

void
tcplat_send(struct tcplat *l, struct tcpconn *conn)
{
	struct connmsg m = { .type = MSG_PING, .seq = (uint32_t)l->next,
	    .t1 = (uint64_t)clock_real() };

	/* One that cannot even be queued was not sent. */
	if (tcpconn_send(conn, &m) == -1)
		return;
	l->sent_at[l->next++ % TCPLAT_PINGS] = (int64_t)m.t1;
	l->ctx->loop.packets++;
}

bool
tcplat_receive(struct tcplat *l, const struct connmsg *m, int64_t ns)
{
	uint32_t ago = (uint32_t)l->next - m->seq;
	enum seqkind kind;

	if (ago == 0 || ago > TCPLAT_PINGS || ago > l->next ||
	    (uint64_t)l->sent_at[(l->next - ago) % TCPLAT_PINGS] != m->t1)
		return false;
	l->ctx->loop.packets++;
	kind = seqacct_add(&l->rt, m->seq);
	if (kind == SEQ_NEW || kind == SEQ_REORD || kind == SEQ_LATE)
		connlat_add(&l->lat, (int64_t)m->t1, (int64_t)m->t2,
		    (int64_t)m->t3, ns);
	return true;
}

bool
tcplat_whole(const struct tcplat *l)
{
	return l->rt.rcvd + l->rt.lost >= l->next;
}

void
tcplat_settle(struct tcplat *l, int64_t now)
{
	uint64_t upto = l->rt.settled;
	int64_t limit = now - l->uri->timeout_ns;

	while (upto < l->next && l->sent_at[upto % TCPLAT_PINGS] < limit)
		upto++;
	seqacct_settle(&l->rt, upto);
}

static struct conn *
begin(struct tcplat *l, const char *event, const char *dir)
{
	struct conn *r = connctx_begin(l->ctx, event, l->peer, CONN_TCP, dir);

	word_str(&r->test, l->test);
	return r;
}

static void
put_rt(struct tcplat *l, const char *event, const struct latsum *s, bool part)
{
	struct conn *r = begin(l, event, "rt");

	r->sent = (rec_num)(l->next - (part ? l->last.sent : 0));
	r->failed = (rec_num)(l->failed - (part ? l->last.failed : 0));
	r->rcvd = (rec_num)(l->rt.rcvd - (part ? l->last.rcvd : 0));
	r->lost = (rec_num)(l->rt.lost - (part ? l->last.lost : 0));
	r->late = (rec_num)(l->rt.late - (part ? l->last.late : 0));
	r->cpu_ns = part ? connctx_cpu(l->ctx) : connctx_cpu_total(l->ctx);
	if (!part)
		word_str(&r->state, "whole");
	connlat_fill_rt(s, r);
	connctx_offset(l->ctx, l->peer, r);
	connctx_put(l->ctx);
}

static void
put_owd(struct tcplat *l, const char *event, const struct latsum *s)
{
	for (int d = LAT_UP; d <= LAT_DOWN && s->owd_err != -1; d++) {
		struct conn *r = begin(l, event, d == LAT_UP ? "up" : "down");

		connlat_fill_owd(&l->lat, s, d, r);
		connctx_put(l->ctx);
	}
}

void
tcplat_interval(struct tcplat *l)
{
	connlat_settle(&l->lat);
	put_rt(l, "interval", &l->lat.part, true);
	put_owd(l, "interval", &l->lat.part);
	connlat_next(&l->lat);
	l->last.sent = l->next;
	l->last.failed = l->failed;
	l->last.rcvd = l->rt.rcvd;
	l->last.lost = l->rt.lost;
	l->last.late = l->rt.late;
}

void
tcplat_total(struct tcplat *l)
{
	seqacct_end(&l->rt, l->next);
	connlat_settle(&l->lat);
	put_rt(l, "total", &l->lat.total, false);
	put_owd(l, "total", &l->lat.total);
	connlat_next(&l->lat);
}
