#include "udppmtu.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "stamp.h"

enum { TRIES = 3, MOST = 9216 };

#define WAIT_NS	(300 * NS_PER_MS)

void
udppmtu_init(struct udppmtu *p, const struct connuri *u, bool v6)
{
	unsigned head = v6 ? 48 : 28;

	*p = (struct udppmtu){ .uri = u, .head = head,
	    .hi = u->size == 0 ? MOST : (unsigned)u->size + head };
	p->size = head + STAMP_LEN;
}

void
udppmtu_hint(struct udppmtu *p, uint32_t mtu)
{
	if (mtu > p->lo && mtu < p->size) {
		p->hint = mtu;
		p->told = true;
		p->until = 0;
		p->tries = TRIES;
	}
}

bool
udppmtu_receive(struct udppmtu *p, const struct udpin *in)
{
	struct cur c = cur_init(in->p, in->n);
	struct stamp_reply r;

	if (stamp_parse_reply(&c, &r) == -1 || r.sender_seq + 1 != p->seq ||
	    r.sender_time != p->raw || in->n + p->head != p->size)
		return false;
	p->answered = true;
	return true;
}

/* The next size: as hinted, then halfway; those STAMP has not are skipped. */
static void
next_size(struct udppmtu *p)
{
	if (p->answered)
		p->lo = p->size;
	else
		p->hi = p->size - 1;
	p->answered = false;
	p->tries = 0;
	if (p->lo == p->head + STAMP_LEN && p->seq <= TRIES)
		p->size = p->hi;	/* perhaps it takes all */
	else
		p->size = (p->lo + p->hi + 1) / 2;
	if (p->hint > p->lo && p->hint <= p->hi)
		p->size = p->hint;
	p->hint = 0;
	if (p->size > p->head + STAMP_LEN &&
	    p->size < p->head + STAMP_LEN + STAMP_TLV_LEN)
		p->size = p->hi = p->lo;
}

static int
send_probe(struct udppmtu *p, int fd)
{
	static uint8_t out[UDPSOCK_MAX];
	struct buf b = buf_init(out, sizeof(out));
	struct stamp_request q = { p->seq++, 0, connctx_clock_error(), 0 };
	struct udpout o = { .tos = -1 };
	size_t n = p->size - p->head;

	q.time = p->raw = stamp_ntp(clock_real());
	stamp_build_request(&b, &q);
	if (n > STAMP_LEN)
		stamp_padding(&b, TLV_U, n - STAMP_LEN);
	return udpsock_send(fd, &o, out, b.len);
}

int64_t
udppmtu_step(struct udppmtu *p, int fd, int64_t now)
{
	for (;;) {
		if (!p->answered && now < p->until)
			return p->until < now + 5 * NS_PER_MS ? p->until :
			    now + 5 * NS_PER_MS;
		if (p->answered || p->tries >= TRIES) {
			next_size(p);
			if (p->lo >= p->hi || fd == -1)
				return 0;
		}
		udpsock_fragment(fd, false);
		p->tries++;
		p->until = now + WAIT_NS;
		if (send_probe(p, fd) == -1 && errno == EMSGSIZE) {
			p->tries = TRIES;	/* not even the first link */
			p->until = now;
			udppmtu_hint(p, udpsock_mtu(fd));
		}
	}
}

void
udppmtu_put(const struct udppmtu *p, struct connctx *ctx, const char *peer)
{
	struct conn *r = connctx_begin(ctx, "pmtu", peer, CONN_UDP, "rt");

	word_str(&r->test, "pmtu");
	word_str(&r->state, p->lo == 0 ? "silent" : p->lo < p->hi ? "part" :
	    "whole");
	if (p->lo != 0)
		r->pmtu = p->lo;
	if (p->lo != 0 && p->uri->size != 0 &&
	    p->uri->size + p->head > p->lo)
		word_str(&r->error, "EMSGSIZE");
	if (p->lo != 0 && p->lo < MOST && !p->told)
		(void)text_set(&r->detail, "nobody told by ICMP", 19);
	connctx_put(ctx);
}
