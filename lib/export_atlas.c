/*
 * Paths as results of RIPE Atlas, data format 5000: traceroute and ping.
 * Keys and types are those of its documentation; rx, the node that caught an
 * answer, is our own.
 */

#include <string.h>

#include "clock.h"
#include "escape.h"
#include "export_path.h"

enum { FIRMWARE = 5080, MAX_LABELS = 64 };

static const char *
protocol(const struct pathexport *p, const struct pathset *set)
{
	return pathexport_is(p, set->probe, "icmp") || set->probe == 0 ?
	    "ICMP" : pathexport_is(p, set->probe, "syn") ||
	    pathexport_is(p, set->probe, "synack") ||
	    pathexport_is(p, set->probe, "ack") ? "TCP" : "UDP";
}

/* The number after NAME: among words; 0: it is not there. */
static uint64_t
number_in(const char *words, const char *name, size_t k)
{
	uint64_t n;

	for (; *words != '\0'; words += strspn(words, " ")) {
		size_t len = strcspn(words, " ");

		if (len > k + 1 && strncmp(words, name, k) == 0 &&
		    words[k] == ':' && num_parse(&n, words + k + 1,
		    len - k - 1, UINT16_MAX) == 0)
			return n;
		words += len;
	}
	return 0;
}

/* The number of a node, of "# nodes: ams:3 lax:4"; 0: the files do not say. */
static uint64_t
node_number(const struct pathexport *p, uint32_t tx)
{
	const char *name = paths_name(&p->files->paths, tx);
	uint64_t n = 0;

	for (size_t i = 0; i < p->files->n && n == 0; i++) {
		const struct meta *m = &p->files->f[i].in.meta;

		for (size_t l = 0; l < m->n && n == 0; l++)
			if (strcmp(m->line[l].key, "nodes") == 0 ||
			    strcmp(m->line[l].key, "node") == 0)
				n = number_in(m->line[l].value, name,
				    strlen(name));
	}
	return n;
}

static void
number(struct str *o, const char *key, int64_t n)
{
	if (n >= 0)
		str_add(o, ",\"%s\":%lld", key, (long long)n);
}

/* What every result has. */
static void
head(struct pathexport *p, const struct pathset *set, const char *type,
    const char *name, rec_time from, rec_time to)
{
	const struct paths *t = &p->files->paths;
	struct pathorigin o = pathexport_origin(p, set);
	char dst[ADDR_STRLEN];

	addr_string(&t->dst, dst);
	str_add(&p->out, "{\"fw\":%d,\"type\":\"%s\",\"msm_name\":\"%s\","
	    "\"msm_id\":%llu,\"prb_id\":%llu,\"af\":%d,\"proto\":\"%s\","
	    "\"dst_name\":\"%s\",\"dst_addr\":\"%s\"", FIRMWARE, type, name,
	    (unsigned long long)p->msm_id,
	    (unsigned long long)node_number(p, set->tx), t->dst.v,
	    protocol(p, set), dst, dst);
	pathexport_addr(&p->out, "src_addr", &o.src);
	pathexport_addr(&p->out, "from", &o.src);
	if (set->tx != 0) {
		str_add(&p->out, ",\"tx\":");
		escape_json(&p->out, paths_name(t, set->tx),
		    strlen(paths_name(t, set->tx)));
	}
	number(&p->out, "timestamp", from == NUM_NONE ? 0 : from / NS_PER_S);
	number(&p->out, "endtime", to == NUM_NONE ? -1 : to / NS_PER_S);
}

static void
receiver(struct pathexport *p, const struct pathrow *r)
{
	const char *rx = paths_name(&p->files->paths, r->rx);

	if (r->rx == 0)
		return;
	str_add(&p->out, ",\"rx\":");
	escape_json(&p->out, rx, strlen(rx));
}

/*
 * The letter of an ICMP error, else its code; none of time exceeded, nor, as
 * Atlas has it, of an unreachable port of the target.
 */
static void
error(struct pathexport *p, const struct pathrow *r)
{
	static const char *const v4[] = { "N", "H", "P", "p" };
	static const char *const v6[] = { "N", "A", "h", "H", "p" };
	struct pathicmp i = pathexport_icmp(p, r);
	bool is6 = r->from.v == 6;

	if (i.type == -1 || i.type != (is6 ? 1 : 3) ||
	    (r->reached && i.code == (is6 ? 4 : 3)))
		return;
	if (i.code < (is6 ? 5 : 4))
		str_add(&p->out, ",\"err\":\"%s\"", (is6 ? v6 : v4)[i.code]);
	else if (!is6 && i.code == 13)
		str_add(&p->out, ",\"err\":\"A\"");
	else
		number(&p->out, "err", i.code);
}

/* RFC 4884 and 4950. */
static void
extensions(struct pathexport *p, const struct pathrow *r)
{
	struct pathlabel l[MAX_LABELS];
	size_t n = pathexport_labels(p, r, l, MAX_LABELS);

	if (n == 0)
		return;
	str_add(&p->out, ",\"icmpext\":{\"version\":2,\"rfc4884\":1,"
	    "\"obj\":[{\"class\":1,\"type\":1,\"mpls\":[");
	for (size_t i = 0; i < n; i++)
		str_add(&p->out, "%s{\"exp\":%u,\"label\":%u,\"s\":%u,"
		    "\"ttl\":%u}", i > 0 ? "," : "", l[i].tc, l[i].label,
		    l[i].s, l[i].ttl);
	str_put(&p->out, "]}]}", 4);
}

