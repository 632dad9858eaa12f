#include "export_pcap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "mem.h"
#include "node.h"
#include "pkt.h"

#define MAGIC_NS	0xa1b23c4d
#define LINKTYPE_RAW	101
#define SNAPLEN		65535

enum { PACKET_MAX = 4096 };

void
pcapexport_learn(struct pcapexport *p, const struct meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct metaline *l = &m->line[i];

		if (strncmp(l->key, "origin.", 7) == 0 ||
		    strcmp(l->key, "contact") == 0 ||
		    strcmp(l->key, "node") == 0)
			meta_set(&p->meta, (unsigned)p->meta.n, l->key,
			    l->value);
	}
}

static void
head(struct pcapexport *p)
{
	uint8_t bytes[24];
	struct buf b = buf_init(bytes, sizeof bytes);

	buf_u32(&b, MAGIC_NS);
	buf_u16(&b, 2);			/* version 2.4 */
	buf_u16(&b, 4);
	buf_u64(&b, 0);			/* reserved */
	buf_u32(&b, SNAPLEN);
	buf_u32(&b, LINKTYPE_RAW);
	str_put(&p->out, (const char *)bytes, b.len);
}

int
pcapexport_open(struct pcapexport *p, const struct key *key)
{
	int n;

	p->key = *key;
	p->origins = mem_array(ORIGIN_MAX, sizeof *p->origins);
	if ((n = origin_recall(p->origins, &p->meta, p->err)) == -1)
		return -1;
	if (n == 0) {
		snprintf(p->err, sizeof p->err, "no file says what its "
		    "origins are");
		return -1;
	}
	if (tmplset_init(&p->set, p->origins, (size_t)n, &p->key, p->err) == -1)
		return -1;
	p->ready = true;
	head(p);
	return 0;
}

static void
packet(struct pcapexport *p, rec_time ns, const uint8_t *s, size_t n)
{
	uint8_t bytes[16];
	struct buf b = buf_init(bytes, sizeof bytes);

	buf_u32(&b, (uint32_t)(ns / NS_PER_S));
	buf_u32(&b, (uint32_t)(ns % NS_PER_S));
	buf_u32(&b, (uint32_t)n);
	buf_u32(&b, (uint32_t)n);
	str_put(&p->out, (const char *)bytes, b.len);
	str_put(&p->out, (const char *)s, n);
}

/* The number of a node by its name; 0: no file says. */
static uint16_t
node_number(const struct pcapexport *p, const rec_word *name)
{
	struct node node;

	for (size_t i = 0; i < p->meta.n; i++)
		if (strcmp(p->meta.line[i].key, "node") == 0 &&
		    node_parse(&node, p->meta.line[i].value) == 0 &&
		    strcmp(node.name, name->s) == 0)
			return node.number;
	return 0;
}

/* One's number in the set, -1: there is none. */
static int
origin_of(const struct pcapexport *p, const struct addr *src,
    const rec_word *probe)
{
	for (size_t i = 0; i < p->set.n; i++)
		if (addr_cmp(&p->origins[i].src, src) == 0 &&
		    strcmp(probe_name(p->origins[i].probe), probe->s) == 0)
			return (int)i;
	return -1;
}

static bool
within(rec_num n, rec_num min, rec_num max)
{
	return n >= min && n <= max;
}

/* The probe of a sent record; its length, or 0 with .err. */
static size_t
make_probe(struct pcapexport *p, const struct sent *s,
    uint8_t out[static PROBE_MAX])
{
	struct probe rec;
	struct variant v;
	struct ask ask = { .dst = s->dst, .tx_ns = s->time,
	    .node = node_number(p, &s->node) };
	int origin = origin_of(p, &s->src, &s->probe);
	const char *why;

	rec_clear(&rec_probe, &rec);
	rec.sport = s->sport;
	rec.dport = s->dport;
	rec.tos = s->tos;
	rec.size = s->size;
	rec.options = s->options;
	why = tmplset_check(&rec);
	if (why == NULL && (origin == -1 || ask.node == 0 ||
	    s->time == NUM_NONE || s->time < 0))
		why = "no file says what its origin or node is";
	if (why == NULL && (!within(s->ttl, 1, 255) ||
	    !within(s->flow, 0, 65535) || !within(s->attempt, 0, 254) ||
	    !within(s->round == NUM_NONE ? 0 : s->round, 0, 255)))
		why = "there is no such probe";
	if (why != NULL) {
		snprintf(p->err, sizeof p->err, "%s", why);
		return 0;
	}
	ask.ttl = (uint8_t)s->ttl;
	ask.flow = (uint16_t)s->flow;
	ask.attempt = (uint8_t)s->attempt;
	ask.round = s->round == NUM_NONE ? 0 : (uint8_t)s->round;
	v = tmplset_variant(&rec);
	return tmplset_regen(&p->set, (size_t)origin, &ask, &v, out, p->err);
}

