#include "replyline.h"

#include <string.h>

#include "clock.h"

/* What one line is made of. */
struct line {
	const struct replyline	*r;
	const struct answer	*a;
	char			 stamp[NUM_STRLEN];
	size_t			 stamp_len;
};

static char *
put_str(char *o, const char *s)
{
	while (*s != '\0')
		*o++ = *s++;
	return o;
}

static char *
put_num(char *o, int64_t v)
{
	if (v < 0) {
		*o = '-';
		return o + 1;
	}
	return o + num_format((uint64_t)v, o);
}

/* A number of the ask, when the answer has one. */
static char *
put_ask(char *o, const struct line *l, unsigned v)
{
	return put_num(o, l->a->has_ask ? (int64_t)v : -1);
}

static char *
put_hex(char *o, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (n > (REC_FIELDLEN - 1) / 2)
		n = (REC_FIELDLEN - 1) / 2;
	if (p == NULL || n == 0)
		*o++ = '-';
	for (size_t i = 0; p != NULL && i < n; i++) {
		*o++ = digits[p[i] >> 4];
		*o++ = digits[p[i] & 15];
	}
	return o;
}

/* Foreign bytes go through rec.c's escaping; they are rare. */
static char *
put_text(char *o, const char *s, size_t n)
{
	static _Thread_local rec_text t;

	if (n == 0) {
		*o = '-';
		return o + 1;
	}
	text_set(&t, s, n);
	memcpy(o, t.s, t.n);
	return o + t.n;
}

#define COL(name)							\
	static inline char *col_##name(char *o, const struct line *l)

COL(time)
{
	memcpy(o, l->stamp, l->stamp_len);
	return o + l->stamp_len;
}

COL(node)
{
	memcpy(o, l->r->node.s, l->r->node.n);
	return o + l->r->node.n;
}

COL(kind)	{ return put_str(o, kind_name(l->a->kind)); }
COL(from)	{ return o + addr_format(&l->a->from, o); }
COL(to)		{ return o + addr_format(&l->a->to, o); }
COL(probe)	{ return put_str(o, probe_name(l->a->origin->probe)); }

COL(tx)
{
	return put_num(o, l->a->has_ask && l->a->ask.node != 0 ?
	    l->a->ask.node : -1);
}

COL(tx_time)
{
	return !l->a->has_ask || l->a->ask.tx_ns == NUM_NONE ? put_num(o, -1) :
	    o + num_format_time(l->a->ask.tx_ns, o);
}

COL(dst)	{ return o + addr_format(&l->a->ask.dst, o); }
COL(ttl)	{ return put_ask(o, l, l->a->ask.ttl); }
COL(flow)	{ return put_ask(o, l, l->a->ask.flow); }
COL(attempt)	{ return put_ask(o, l, l->a->ask.attempt); }
COL(auth)	{ return put_str(o, auth_name(l->a->auth)); }
COL(rttl)	{ return put_num(o, l->a->rttl); }
COL(rtos)	{ return put_num(o, l->a->rtos); }
COL(size)	{ return put_num(o, l->a->size); }

COL(icmp)
{
	if (l->a->icmp_type < 0)
		return put_num(o, -1);
	o = put_num(o, l->a->icmp_type);
	*o++ = '/';
	return put_num(o, l->a->icmp_code);
}

COL(qttl)	{ return put_num(o, l->a->qttl); }
COL(qtos)	{ return put_num(o, l->a->qtos); }
COL(qlen)	{ return put_num(o, l->a->qlen); }
COL(mpls)	{ return put_text(o, l->a->mpls, strlen(l->a->mpls)); }

/* Without the key it is the packet, which has to be kept. */
COL(quote)
{
	return l->r->quotes || l->a->auth == AUTH_NONE ?
	    put_hex(o, l->a->quote, l->a->quote_len) : put_num(o, -1);
}

COL(round)	{ return put_ask(o, l, l->a->ask.round); }
COL(txt)	{ return put_text(o, l->a->txt, l->a->txt_len); }

#define COLUMNS(X)							\
	X(time) X(node) X(kind) X(from) X(to) X(probe) X(tx) X(tx_time)	\
	X(dst) X(ttl) X(flow) X(attempt) X(auth) X(rttl) X(rtos)	\
	X(size) X(icmp) X(qttl) X(qtos) X(qlen) X(mpls) X(quote)	\
	X(round) X(txt)

const char *const replyline_cols[] = {
#define NAME(f)	#f,
	COLUMNS(NAME)
#undef NAME
	NULL
};

void
replyline_init(struct replyline *r, const char *node)
{
	*r = (struct replyline){ .second = INT64_MIN, .quotes = true };
	word_str(&r->node, *node == '\0' ? "-" : node);
}

/* Seconds are formatted once and kept; the nine decimals every time. */
static void
put_stamp(struct replyline *r, struct line *l, int64_t ns)
{
	int64_t s = ns / NS_PER_S;
	uint32_t rest = (uint32_t)(ns % NS_PER_S);

	if (ns < 0) {
		l->stamp_len = num_format_time(ns, l->stamp);
		return;
	}
	if (s != r->second) {
		r->second = s;
		r->stamp_len = num_format((uint64_t)s, r->stamp);
		r->stamp[r->stamp_len++] = '.';
	}
	memcpy(l->stamp, r->stamp, r->stamp_len);
	for (size_t i = 9; i-- > 0; rest /= 10)
		l->stamp[r->stamp_len + i] = (char)('0' + rest % 10);
	l->stamp_len = r->stamp_len + 9;
}

size_t
replyline_format(struct replyline *r, const struct answer *a, int64_t ns,
    char *out)
{
	struct line l;
	char *o = out;

	l.r = r;
	l.a = a;
	put_stamp(r, &l, ns);
#define PUT(f)	o = col_##f(o, &l); *o++ = '\t';
	COLUMNS(PUT)
#undef PUT
	o[-1] = '\n';
	return (size_t)(o - out);
}
