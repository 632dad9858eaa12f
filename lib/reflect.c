#include "reflect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "key.h"
#include "mem.h"
#include "stamp.h"

enum { LOG2_WINDOW = 13, PROBES = 16, EVENTS_A_SECOND = 50 };

void
reflect_init(struct reflect *r, struct connctx *ctx)
{
	*r = (struct reflect){ .ctx = ctx, .error = connctx_clock_error(),
	    .events = EVENTS_A_SECOND };
	r->session = mem_array(REFLECT_SESSIONS, sizeof(*r->session));
}

/* Who this is; never 0. */
static uint64_t
key_of(const struct reflect *r, const struct udpin *in,
    const struct stamp_request *q, const struct stamp_count *k)
{
	uint8_t p[32] = { 0 };
	struct buf b = buf_init(p, sizeof(p));
	uint16_t port;
	struct addr a = sockname_addr(&in->from, &port);

	if (k != NULL)
		buf_u64(&b, k->session);
	else {
		buf_copy(&b, a.b, sizeof(a.b));
		buf_u8(&b, a.v);
		buf_u16(&b, port);
		buf_u16(&b, q->ssid);
	}
	return siphash(r->ctx->secret, p, b.len) | 1;
}

static const char *
name_of(const struct reflsession *s, char out[static 64])
{
	char text[ADDR_STRLEN];
	uint16_t port;
	struct addr a = sockname_addr(&s->peer, &port);

	snprintf(out, 64, a.v == 6 ? "[%s]:%u" : "%s:%u",
	    addr_string(&a, text), port);
	return out;
}

static void
put_event(struct reflect *r, const struct reflsession *s, const char *event)
{
	char peer[64];
	uint16_t port;
	struct addr a = sockname_addr(&s->peer, &port);

	if (r->events <= 0)
		return;
	r->events--;
	connctx_event(r->ctx, event, name_of(s, peer), CONN_UDP, &a, port,
	    NULL, 0, NULL);
}

/* What came, and what was answered; the sender knows what it had sent. */
static void
put_total(struct reflect *r, const struct reflsession *s)
{
	char peer[64];
	struct conn *c = connctx_begin(r->ctx, "total", name_of(s, peer),
	    CONN_UDP, "down");
	uint16_t port;

	word_str(&c->test, "reflect");
	c->addr = sockname_addr(&s->peer, &port);
	c->port = port;
	c->rcvd = (rec_num)s->acct.rcvd;
	c->lost = (rec_num)s->acct.lost;
	c->dup = (rec_num)s->acct.dup;
	c->reord = (rec_num)s->acct.reord;
	c->late = (rec_num)s->acct.late;
	c->bursts = (rec_num)s->acct.bursts;
	c->burst_max = (rec_num)s->acct.burst_max;
	c->extent_max = (rec_num)s->acct.extent_max;
	c->ttl = s->ttl < 0 ? NUM_NONE : s->ttl;
	c->dscp = s->tos < 0 ? NUM_NONE : s->tos >> 2;
	c->ecn = s->tos < 0 ? NUM_NONE : s->tos & 3;
	connctx_put(r->ctx);
}

static void
end_session(struct reflect *r, struct reflsession *s)
{
	if (s->named && r->events > 0) {
		seqacct_end(&s->acct, s->acct.high);
		put_total(r, s);
		put_event(r, s, "close");
	}
	seqacct_free(&s->acct);
	s->key = 0;
	r->used--;
}

void
reflect_close(struct reflect *r)
{
	r->events = REFLECT_SESSIONS * 2;
	for (int i = 0; i < REFLECT_SESSIONS; i++)
		if (r->session[i].key != 0)
			end_session(r, &r->session[i]);
	free(r->session);
}

void
reflect_tick(struct reflect *r, int64_t now)
{
	r->error = connctx_clock_error();
	r->events = EVENTS_A_SECOND;
	for (int i = 0; i < REFLECT_SESSIONS; i++)
		if (r->session[i].key != 0 &&
		    now - r->session[i].heard > REFLECT_IDLE_NS)
			end_session(r, &r->session[i]);
}

/* A session, made if it is new; NULL when there is no room. */
static struct reflsession *
find(struct reflect *r, uint64_t key)
{
	struct reflsession *unused = NULL, *oldest = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct reflsession *s = &r->session[(key / 2 + i) %
		    REFLECT_SESSIONS];

		if (s->key == key)
			return s;
		if (s->key == 0 && unused == NULL)
			unused = s;
		if (s->key != 0 && s->packets == 1 &&
		    (oldest == NULL || s->heard < oldest->heard))
			oldest = s;
	}
	/* Who sent one packet makes room for who sends now. */
	if (unused == NULL && oldest != NULL) {
		end_session(r, oldest);
		unused = oldest;
	}
	if (unused == NULL)
		return NULL;
	*unused = (struct reflsession){ .key = key,
	    .epoch = ((uint32_t)clock_mono() & 0xffffff) | 1 };
	seqacct_init(&unused->acct, LOG2_WINDOW);
	r->used++;
	return unused;
}

static bool
same_peer(const union sockname *a, const union sockname *b)
{
	uint16_t p, q;
	struct addr x = sockname_addr(a, &p), y = sockname_addr(b, &q);

	return p == q && addr_cmp(&x, &y) == 0;
}

