#include "probe.h"

#include <string.h>

#include "icmp.h"
#include "probe_types.h"

const struct probe_type *const probes[] = {
#define PROBE(name)	&probe_##name,
#include "probes.def"
#undef PROBE
	NULL
};

const struct probe_type *
probe_find(const char *name)
{
	for (size_t i = 0; probes[i] != NULL; i++)
		if (strcmp(probes[i]->name, name) == 0)
			return probes[i];
	return NULL;
}

const char *
probe_name(const struct probe_type *p)
{
	return p->name;
}

uint8_t
probe_proto(const struct probe_type *p, uint8_t family)
{
	return family == 6 ? p->proto6 : p->proto4;
}

void
probe_ports(const struct probe_type *p, uint16_t *sport, uint16_t *dport)
{
	*sport = p->keyed_port ? 0 : p->sport;
	*dport = p->dport;
}

void
probe_bind_range(const struct origin *o, uint16_t *lo, uint16_t *hi)
{
	uint32_t last;

	*lo = probe_sport(o);
	last = (uint32_t)*lo + (o->probe->nports == 0 ? 0 :
	    o->probe->nports - 1u);
	*hi = last > UINT16_MAX ? UINT16_MAX : (uint16_t)last;
}

bool
probe_ports_match(const struct match *m, uint16_t sport, uint16_t dport)
{
	uint16_t ours = m->quoted ? sport : dport, lo, hi;

	probe_bind_range(m->o, &lo, &hi);
	return ours >= lo && ours <= hi &&
	    (m->quoted ? dport : sport) == probe_dport(m->o);
}

void
probe_body(struct buf *b, const struct origin *o)
{
	size_t head = (o->src.v == 6 ? 40u : 20u) +
	    (probe_proto(o->probe, o->src.v) == PROTO_TCP ? 20u : 8u);
	size_t at = b->len;

	o->probe->body(b, o, o->size > head ? o->size - head : 0);
	if (o->size != 0 && b->len - at + head != o->size)
		b->bad = true;
}

/* IPv4 header fields that vary; RFC 791. */
static void
fill4(const struct tmpl *t, const struct ask *a, const struct mask *m,
    uint8_t *out)
{
	uint16_t ipid = mask_ipid(m, ask_state(a));

	put16(out + 4, ipid);
	out[8] = a->ttl;
	memcpy(out + 16, a->dst.b, 4);
	put16(out + 10, pkt_cksum(t->sum_ip + pkt_wire16(ipid) +
	    pkt_wire16((uint16_t)(a->ttl << 8)) + pkt_sum(a->dst.b, 4)));
}

/* IPv6 header fields that vary; RFC 8200. */
static void
fill6(const struct ask *a, const struct mask *m, uint8_t *out)
{
	uint32_t label = mask_label(m, a->flow);

	out[1] = (uint8_t)((out[1] & 0xf0) | label >> 16);
	put16(out + 2, (uint16_t)label);
	out[7] = a->ttl;
	memcpy(out + 24, a->dst.b, 16);
}

void
probe_fill(const struct tmpl *t, const struct ask *a, uint8_t *out)
{
	const struct probe_type *p = t->probe;
	struct mask m;

	memcpy(out, t->b, t->len);
	mask_set(&m, &t->key, &t->origin.src, &a->dst,
	    probe_proto(p, t->origin.src.v));
	if (t->origin.src.v == 6)
		fill6(a, &m, out);
	else
		fill4(t, a, &m, out);
	p->fill(t, a, &m, out + t->l4);
}

/*
 * Lengths and checksum of the transport header; c ends where it says.
 * A packet that was not captured whole has no checksum to look at.
 */
