/*
 * Header fields are rows of tables: where they are, in bits, and how they
 * are called.  A field is compared when the quote has all of it.
 */
#include "mods.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pkt.h"

/* A field of up to 32 bits; show: its values are worth printing. */
struct row {
	const char	*name;
	uint16_t	 bit, bits;
	bool		 show;
};

/* One of the two packets. */
struct side {
	struct pkt	 h;
	struct cur	 all;		/* from the IP header on, no padding */
	struct cur	 l4;		/* from the transport header on */
	size_t		 size;		/* of the whole packet */
	size_t		 head;		/* of the transport header, 0: cut */
};

struct diff {
	struct side	 p, q;		/* probe, quote */
	bool		 swapped;	/* quoted in the host's byte order */
	char		*out;
	size_t		 n;
};

const char *
qclass_name(enum qclass c)
{
	static const char *const names[] = { "none", "l3", "l3+8", "part",
	    "full" };

	return names[c];
}

/* ---- the text ---- */

static void
say(struct diff *d, const char *sign, const char *name, const char *values)
{
	size_t n = strlen(sign) + strlen(name) + strlen(values) + 1;

	if (d->n + n + 1 > MODS_MAX)
		return;
	d->n += (size_t)sprintf(d->out + d->n, "%s%s%s%s", d->n > 0 ? "," : "",
	    sign, name, values);
}

static void
say_values(struct diff *d, const char *name, uint32_t was, uint32_t is)
{
	char values[32];

	snprintf(values, sizeof values, "(%u>%u)", was, is);
	say(d, "", name, values);
}

/* ---- fields ---- */

/* Bits of a header as a number; *have: they are all there. */
static uint32_t
field(struct cur c, const struct row *r, bool *have)
{
	uint64_t v = 0;
	unsigned end = r->bit + r->bits, last = (end + 7u) / 8;

	cur_skip(&c, r->bit / 8);
	for (unsigned i = r->bit / 8; i < last; i++)
		v = v << 8 | cur_u8(&c);
	*have = !c.bad;
	return (uint32_t)(v >> (last * 8 - end) &
	    ((UINT64_C(1) << r->bits) - 1));
}

/* Compare a field; with swap also in the other byte order. */
static void
compare(struct diff *d, const struct row *r, struct cur p, struct cur q,
    bool swap)
{
	bool had, have;
	uint32_t was = field(p, r, &had), is = field(q, r, &have);

	if (!had || !have || was == is ||
	    (swap && __builtin_bswap16((uint16_t)is) == was))
		return;
	if (r->show)
		say_values(d, r->name, was, is);
	else
		say(d, "", r->name, "");
}

static void
compare_addrs(struct diff *d, const char *src, const char *dst)
{
	if (addr_cmp(&d->p.h.src, &d->q.h.src) != 0)
		say(d, "", src, "");
	if (addr_cmp(&d->p.h.dst, &d->q.h.dst) != 0)
		say(d, "", dst, "");
}

/* RFC 791, section 3.1. */
static void
compare_ip4(struct diff *d)
{
	static const struct row tos[] = {
		{ "IP::DiffServicesCP", 8, 6, true },
		{ "IP::ECN", 14, 2, true },
	}, id[] = {
		{ "IP::ID", 32, 16, false },
		{ "IP::Fragment", 48, 16, true },
	};

	for (int i = 0; i < 2; i++)
		compare(d, &tos[i], d->p.all, d->q.all, false);
	if (d->p.size != d->q.size)
		say_values(d, "IP::Length", (uint32_t)d->p.size,
		    (uint32_t)d->q.size);
	for (int i = 0; i < 2; i++)
		compare(d, &id[i], d->p.all, d->q.all, i == 1 || d->swapped);
	compare_addrs(d, "IP::SourceIP", "IP::DestinationIP");
}

/* RFC 8200, section 3. */
static void
compare_ip6(struct diff *d)
{
	static const struct row rows[] = {
		{ "IPv6::DiffServicesCP", 4, 6, true },
		{ "IPv6::ECN", 10, 2, true },
		{ "IPv6::FlowLabel", 12, 20, false },
	};

	for (int i = 0; i < 3; i++)
		compare(d, &rows[i], d->p.all, d->q.all, false);
	if (d->p.size != d->q.size)
		say_values(d, "IPv6::PayloadLength",
		    (uint32_t)d->p.size - 40, (uint32_t)d->q.size - 40);
	compare_addrs(d, "IPv6::SourceIP", "IPv6::DestinationIP");
}

