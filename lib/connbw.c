#include "connbw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "connuri.h"
#include "mem.h"

enum { LOG2_WINDOW = 20 };

#define TOGETHER_NS	250000
#define DEBT_NS		(50 * NS_PER_MS)
#define RETRY_NS	200000		/* the socket's buffer was full */

void
bwsend_init(struct bwsend *b, uint64_t session, uint64_t rate, size_t size,
    bool gso, int64_t now)
{
	uint64_t pps = rate / (8 * size);

	*b = (struct bwsend){ .session = session, .size = size, .gso = gso };
	b->p = mem_array(UDPSOCK_BATCH, size);
	b->pps = rate == CONN_RATE_MAX ? 0 : pps == 0 ? 1 : pps;
	b->since = now;
}

void
bwsend_free(struct bwsend *b)
{
	free(b->p);
	b->p = NULL;
}

static void
build(struct bwsend *b, unsigned n)
{
	struct connmsg m = { .type = MSG_DATA, .session = b->session,
	    .length = (uint32_t)(b->size - CONNMSG_HEADER),
	    .t1 = (uint64_t)clock_real() };

	for (unsigned i = 0; i < n; i++) {
		struct buf out = buf_init(b->p + i * b->size, b->size);

		m.seq = (uint32_t)(b->sent + i);
		connmsg_build(&out, &m);
	}
}

/* How many are due; *next is set to when the next few are. */
static unsigned
due(struct bwsend *b, int64_t now, int64_t *next)
{
	uint64_t sent = b->sent - b->since_sent, want;

	*next = now;
	if (b->pps == 0)
		return UDPSOCK_BATCH;
	if (now - b->since > NS_PER_S) {	/* numbers stay small */
		b->since += NS_PER_S;
		b->since_sent += b->pps;
		sent -= b->pps;
	}
	want = (uint64_t)(now - b->since) * b->pps / (uint64_t)NS_PER_S + 1;
	if ((int64_t)(want - sent) <= 0) {
		*next = b->since + (int64_t)(sent * (uint64_t)NS_PER_S /
		    b->pps) + TOGETHER_NS;
		return 0;
	}
	want -= sent;
	if (want > b->pps * DEBT_NS / NS_PER_S + 1) {
		b->since = now;			/* forgiven */
		b->since_sent = b->sent;
		want = 1;
	}
	return want > UDPSOCK_BATCH ? UDPSOCK_BATCH : (unsigned)want;
}

int64_t
bwsend_step(struct bwsend *b, int fd, const struct udpout *o, int64_t now)
{
	int64_t next;
	unsigned n = due(b, now, &next);
	int sent;

	if (n == 0)
		return next;
	build(b, n);
	sent = udpsock_sendmany(fd, o, b->p, b->size, n, b->gso);
	if (sent == -1) {
		if (errno == EAGAIN || errno == ENOBUFS)
			return now + RETRY_NS;
		b->failed++;
		b->error = errno;
		return now + 10 * NS_PER_MS;
	}
	b->sent += (unsigned)sent;
	b->bytes += (unsigned)sent * b->size;
	return b->pps == 0 ? now : now + TOGETHER_NS;
}

void
bwrecv_init(struct bwrecv *b)
{
	*b = (struct bwrecv){ 0 };
	seqacct_init(&b->acct, LOG2_WINDOW);
}

void
bwrecv_free(struct bwrecv *b)
{
	seqacct_free(&b->acct);
}

unsigned
bwrecv_add(struct bwrecv *b, uint64_t session, const struct udpin *in)
{
	unsigned took = 0;

	for (size_t at = 0; at < in->n; at += in->segment) {
		size_t left = in->n - at;
		size_t n = left < in->segment ? left : in->segment;
		struct cur c = cur_init(in->p + at, n);
		struct connmsg m;

		if (connmsg_header(&c, &m) == -1 || m.type != MSG_DATA ||
		    connmsg_body(&c, &m) == -1 || m.session != session) {
			b->bad++;
			continue;
		}
		took++;
		if (seqacct_add(&b->acct, m.seq) > SEQ_LATE)
			continue;
		b->bytes += n;
		if (b->first == 0)
			b->first = in->ns;
		b->last = in->ns;
	}
	return took;
}

void
bwrecv_end(struct bwrecv *b, uint64_t sent)
{
	seqacct_end(&b->acct, sent == 0 ? b->acct.high : sent);
}

void
bwrecv_report(const struct bwrecv *b, struct connmsg *m)
{
	m->rcvd = b->acct.rcvd;
	m->rcvd_bytes = b->bytes;
	m->lost = b->acct.lost;
	m->dup = b->acct.dup;
	m->reord = b->acct.reord;
	m->extent = b->acct.extent_max;
	m->late = b->acct.late;
	m->drops = b->drops;
	m->bursts = b->acct.bursts;
	m->burst_max = b->acct.burst_max;
	m->span_ns = (uint64_t)(b->last - b->first);
}

/* A number went from one value to another; a peer may say anything. */
static rec_num
went(uint64_t to, uint64_t from)
{
	uint64_t d = to - from;

	return d > INT64_MAX ? NUM_NONE : (rec_num)d;
}

void
connbw_fill(struct conn *r, const struct connmsg *m, const struct connmsg *s)
{
	uint64_t span = m->span_ns - s->span_ns;
	double bps = span == 0 ? 0 : (double)(m->rcvd_bytes - s->rcvd_bytes) *
	    8e9 / (double)span;

	r->rcvd = went(m->rcvd, s->rcvd);
	r->dup = went(m->dup, s->dup);
	r->reord = went(m->reord, s->reord);
	r->late = went(m->late, s->late);
	r->drops = went(m->drops, s->drops);
	if (span > 0 && bps < 1e15)
		r->bps = (rec_num)bps;
	if (m->final) {
		r->lost = went(m->lost, 0);
		r->bursts = went(m->bursts, 0);
		r->burst_max = went(m->burst_max, 0);
		r->extent_max = went(m->extent, 0);
	}
}
