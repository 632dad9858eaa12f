/*
 * mkreplies - captures of what comes back, made with the product's own rows
 *
 * usage: mkreplies name=value ... >file.pcap
 * With iface=NAME the packets go out there instead, as Ethernet frames.
 * Some replies are spoilt on purpose: every n-th of forge= has its payload
 * changed after the tag was made (checksum right), every n-th of spoil= has
 * a wrong checksum, every n-th of cut= is captured only to cutat= (44) bytes.
 */

#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "probe_types.h"

static const char	*key_hex = "000102030405060708090a0b0c0d0e0f";
static const char	*type = "icmp", *src = "192.0.2.1", *first = "10.0.0.0";
static const char	*kind = "answer", *iface = "", *qname = "";
static const char	*mac = "ffffffffffff";
static long		 count = 100, node = 3, ttl = 64, flow, attempt;
static long		 link_type = 1, vlan, quote, forge, spoil, cut;
static long		 copies = 1, cut_at = 44;
static long		 sport, dport, tx = 1700000000, rtt_us = 20000;

static const struct {
	const char	*name;
	const char	**text;
	long		*number;
} args[] = {
	{ "key", &key_hex, NULL }, { "probe", &type, NULL },
	{ "src", &src, NULL }, { "first", &first, NULL },
	{ "kind", &kind, NULL }, { "iface", &iface, NULL },
	{ "qname", &qname, NULL }, { "mac", &mac, NULL },
	{ "n", NULL, &count }, { "node", NULL, &node }, { "ttl", NULL, &ttl },
	{ "flow", NULL, &flow }, { "attempt", NULL, &attempt },
	{ "link", NULL, &link_type }, { "vlan", NULL, &vlan },
	{ "quote", NULL, &quote }, { "forge", NULL, &forge },
	{ "spoil", NULL, &spoil }, { "cut", NULL, &cut },
	{ "cutat", NULL, &cut_at },
	{ "copies", NULL, &copies }, { "sport", NULL, &sport },
	{ "dport", NULL, &dport }, { "tx", NULL, &tx },
	{ "rtt_us", NULL, &rtt_us },
};

static uint8_t
hex_byte(const char *s)
{
	return (uint8_t)strtoul((char[]){ s[0], s[1], 0 }, NULL, 16);
}

static void
parse(const char *arg)
{
	const char *eq = strchr(arg, '=');

	for (size_t i = 0; eq != NULL && i < sizeof(args) / sizeof(args[0]);
	    i++) {
		if (strlen(args[i].name) != (size_t)(eq - arg) ||
		    strncmp(args[i].name, arg, (size_t)(eq - arg)) != 0)
			continue;
		if (args[i].text != NULL)
			*args[i].text = eq + 1;
		else
			*args[i].number = atol(eq + 1);
		return;
	}
	errx(2, "what is %s", arg);
}

/* The i-th target: first, and the last bytes count up. */
static struct addr
target(const struct addr *base, long i)
{
	struct addr a = *base;
	unsigned at = addr_bytes(&a);

	for (unsigned long k = (unsigned long)i; k != 0; k >>= 8) {
		k += a.b[--at];
		a.b[at] = (uint8_t)k;
	}
	return a;
}

/* What answers the probe p[0..n): itself, its target, or a router. */
static void
reply(struct buf *b, const struct tmpl *t, const uint8_t *p, size_t n,
    const struct addr *dst)
{
	bool v6 = dst->v == 6;
	struct pkt h = { .src = *dst, .dst = t->origin.src, .ttl = 55,
	    .proto = probe_proto(t->probe, dst->v) };
	size_t at, q = quote == 0 ? n : (v6 ? 40u : 20u) + (size_t)quote;

	if (strcmp(kind, "probe") == 0) {
		buf_copy(b, p, n);
		return;
	}
	if (strcmp(kind, "answer") == 0) {
		at = pkt_begin(b, &h);
		t->probe->answer(b, cur_init(p + t->l4, n - t->l4));
		pkt_end(b, at);
		return;
	}
	h.proto = v6 ? PROTO_ICMP6 : PROTO_ICMP;
	h.src.b[addr_bytes(dst) - 1] ^= 0x80;
	at = pkt_begin(b, &h);
	buf_u8(b, strcmp(kind, "ttl") == 0 ? (v6 ? 3 : 11) : (v6 ? 1 : 3));
	buf_u8(b, strcmp(kind, "ttl") == 0 ? 0 : v6 ? 4 : 3);
	buf_u16(b, 0);
	buf_u32(b, 0);
	buf_copy(b, p, q < n ? q : n);
	pkt_end(b, at);
}

