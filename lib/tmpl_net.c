/*
 * Probe templates, built by libnet: the only file that names it.  Nothing is
 * sent and no device opened (LIBNET_NONE), so it needs no privilege.
 */

#include <libnet.h>

#include "seq.h"

enum { WINDOW = 1024 };

/* RFC 9293: the options asked for, or a maximum segment size. */
static int
build_tcp(libnet_t *l, const struct tmpl *t)
{
	const struct origin *o = &t->origin;
	struct tcpopt opt;

	seq_options(o, &opt);
	if (opt.n > 0 && libnet_build_tcp_options(opt.b, opt.n, l, 0) == -1)
		return -1;
	return libnet_build_tcp(probe_sport(o), probe_dport(o), 0, 0,
	    o->probe->tcp_flags | opt.flags, WINDOW, 0, 0,
	    (uint16_t)(LIBNET_TCP_H + opt.n), NULL, 0, l, 0) == -1 ? -1 :
	    LIBNET_TCP_H + opt.n;
}

/* Append the transport header (and body) to l; return its length or -1. */
static int
build_transport(libnet_t *l, const struct tmpl *t, struct buf *body)
{
	const struct origin *o = &t->origin;
	uint32_t n = (uint32_t)body->len;

	switch (probe_proto(o->probe, o->src.v)) {
	case PROTO_ICMP:
		return libnet_build_icmpv4_echo(8, 0, 0, 0, 0, body->p, n, l,
		    0) == -1 ? -1 : (int)n + 8;
	case PROTO_ICMP6:
		return libnet_build_icmpv6_echo(128, 0, 0, 0, 0, body->p, n, l,
		    0) == -1 ? -1 : (int)n + 8;
	case PROTO_UDP:
		return libnet_build_udp(probe_sport(o), probe_dport(o),
		    (uint16_t)(n + 8), 0, body->p, n, l, 0) == -1 ? -1 :
		    (int)n + 8;
	default:
		return build_tcp(l, t);
	}
}

static int
build_ip(libnet_t *l, const struct origin *o, int n)
{
	uint8_t proto = probe_proto(o->probe, o->src.v);

	if (o->src.v == 6) {
		struct libnet_in6_addr src, dst;

		memcpy(&src, o->src.b, 16);
		memset(&dst, 0, sizeof(dst));
		return libnet_build_ipv6(o->tos, 0, (uint16_t)n, proto, 64,
		    src, dst, NULL, 0, l, 0);
	}
	uint32_t src;

	memcpy(&src, o->src.b, 4);
	return libnet_build_ipv4((uint16_t)(n + LIBNET_IPV4_H), o->tos, 0,
	    IP_DF, 64, proto, 0, src, 0, NULL, 0, l, 0);
}

/*
 * What probe_fill writes is zero in the template (libnet has filled in
 * checksums), so that the sums over it are of what stays.
 */
static void
set_sums(struct tmpl *t)
{
	uint8_t proto = probe_proto(t->probe, t->origin.src.v);
	struct addr none = { 0 };
	size_t n = t->len - t->l4;

	if (t->origin.src.v == 6) {
		t->b[7] = 0;
	} else {
		put16(t->b + 4, 0);
		t->b[8] = 0;
		put16(t->b + 10, 0);
		t->sum_ip = pkt_sum(t->b, 20);
	}
	put16(t->b + t->l4 + (proto == PROTO_TCP ? 16 :
	    proto == PROTO_UDP ? 6 : 2), 0);
	if (proto == PROTO_TCP || proto == PROTO_UDP)
		put16(t->b + t->l4, 0);		/* source port: the flow's */
	t->sum_l4 = pkt_sum(t->b + t->l4, n);
	if (proto != PROTO_ICMP)
		t->sum_l4 += pkt_pseudo(&t->origin.src, &none, proto, n);
}

static int
fail(char err[static 128], const char *why)
{
	snprintf(err, 128, "%.127s", why);
	return -1;
}

/* Build and take the packet out of l. */
static int
build(struct tmpl *t, libnet_t *l, char err[static 128])
{
	uint8_t mem[PROBE_MAX], *p = NULL;
	struct buf body = buf_init(mem, sizeof(mem));
	uint32_t len = 0;
	int n;

	probe_body(&body, &t->origin);
	if (body.bad)
		return fail(err, t->origin.size != 0 ?
		    "probe cannot have that size" :
		    "bad name or too long a text for a probe");
	n = build_transport(l, t, &body);
	if (n == -1 || build_ip(l, &t->origin, n) == -1 ||
	    libnet_pblock_coalesce(l, &p, &len) == -1)
		return fail(err, libnet_geterror(l));
	t->l4 = t->origin.src.v == 6 ? 40 : 20;
	t->len = len;
	if (len == t->l4 + (size_t)n && len <= sizeof(t->b))
		memcpy(t->b, p, len);
	else
		n = -1;
	libnet_adv_free_packet(l, p);
	return n == -1 ? fail(err, "libnet built something else") : 0;
}

int
tmpl_build(struct tmpl *t, const struct origin *o, const struct key *k,
    char err[static 128])
{
	char why[LIBNET_ERRBUF_SIZE];
	libnet_t *l;
	int r;

	*t = (struct tmpl){ .probe = o->probe, .origin = *o, .key = *k };
	if (o->src.v != 4 && o->src.v != 6)
		return fail(err, "an origin needs a source address");
	l = libnet_init(LIBNET_NONE, NULL, why);
	if (l == NULL)
		return fail(err, why);
	r = build(t, l, err);
	libnet_destroy(l);
	if (r == 0)
		set_sums(t);
	return r;
}
