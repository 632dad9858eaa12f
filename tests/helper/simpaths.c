/*
 * simpaths - probes through a simulated network of load balancers to hops
 *
 * usage: simpaths seed loss topology [node] <probes >hops
 *
 * Stands in for sending, catching and matching: reads probe records, writes
 * the hop records they make.  The topology is as in tests/unit/topo.h; every
 * target has routers of its own, 10.0.0.0/8 by the target's last two bytes,
 * and hashes of its own.
 */

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/topo.h"
#include "mem.h"
#include "rec.h"

struct row {
	struct probe	p;
	unsigned	node;
	bool		answered;
};

static int
cmp_rows(const void *x, const void *y)
{
	return addr_cmp(&((const struct row *)x)->p.dst,
	    &((const struct row *)y)->p.dst);
}

static void
send(const char *topology, uint64_t seed, unsigned loss, struct row *r)
{
	struct want w = { (uint16_t)r->p.flow, (uint8_t)r->p.ttl,
	    (uint8_t)r->p.attempt };
	struct net net;
	struct pathrow got;

	net_parse(&net, topology);
	net.loss = loss;
	net.seed = permute_draw(seed, addr_u32(&r->p.dst));
	net.packets = permute_draw(w.flow, (uint64_t)w.ttl << 8 | w.attempt) >>
	    32;
	got = net_answer(&net, &w);
	r->answered = got.answered;
	r->node = got.reached ? 0 : addr_u32(&got.from) - NET_BASE;
}

static void
write_row(struct recout *out, struct hop *h, const struct row *r,
    const char *node)
{
	h->hex = h->dst = r->p.dst;
	word_str(&h->tx, node);
	h->probe = r->p.probe;
	h->ttl = r->p.ttl;
	h->flow = r->p.flow;
	h->attempt = r->p.attempt;
	h->sport = r->p.sport;
	h->dport = r->p.dport;
	h->sent_time = 1000 * INT64_C(1000000000);
	h->replies = r->answered;
	h->from = !r->answered ? (struct addr){ 0 } : r->node == 0 ? r->p.dst :
	    addr_from_u32(10u << 24 | (addr_u32(&r->p.dst) & 0xffff) << 8 |
	    r->node);
	word_str(&h->verdict, !r->answered ? "none" : r->node == 0 ? "ok" :
	    "unreach");
	h->rx.n = h->kind.n = 0;
	h->sites.n = 0;
	if (r->answered) {
		word_str(&h->rx, node);
		word_str(&h->kind, r->node == 0 ? "echo" : "ttl");
		text_set(&h->sites, node, strlen(node));
	}
	if (recout_write(out, h) == -1)
		err(3, "standard output");
}

int
main(int argc, char *argv[])
{
	struct row *row = NULL;
	struct recin in = { 0 };
	struct recout out;
	struct hop *h = mem_alloc(sizeof *h);
	size_t n = 0;
	int r;

	if (argc < 4)
		errx(2, "usage: simpaths seed loss topology [node]");
	if (recin_open(&in, &rec_probe, 0, "stdin", NULL, NULL) == -1)
		errx(2, "stdin: %s", in.err);
	for (;;) {
		row = mem_grow(row, n + 1, sizeof *row);
		rec_clear(&rec_probe, &row[n].p);
		if ((r = recin_read(&in, &row[n].p)) <= 0)
			break;
		send(argv[3], strtoull(argv[1], NULL, 10),
		    (unsigned)atoi(argv[2]), &row[n++]);
	}
	if (r != 0 || recin_close(&in) == -1)
		errx(1, "stdin: %s", in.err);
	qsort(row, n, sizeof *row, cmp_rows);
	rec_clear(&rec_hop, h);
	if (recout_open(&out, &rec_hop, 1, false, false, NULL) == -1 ||
	    recout_copymeta(&out, &in.meta) == -1)
		err(3, "standard output");
	for (size_t i = 0; i < n; i++)
		write_row(&out, h, &row[i], argc > 4 ? argv[4] : "ams");
	if (recout_close(&out, &in.meta, argv) == -1)
		err(3, "standard output");
	return 0;
}
