/* pcap-filter(7) text for the answers to a run's probes. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe_types.h"

struct text {
	char	*p;
	size_t	 len, cap;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->len >= t->cap)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(t->p + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	t->len = n < 0 ? t->cap : t->len + (size_t)n;
}

/*
 * ICMP errors are of every type; packets with extension headers cannot be
 * looked into by a kernel filter and are left to probe_match.
 */
static void
add_errors(struct text *t, uint8_t family)
{
	if (family == 6)
		add(t, "(ip6[6]=58 and ip6[40]>=1 and ip6[40]<=4) or ip6[6]=0 or "
		    "ip6[6]=43 or ip6[6]=44 or ip6[6]=51 or ip6[6]=60");
	else
		add(t, "icmp[0]=3 or icmp[0]=4 or icmp[0]=5 or icmp[0]=11 or "
		    "icmp[0]=12");
}

static void
add_direct(struct text *t, const struct origin *o, const struct key *k)
{
	uint8_t proto = probe_proto(o->probe, o->src.v);
	uint16_t lo, hi;

	if (proto == PROTO_ICMP || proto == PROTO_ICMP6) {
		add(t, proto == PROTO_ICMP ? " or (icmp[0]=0" :
		    " or (ip6[6]=58 and ip6[40]=129");
		if (k != NULL)
			add(t, proto == PROTO_ICMP ? " and icmp[8:4]=%u" :
			    " and ip6[48:4]=%u", k->mid);
		add(t, ")");
		return;
	}
	probe_bind_range(o, &lo, &hi);
	add(t, " or (%s src port %u and dst portrange %u-%u",
	    proto == PROTO_TCP ? "tcp" : "udp", probe_dport(o), lo, hi);
	if (k != NULL && o->probe->bare_payload)
		add(t, " and %s=%u", o->src.v == 6 ? "ip6[48:4]" : "udp[8:4]",
		    k->mid);
	add(t, ")");
}

int
probe_filter(const struct expect *e, bool wide, char *out, size_t cap)
{
	struct text t = { out, 0, cap };

	for (size_t i = 0; i < e->n; i++) {
		const struct origin *o = &e->origins[i];
		char addr[ADDR_STRLEN];

		add(&t, "%s(%s dst host %s", i > 0 ? " or " : "",
		    o->src.v == 6 ? "ip6" : "ip", addr_string(&o->src, addr));
		if (!wide) {
			add(&t, " and (");
			add_errors(&t, o->src.v);
			add_direct(&t, o, e->key);
			add(&t, ")");
		}
		add(&t, ")");
	}
	return t.len >= t.cap ? -1 : 0;
}