static void
flags(struct pathexport *p, const struct pathrow *r)
{
	int f = pathexport_tcpflags(p, r);

	if (f != -1)
		str_add(&p->out, ",\"flags\":\"%s%s%s\"", f & 2 ? "S" : "",
		    f & 4 ? "R" : "", f & 16 ? "A" : "");
}

/* ---- traceroute ---- */

static void
packet(struct pathexport *p, const struct pathrow *r)
{
	char from[ADDR_STRLEN];

	if (!r->answered) {
		str_add(&p->out, "{\"x\":\"*\"}");
		return;
	}
	str_add(&p->out, "{\"from\":\"%s\"", addr_string(&r->from, from));
	number(&p->out, "ttl", r->rttl);
	if (r->rtt != NUM_NONE)
		str_add(&p->out, ",\"rtt\":%.3f", (double)r->rtt / 1e6);
	if (r->qttl != -1 && r->qttl != 1)
		number(&p->out, "ittl", r->qttl);
	error(p, r);
	flags(p, r);
	extensions(p, r);
	receiver(p, r);
	str_put(&p->out, "}", 1);
}

/* The first and last moment of the probes up to the end of a trace. */
static void
moments(const struct paths *x, const struct pathtrace *t, rec_time *from,
    rec_time *to)
{
	const struct pathcell *c = &x->cell[t->cell];

	*from = *to = NUM_NONE;
	for (uint32_t i = 0; i < t->n && c[i].ttl <= t->end; i++)
		for (uint32_t k = 0; k < c[i].n; k++) {
			const struct pathrow *r = &x->row[c[i].row + k];
			rec_time last = r->reply == NUM_NONE ? r->sent :
			    r->reply;

			if (r->sent != NUM_NONE &&
			    (*from == NUM_NONE || r->sent < *from))
				*from = r->sent;
			if (last != NUM_NONE && (*to == NUM_NONE || last > *to))
				*to = last;
		}
}

static void
traceroute(struct pathexport *p, const struct pathset *set,
    const struct pathtrace *t)
{
	const struct paths *x = &p->files->paths;
	const struct pathcell *c = &x->cell[t->cell];
	rec_time from, to;

	moments(x, t, &from, &to);
	head(p, set, "traceroute", "Traceroute", from, to);
	number(&p->out, "paris_id", t->flow);
	number(&p->out, "size", x->row[c[0].row].size);
	str_add(&p->out, ",\"result\":[");
	for (uint32_t i = 0; i < t->n && c[i].ttl <= t->end; i++) {
		str_add(&p->out, "%s{\"hop\":%u,\"result\":[",
		    i > 0 ? "," : "", c[i].ttl);
		for (uint32_t k = 0; k < c[i].n; k++) {
			if (k > 0)
				str_put(&p->out, ",", 1);
			packet(p, &x->row[c[i].row + k]);
		}
		str_put(&p->out, "]}", 2);
	}
	str_put(&p->out, "]}\n", 3);
}

/* ---- ping ---- */

static void
ping_packet(struct pathexport *p, const struct pathrow *r)
{
	char from[ADDR_STRLEN];

	if (!r->answered) {
		str_add(&p->out, "{\"x\":\"*\"}");
		return;
	}
	addr_string(&r->from, from);
	if (!r->reached) {
		str_add(&p->out, "{\"error\":\"%s from %s\"",
		    pathexport_is(p, r->kind, "ttl") ? "time exceeded" :
		    "unreachable", from);
	} else {
		str_add(&p->out, "{\"src_addr\":\"%s\"", from);
		number(&p->out, "ttl", r->rttl);
		if (r->rtt != NUM_NONE)
			str_add(&p->out, ",\"rtt\":%.3f",
			    (double)r->rtt / 1e6);
	}
	receiver(p, r);
	str_put(&p->out, "}", 1);
}

static void
ping(struct pathexport *p, const struct pathset *set)
{
	const struct pathrow *r = &p->files->paths.row[set->row];
	struct pathstats s = pathexport_stats(p, set);
	int32_t ttl = -1;

	for (uint32_t i = 0; i < set->nrows && ttl == -1; i++)
		if (r[i].reached)
			ttl = r[i].rttl;
	head(p, set, "ping", "Ping", pathexport_start(p, set), NUM_NONE);
	number(&p->out, "ttl", ttl);
	number(&p->out, "size", r->size);
	number(&p->out, "step", pathexport_meta(p, "interval"));
	str_add(&p->out, ",\"sent\":%zu,\"rcvd\":%zu,\"dup\":%zu", s.sent,
	    s.answered, s.dups);
	if (s.n > 0)
		str_add(&p->out, ",\"min\":%.3f,\"avg\":%.3f,\"max\":%.3f",
		    s.min, s.avg, s.max);
	else
		str_add(&p->out, ",\"min\":-1,\"avg\":-1,\"max\":-1");
	str_add(&p->out, ",\"result\":[");
	for (uint32_t i = 0; i < set->nrows; i++) {
		if (i > 0)
			str_put(&p->out, ",", 1);
		ping_packet(p, &r[i]);
	}
	str_put(&p->out, "]}\n", 3);
}

static void
set_of(struct pathexport *p, const struct pathset *set)
{
	const struct pathtrace *t = &p->files->paths.trace[set->trace];

	if (p->kind == PATH_PING)
		ping(p, set);
	else
		for (uint32_t i = 0; i < set->n; i++)
			traceroute(p, set, &t[i]);
}

const struct pathformat export_atlas = {
	.name = "atlas",
	.doc = "RIPE Atlas results: traceroute, ping",
	.set = set_of,
};