/* Count a packet; what its answer is numbered. */
static void
count(struct reflect *r, struct reflsession *s, const struct udpin *in,
    uint32_t seq, bool ask, uint32_t *number)
{
	s->heard = clock_mono();
	if (s->packets++ > 0 && !same_peer(&s->peer, &in->from)) {
		s->peer = in->from;
		if (s->named)
			put_event(r, s, "moved");
	}
	s->peer = in->from;
	s->ttl = in->ttl;
	s->tos = in->tos;
	/* Who sends twice is no passer-by. */
	if (!s->named && s->packets == 2) {
		s->named = true;
		put_event(r, s, "open");
	}
	*number = s->replies;
	if (ask)
		seqacct_end(&s->acct, s->acct.high > seq ? s->acct.high : seq);
	else {
		(void)seqacct_add(&s->acct, seq);
		s->replies++;
	}
}

static void
put_count(struct buf *b, const struct reflsession *s,
    const struct stamp_count *q)
{
	struct stamp_count k = { q->session, q->flags, s->epoch,
	    (uint32_t)s->acct.rcvd, (uint32_t)s->acct.dup,
	    (uint32_t)s->acct.reord, (uint32_t)s->acct.extent_max,
	    (uint32_t)s->acct.bursts, (uint32_t)s->acct.burst_max,
	    (uint32_t)s->acct.late, s->replies };

	stamp_build_count(b, 0, &k);
}

/* The extensions again, filled in where we know how (RFC 8972 section 4). */
static void
put_extensions(struct buf *b, struct cur c, const struct udpin *in,
    const struct reflsession *s, int *tos)
{
	struct stamp_tlv t;
	struct stamp_count k;
	struct stamp_cos cos;
	int more;

	for (;;) {
		struct cur rest = c;

		more = stamp_next(&c, &t);
		if (more == 0)
			return;
		if (more == -1) {	/* as it came, marked malformed */
			size_t n = cur_left(&rest);
			const uint8_t *p = cur_bytes(&rest, n);

			buf_u8(b, (uint8_t)(p[0] | TLV_M));
			buf_copy(b, p + 1, n - 1);
			return;
		}
		if (t.type == TLV_COS && stamp_parse_cos(t.body, &cos) == 0) {
			*tos = cos.dscp1 << 2;
			cos.dscp2 = in->tos < 0 ? 0 : (uint8_t)(in->tos >> 2);
			cos.ecn = in->tos < 0 ? 0 : in->tos & 3;
			cos.rp = 0;
			stamp_build_cos(b, 0, &cos);
		} else if (t.type == TLV_CASTNET && s != NULL &&
		    stamp_parse_count(t.body, &k) == 0)
			put_count(b, s, &k);
		else if (t.type == TLV_PADDING)
			stamp_padding(b, 0, cur_left(&t.body) + STAMP_TLV_LEN);
		else {
			size_t n = cur_left(&t.body);

			buf_u8(b, TLV_U);
			buf_u8(b, t.type);
			buf_u16(b, (uint16_t)n);
			buf_copy(b, cur_bytes(&t.body, n), n);
		}
	}
}

/* Our own extension, if the packet has it. */
static bool
find_count(struct cur c, struct stamp_count *k)
{
	struct stamp_tlv t;

	while (stamp_next(&c, &t) == 1)
		if (t.type == TLV_CASTNET && stamp_parse_count(t.body, k) == 0)
			return true;
	return false;
}

size_t
reflect_answer(struct reflect *r, const struct udpin *in, uint8_t *p,
    size_t cap, int *tos)
{
	struct cur c = cur_init(in->p, in->n);
	struct buf b = buf_init(p, cap), head;
	struct stamp_request q;
	struct stamp_reply a;
	struct stamp_count k = { 0 };
	struct reflsession *s;
	bool ours;

	if (stamp_parse_request(&c, &q) == -1)
		return 0;
	ours = find_count(c, &k);
	s = find(r, key_of(r, in, &q, ours ? &k : NULL));
	a = (struct stamp_reply){ q.seq, 0, (uint16_t)(r->error |
	    (q.error & STAMP_PTP)), q.ssid, 0, q.seq, q.time, q.error,
	    (uint8_t)(in->ttl < 0 ? 0 : in->ttl) };
	if (s != NULL)
		count(r, s, in, q.seq, ours &&
		    (k.flags & STAMP_ASK) != 0, &a.seq);
	else
		r->forgotten++;
	/* In the format the sender uses, which it will be able to read. */
	a.rx_time = (q.error & STAMP_PTP) != 0 ? stamp_ptp(in->ns) :
	    stamp_ntp(in->ns);
	stamp_build_reply(&b, &a);
	*tos = -1;
	put_extensions(&b, c, in, s, tos);
	/* The last thing before it goes: when. */
	head = buf_init(p, STAMP_LEN);
	a.time = (q.error & STAMP_PTP) != 0 ? stamp_ptp(clock_real()) :
	    stamp_ntp(clock_real());
	stamp_build_reply(&head, &a);
	return b.bad ? 0 : b.len;
}