/* ---- the two packets ---- */

static size_t
ip_head(const struct side *s)
{
	return cur_left(&s->all) - cur_left(&s->l4);
}

/* The length of the transport header as it says; 0: cut before it does. */
static size_t
l4_head(const struct side *s)
{
	struct cur c = s->l4;
	size_t n;

	if (s->h.proto != PROTO_TCP)
		return 8;
	cur_skip(&c, 12);
	n = (cur_u8(&c) >> 4) * 4u;
	return c.bad ? 0 : n < 20 ? 20 : n;
}

static bool
open_side(struct side *s, const uint8_t *p, size_t n)
{
	s->all = cur_init(p, n);
	s->l4 = s->all;
	if (pkt_parse(&s->h, &s->l4, true) != PKT_OK)
		return false;
	s->size = s->h.size;
	return true;
}

/*
 * How long the quoted packet was.  Systems that keep the length in their own
 * byte order while they look at a packet may quote it so, some of them less
 * the IP header, which they had taken off.
 */
static void
settle_size(struct diff *d)
{
	struct side *q = &d->q;
	size_t v6 = q->h.src.v == 6 ? 40 : 0, head = ip_head(q);
	size_t other = __builtin_bswap16((uint16_t)(q->size - v6)) + v6;
	bool same_head = q->h.proto != PROTO_TCP || l4_head(q) == 0 ||
	    l4_head(q) == l4_head(&d->p);

	if (q->size == d->p.size)
		return;
	d->swapped = other == d->p.size ||
	    (same_head && other + head == d->p.size);
	if (d->swapped || (same_head && q->size + head == d->p.size) ||
	    q->size < head + 8)
		q->size = d->p.size;
}

/*
 * The quote without what was put after the packet; of one that says it is
 * shorter than its own header, the header.
 */
static void
trim(struct side *s)
{
	size_t head = ip_head(s);

	cur_limit(&s->all, s->size < head ? head : s->size);
	s->l4.end = s->all.end;
	s->head = l4_head(s);
}

/* ---- TCP options: RFC 9293, section 3.1 ---- */

enum { EOL = 0, NOP = 1, OPTS = 40 };

struct opts {
	struct opt1 {
		uint8_t		 kind;
		struct cur	 value;
		size_t		 at;	/* from the end of the fixed header */
		bool		 paired;
	}		 v[OPTS];
	size_t		 n;
	struct cur	 area;		/* all of it that is there */
	bool		 whole;		/* and that is all there was */
	bool		 broken;	/* a length cannot be */
};

static void
split_options(struct opts *o, const struct side *s)
{
	struct cur c = s->l4;
	size_t start;

	o->n = 0;
	o->broken = false;
	cur_skip(&c, 20);
	cur_limit(&c, s->head > 20 ? s->head - 20 : 0);
	o->area = c;
	o->whole = !c.bad && s->head != 0 && cur_left(&c) == s->head - 20;
	start = cur_left(&c);
	while (!c.bad && cur_left(&c) > 0) {
		struct opt1 *v = &o->v[o->n];

		*v = (struct opt1){ .at = start - cur_left(&c) };
		if ((v->kind = cur_u8(&c)) == EOL)
			return;
		if (v->kind == NOP)
			continue;
		v->value = cur_split(&c, cur_u8(&c) - 2u);
		o->n += !v->value.bad;
	}
	o->broken = o->whole && c.bad;
	o->whole = o->whole && !c.bad;
}

static const char *
option_name(uint8_t kind, char buf[static 32])
{
	static const char *const names[] = {
		[2] = "TCP::Options::MSS", [3] = "TCP::Options::WSOPT-WScale",
		[4] = "TCP::Options::SACKPermitted",
		[8] = "TCP::Options::TSOPT", [30] = "TCP::Options::MPTCP",
	};

	if (kind < sizeof names / sizeof names[0] && names[kind] != NULL)
		return names[kind];
	snprintf(buf, 32, "TCP::Options::%u", kind);
	return buf;
}

static bool
equal(struct cur a, struct cur b)
{
	size_t n = cur_left(&a);

	return n == cur_left(&b) &&
	    memcmp(cur_bytes(&a, n), cur_bytes(&b, n), n) == 0;
}

