/* Specs of tracebox probes, and why some are none. */

#include "boxspec.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char	*text;
	uint8_t		 v;
	const char	*probe;		/* NULL: refused */
	uint16_t	 dport, size;
	int16_t		 tos;
	const char	*options;	/* or why */
} rows[] = {
	{ "IP/TCP/MSS(1460)/WSCALE(7)/SACKP/TS/ECE/MPCAPABLE", 0, "syn", 0, 0,
	    -1, "MSS(1460)/WSCALE(7)/SACKP/TS/MPCAPABLE/ECE" },
	{ "IP/TCP", 0, "syn", 0, 0, -1, "NONE" },
	{ "IPv6/TCP/PORT(443)/MSS", 6, "syn", 443, 0, -1, "MSS(1460)" },
	{ "IPv4/TCP/ECE/PORT(8080)/CWR", 4, "syn", 8080, 0, -1,
	    "NONE/ECE/CWR" },
	{ "IP/DSCP(46)/TCP/TS", 0, "syn", 0, 0, 184, "TS" },
	{ "IP/ECN(1)/DSCP(63)/UDP", 0, "udp", 0, 0, 253, "" },
	{ "IP/DSCP(0)/UDP", 0, "udp", 0, 0, 0, "" },
	{ "IP/TOS(255)/ICMP", 0, "icmp", 0, 0, 255, "" },
	{ "IP/UDP/SIZE(200)/PORT(53)", 0, "udp", 53, 200, -1, "" },
	{ "IP/ICMP/SIZE(1500)", 0, "icmp", 0, 1500, -1, "" },
	{ "", 0, NULL, 0, 0, 0, "does not begin with IP: " },
	{ "TCP", 0, NULL, 0, 0, 0, "does not begin with IP: TCP" },
	{ "TCP/MSS(1)", 0, NULL, 0, 0, 0, "does not begin with IP: TCP" },
	{ "IPX/TCP", 0, NULL, 0, 0, 0, "does not begin with IP: IPX" },
	{ "IP", 0, NULL, 0, 0, 0, "no transport: TCP, UDP or ICMP: " },
	{ "IP/", 0, NULL, 0, 0, 0,
	    "neither a field of IP nor a transport: " },
	{ "IP/DSCP(1)", 0, NULL, 0, 0, 0, "no transport: TCP, UDP or ICMP: " },
	{ "IP/IP/TCP", 0, NULL, 0, 0, 0, "too late for: IP" },
	{ "IP/SCTP", 0, NULL, 0, 0, 0,
	    "neither a field of IP nor a transport: SCTP" },
	{ "IP/MSS(1460)/TCP", 0, NULL, 0, 0, 0,
	    "neither a field of IP nor a transport: MSS(1460)" },
	{ "IP/PORT(1)/TCP", 0, NULL, 0, 0, 0,
	    "comes after the transport: PORT(1)" },
	{ "IP/TCP/UDP", 0, NULL, 0, 0, 0, "too late for: UDP" },
	{ "IP/TCP/DSCP(1)", 0, NULL, 0, 0, 0,
	    "belongs to IP, before the transport: DSCP(1)" },
	{ "IP/TCP/MSS(0)", 0, NULL, 0, 0, 0, "value out of range: MSS(0)" },
	{ "IP/TCP/WSCALE(15)", 0, NULL, 0, 0, 0,
	    "value out of range: WSCALE(15)" },
	{ "IP/TCP/FOO", 0, NULL, 0, 0, 0, "no such TCP option: FOO" },
	{ "IP/TCP/TS/TS", 0, NULL, 0, 0, 0, "given twice: TS" },
	{ "IP/TCP/", 0, NULL, 0, 0, 0, "empty element: " },
	{ "IP/TCP//TS", 0, NULL, 0, 0, 0, "empty element: " },
	{ "IP/TCP/SIZE(60)", 0, NULL, 0, 0, 0,
	    "the options are the size of a SYN: SIZE(60)" },
	{ "IP/UDP/MSS(1460)", 0, NULL, 0, 0, 0,
	    "not in UDP or ICMP: MSS(1460)" },
	{ "IP/UDP/", 0, NULL, 0, 0, 0, "not in UDP or ICMP: " },
	{ "IP/ICMP/PORT(7)", 0, NULL, 0, 0, 0, "ICMP has no ports: PORT(7)" },
	{ "IP/UDP/PORT(7)/PORT(8)", 0, NULL, 0, 0, 0, "given twice: PORT(8)" },
	{ "IP/UDP/PORT(0)", 0, NULL, 0, 0, 0, "value out of range: PORT(0)" },
	{ "IP/UDP/SIZE(1501)", 0, NULL, 0, 0, 0,
	    "value out of range: SIZE(1501)" },
	{ "IP/UDP/PORT", 0, NULL, 0, 0, 0, "needs a value: PORT" },
	{ "IP/UDP(1)", 0, NULL, 0, 0, 0, "takes no value: UDP(1)" },
	{ "IP/DSCP(64)/UDP", 0, NULL, 0, 0, 0,
	    "value out of range: DSCP(64)" },
	{ "IP/ECN(4)/UDP", 0, NULL, 0, 0, 0, "value out of range: ECN(4)" },
	{ "IP/DSCP(1)/DSCP(1)/UDP", 0, NULL, 0, 0, 0, "given twice: DSCP(1)" },
	{ "IP/DSCP(1)/TOS(1)/UDP", 0, NULL, 0, 0, 0, "given twice: TOS(1)" },
	{ "IP/DSCP(/UDP", 0, NULL, 0, 0, 0, "value out of range: DSCP(" },
	{ "IP/DSCP()/UDP", 0, NULL, 0, 0, 0, "value out of range: DSCP()" },
	{ "ip/tcp", 0, NULL, 0, 0, 0, "does not begin with IP: ip" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct boxspec b;
		char why[128] = "";
		int rc = boxspec_parse(&b, rows[i].text, why);

		if (rows[i].probe == NULL)
			ok(rc == -1 && strcmp(why, rows[i].options) == 0,
			    "'%s' is refused: %s", rows[i].text, why);
		else
			ok(rc == 0 && b.v == rows[i].v &&
			    strcmp(b.probe, rows[i].probe) == 0 &&
			    b.dport == rows[i].dport &&
			    b.size == rows[i].size && b.tos == rows[i].tos &&
			    strcmp(b.options, rows[i].options) == 0,
			    "'%s': %s, tos %d, %s%s", rows[i].text, b.probe,
			    b.tos, b.options, why);
	}
	char many[1000] = "IP/TCP";
	for (int i = 0; i < 60; i++)
		strcat(many, "/MSS(1460)");
	char why[128];
	struct boxspec b;
	ok(boxspec_parse(&b, many, why) == -1 && why[0] != '\0',
	    "a spec that is too long: %s", why);
	return tap_done();
}
