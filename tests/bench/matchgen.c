/*
 * matchgen - a made-up round: what sendprobes and catchreply would leave
 *
 * usage: matchgen targets seed directory
 *
 * One target per /24 in permuted order, three senders taking turns, six
 * sites; 54 % of the targets answer, 2 % of the replies are doubled, some
 * come from another address, late, at two sites, or as an ICMP error.
 * Writes sent.NODE.gz and reply.NODE.gz.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "rec.h"

enum { NODES = 6, SENDERS = 3 };
static const char *const nodes[NODES] = { "ams", "fra", "gru", "iad", "nrt",
    "syd" };

static uint64_t state;

/* splitmix64 (Steele, Lea and Flood, 2014) */
static uint64_t
draw(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool
chance(unsigned permille)
{
	return draw() % 1000 < permille;
}

/* Targets in order, one per /24 from 1.0.0.0 on, about half of them. */
static uint32_t *
targets(size_t n)
{
	uint32_t *v = mem_array(n, sizeof *v), block = 1 << 16;
	size_t step = (size_t)(223 - 1) * 65536 / n;

	if (step == 0)
		errx(2, "too many targets");
	for (size_t i = 0; i < n; i++) {
		block += step == 1 ? 1 : 1 + (uint32_t)(draw() % (2 * step - 1));
		v[i] = block << 8 | (uint32_t)(draw() & 255);
		if (block >= UINT32_C(224) << 16)
			errx(2, "too many targets");
	}
	for (size_t i = n; i > 1; i--) {
		size_t j = draw() % i;
		uint32_t t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
	return v;
}

static struct recout sent_out[SENDERS], reply_out[NODES];

static void
open_out(struct recout *out, const struct rectype *type, const char *dir,
    int node)
{
	char *path = mem_format("%s/%s.%s.gz", dir, type->name, nodes[node]);
	bool compress;
	int fd = recout_create(path, true, &compress);

	if (fd == -1 || recout_open(out, type, fd, compress, false, NULL) == -1)
		err(2, "%s", path);
	recout_meta(out, "node", "%s:%d", nodes[node], node + 1);
	recout_meta(out, "key", "00112233aabbccdd");
	free(path);
}

static void
answer(struct reply *r, uint32_t dst, int site)
{
	int n = chance(20) ? 2 : 1;

	word_str(&r->kind, "echo");
	word_str(&r->auth, "mac64");
	r->dst = r->from = addr_from_u32(dst);
	r->icmp.n = 0;
	r->rttl = (int64_t)(33 + draw() % 220);
	r->time = r->tx_time + (int64_t)(2000000 + draw() % 200000000);
	if (chance(10))
		r->from = addr_from_u32(dst ^ 1);
	else if (chance(5)) {
		r->from = addr_from_u32((UINT32_C(10) << 24) + dst % 5000);
		word_str(&r->kind, "unreach");
		word_str(&r->icmp, "3/1");
	} else if (chance(2))
		r->time += 3600 * NS_PER_S;
	for (int i = 0; i < n; i++) {
		int at = chance(1) ? (int)(draw() % NODES) : site;

		word_str(&r->node, nodes[at]);
		if (recout_write(&reply_out[at], r) == -1)
			err(3, "reply.%s.gz", nodes[at]);
		r->time += 1000000;
	}
}

static void
constants(struct sent *s, struct reply *r)
{
	rec_clear(&rec_sent, s);
	rec_clear(&rec_reply, r);
	s->time = INT64_C(1780000000) * NS_PER_S;
	s->src = r->to = addr_from_u32(UINT32_C(0xc6120001));
	word_str(&s->probe, "icmp");
	word_str(&r->probe, "icmp");
	s->ttl = r->ttl = 64;
	s->flow = s->attempt = r->flow = r->attempt = 0;
	s->round = r->round = 1;
	r->rtos = 0;
	r->size = 84;
}

int
main(int argc, char *argv[])
{
	struct sent s;
	struct reply *r = mem_alloc(sizeof *r);
	size_t n = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	uint32_t *dst;

	if (n == 0)
		errx(2, "usage: matchgen targets seed directory");
	state = strtoul(argv[2], NULL, 10);
	dst = targets(n);
	for (int i = 0; i < SENDERS; i++)
		open_out(&sent_out[i], &rec_sent, argv[3], i);
	for (int i = 0; i < NODES; i++)
		open_out(&reply_out[i], &rec_reply, argv[3], i);
	constants(&s, r);
	for (size_t i = 0; i < n; i++) {
		s.time += 10000;
		r->tx = (int64_t)(i % SENDERS) + 1;
		word_str(&s.node, nodes[i % SENDERS]);
		s.dst = addr_from_u32(dst[i]);
		if (recout_write(&sent_out[i % SENDERS], &s) == -1)
			err(3, "sent.%s.gz", nodes[i % SENDERS]);
		r->tx_time = s.time;
		if (chance(540))
			answer(r, dst[i], (int)((dst[i] >> 16) * 7 % NODES));
	}
	for (int i = 0; i < SENDERS; i++)
		if (recout_close(&sent_out[i], NULL, argv) == -1)
			err(3, "sent.%s.gz", nodes[i]);
	for (int i = 0; i < NODES; i++)
		if (recout_close(&reply_out[i], NULL, argv) == -1)
			err(3, "reply.%s.gz", nodes[i]);
	free(dst);
	free(r);
	return 0;
}
