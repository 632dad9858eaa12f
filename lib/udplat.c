#include "udplat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "mem.h"

enum { LOG2_RT = 16, SLOTS_MAX = 1 << 16 };

static size_t
default_size(const struct connuri *u)
{
	/* Under load the latency packets stay small. */
	return u->size == 0 || (u->tests & CONN_BANDWIDTH) != 0 ?
	    STAMP_FULL_LEN : (size_t)u->size;
}

void
udplat_init(struct udplat *l, struct connctx *ctx, const struct connuri *u,
    const char *peer, const char *test, struct clockoff *clock)
{
	uint64_t want = (uint64_t)(u->timeout_ns / u->interval_ns) * 4 + 256;

	*l = (struct udplat){ .ctx = ctx, .uri = u, .peer = peer,
	    .test = test, .size = default_size(u), .mask = 255,
	    .up_ttl = -1, .up_dscp = -1, .up_ecn = -1,
	    .down_ttl = -1, .down_dscp = -1, .down_ecn = -1 };
	while (l->mask + 1 < want && l->mask + 1 < SLOTS_MAX)
		l->mask = l->mask * 2 + 1;
	l->full = l->size == STAMP_FULL_LEN ||
	    l->size >= STAMP_FULL_LEN + STAMP_TLV_LEN;
	l->slot = mem_array((size_t)l->mask + 1, sizeof(*l->slot));
	l->stamp_seq = mem_array((size_t)l->mask + 1, sizeof(*l->stamp_seq));
	(void)getrandom(&l->session, sizeof(l->session), 0);
	seqacct_init(&l->rt, LOG2_RT);
	seqacct_init(&l->down, LOG2_RT);
	connlat_init(&l->lat, clock);
}

void
udplat_free(struct udplat *l)
{
	free(l->slot);
	free(l->stamp_seq);
	seqacct_free(&l->rt);
	seqacct_free(&l->down);
	connlat_free(&l->lat);
	l->slot = NULL;
}

void
udplat_socket(struct udplat *l, uint32_t stamps)
{
	l->stamp_first = l->stamp_id = stamps;
}

static size_t
build(struct udplat *l, uint8_t *p, uint32_t seq, uint64_t raw, uint8_t flags)
{
	struct buf b = buf_init(p, l->size);
	struct stamp_request r = { seq, raw, l->ctx->clock_error,
	    (uint16_t)(l->session % 65535 + 1) };
	struct stamp_cos cos = { .dscp1 = (uint8_t)(l->uri->dscp < 0 ? 0 :
	    l->uri->dscp) };
	struct stamp_count k = { .session = l->session, .flags = flags };

	stamp_build_request(&b, &r);
	if (l->full) {
		stamp_build_cos(&b, TLV_U, &cos);
		stamp_build_count(&b, TLV_U, &k);
	}
	if (b.len < l->size)
		stamp_padding(&b, TLV_U, l->size - b.len);
	return b.len;
}

int
udplat_send(struct udplat *l, int fd)
{
	static uint8_t p[UDPSOCK_MAX];
	uint32_t seq = (uint32_t)l->next;
	struct latslot *s = &l->slot[seq & l->mask];
	struct udpout o = { .tos = -1, .stamp = true };
	size_t n;

	s->t1 = clock_real();
	s->raw = stamp_ntp(s->t1);
	s->kernel = 0;
	n = build(l, p, seq, s->raw, 0);
	if (udpsock_send(fd, &o, p, n) == -1) {
		l->failed++;
		return errno;
	}
	s->after = clock_real();
	l->stamp_seq[l->stamp_id++ & l->mask] = seq;
	l->next++;
	l->ctx->loop.packets++;
	return 0;
}

int
udplat_ask(struct udplat *l, int fd)
{
	static uint8_t p[UDPSOCK_MAX];
	struct udpout o = { .tos = -1 };
	size_t n = build(l, p, (uint32_t)l->next, stamp_ntp(clock_real()),
	    STAMP_ASK);

	return udpsock_send(fd, &o, p, n) == -1 ? errno : 0;
}

void
udplat_stamp(struct udplat *l, const struct udperr *e)
{
	uint32_t seq = l->stamp_seq[e->id & l->mask];
	struct latslot *s = &l->slot[seq & l->mask];

	/* It is taken within the call: any other is of another packet. */
	if (e->id - l->stamp_first < l->stamp_id - l->stamp_first &&
	    l->next - seq <= l->mask && e->ns >= s->t1 && e->ns <= s->after)
		s->kernel = e->ns;
}

/*
 * The reflector has forgotten us, or was started again: its numbers begin
 * anew, and what of the two directions was lost meanwhile nobody knows.
 */
