#include "connmsg.h"

#include <string.h>

#define MAGIC	UINT32_C(0x636e7431)	/* "cnt1" */
#define VERSION	1

static const char *const limits[] = { "-", "network", "receiver", "sndbuf",
	"app", "rate" };

const char *
connlimit_name(enum connlimit l)
{
	return (size_t)l < sizeof(limits) / sizeof(limits[0]) ? limits[l] :
	    limits[0];
}

/* Bodies have a fixed length by type; of DATA it is the least. */
static int
length_of(enum msgtype t)
{
	switch (t) {
	case MSG_HELLO:
	case MSG_WELCOME:	return 16 + 8 + CONNMSG_NAME;
	case MSG_START:
	case MSG_STARTED:	return 8 + 8 + 4 + 4 + 8 + 8;
	case MSG_DATA:		return CONNMSG_DATA_FIXED;
	case MSG_KEEP:		return 8;
	case MSG_STOP:
	case MSG_REPORT:	return 8 + 8 + 14 * 8;
	case MSG_PING:
	case MSG_PONG:		return 4 + 3 * 8;
	}
	return -1;
}

static void
build_report(struct buf *b, const struct connmsg *m)
{
	buf_u64(b, m->session);
	buf_u8(b, m->final);
	buf_u8(b, m->limit);
	buf_u16(b, 0);
	buf_u32(b, m->cwnd);
	buf_u64(b, m->sent);
	buf_u64(b, m->sent_bytes);
	buf_u64(b, m->rcvd);
	buf_u64(b, m->rcvd_bytes);
	buf_u64(b, m->lost);
	buf_u64(b, m->dup);
	buf_u64(b, m->reord);
	buf_u64(b, m->extent);
	buf_u64(b, m->late);
	buf_u64(b, m->drops);
	buf_u64(b, m->bursts);
	buf_u64(b, m->burst_max);
	buf_u64(b, m->span_ns);
	buf_u64(b, m->retrans);
}

static void
build_start(struct buf *b, const struct connmsg *m)
{
	buf_u64(b, m->cookie);
	buf_u64(b, m->session);
	buf_u8(b, m->dirs);
	buf_u8(b, m->gso);
	buf_u8(b, m->refusal);
	buf_u8(b, 0);
	buf_u32(b, m->size);
	buf_u64(b, m->rate);
	buf_u64(b, m->time_ns);
}

void
connmsg_build(struct buf *b, const struct connmsg *m)
{
	buf_u32(b, MAGIC);
	buf_u32(b, 0);
	buf_u8(b, VERSION);
	buf_u8(b, (uint8_t)m->type);
	buf_u16(b, 0);
	buf_u32(b, m->type == MSG_DATA ? m->length :
	    (uint32_t)length_of(m->type));
	switch (m->type) {
	case MSG_HELLO:
	case MSG_WELCOME:
		buf_copy(b, m->id, sizeof(m->id));
		buf_u64(b, m->cookie);
		buf_copy(b, m->name, CONNMSG_NAME);
		break;
	case MSG_START:
	case MSG_STARTED:
		build_start(b, m);
		break;
	case MSG_DATA:
		buf_u64(b, m->session);
		buf_u32(b, m->seq);
		buf_u64(b, m->t1);
		break;
	case MSG_KEEP:
		buf_u64(b, m->session);
		break;
	case MSG_STOP:
	case MSG_REPORT:
		build_report(b, m);
		break;
	case MSG_PING:
	case MSG_PONG:
		buf_u32(b, m->seq);
		buf_u64(b, m->t1);
		buf_u64(b, m->t2);
		buf_u64(b, m->t3);
		break;
	}
}

bool
connmsg_is(const uint8_t *p, size_t n)
{
	struct cur c = cur_init(p, n);

	return cur_u32(&c) == MAGIC && cur_u32(&c) == 0 && !c.bad;
}

int
connmsg_header(struct cur *c, struct connmsg *m)
{
	uint32_t magic = cur_u32(c), zero = cur_u32(c);
	uint8_t version = cur_u8(c), type = cur_u8(c);
	int want;

	cur_skip(c, 2);
	memset(m, 0, sizeof(*m));
	m->length = cur_u32(c);
	if (c->bad || magic != MAGIC || zero != 0 || version != VERSION ||
	    type < MSG_HELLO || type > MSG_PONG)
		return -1;
	m->type = (enum msgtype)type;
	want = length_of(m->type);
	if (m->type == MSG_DATA)
		return m->length >= (uint32_t)want &&
		    m->length <= UINT32_C(1) << 30 ? 0 : -1;
	return m->length == (uint32_t)want ? 0 : -1;
}

static void
parse_report(struct cur *c, struct connmsg *m)
{
	m->session = cur_u64(c);
	m->final = cur_u8(c) != 0;
	m->limit = cur_u8(c);
	cur_skip(c, 2);
	m->cwnd = cur_u32(c);
	m->sent = cur_u64(c);
	m->sent_bytes = cur_u64(c);
	m->rcvd = cur_u64(c);
	m->rcvd_bytes = cur_u64(c);
	m->lost = cur_u64(c);
	m->dup = cur_u64(c);
	m->reord = cur_u64(c);
	m->extent = cur_u64(c);
	m->late = cur_u64(c);
	m->drops = cur_u64(c);
	m->bursts = cur_u64(c);
	m->burst_max = cur_u64(c);
	m->span_ns = cur_u64(c);
	m->retrans = cur_u64(c);
}

static void
parse_start(struct cur *c, struct connmsg *m)
{
	m->cookie = cur_u64(c);
	m->session = cur_u64(c);
	m->dirs = cur_u8(c);
	m->gso = cur_u8(c);
	m->refusal = cur_u8(c);
	cur_skip(c, 1);
	m->size = cur_u32(c);
	m->rate = cur_u64(c);
	m->time_ns = cur_u64(c);
}

/* Names are what node names may be; anything else is not believed. */
static bool
bad_name(const char *s)
{
	size_t n = strnlen(s, CONNMSG_NAME);

	return n == CONNMSG_NAME || strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != n;
}

int
connmsg_body(struct cur *c, struct connmsg *m)
{
	switch (m->type) {
	case MSG_HELLO:
	case MSG_WELCOME:
		cur_copy(c, m->id, sizeof(m->id));
		m->cookie = cur_u64(c);
		cur_copy(c, m->name, CONNMSG_NAME);
		if (bad_name(m->name))
			return -1;
		break;
	case MSG_START:
	case MSG_STARTED:
		parse_start(c, m);
		break;
	case MSG_DATA:
		m->session = cur_u64(c);
		m->seq = cur_u32(c);
		m->t1 = cur_u64(c);
		return c->bad ? -1 : 0;
	case MSG_KEEP:
		m->session = cur_u64(c);
		break;
	case MSG_STOP:
	case MSG_REPORT:
		parse_report(c, m);
		break;
	case MSG_PING:
	case MSG_PONG:
		m->seq = cur_u32(c);
		m->t1 = cur_u64(c);
		m->t2 = cur_u64(c);
		m->t3 = cur_u64(c);
		break;
	}
	return c->bad || cur_left(c) != 0 ? -1 : 0;
}
