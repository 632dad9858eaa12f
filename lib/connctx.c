#include "connctx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "clock.h"
#include "stamp.h"

struct conn *
connctx_begin(struct connctx *c, const char *event, const char *peer,
    enum connproto proto, const char *dir)
{
	struct conn *r = &c->rec;

	rec_clear(&rec_conn, r);
	r->time = clock_real();
	word_str(&r->event, event);
	word_str(&r->local, c->node);
	word_str(&r->peer, peer);
	word_str(&r->proto, connproto_name(proto));
	if (dir != NULL)
		word_str(&r->dir, dir);
	return r;
}

void
connctx_put(struct connctx *c)
{
	if (!c->hist)
		c->rec.hist.n = 0;
	if (c->error == 0 && recout_write(c->out, &c->rec) == -1)
		c->error = errno;
}

void
connctx_event(struct connctx *c, const char *event, const char *peer,
    enum connproto proto, const struct addr *a, uint16_t port,
    const char *state, int error, const char *detail)
{
	struct conn *r = connctx_begin(c, event, peer, proto, NULL);

	if (a != NULL) {
		r->addr = *a;
		r->port = port;
	}
	if (state != NULL)
		word_str(&r->state, state);
	if (error != 0)
		word_str(&r->error, connctx_errname(error));
	if (detail != NULL)
		(void)text_set(&r->detail, detail, strlen(detail));
	connctx_put(c);
}

void
connctx_offset(struct connctx *c, const char *peer, const struct conn *r)
{
	struct offset o;

	if (c->offsets == NULL || r->offset_ms == NUM_NONE)
		return;
	rec_clear(&rec_offset, &o);
	word_str(&o.node, c->node);
	word_str(&o.peer, peer);
	o.offset_ms = r->offset_ms;
	o.err_ms = r->owd_err_ms;
	o.time = r->time;
	if (c->error == 0 && recout_write(c->offsets, &o) == -1)
		c->error = errno;
}

const char *
connctx_errname(int error)
{
	const char *s = strerrorname_np(error);

	return s == NULL ? "EUNKNOWN" : s;
}

const char *
connctx_state(int error)
{
	switch (error) {
	case 0:			return "open";
	case ECONNREFUSED:	return "closed";
	case ETIMEDOUT:		return "filtered";
	case EACCES:
	case EPERM:		return "filtered";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET:
	case EADDRNOTAVAIL:	return "unreachable";
	default:		return "error";
	}
}

uint16_t
connctx_clock_error(void)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);
	bool synced = state != -1 && state != TIME_ERROR;

	return stamp_error(synced ? t.maxerror * 1000 : NS_PER_S, synced);
}

static int64_t
cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static rec_num
each(int64_t cpu, uint64_t packets)
{
	return packets == 0 ? NUM_NONE : cpu / (int64_t)packets;
}

rec_num
connctx_cpu(struct connctx *c)
{
	int64_t now = clock_mono(), cpu;

	if (now - c->cpu_at < c->interval_ns / 2)
		return c->cpu;
	cpu = cpu_time();
	c->cpu = each(cpu - c->cpu_last, c->loop.packets - c->packets_last);
	c->cpu_last = cpu;
	c->packets_last = c->loop.packets;
	c->cpu_at = now;
	return c->cpu;
}

rec_num
connctx_cpu_total(const struct connctx *c)
{
	return each(cpu_time(), c->loop.packets);
}