static enum reject
check_transport(const struct expect *e, const struct pkt *h, struct cur *c)
{
	struct cur peek = *c;
	size_t len = cur_left(c), want = 8;

	if (h->proto == PROTO_UDP) {
		cur_skip(&peek, 4);
		len = cur_u16(&peek);
	} else if (h->proto == PROTO_TCP) {
		want = 20;
		cur_skip(&peek, 12);
		len = (cur_u8(&peek) >> 4) * 4u;
	}
	if (cur_left(c) < want)
		return REJ_SHORT;
	if (len < want || (len > cur_left(c) && !h->cut))
		return REJ_BADFORM;
	if (h->proto == PROTO_UDP)
		cur_limit(c, len);
	if (!h->cut && !e->nosum && !pkt_goodsum(h, *c))
		return REJ_BADSUM;
	return REJ_OK;
}

/* RFC 792, RFC 4443. */
static enum kind
error_kind(uint8_t family, uint8_t type)
{
	static const enum kind kinds4[] = {
		[3] = KIND_UNREACH, [4] = KIND_QUENCH, [5] = KIND_REDIRECT,
		[11] = KIND_TTL, [12] = KIND_PARAM,
	};
	static const enum kind kinds6[] = {
		[1] = KIND_UNREACH, [2] = KIND_PTB, [3] = KIND_TTL,
		[4] = KIND_PARAM,
	};

	return family == 6 ? kinds6[type] : kinds4[type];
}

/*
 * Give what m holds to the row of each origin it may belong to.  What one
 * row calls foreign may be another's; any other verdict is the packet's.
 */
static enum reject
match_rows(struct match *m, const struct addr *us)
{
	struct match saved = *m;
	struct ask ask = m->a->ask;
	enum reject r = REJ_FOREIGN;

	for (size_t i = 0; i < m->e->n; i++) {
		const struct origin *o = &m->e->origins[i];

		if (addr_cmp(&o->src, us) != 0 ||
		    probe_proto(o->probe, us->v) != m->ip->proto)
			continue;
		*m = saved;
		m->a->ask = ask;
		m->a->has_ask = false;
		m->a->auth = AUTH_NONE;
		m->o = o;
		m->a->origin = o;
		enum reject got = o->probe->match(m);
		if (got == REJ_OK)
			return got;
		if (r == REJ_FOREIGN)
			r = got;
	}
	return r;
}

/* An ICMP error: find our probe in its quote. */
static enum reject
match_error(struct match *m, const struct icmp *err)
{
	struct answer *a = m->a;
	struct cur c = err->quote;
	size_t n = cur_left(&c);
	struct pkt in;
	enum pkt_error bad = pkt_parse(&in, &c, true);

	if (bad != PKT_OK)
		return bad == PKT_SHORT ? REJ_SHORT : REJ_BADFORM;
	if (addr_cmp(&in.src, &a->to) != 0 || in.frag)
		return REJ_FOREIGN;
	if (cur_left(&c) < 8)
		return REJ_SHORT;
	/* Extensions come after a padded quote. */
	if (cur_left(&err->ext) > 0 && in.size < n &&
	    in.size >= n - cur_left(&c) + 8)
		n = in.size;
	a->kind = error_kind(a->to.v, err->type);
	a->icmp_type = err->type;
	a->icmp_code = err->code;
	a->qttl = in.ttl;
	a->qtos = in.tos;
	a->qlen = (int)n;
	a->quote = err->quote.p;
	a->quote_len = n < QUOTE_MAX ? n : QUOTE_MAX;
	a->ask.dst = in.dst;
	icmp_ext_format(err->ext, a->mpls, sizeof(a->mpls));
	struct match inner = *m;
	inner.ip = &in;
	inner.c = c;
	inner.quoted = true;
	return match_rows(&inner, &a->to);
}

static bool
any_origin(const struct expect *e, const struct pkt *h)
{
	uint8_t icmp = h->dst.v == 6 ? PROTO_ICMP6 : PROTO_ICMP;

	for (size_t i = 0; i < e->n; i++)
		if (addr_cmp(&e->origins[i].src, &h->dst) == 0 &&
		    (h->proto == icmp || h->proto ==
		    probe_proto(e->origins[i].probe, h->dst.v)))
			return true;
	return false;
}