static bool
nth(long every, long i)
{
	return every > 0 && i % every == every - 1;
}

/* One of the payload's first bytes and one later: the sum stays. */
static void
falsify(struct buf *b, size_t l4)
{
	if (b->len < l4 + 8 + 20)
		errx(2, "too short to forge");
	b->p[l4 + 8 + 8] ^= 1;
	if ((b->p[l4 + 8 + 8] & 1) != 0)
		b->p[l4 + 8 + 10] = (uint8_t)(b->p[l4 + 8 + 10] - 1);
	else
		b->p[l4 + 8 + 10] = (uint8_t)(b->p[l4 + 8 + 10] + 1);
}

/* Link header for the type asked; frames of other types go as they are. */
static void
put_link(struct buf *b, bool v6)
{
	uint16_t type_ip = v6 ? 0x86dd : 0x0800;

	if (link_type == 113) {
		buf_u16(b, 0);
		buf_u16(b, 1);
		buf_u16(b, 6);
		buf_take(b, 8);
	} else if (link_type == 1) {
		for (int i = 0; i < 6; i++)
			buf_u8(b, hex_byte(mac + 2 * i));
		buf_u32(b, 0x02020202);
		buf_u16(b, 0x0202);
	} else {
		return;
	}
	if (vlan != 0) {
		buf_u16(b, 0x8100);
		buf_u16(b, (uint16_t)vlan);
	}
	buf_u16(b, type_ip);
}

static void
put_file_header(void)
{
	uint32_t h[6] = { 0xa1b23c4d, 4u << 16 | 2, 0, 0, 65535,
	    (uint32_t)link_type };

	fwrite(h, sizeof(h), 1, stdout);
}

static void
put_frame(const struct buf *b, int64_t ns, bool short_one, int fd)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	uint32_t n = (uint32_t)(short_one ? (size_t)cut_at : b->len);
	uint32_t h[4] = { (uint32_t)(ns / NS_PER_S), (uint32_t)(ns % NS_PER_S),
	    n, (uint32_t)b->len };

	if (fd == -1) {
		fwrite(h, sizeof(h), 1, stdout);
		fwrite(b->p, n, 1, stdout);
		return;
	}
	to.sll_ifindex = (int)if_nametoindex(iface);
	to.sll_halen = 6;
	while (sendto(fd, b->p, b->len, 0, (struct sockaddr *)&to,
	    sizeof(to)) == -1)
		continue;
}

int
main(int argc, char *argv[])
{
	static struct tmpl t;
	uint8_t probe[PROBE_MAX], out[2 * PROBE_MAX], k[16];
	struct addr base, dst;
	struct origin o = { 0 };
	struct key key;
	char why[128];
	int fd = -1;

	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	for (int i = 0; i < 16; i++)
		k[i] = hex_byte(key_hex + 2 * i);
	key_set(&key, k);
	o.probe = probe_find(type);
	o.sport = (uint16_t)sport;
	o.dport = (uint16_t)dport;
	o.qname = *qname == '\0' ? NULL : qname;
	if (o.probe == NULL || addr_parse(&o.src, src, strlen(src)) == -1 ||
	    addr_parse(&base, first, strlen(first)) == -1 ||
	    tmpl_build(&t, &o, &key, why) == -1)
		errx(2, "bad origin");
	if (*iface != '\0')
		fd = socket(AF_PACKET, SOCK_RAW, 0);
	else
		put_file_header();
	for (long i = 0; i < count; i++) {
		struct buf b = buf_init(out, sizeof(out));
		int64_t ns = fd != -1 ? clock_real() : tx * NS_PER_S +
		    i * 1000000;
		struct ask a = { .tx_ns = ns, .node = (uint16_t)node,
		    .ttl = (uint8_t)ttl, .attempt = (uint8_t)attempt,
		    .flow = (uint16_t)flow };
		size_t at, l4;

		a.dst = dst = target(&base, i);
		probe_fill(&t, &a, probe);
		put_link(&b, dst.v == 6);
		at = b.len;
		reply(&b, &t, probe, t.len, &dst);
		l4 = at + (dst.v == 6 ? 40 : 20);
		if (nth(forge, i))
			falsify(&b, l4);
		if (nth(spoil, i))
			b.p[l4 + (o.probe->proto4 == PROTO_UDP ? 6 : 2)] ^= 1;
		if (b.bad)
			errx(2, "packet does not fit");
		for (long c = 0; c < copies; c++)
			put_frame(&b, ns + rtt_us * 1000 + c * 1000,
			    nth(cut, i), fd);
	}
	return fflush(stdout) == EOF;
}
