/* URIs of connections, addresses to listen on, lists of ports. */

#include "connuri.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "num.h"

const char *
connproto_name(enum connproto p)
{
	return p == CONN_TCP ? "tcp" : "udp";
}

/* A piece of the text. */
struct part { const char *s; size_t n; };

static bool
is(struct part p, const char *word)
{
	return strlen(word) == p.n && memcmp(p.s, word, p.n) == 0;
}

/* Cut what comes before the first c off *rest; all of it if there is none. */
static struct part
cut(struct part *rest, char c)
{
	const char *at = rest->n == 0 ? NULL : memchr(rest->s, c, rest->n);
	struct part p = *rest;

	if (at == NULL) {
		*rest = (struct part){ rest->s + rest->n, 0 };
		return p;
	}
	p.n = (size_t)(at - rest->s);
	*rest = (struct part){ at + 1, rest->n - p.n - 1 };
	return p;
}

static int
bad(char err[static CONN_ERRLEN], const char *what, struct part p)
{
	snprintf(err, CONN_ERRLEN, "%s: %.*s", what, p.n > 80 ? 80 : (int)p.n,
	    p.s);
	return -1;
}

/* 5MB, 64K, 1400: powers of 1024, a B or not. */
static int
parse_size(uint64_t *out, struct part v)
{
	if (v.n > 2 && v.s[v.n - 1] == 'B' && (unsigned)(v.s[v.n - 2] - '0') > 9)
		v.n--;
	return num_parse_size(out, v.s, v.n);
}

/* Bits a second: 10M, 2.5G, max; powers of 1000. */
static int
parse_rate(uint64_t *out, struct part v)
{
	double x, scale = 1;

	if (is(v, "max")) {
		*out = CONN_RATE_MAX;
		return 0;
	}
	if (v.n > 1)
		switch (v.s[v.n - 1]) {
		case 'K':	scale = 1e3; v.n--; break;
		case 'M':	scale = 1e6; v.n--; break;
		case 'G':	scale = 1e9; v.n--; break;
		default:	break;
		}
	if (num_parse_real(&x, v.s, v.n) == -1 || x * scale < 1000 ||
	    x * scale > 1e13)
		return -1;
	*out = (uint64_t)(x * scale);
	return 0;
}

static int
parse_span(int64_t *out, struct part v, int64_t min, int64_t max)
{
	if (num_parse_span(out, v.s, v.n) == -1 || *out < min || *out > max)
		return -1;
	return 0;
}

static int
parse_small(int *out, struct part v, unsigned min, unsigned max)
{
	uint64_t u;

	if (num_parse(&u, v.s, v.n, max) == -1 || u < min)
		return -1;
	*out = (int)u;
	return 0;
}

static int
parse_dir(unsigned *out, struct part v)
{
	*out = is(v, "up") ? CONN_UP : is(v, "down") ? CONN_DOWN :
	    is(v, "both") ? CONN_UP | CONN_DOWN : 0;
	return *out == 0 ? -1 : 0;
}

static int
parse_name(struct connuri *u, struct part v)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (v.n == 0 || v.n >= sizeof(u->name))
		return -1;
	for (size_t i = 0; i < v.n; i++)
		if (v.s[i] == '\0' || strchr(ok, v.s[i]) == NULL)
			return -1;
	memcpy(u->name, v.s, v.n);
	u->name[v.n] = '\0';
	return 0;
}

/* The options of a URI: what follows the name, and what that must be. */
enum which { LATENCY, BANDWIDTH, PMTU, DIR, SIZE, RATE, INTERVAL, TIME,
	TIMEOUT, DSCP, ECN, TTL, GSO, NAME };

static const struct {
	const char	*name;
	enum which	 which;
	bool		 flag, udp;
	const char	*what;
} known[] = {
	{ "latency", LATENCY, true, false, "" },
	{ "bandwidth", BANDWIDTH, true, false, "" },
	{ "pmtu", PMTU, true, true, "" },
	{ "gso", GSO, true, true, "" },
	{ "dir", DIR, false, false, "up, down or both" },
	{ "size", SIZE, false, false, "bytes as 1400, 64K, 5MB; tcp 36 to 1G, "
	    "udp 44 or 48 to 65507" },
	{ "rate", RATE, false, false, "bits a second as 500K, 10M, 2.5G, "
	    "1000 to 10000G, or max" },
	{ "interval", INTERVAL, false, false, "100us to 1h" },
	{ "time", TIME, false, false, "10ms to 365d" },
	{ "timeout", TIMEOUT, false, false, "10ms to 60s" },
	{ "dscp", DSCP, false, false, "0 to 63" },
	{ "ecn", ECN, false, true, "0 to 3" },
	{ "ttl", TTL, false, false, "1 to 255" },
	{ "name", NAME, false, false, "letters, digits, . _ -" },
};

