/*
 * probepcap FILE - one probe of each type, and some with contact text, a
 * flow and a size, as a pcap file: for another program to judge
 */

#include <err.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "probe_types.h"

static void
dump(pcap_dumper_t *d, const struct probe_type *p, uint8_t family, const char *text)
{
	static struct tmpl t;
	struct origin o = { .probe = p, .contact = text };
	struct ask a = { .tx_ns = INT64_C(1700000000123456789), .node = 3,
	    .ttl = 64 };
	struct key k;
	uint8_t b[16] = { 1 }, out[PROBE_MAX];
	char why[128];

	key_set(&k, b);
	o.src = (struct addr){ .v = 4, .b = { 192, 0, 2, 1 } };
	a.dst = (struct addr){ .v = 4, .b = { 198, 51, 100, 7 } };
	if (family == 6) {
		addr_parse(&o.src, "2001:db8::1", 11);
		addr_parse(&a.dst, "2001:db8:1::7", 13);
	}
	if (text != NULL) {
		a.ttl = 5;
		a.attempt = 2;
		o.tos = 0x10;
		a.flow = p->keyed_port ? 0 : 7;
		o.size = p->proto4 == PROTO_TCP ? 0 : 300;
	}
	if (tmpl_build(&t, &o, &k, why) == -1)
		errx(1, "%s: %s", probe_name(p), why);
	probe_fill(&t, &a, out);
	struct pcap_pkthdr h = { .caplen = (uint32_t)t.len,
	    .len = (uint32_t)t.len, .ts = { 1700000000, 0 } };
	pcap_dump((uint8_t *)d, &h, out);
}

int
main(int argc, char *argv[])
{
	pcap_t *dead = pcap_open_dead(DLT_RAW, 65535);
	pcap_dumper_t *d;

	if (argc != 2)
		errx(2, "usage: probepcap FILE");
	d = pcap_dump_open(dead, argv[1]);
	if (d == NULL)
		errx(1, "%s", pcap_geterr(dead));
	for (size_t i = 0; probes[i] != NULL; i++)
		for (uint8_t v = 4; v <= 6; v = (uint8_t)(v + 2)) {
			dump(d, probes[i], v, NULL);
			dump(d, probes[i], v, "https://example.net/probes");
		}
	if (pcap_dump_flush(d) == -1)
		err(1, "%s", argv[1]);
	pcap_dump_close(d);
	pcap_close(dead);
	return 0;
}
