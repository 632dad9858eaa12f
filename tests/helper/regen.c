/*
 * regen KEYFILE PCAP <sent - is every probe of the capture, in order, what is
 * made again from its sent record, the key and the file's metadata?
 */

#include <err.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "tmplset.h"

/* As a reader of sent records would. */
static struct ask
ask_of(const struct sent *s, const struct meta *m)
{
	struct node n;

	if (meta_get(m, "node") == NULL ||
	    node_parse(&n, meta_get(m, "node")) == -1)
		errx(1, "no node");
	return (struct ask){ .dst = s->dst, .tx_ns = s->time,
	    .node = n.number, .round = (uint8_t)s->round,
	    .ttl = (uint8_t)s->ttl, .attempt = (uint8_t)s->attempt,
	    .flow = (uint16_t)s->flow };
}

static struct variant
variant_of(const struct sent *s)
{
	struct variant v = VARIANT_NONE;

	if (s->sport != NUM_NONE)
		v.sport = (uint16_t)s->sport;
	if (s->dport != NUM_NONE)
		v.dport = (uint16_t)s->dport;
	if (s->size != NUM_NONE)
		v.size = (uint16_t)s->size;
	if (s->tos != NUM_NONE)
		v.tos = (int16_t)s->tos;
	if (s->options.n > 0) {
		v.options = s->options.s;
		v.noptions = s->options.n;
	}
	return v;
}

/* The origin a record is of. */
static size_t
origin_of(const struct sent *s, const struct origin *o, int n)
{
	for (int i = 0; i < n; i++)
		if (addr_cmp(&o[i].src, &s->src) == 0 &&
		    strcmp(probe_name(o[i].probe), s->probe.s) == 0)
			return (size_t)i;
	errx(1, "no origin");
}

int
main(int argc, char *argv[])
{
	static struct tmplset set;
	static struct recin in;
	struct origin origins[ORIGIN_MAX];
	struct pcap_pkthdr *h;
	struct sent s;
	struct key key;
	const u_char *p;
	char why[256];
	uint8_t out[PROBE_MAX];
	pcap_t *pc;
	int norigins = -1;
	unsigned n = 0;

	if (argc != 3 || key_read(&key, argv[1], why) == -1 ||
	    (pc = pcap_open_offline(argv[2], why)) == NULL ||
	    recin_open(&in, &rec_sent, 0, "stdin", NULL, NULL) == -1)
		errx(2, "usage: regen KEYFILE PCAP <sent");
	rec_clear(&rec_sent, &s);
	while (recin_read(&in, &s) == 1) {
		struct variant v = variant_of(&s);
		struct ask a = ask_of(&s, &in.meta);
		size_t len;

		if (norigins == -1 && ((norigins = origin_recall(origins,
		    &in.meta, why)) <= 0 || tmplset_init(&set, origins,
		    (size_t)norigins, &key, why) == -1))
			errx(1, "origins: %s", why);
		len = tmplset_regen(&set, origin_of(&s, origins, norigins), &a,
		    &v, out, why);
		n++;
		if (pcap_next_ex(pc, &h, &p) != 1)
			errx(1, "record %u: no packet", n);
		if (len != h->len || memcmp(out, p, len) != 0)
			errx(1, "record %u: another packet: %zu bytes, not %u",
			    n, len, h->len);
	}
	if (pcap_next_ex(pc, &h, &p) == 1)
		errx(1, "more packets than records");
	printf("%u\n", n);
	return 0;
}