static void
new_epoch(struct udplat *l, uint32_t epoch)
{
	if (l->epoch != 0)
		l->resets++;
	l->epoch = epoch;
	l->count = l->count_last = (struct stamp_count){ 0 };
	seqacct_free(&l->down);
	seqacct_init(&l->down, LOG2_RT);
	l->mark = 0;
	l->last.down = l->last.dlost = l->last.ddup = l->last.dreord = 0;
}

/* Do the reflector's numbers account for all of the turn? */
static bool
told_apart(const struct udplat *l)
{
	return l->resets == 0 && (!l->ours || l->bare == 0);
}

/* What of our extensions came back filled in? */
static bool
read_extensions(struct udplat *l, struct cur *c)
{
	struct stamp_count k;
	struct stamp_cos cos;
	struct stamp_tlv t;
	bool asked = false, found = false;

	while (stamp_next(c, &t) == 1) {
		if ((t.flags & (TLV_U | TLV_M | TLV_I)) != 0)
			continue;
		if (t.type == TLV_COS && stamp_parse_cos(t.body, &cos) == 0) {
			l->up_dscp = cos.dscp2;
			l->up_ecn = cos.ecn;
		}
		if (t.type != TLV_CASTNET ||
		    stamp_parse_count(t.body, &k) == -1 ||
		    k.session != l->session)
			continue;
		l->ours = found = true;
		if (k.epoch != l->epoch)
			new_epoch(l, k.epoch);
		asked = (k.flags & STAMP_ASK) != 0;
		if (asked)
			l->counted = true;
		if (asked || k.replies > l->count.replies)
			l->count = k;
	}
	l->bare += !found;
	return asked;
}

/* The number an answer is to, in 64 bits; false if it is to none of ours. */
static bool
find(const struct udplat *l, const struct stamp_reply *r)
{
	uint32_t ago = (uint32_t)l->next - r->sender_seq;

	if (ago == 0 || ago > l->mask || ago > l->next)
		return false;
	return l->slot[r->sender_seq & l->mask].raw == r->sender_time;
}

bool
udplat_receive(struct udplat *l, const struct udpin *in)
{
	struct cur c = cur_init(in->p, in->n);
	struct stamp_reply r;
	struct latslot *s;
	enum seqkind kind;

	if (stamp_parse_reply(&c, &r) == -1)
		return false;
	if (l->full && read_extensions(l, &c))
		return true;
	if (!find(l, &r)) {
		l->foreign++;
		return false;
	}
	l->ctx->loop.packets++;
	s = &l->slot[r.sender_seq & l->mask];
	kind = seqacct_add(&l->rt, r.sender_seq);
	if (r.seq != r.sender_seq)
		l->stateful = true;
	(void)seqacct_add(&l->down, r.seq);
	l->up_ttl = r.sender_ttl == 0 ? -1 : r.sender_ttl;
	l->down_ttl = in->ttl;
	if (in->tos >= 0) {
		l->down_dscp = in->tos >> 2;
		l->down_ecn = in->tos & 3;
	}
	if (kind == SEQ_NEW || kind == SEQ_REORD)
		connlat_add(&l->lat, s->kernel != 0 ? s->kernel : s->t1,
		    stamp_ns(r.rx_time, r.error), stamp_ns(r.time, r.error),
		    in->ns);
	return true;
}

bool
udplat_whole(const struct udplat *l)
{
	return l->rt.rcvd + l->rt.lost >= l->next;
}

void
udplat_settle(struct udplat *l, int64_t now)
{
	uint64_t upto = l->rt.settled;
	int64_t limit = now - l->uri->timeout_ns;

	/* Slots are used again: what is not in one any more is old enough. */
	if (l->next > l->mask && upto < l->next - l->mask)
		upto = l->next - l->mask;
	while (upto < l->next && l->slot[upto & l->mask].t1 < limit)
		upto++;
	seqacct_settle(&l->rt, upto);
	if (now - l->mark_t >= l->uri->timeout_ns) {
		seqacct_settle(&l->down, l->mark);
		l->mark = l->down.high;
		l->mark_t = now;
	}
}

static void
put_arrival(struct conn *r, int ttl, int dscp, int ecn)
{
	r->ttl = ttl < 0 ? NUM_NONE : ttl;
	r->dscp = dscp < 0 ? NUM_NONE : dscp;
	r->ecn = ecn < 0 ? NUM_NONE : ecn;
}

static struct conn *
begin(struct udplat *l, const char *event, const char *dir)
{
	struct conn *r = connctx_begin(l->ctx, event, l->peer, CONN_UDP, dir);

	word_str(&r->test, l->test);
	r->size = (rec_num)l->size;
	return r;
}