#define NKNOWN	(sizeof(known) / sizeof(known[0]))

static int
set(struct connuri *u, enum which which, struct part v)
{
	switch (which) {
	case LATENCY:	u->tests |= CONN_LATENCY; return 0;
	case BANDWIDTH:	u->tests |= CONN_BANDWIDTH; return 0;
	case PMTU:	u->tests |= CONN_PMTU; return 0;
	case GSO:	u->gso = true; return 0;
	case DIR:	return parse_dir(&u->dirs, v);
	case RATE:	return parse_rate(&u->rate, v);
	case INTERVAL:
		return parse_span(&u->interval_ns, v, 100000, 3600 * NS_PER_S);
	case TIME:
		return parse_span(&u->time_ns, v, 10 * NS_PER_MS,
		    365 * 86400 * NS_PER_S);
	case TIMEOUT:
		return parse_span(&u->timeout_ns, v, 10 * NS_PER_MS,
		    60 * NS_PER_S);
	case DSCP:	return parse_small(&u->dscp, v, 0, 63);
	case ECN:	return parse_small(&u->ecn, v, 0, 3);
	case TTL:	return parse_small(&u->ttl, v, 1, 255);
	case NAME:	return parse_name(u, v);
	case SIZE:
		if (parse_size(&u->size, v) == -1)
			return -1;
		if (u->proto == CONN_UDP)
			return u->size == 44 || (u->size >= 48 &&
			    u->size <= 65507) ? 0 : -1;
		return u->size >= 36 && u->size <= 1 << 30 ? 0 : -1;
	}
	return -1;
}

static int
unknown(enum connproto proto, struct part name, char err[static CONN_ERRLEN])
{
	size_t n;

	(void)bad(err, "unknown option", name);
	n = strlen(err);
	n += (size_t)snprintf(err + n, CONN_ERRLEN - n, "; %s allows",
	    connproto_name(proto));
	for (size_t i = 0; i < NKNOWN && n < CONN_ERRLEN; i++)
		if (proto == CONN_UDP || !known[i].udp)
			n += (size_t)snprintf(err + n, CONN_ERRLEN - n, " %s%s",
			    known[i].name, known[i].flag ? "" : "=");
	return -1;
}

static int
parse_option(struct connuri *u, struct part opt, unsigned *seen,
    char err[static CONN_ERRLEN])
{
	bool valued = opt.n > 0 && memchr(opt.s, '=', opt.n) != NULL;
	struct part rest = opt, name = cut(&rest, '=');
	char what[128];
	size_t i = 0;

	while (i < NKNOWN && (!is(name, known[i].name) ||
	    (known[i].udp && u->proto != CONN_UDP)))
		i++;
	if (i == NKNOWN)
		return unknown(u->proto, name, err);
	if ((*seen & 1U << i) != 0)
		return bad(err, "given twice", name);
	*seen |= 1U << i;
	if (valued == known[i].flag)
		return bad(err, known[i].flag ? "takes no value" :
		    "needs a value", name);
	if (set(u, known[i].which, rest) == -1) {
		snprintf(what, sizeof(what), "%s is %s, not", known[i].name,
		    known[i].what);
		return bad(err, what, rest);
	}
	return 0;
}

