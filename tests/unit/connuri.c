/* URIs of connections, listeners, port lists: what is taken, what refused. */

#include <string.h>

#include "clock.h"
#include "connuri.h"
#include "hex.h"
#include "tap.h"

static const struct row {
	const char	*s;
	const char	*err;		/* a piece of the reason; NULL: taken */
} uris[] = {
	{ "tcp://host:1234", NULL },
	{ "tcp://host:1234/", NULL },
	{ "tcp://host:1234?bandwidth&size=5MB", NULL },
	{ "udp://[2001:db8::1]:862?interval=10ms&dscp=46&ecn=1", NULL },
	{ "udp://h:1?rate=2.5G&gso&size=1400&dir=both&bandwidth&latency", NULL },
	{ "udp://h:65535?rate=max&pmtu&ttl=64&timeout=500ms&name=ams-1", NULL },
	{ "", "not tcp or udp" },
	{ "sctp://h:1", "not tcp or udp: sctp" },
	{ "tcp:h:1", "not tcp://host:port" },
	{ "tcp://h", "1 to 65535" },
	{ "tcp://:1", "not host:port" },
	{ "tcp://h:0", "1 to 65535: 0" },
	{ "tcp://h:65536", "1 to 65535: 65536" },
	{ "tcp://2001:db8::1:80", "brackets" },
	{ "tcp://[2001:db8::1]80", "not [address]:port" },
	{ "tcp://[]:80", "not [address]:port" },
	{ "tcp://[host]:80", "not [address]:port" },
	{ "tcp://a b:80", "not a host" },
	{ "tcp://u@h:80", "not a host" },
	{ "tcp://h:80?bandwith", "unknown option: bandwith; tcp allows latency "
	    "bandwidth dir= size=" },
	{ "tcp://h:80?pmtu", "unknown option: pmtu; tcp allows" },
	{ "udp://h:80?x", "udp allows latency bandwidth pmtu gso dir=" },
	{ "tcp://h:80?gso", "unknown option" },
	{ "tcp://h:80?bandwidth=1", "takes no value" },
	{ "tcp://h:80?size", "needs a value" },
	{ "tcp://h:80?size=", "size is bytes" },
	{ "tcp://h:80?size=0", "size is bytes" },
	{ "tcp://h:80?size=2G", "size is bytes" },
	{ "udp://h:80?size=43", "size is bytes" },
	{ "udp://h:80?size=45", "44 or 48" },
	{ "udp://h:80?size=65508", "65507" },
	{ "udp://h:80?dscp=64", "0 to 63, not: 64" },
	{ "udp://h:80?ttl=0", "1 to 255" },
	{ "udp://h:80?rate=999", "1000 to" },
	{ "udp://h:80?rate=10Q", "bits a second" },
	{ "udp://h:80?interval=1us", "100us to 1h" },
	{ "udp://h:80?timeout=2m", "10ms to 60s" },
	{ "udp://h:80?name=a/b", "letters" },
	{ "udp://h:80?dscp=1&dscp=2", "given twice: dscp" },
	{ "udp://h:80?&dscp=2", "unknown option" },
};

static void
test_uris(void)
{
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		size_t n = strlen(uris[i].s);
		char *s = (char *)exact((const uint8_t *)uris[i].s, n);
		char err[CONN_ERRLEN] = "";
		struct connuri u;
		int r = connuri_parse(&u, s, n, err);

		ok(uris[i].err == NULL ? r == 0 : r == -1 &&
		    strstr(err, uris[i].err) != NULL, "\"%s\": %s", uris[i].s,
		    r == 0 ? "taken" : err);
		free(s);
	}
}

static void
test_values(void)
{
	static const char a[] = "udp://[2001:db8::1]:862?interval=10ms&dscp=46"
	    "&rate=2.5G&size=1400&dir=both&bandwidth&name=ams&time=3s&gso";
	static const char b[] = "tcp://example.net:80?bandwidth&size=5MB";
	char err[CONN_ERRLEN];
	struct connuri u;

	ok(connuri_parse(&u, a, strlen(a), err) == 0 && u.proto == CONN_UDP &&
	    strcmp(u.host, "2001:db8::1") == 0 && u.port == 862 &&
	    u.family == 6, "where");
	ok(u.interval_ns == 10 * NS_PER_MS && u.dscp == 46 && u.ecn == -1 &&
	    u.ttl == -1 && u.rate == UINT64_C(2500000000) && u.size == 1400 &&
	    u.gso && u.time_ns == 3 * NS_PER_S, "options");
	ok(u.dirs == (CONN_UP | CONN_DOWN) && u.tests == CONN_BANDWIDTH &&
	    strcmp(u.name, "ams") == 0, "directions and tests");
	ok(connuri_parse(&u, b, strlen(b), err) == 0 && u.size == 5 << 20 &&
	    u.family == 0 && u.dirs == CONN_UP, "5MB");
	ok(connuri_parse(&u, b, 20, err) == 0 && u.tests == CONN_LATENCY,
	    "latency when no test is named");
}

static void
test_listen(void)
{
	static const struct { const char *s, *host; int port, proto; } rows[] = {
		{ "tcp:1234", "", 1234, CONN_TCP },
		{ "udp:862", "", 862, CONN_UDP },
		{ "udp:192.0.2.1:862", "192.0.2.1", 862, CONN_UDP },
		{ "tcp:[::1]:80", "::1", 80, CONN_TCP },
		{ "tcp:", NULL, 0, 0 }, { "tcp", NULL, 0, 0 },
		{ "1234", NULL, 0, 0 }, { "tcp:0", NULL, 0, 0 },
		{ "tcp::1:80", NULL, 0, 0 }, { "tcp:80?x", NULL, 0, 0 },
	};
	char err[CONN_ERRLEN];
	struct connuri u;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int r = connuri_parse_listen(&u, rows[i].s,
		    strlen(rows[i].s), err);

		ok(rows[i].host == NULL ? r == -1 : r == 0 &&
		    strcmp(u.host, rows[i].host) == 0 &&
		    u.port == rows[i].port && (int)u.proto == rows[i].proto,
		    "listen on \"%s\"", rows[i].s);
	}
}

static void
test_ports(void)
{
	static const struct { const char *s; int n; } rows[] = {
		{ "22", 1 }, { "22,80,443", 3 }, { "8000-8010", 11 },
		{ "22,udp:53,udp:1000-1001", 4 }, { "1-65535", -1 },
		{ "80-80", 1 }, { "", -1 }, { "0", -1 }, { "80-79", -1 },
		{ "80-", -1 }, { "80,", -1 }, { ",80", -1 }, { "65536", -1 },
		{ "icmp:1", -1 }, { "tcp:22", 1 },
	};
	struct connport p[100];
	char err[CONN_ERRLEN];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ok(connuri_parse_ports(p, 100, rows[i].s, strlen(rows[i].s),
		    err) == rows[i].n, "ports \"%s\"", rows[i].s);
	connuri_parse_ports(p, 100, "22,udp:53", 9, err);
	ok(p[0].proto == CONN_TCP && p[0].port == 22 && p[1].proto ==
	    CONN_UDP && p[1].port == 53, "udp is said, tcp is not");
}

int
main(void)
{
	test_uris();
	test_values();
	test_listen();
	test_ports();
	return tap_done();
}