void
pcapexport_sent(struct pcapexport *p, const struct sent *s)
{
	uint8_t bytes[PROBE_MAX];
	size_t n = make_probe(p, s, bytes);

	if (n == 0) {
		p->n.unmade++;
		return;
	}
	p->n.probes++;
	packet(p, s->time, bytes, n);
}

/* The bytes of the quote column; their number, 0: none. */
static size_t
unhex(const rec_text *t, uint8_t out[static PACKET_MAX])
{
	size_t n = t->n / 2;

	for (size_t i = 0; i < n; i++) {
		uint64_t v;

		if (num_parse_hex(&v, t->s + 2 * i, 2, 255) == -1)
			return 0;
		out[i] = (uint8_t)v;
	}
	return n;
}

/* What an echo reply brings back: its probe's message, from the probe. */
static size_t
echo_message(struct pcapexport *p, const struct reply *r,
    uint8_t out[static PROBE_MAX])
{
	struct variant v = VARIANT_NONE;
	int origin = origin_of(p, &r->to, &r->probe);
	struct ask ask = { .dst = r->dst, .tx_ns = r->tx_time };
	size_t n, skip = r->dst.v == 6 ? 40 : 20;

	if (origin == -1 || r->tx_time == NUM_NONE ||
	    !within(r->tx, 1, 65535) || !within(r->ttl, 1, 255) ||
	    !within(r->flow, 0, 65535) || !within(r->attempt, 0, 254) ||
	    !within(r->round == NUM_NONE ? 0 : r->round, 0, 255) ||
	    !within(r->size, 1, PROBE_MAX))
		return 0;
	ask.node = (uint16_t)r->tx;
	ask.round = r->round == NUM_NONE ? 0 : (uint8_t)r->round;
	ask.ttl = (uint8_t)r->ttl;
	ask.flow = (uint16_t)r->flow;
	ask.attempt = (uint8_t)r->attempt;
	v.size = (uint16_t)r->size;
	n = tmplset_regen(&p->set, (size_t)origin, &ask, &v, out, p->err);
	if (n == 0)			/* it cannot have that size */
		return 0;
	memmove(out, out + skip, n - skip);
	out[0] = r->dst.v == 6 ? 129 : 0;
	return n - skip;
}

/* Type, code and the 8 bytes that go before a quote. */
static size_t
error_message(const struct reply *r, uint8_t out[static PACKET_MAX])
{
	struct buf b = buf_init(out, 8);
	uint8_t quote[PACKET_MAX];
	const char *slash = memchr(r->icmp.s, '/', r->icmp.n);
	uint64_t type, code;
	size_t n = unhex(&r->quote, quote);

	if (n == 0 || n > PACKET_MAX - 64 || slash == NULL ||
	    num_parse(&type, r->icmp.s, (size_t)(slash - r->icmp.s), 255) ==
	    -1 || num_parse(&code, slash + 1, r->icmp.n -
	    (size_t)(slash + 1 - r->icmp.s), 255) == -1)
		return 0;
	buf_u8(&b, (uint8_t)type);
	buf_u8(&b, (uint8_t)code);
	buf_u16(&b, 0);
	buf_u32(&b, 0);			/* MTU, length of the quote: not kept */
	memcpy(out + 8, quote, n);
	return 8 + n;
}

/* Put an IP header before a message, as the record has it. */
static size_t
wrap(const struct reply *r, uint8_t *message, size_t n,
    uint8_t out[static PACKET_MAX])
{
	struct buf b = buf_init(out, PACKET_MAX);
	struct pkt h = { .src = r->from, .dst = r->to,
	    .proto = r->to.v == 6 ? PROTO_ICMP6 : PROTO_ICMP,
	    .ttl = (uint8_t)r->rttl, .tos = (uint8_t)r->rtos };
	size_t at;

	message[2] = message[3] = 0;	/* the checksum is made again */
	at = pkt_begin(&b, &h);
	buf_copy(&b, message, n);
	pkt_end(&b, at);
	return b.bad ? 0 : b.len;
}

void
pcapexport_reply(struct pcapexport *p, const struct reply *r)
{
	uint8_t message[PACKET_MAX], bytes[PACKET_MAX];
	size_t n = 0;

	if (r->time == NUM_NONE || r->time < 0 || r->from.v != r->to.v ||
	    r->from.v == 0 || !within(r->rttl, 0, 255) ||
	    !within(r->rtos, 0, 255)) {
		p->n.unkept++;
		return;
	}
	if (strcmp(r->auth.s, "none") == 0) {
		n = unhex(&r->quote, bytes);
	} else {
		if (strcmp(r->kind.s, "echo") == 0)
			n = echo_message(p, r, message);
		else
			n = error_message(r, message);
		if (n > 0)
			n = wrap(r, message, n, bytes);
	}
	if (n == 0) {
		p->n.unkept++;
		return;
	}
	p->n.replies++;
	packet(p, r->time, bytes, n);
}

void
pcapexport_free(struct pcapexport *p)
{
	if (p->ready)
		tmplset_free(&p->set);
	meta_free(&p->meta);
	str_free(&p->out);
	free(p->origins);
}