static enum reject
match_packet(struct match *m, const struct pkt *h)
{
	struct icmp err = { 0 };
	enum reject r;

	if (h->badsum && h->src.v == 4)
		return REJ_BADSUM;
	if (h->frag)
		return REJ_FRAGMENT;
	r = check_transport(m->e, h, &m->c);
	if (r != REJ_OK)
		return r;
	if (h->proto == PROTO_ICMP || h->proto == PROTO_ICMP6)
		icmp_parse(&err, h->src.v, m->c);
	return err.error ? match_error(m, &err) : match_rows(m, &h->dst);
}

enum reject
probe_match(const struct expect *e, struct cur packet, int64_t rx_ns,
    struct answer *a)
{
	struct pkt h;
	struct cur c = packet;
	struct match m = { .e = e, .ip = &h, .a = a, .rx_ns = rx_ns };
	enum pkt_error bad = pkt_parse(&h, &c, false);

	if (bad != PKT_OK)
		return bad == PKT_SHORT ? REJ_SHORT : REJ_BADFORM;
	if (!any_origin(e, &h))
		return REJ_FOREIGN;
	a->auth = AUTH_NONE;
	a->from = h.src;
	a->to = h.dst;
	a->ask = (struct ask){ .dst = h.src, .tx_ns = NUM_NONE };
	a->has_ask = false;
	a->rttl = h.ttl;
	a->rtos = h.tos;
	a->size = h.size > UINT16_MAX ? UINT16_MAX : (uint16_t)h.size;
	a->icmp_type = a->icmp_code = a->qttl = a->qtos = a->qlen = -1;
	a->quote = NULL;
	a->quote_len = a->txt_len = 0;
	a->mpls[0] = a->txt[0] = '\0';
	m.c = c;
	enum reject r = match_packet(&m, &h);
	if (r == REJ_OK && e->key == NULL) {
		size_t n = cur_left(&packet);

		a->quote = packet.p;
		a->quote_len = n < h.size ? n : h.size;
		if (a->quote_len > QUOTE_MAX)
			a->quote_len = QUOTE_MAX;
	}
	return r;
}

const char *
auth_name(enum auth a)
{
	static const char *const names[] = {
		[AUTH_NONE] = "none", [AUTH_TAG16] = "tag16",
		[AUTH_TAG30] = "tag30", [AUTH_TAG32] = "tag32",
		[AUTH_MAC64] = "mac64",
	};

	return names[a];
}

int
auth_find(const char *name)
{
	for (int a = AUTH_NONE; a <= AUTH_MAC64; a++)
		if (strcmp(auth_name((enum auth)a), name) == 0)
			return a;
	return -1;
}

const char *
kind_name(enum kind k)
{
	static const char *const names[] = {
		[KIND_ECHO] = "echo", [KIND_DNS] = "dns", [KIND_RST] = "rst",
		[KIND_SYNACK] = "synack", [KIND_TTL] = "ttl",
		[KIND_UNREACH] = "unreach", [KIND_PTB] = "ptb",
		[KIND_PARAM] = "param", [KIND_REDIRECT] = "redirect",
		[KIND_QUENCH] = "quench", [KIND_OTHER] = "other",
	};

	return names[k];
}

const char *
reject_name(enum reject r)
{
	static const char *const names[] = {
		[REJ_OK] = "ok", [REJ_FOREIGN] = "foreign",
		[REJ_SHORT] = "short", [REJ_BADSUM] = "badsum",
		[REJ_BADFORM] = "badform", [REJ_FRAGMENT] = "fragment",
		[REJ_FORGED] = "forged", [REJ_FUTURE] = "future",
		[REJ_MAX] = NULL,
	};

	return names[r];
}