/* [v6]:port, v4:port, name:port; where bare is set also port alone. */
static int
parse_host(struct connuri *u, struct part p, bool bare,
    char err[static CONN_ERRLEN])
{
	struct part all = p, host = { p.s, 0 };
	uint64_t port;

	if (p.n > 0 && p.s[0] == '[') {
		p.s++, p.n--;
		host = cut(&p, ']');
		if (p.n == 0 || *p.s != ':' || host.n == 0 ||
		    memchr(host.s, ':', host.n) == NULL)
			return bad(err, "not [address]:port", all);
		p.s++, p.n--;
		u->family = 6;
	} else if (!bare || memchr(p.s, ':', p.n) != NULL) {
		host = cut(&p, ':');
		if (host.n == 0)
			return bad(err, "not host:port", all);
	}
	if (p.n > 0 && memchr(p.s, ':', p.n) != NULL)
		return bad(err, "an IPv6 address goes in brackets", all);
	if (num_parse(&port, p.s, p.n, 65535) == -1 || port == 0)
		return bad(err, "not a port, 1 to 65535", p);
	if (host.n >= sizeof(u->host))
		return bad(err, "too long", host);
	for (size_t i = 0; i < host.n; i++)
		if (host.s[i] <= ' ' || host.s[i] >= 0x7f ||
		    strchr("/?#@[]", host.s[i]) != NULL)
			return bad(err, "not a host", host);
	memcpy(u->host, host.s, host.n);
	u->host[host.n] = '\0';
	u->port = (uint16_t)port;
	return 0;
}

static int
parse_proto(struct connuri *u, struct part *rest,
    char err[static CONN_ERRLEN])
{
	struct part p = cut(rest, ':');

	if (!is(p, "tcp") && !is(p, "udp"))
		return bad(err, "not tcp or udp", p);
	u->proto = is(p, "tcp") ? CONN_TCP : CONN_UDP;
	return 0;
}

int
connuri_parse(struct connuri *u, const char *s, size_t n,
    char err[static CONN_ERRLEN])
{
	struct part rest = { s, n }, where;
	unsigned seen = 0;

	*u = (struct connuri){ .dscp = -1, .ecn = -1, .ttl = -1,
	    .interval_ns = 100 * NS_PER_MS,
	    .timeout_ns = 2 * NS_PER_S, .dirs = CONN_UP };
	if (parse_proto(u, &rest, err) == -1)
		return -1;
	if (rest.n < 2 || memcmp(rest.s, "//", 2) != 0)
		return bad(err, "not tcp://host:port or udp://host:port",
		    (struct part){ s, n });
	rest.s += 2, rest.n -= 2;
	where = cut(&rest, '?');
	if (where.n > 0 && where.s[where.n - 1] == '/')
		where.n--;
	if (parse_host(u, where, false, err) == -1)
		return -1;
	while (rest.n > 0)
		if (parse_option(u, cut(&rest, '&'), &seen, err) == -1)
			return -1;
	if (u->tests == 0)
		u->tests = CONN_LATENCY;
	return 0;
}

int
connuri_parse_listen(struct connuri *u, const char *s, size_t n,
    char err[static CONN_ERRLEN])
{
	struct part rest = { s, n };

	*u = (struct connuri){ .dscp = -1, .ecn = -1, .ttl = -1 };
	if (parse_proto(u, &rest, err) == -1)
		return -1;
	return parse_host(u, rest, true, err);
}

int
connuri_parse_ports(struct connport *p, size_t max, const char *s, size_t n,
    char err[static CONN_ERRLEN])
{
	struct part rest = { s, n };
	size_t k = 0;

	do {
		struct part one = cut(&rest, ','), all = one, from;
		enum connproto proto = CONN_TCP;
		uint64_t a, b;

		if (one.n > 4 && (memcmp(one.s, "udp:", 4) == 0 ||
		    memcmp(one.s, "tcp:", 4) == 0)) {
			proto = *one.s == 'u' ? CONN_UDP : CONN_TCP;
			one.s += 4, one.n -= 4;
		}
		from = cut(&one, '-');
		if (num_parse(&a, from.s, from.n, 65535) == -1 || a == 0)
			return bad(err, "not a port, 1 to 65535", all);
		b = a;
		if (one.s != from.s + from.n &&
		    (num_parse(&b, one.s, one.n, 65535) == -1 || b < a))
			return bad(err, "not a range of ports", all);
		for (; a <= b; a++) {
			if (k == max)
				return bad(err, "too many ports", all);
			p[k++] = (struct connport){ proto, (uint16_t)a };
		}
	} while (rest.n > 0);
	if (n > 0 && s[n - 1] == ',')
		return bad(err, "ends with a comma", (struct part){ s, n });
	return (int)k;
}