/* Numbers of one or two bytes are shown. */
static void
option_changed(struct diff *d, struct cur was, struct cur is, uint8_t kind)
{
	size_t n = cur_left(&was);
	char buf[32];

	if (n != cur_left(&is) || n == 0 || n > 2)
		say(d, "", option_name(kind, buf), "");
	else if (n == 1)
		say_values(d, option_name(kind, buf), cur_u8(&was),
		    cur_u8(&is));
	else
		say_values(d, option_name(kind, buf), cur_u16(&was),
		    cur_u16(&is));
}

/* Is there padding in the quote where the option was? */
static bool
padded(const struct opts *q, const struct opt1 *v)
{
	struct cur c = q->area, was;

	cur_skip(&c, v->at);
	was = cur_split(&c, cur_left(&v->value) + 2);
	if (was.bad)
		return false;
	while (cur_left(&was) > 0)
		if (cur_u8(&was) > NOP)
			return false;
	return true;
}

static struct opt1 *
find_option(struct opts *o, uint8_t kind)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].kind == kind && !o->v[i].paired)
			return &o->v[i];
	return NULL;
}

static void
compare_options(struct diff *d)
{
	struct opts p, q;
	const struct opt1 *last = NULL;
	bool moved = false;
	char buf[32];

	split_options(&p, &d->p);
	split_options(&q, &d->q);
	for (size_t i = 0; i < p.n; i++) {
		struct opt1 *v = &p.v[i], *w = find_option(&q, v->kind);

		if (w == NULL) {
			if (q.whole || padded(&q, v))
				say(d, "-", option_name(v->kind, buf), "");
			continue;
		}
		w->paired = true;
		moved = moved || (last != NULL && w < last);
		last = w;
		if (!equal(v->value, w->value))
			option_changed(d, v->value, w->value, v->kind);
	}
	for (size_t i = 0; i < q.n; i++)
		if (!q.v[i].paired)
			say(d, "+", option_name(q.v[i].kind, buf), "");
	if (moved || q.broken)
		say(d, "", "TCP::Options", "");
}

/* ---- checksums ---- */

/* The sum of a message but for its checksum, which is at this offset. */
static uint64_t
sum_but(struct cur c, size_t at, size_t n)
{
	const uint8_t *p;
	size_t left = cur_left(&c);

	if (left > n)
		left = n;
	if ((p = cur_bytes(&c, left)) == NULL)
		return 0;
	if (left <= at)
		return pkt_sum(p, left);
	return pkt_sum(p, at) + (left > at + 2 ?
	    pkt_sum(p + at + 2, left - at - 2) : 0);
}

static uint64_t
pseudo(const struct side *s)
{
	return s->h.proto == PROTO_ICMP ? 0 : pkt_pseudo(&s->h.src, &s->h.dst,
	    s->h.proto, s->size - ip_head(s));
}

/* A sum taken off again: RFC 1624. */
static uint64_t
negative(uint64_t sum)
{
	return pkt_wire16(pkt_cksum(sum));
}

/*
 * Is the quoted checksum not what the changes that can be seen make of it?
 * What cannot be seen is taken to be as it was sent.
 */
static bool
unexplained(const struct diff *d, size_t at, uint16_t is)
{
	const struct side *p = &d->p, *q = &d->q;
	size_t there = cur_left(&q->l4);
	bool whole = there == q->size - ip_head(q);
	uint64_t sum = pseudo(q) + sum_but(q->l4, at, there);
	uint16_t should;

	if (!whole && (p->size != q->size || ip_head(p) != ip_head(q)))
		return false;
	if (!whole)
		sum += sum_but(p->l4, at, cur_left(&p->l4)) +
		    negative(sum_but(p->l4, at, there));
	should = pkt_cksum(sum);
	if (is == should || (is == 0xffff && should == 0) ||
	    (is == 0 && should == 0xffff && q->h.proto != PROTO_UDP))
		return false;
	return q->h.proto == PROTO_ICMP || is != pkt_fold(pseudo(q));
}

static void
compare_cksum(struct diff *d, const struct row *r)
{
	bool had, have;
	uint16_t was = (uint16_t)field(d->p.l4, r, &had);
	uint16_t is = (uint16_t)field(d->q.l4, r, &have);

	if (had && have && was != is && unexplained(d, r->bit / 8, is))
		say(d, "", r->name, "");
}