static void
put_rt(struct udplat *l, const char *event, const struct latsum *s,
    bool part)
{
	struct conn *r = begin(l, event, "rt");

	r->sent = (rec_num)(l->next - (part ? l->last.sent : 0));
	r->failed = (rec_num)(l->failed - (part ? l->last.failed : 0));
	r->rcvd = (rec_num)(l->rt.rcvd - (part ? l->last.rcvd : 0));
	r->lost = (rec_num)(l->rt.lost - (part ? l->last.lost : 0));
	r->dup = (rec_num)(l->rt.dup - (part ? l->last.dup : 0));
	r->reord = (rec_num)(l->rt.reord - (part ? l->last.reord : 0));
	r->late = (rec_num)(l->rt.late - (part ? l->last.late : 0));
	r->cpu_ns = part ? connctx_cpu(l->ctx) : connctx_cpu_total(l->ctx);
	connlat_fill_rt(s, r);
	if (!part) {
		r->bursts = (rec_num)l->rt.bursts;
		r->burst_max = (rec_num)l->rt.burst_max;
		r->extent_max = (rec_num)l->rt.extent_max;
		word_str(&r->state, !l->ours || (l->counted &&
		    told_apart(l)) ? "whole" : "part");
	}
	connctx_offset(l->ctx, l->peer, r);
	connctx_put(l->ctx);
}

static void
put_up(struct udplat *l, const char *event, const struct latsum *s, bool part)
{
	struct conn *r = begin(l, event, "up");

	r->sent = (rec_num)(l->next - (part ? l->last.sent : 0));
	if (l->ours && part) {
		r->rcvd = l->count.rcvd - (rec_num)l->count_last.rcvd;
		r->dup = l->count.dup - (rec_num)l->count_last.dup;
		r->reord = l->count.reord - (rec_num)l->count_last.reord;
	} else if (l->counted && told_apart(l)) {
		r->rcvd = l->count.rcvd;
		r->lost = (rec_num)l->next - l->count.rcvd;
		r->dup = l->count.dup;
		r->reord = l->count.reord;
		r->late = l->count.late;
		r->bursts = l->count.bursts;
		r->burst_max = l->count.burst_max;
		r->extent_max = l->count.extent;
	}
	put_arrival(r, l->up_ttl, l->up_dscp, l->up_ecn);
	connlat_fill_owd(&l->lat, s, LAT_UP, r);
	connctx_put(l->ctx);
}

static void
put_down(struct udplat *l, const char *event, const struct latsum *s,
    bool part)
{
	struct conn *r = begin(l, event, "down");

	if (l->ours && part)
		r->sent = l->count.replies - (rec_num)l->count_last.replies;
	else if (l->counted && told_apart(l))
		r->sent = l->count.replies;
	r->rcvd = (rec_num)(l->down.rcvd - (part ? l->last.down : 0));
	if ((l->stateful || l->ours) && (part || told_apart(l))) {
		r->lost = (rec_num)(l->down.lost - (part ? l->last.dlost : 0));
		r->dup = (rec_num)(l->down.dup - (part ? l->last.ddup : 0));
		r->reord = (rec_num)(l->down.reord -
		    (part ? l->last.dreord : 0));
		if (!part) {
			r->bursts = (rec_num)l->down.bursts;
			r->burst_max = (rec_num)l->down.burst_max;
			r->extent_max = (rec_num)l->down.extent_max;
		}
	} else
		r->rcvd = NUM_NONE;	/* whose numbers these are is unknown */
	put_arrival(r, l->down_ttl, l->down_dscp, l->down_ecn);
	connlat_fill_owd(&l->lat, s, LAT_DOWN, r);
	connctx_put(l->ctx);
}

static void
remember(struct udplat *l)
{
	l->last.sent = l->next;
	l->last.failed = l->failed;
	l->last.rcvd = l->rt.rcvd;
	l->last.lost = l->rt.lost;
	l->last.dup = l->rt.dup;
	l->last.reord = l->rt.reord;
	l->last.late = l->rt.late;
	l->last.down = l->down.rcvd;
	l->last.dlost = l->down.lost;
	l->last.ddup = l->down.dup;
	l->last.dreord = l->down.reord;
	l->count_last = l->count;
}

void
udplat_interval(struct udplat *l)
{
	connlat_settle(&l->lat);
	put_rt(l, "interval", &l->lat.part, true);
	put_up(l, "interval", &l->lat.part, true);
	put_down(l, "interval", &l->lat.part, true);
	connlat_next(&l->lat);
	remember(l);
}

void
udplat_total(struct udplat *l)
{
	connlat_settle(&l->lat);
	seqacct_end(&l->rt, l->next);
	seqacct_end(&l->down, l->counted ? l->count.replies : l->down.high);
	put_rt(l, "total", &l->lat.total, false);
	put_up(l, "total", &l->lat.total, false);
	put_down(l, "total", &l->lat.total, false);
	connlat_next(&l->lat);
}