/* ---- transport ---- */

static void
compare_payload(struct diff *d)
{
	struct cur p = d->p.l4, q = d->q.l4;
	size_t np, nq, n;

	if (d->p.head == 0 || d->q.head == 0)
		return;
	cur_skip(&p, d->p.head);
	cur_skip(&q, d->q.head);
	if (p.bad || q.bad)
		return;
	np = cur_left(&p);
	nq = cur_left(&q);
	n = np < nq ? np : nq;
	if (nq > np || (nq < np && cur_left(&d->q.all) == d->q.size) ||
	    memcmp(cur_bytes(&p, n), cur_bytes(&q, n), n) != 0)
		say(d, "", "Payload", "");
}

static void
compare_tcp(struct diff *d)
{
	static const struct row rows[] = {
		{ "TCP::SPort", 0, 16, true }, { "TCP::DPort", 16, 16, true },
		{ "TCP::SeqNumber", 32, 32, false },
		{ "TCP::AckNumber", 64, 32, false },
		{ "TCP::Offset", 96, 4, true }, { "TCP::Flags", 100, 12, true },
		{ "TCP::Window", 112, 16, true },
	}, sum = { "TCP::Checksum", 128, 16, false },
	    urg = { "TCP::UrgentPtr", 144, 16, true };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		compare(d, &rows[i], d->p.l4, d->q.l4, false);
	compare_cksum(d, &sum);
	compare(d, &urg, d->p.l4, d->q.l4, false);
	compare_options(d);
}

static void
compare_udp(struct diff *d)
{
	static const struct row rows[] = {
		{ "UDP::SPort", 0, 16, true }, { "UDP::DPort", 16, 16, true },
		{ "UDP::Length", 32, 16, true },
	}, sum = { "UDP::Checksum", 48, 16, false };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		compare(d, &rows[i], d->p.l4, d->q.l4, false);
	compare_cksum(d, &sum);
}

static void
compare_icmp(struct diff *d)
{
	static const struct row rows[] = {
		{ "ICMP::ID", 32, 16, false },
		{ "ICMP::Sequence", 48, 16, false },
	}, sum = { "ICMP::Checksum", 16, 16, false };

	compare_cksum(d, &sum);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		compare(d, &rows[i], d->p.l4, d->q.l4, false);
}

/* Headers between, or another protocol: true if the rest is comparable. */
static bool
compare_rest(struct diff *d)
{
	bool v6 = d->p.h.src.v == 6;

	if (d->p.h.proto != d->q.h.proto)
		say(d, "", v6 ? "IPv6::NextHeader" : "IP::Protocol", "");
	else if (ip_head(&d->p) != ip_head(&d->q))
		say(d, "", v6 ? "IPv6::NextHeader" : "IP::HeaderLength", "");
	return d->p.h.proto == d->q.h.proto && !d->q.h.frag;
}

static void
compare_l4(struct diff *d)
{
	switch (d->p.h.proto) {
	case PROTO_TCP:
		compare_tcp(d);
		break;
	case PROTO_UDP:
		compare_udp(d);
		break;
	default:
		compare_icmp(d);
		break;
	}
	compare_payload(d);
}

enum qclass
mods_compare(const uint8_t *probe, size_t np, const uint8_t *quote, size_t nq,
    char out[static MODS_MAX])
{
	struct diff d = { .out = out };
	size_t have;
	bool l4;

	memcpy(out, "-", 2);
	if (!open_side(&d.p, probe, np) || !open_side(&d.q, quote, nq) ||
	    d.p.h.src.v != d.q.h.src.v || d.p.size != np)
		return QCLASS_NONE;
	settle_size(&d);
	trim(&d.p);
	trim(&d.q);
	if (d.p.h.src.v == 6)
		compare_ip6(&d);
	else
		compare_ip4(&d);
	l4 = compare_rest(&d);
	if (l4)
		compare_l4(&d);
	if (d.n == 0)
		memcpy(out, "same", 5);
	have = cur_left(&d.q.l4);
	if (!l4 || have < 8)
		return QCLASS_L3;
	if (cur_left(&d.q.all) == d.q.size)
		return QCLASS_FULL;
	return have == 8 ? QCLASS_L3_8 : QCLASS_PART;
}
