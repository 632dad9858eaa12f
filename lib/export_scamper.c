/*
 * Paths as scamper's JSON, what its sc_warts2json prints of traces, pings
 * and tracelbs.  Fields and their types are scamper's; ones of our own are
 * tx_node and rx_node, the nodes that sent and caught.
 */

#include <string.h>
#include <time.h>

#include "clock.h"
#include "escape.h"
#include "export_path.h"

enum { MAX_LABELS = 64 };

/* scamper's names of probe types: trace, tracelb, ping. */
static const struct method {
	const char	*probe, *name[PATH_KINDS];
	bool		 ports;
} methods[] = {
	{ "icmp", { "icmp-echo", "icmp-echo-paris", "icmp-echo" }, false },
	{ "udp", { "udp-sport", "udp-paris", "udp-sport" }, true },
	{ "syn", { "tcp-syn", "tcp", "tcp-sport" }, true },
	{ "ack", { "tcp-ack", "tcp-ack", "tcp-ack-sport" }, true },
	{ "synack", { "tcp-synack", "tcp", "tcp-sport" }, true },
	{ "dns", { "udp-sport", "udp-paris", "udp-sport" }, true },
	{ "chaos", { "udp-sport", "udp-paris", "udp-sport" }, true },
};

static const struct method *
method_of(const struct pathexport *p, const struct pathset *set)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (pathexport_is(p, set->probe, methods[i].probe))
			return &methods[i];
	return NULL;
}

static void
number(struct str *o, const char *key, int64_t n)
{
	if (n >= 0)
		str_add(o, ", \"%s\":%lld", key, (long long)n);
}

static void
text(struct str *o, const char *key, const char *s)
{
	str_add(o, ", \"%s\":", key);
	escape_json(o, s, strlen(s));
}

static void
address(struct str *o, const char *key, const struct addr *a)
{
	char s[ADDR_STRLEN];

	if (a->v != 0)
		text(o, key, addr_string(a, s));
}

/* "tx":{"sec":1, "usec":2}; to a whole microsecond, as scamper has it. */
static void
moment(struct str *o, const char *key, rec_time t)
{
	if (t != NUM_NONE && t >= 0)
		str_add(o, "\"%s\":{\"sec\":%lld, \"usec\":%lld}", key,
		    (long long)(t / NS_PER_S),
		    (long long)(t % NS_PER_S / 1000));
}

static void
rtt(struct str *o, rec_dur ns)
{
	if (ns != NUM_NONE)
		str_add(o, ", \"rtt\":%.3f", (double)ns / 1e6);
}

static void
start(struct str *o, rec_time t, bool words)
{
	char date[32];
	time_t sec = (time_t)(t / NS_PER_S);
	struct tm tm;

	if (t == NUM_NONE || t < 0)
		return;
	str_put(o, ", ", 2);
	moment(o, "start", t);
	if (!words || gmtime_r(&sec, &tm) == NULL ||
	    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return;
	o->n--;			/* the brace comes later */
	text(o, "ftime", date);
	str_put(o, "}", 1);
}

/* "type":"trace", "version":"0.1", and who measured whom how. */
static void
head(struct pathexport *p, const struct pathset *set, const char *version,
    unsigned flow)
{
	const struct method *m = method_of(p, set);
	const struct paths *t = &p->files->paths;
	struct pathorigin o = pathexport_origin(p, set);

	str_add(&p->out, "{\"type\":\"%s\", \"version\":\"%s\", \"userid\":0",
	    path_kinds[p->kind], version);
	text(&p->out, "method", m == NULL ? "unknown" : m->name[p->kind]);
	address(&p->out, "src", &o.src);
	address(&p->out, "dst", &t->dst);
	if (m != NULL && m->ports) {
		number(&p->out, "sport", o.sport == -1 ? -1 :
		    o.sport + flow);
		number(&p->out, "dport", o.dport);
	}
	if (set->tx != 0)
		text(&p->out, "tx_node", paths_name(t, set->tx));
}

/* ---- trace ---- */

/* ICMP type, code and what was quoted; or the flags of a TCP answer. */
static void
answer_kind(struct pathexport *p, const struct pathrow *r, bool quote)
{
	struct pathicmp i = pathexport_icmp(p, r);
	bool error = i.type != -1 && !pathexport_is(p, r->kind, "echo");

	number(&p->out, "icmp_type", i.type);
	number(&p->out, "icmp_code", i.code);
	if (error && quote) {
		number(&p->out, "icmp_q_ttl", r->qttl);
		number(&p->out, "icmp_q_tos", r->from.v == 4 ? r->qtos : -1);
	}
	number(&p->out, "tcp_flags", pathexport_tcpflags(p, r));
}

static void
extensions(struct pathexport *p, const struct pathrow *r)
{
	struct pathlabel l[MAX_LABELS];
	size_t n = pathexport_labels(p, r, l, MAX_LABELS);

	if (n == 0)
		return;
	str_add(&p->out, ", \"icmpext\":[{\"ie_cn\":1,\"ie_ct\":1,"
	    "\"ie_dl\":%zu,\"mpls_labels\":[", 4 * n);
	for (size_t i = 0; i < n; i++)
		str_add(&p->out, "%s{\"mpls_ttl\":%u,\"mpls_s\":%u,"
		    "\"mpls_exp\":%u,\"mpls_label\":%u}", i > 0 ? "," : "",
		    l[i].ttl, l[i].s, l[i].tc, l[i].label);
	str_put(&p->out, "]}]", 3);
}

static void
trace_hop(struct pathexport *p, const struct pathrow *r)
{
	char from[ADDR_STRLEN];

	str_add(&p->out, "{\"addr\":\"%s\"", addr_string(&r->from, from));
	number(&p->out, "probe_ttl", r->ttl);
	number(&p->out, "probe_id", r->attempt + 1);
	number(&p->out, "probe_size", r->size);
	if (r->sent != NUM_NONE && r->sent >= 0) {
		str_put(&p->out, ", ", 2);
		moment(&p->out, "tx", r->sent);
	}
	rtt(&p->out, r->rtt);
	number(&p->out, "reply_ttl", r->rttl);
	number(&p->out, "reply_tos", r->rtos);
	answer_kind(p, r, true);
	extensions(p, r);
	if (r->rx != 0)
		text(&p->out, "rx_node", paths_name(&p->files->paths, r->rx));
	str_put(&p->out, "}", 1);
}

/* The code of what refused the probes. */
static int
refusal(const struct pathexport *p, const struct pathtrace *t)
{
	const struct paths *x = &p->files->paths;
	const struct pathcell *c = paths_cell(x, t, t->end);

	for (uint32_t i = 0; c != NULL && i < c->n; i++) {
		const struct pathrow *r = &x->row[c->row + i];

		if (pathexport_is(p, r->kind, "unreach") &&
		    pathexport_icmp(p, r).code != -1)
			return pathexport_icmp(p, r).code;
	}
	return 0;
}

static void
stop(struct pathexport *p, const struct pathtrace *t)
{
	int64_t gap = pathexport_meta(p, "gap");
	const char *why = "NONE";
	int data = 0;

	if (t->why == PATH_REACHED) {
		why = "COMPLETED";
	} else if (t->why == PATH_REFUSED) {
		why = "UNREACH";
		data = refusal(p, t);
	} else if (t->why == PATH_LOOP) {
		why = "LOOP";
	} else if (gap > 0 && t->end - t->answered >= gap) {
		why = "GAPLIMIT";
	}
	text(&p->out, "stop_reason", why);
	number(&p->out, "stop_data", data);
}

static void
trace(struct pathexport *p, const struct pathset *set,
    const struct pathtrace *t)
{
	const struct paths *x = &p->files->paths;
	const struct pathcell *c = &x->cell[t->cell];
	uint32_t probes = 0, hops = 0, most = 0;
	rec_time first = NUM_NONE;

	for (uint32_t i = 0; i < t->n && c[i].ttl <= t->end; i++)
		for (uint32_t k = 0; k < c[i].n; k++) {
			const struct pathrow *r = &x->row[c[i].row + k];

			probes++;
			most = r->attempt + 1u > most ? r->attempt + 1u : most;
			if (r->sent != NUM_NONE &&
			    (first == NUM_NONE || r->sent < first))
				first = r->sent;
		}
	head(p, set, "0.1", t->flow);
	stop(p, t);
	start(&p->out, first, true);
	number(&p->out, "hop_count", t->end);
	number(&p->out, "attempts", most);
	number(&p->out, "hoplimit", pathexport_meta(p, "max-ttl"));
	number(&p->out, "firsthop", c[0].ttl);
	number(&p->out, "wait", pathexport_meta(p, "wait"));
	number(&p->out, "tos", x->row[c[0].row].tos);
	number(&p->out, "probe_size", x->row[c[0].row].size);
	number(&p->out, "probe_count", probes);
	for (uint32_t i = 0; i < t->n && c[i].ttl <= t->end; i++)
		for (uint32_t k = 0; k < c[i].n; k++) {
			const struct pathrow *r = &x->row[c[i].row + k];

			if (!r->answered)
				continue;
			str_add(&p->out, hops++ == 0 ? ", \"hops\":[" : ",");
			trace_hop(p, r);
		}
	str_add(&p->out, hops > 0 ? "]}\n" : "}\n");
}

/* ---- ping ---- */

static const char *
reply_proto(const struct pathexport *p, const struct pathrow *r)
{
	return pathexport_tcpflags(p, r) != -1 ? "tcp" :
	    pathexport_is(p, r->kind, "dns") ? "udp" : "icmp";
}

static void
response(struct pathexport *p, const struct pathrow *r, unsigned seq)
{
	char from[ADDR_STRLEN];

	str_add(&p->out, "{\"from\":\"%s\"", addr_string(&r->from, from));
	number(&p->out, "seq", seq);
	number(&p->out, "reply_ttl", r->rttl);
	text(&p->out, "reply_proto", reply_proto(p, r));
	if (r->sent != NUM_NONE && r->sent >= 0) {
		str_put(&p->out, ", ", 2);
		moment(&p->out, "tx", r->sent);
		if (r->rtt != NUM_NONE) {
			str_put(&p->out, ", ", 2);
			moment(&p->out, "rx", r->sent + r->rtt);
		}
	}
	rtt(&p->out, r->rtt);
	answer_kind(p, r, false);
	if (r->rx != 0)
		text(&p->out, "rx_node", paths_name(&p->files->paths, r->rx));
	str_put(&p->out, "}", 1);
}

static void
statistics(struct pathexport *p, const struct pathset *set)
{
	struct pathstats s = pathexport_stats(p, set);
	struct str *o = &p->out;

	str_add(o, "\"statistics\":{\"replies\":%zu, \"loss\":", s.answered);
	if (s.answered == s.sent || s.answered == 0)
		str_add(o, s.answered == 0 ? "1" : "0");
	else
		str_add(o, "%.2f", (double)(s.sent - s.answered) /
		    (double)s.sent);
	if (s.n > 0)
		str_add(o, ", \"min\":%.3f, \"max\":%.3f, \"avg\":%.3f"
		    ", \"stddev\":%.3f", s.min, s.max, s.avg, s.stddev);
	if (s.dups > 0)
		number(o, "ndups", (int64_t)s.dups);
	if (s.errors > 0)
		number(o, "nerrs", (int64_t)s.errors);
	str_put(o, "}", 1);
}

static void
ping(struct pathexport *p, const struct pathset *set)
{
	const struct pathrow *r = &p->files->paths.row[set->row];
	int64_t wait_us = pathexport_meta_us(p, "interval");
	unsigned n = 0;

	head(p, set, "0.4", 0);
	start(&p->out, pathexport_start(p, set), false);
	number(&p->out, "ping_sent", set->nrows);
	number(&p->out, "probe_size", r->size);
	number(&p->out, "ttl", r->ttl);
	number(&p->out, "tos", r->tos);
	if (wait_us >= 0)
		number(&p->out, "wait", wait_us / 1000000);
	if (wait_us > 0 && wait_us % 1000000 != 0)
		number(&p->out, "wait_us", wait_us % 1000000);
	str_add(&p->out, ", \"responses\":[");
	for (unsigned i = 0; i < set->nrows; i++)
		if (r[i].answered) {
			if (n++ > 0)
				str_put(&p->out, ",", 1);
			response(p, &r[i], i);
		}
	str_put(&p->out, "],", 2);
	statistics(p, set);
	str_put(&p->out, "}\n", 2);
}

/* ---- tracelb ---- */

/* Members were written from at on, each after ", ": the first has none. */
static void
no_comma(struct str *o, size_t at)
{
	if (o->n < at + 2 || memcmp(o->s + at, ", ", 2) != 0)
		return;
	memmove(o->s + at, o->s + at + 2, o->n - at - 2);
	o->n -= 2;
}

static void
lb_probe(struct pathexport *p, const struct pathrow *r)
{
	size_t at;

	str_put(&p->out, "{", 1);
	if (r->sent != NUM_NONE && r->sent >= 0) {
		moment(&p->out, "tx", r->sent);
		str_put(&p->out, ", ", 2);
	}
	str_add(&p->out, "\"replyc\":1, \"ttl\":%u, \"attempt\":%u, "
	    "\"flowid\":%u, \"replies\":[{", r->ttl, r->attempt, r->flow);
	at = p->out.n;
	if (r->sent != NUM_NONE && r->rtt != NUM_NONE && r->sent >= 0) {
		str_put(&p->out, ", ", 2);
		moment(&p->out, "rx", r->sent + r->rtt);
	}
	number(&p->out, "ttl", r->rttl);
	rtt(&p->out, r->rtt);
	answer_kind(p, r, true);
	if (r->rx != 0)
		text(&p->out, "rx_node", paths_name(&p->files->paths, r->rx));
	no_comma(&p->out, at);
	str_add(&p->out, "}]}");
}

/* The flows at both of two nodes, however far apart; each call the next. */
static int
shared_flow(const struct pathexport *p, const struct pathset *set,
    const struct lbnode *from, const struct lbnode *to, uint32_t *i)
{
	const struct lbgraph *g = &p->graph;
	uint32_t a = (uint32_t)(from - g->node), b = (uint32_t)(to - g->node);

	for (; *i < set->n; (*i)++) {
		const uint32_t *of = &g->of[*i * g->stride];

		if (of[from->ttl] == a && of[to->ttl] == b)
			return p->files->paths.trace[set->trace +
			    (*i)++].flow;
	}
	return -1;
}

/* What one node answered to the flows that were at another before. */
static void
lb_end(struct pathexport *p, const struct pathset *set,
    const struct lbnode *from, const struct lbnode *to)
{
	const struct paths *x = &p->files->paths;
	char addr[ADDR_STRLEN];
	uint32_t i = 0;
	int flow, n = 0;

	if (to->star) {
		str_add(&p->out, "{\"addr\":\"*\"}");
		return;
	}
	str_add(&p->out, "{\"addr\":\"%s\", \"probes\":[",
	    addr_string(&to->addr, addr));
	while ((flow = shared_flow(p, set, from, to, &i)) != -1) {
		const struct pathcell *c = paths_cell(x, paths_trace(x, set,
		    (unsigned)flow), to->ttl);

		for (uint32_t k = 0; c != NULL && k < c->n; k++) {
			const struct pathrow *r = &x->row[c->row + k];

			if (!r->answered || addr_cmp(&r->from, &to->addr) != 0)
				continue;
			if (n++ > 0)
				str_put(&p->out, ",", 1);
			lb_probe(p, r);
		}
	}
	str_add(&p->out, "]}");
}

/*
 * The links of a node: what its flows found one hop on, and further on as
 * long as that was nothing.
 */
static void
lb_links(struct pathexport *p, const struct pathset *set,
    const struct lbnode *from)
{
	const struct lbgraph *g = &p->graph;
	unsigned seen = 0, found = 0;

	for (unsigned ttl = from->ttl + 1u; found == 0 && ttl <= g->last;
	    ttl++) {
		unsigned n = 0;

		for (uint32_t v = g->at[ttl]; v < g->at[ttl + 1]; v++) {
			uint32_t i = 0;

			if (shared_flow(p, set, from, &g->node[v], &i) == -1)
				continue;
			str_add(&p->out, n++ > 0 ? "," : seen++ > 0 ? ",[" :
			    "[");
			lb_end(p, set, from, &g->node[v]);
			found += !g->node[v].star;
		}
		if (n == 0)
			return;
		str_put(&p->out, "]", 1);
	}
}

/* Successors that answer; what is silent only is one. */
static unsigned
count_links(const struct lbgraph *g, const struct lbnode *v)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < v->nlinks; i++)
		n += !g->node[g->link[v->link + i].to].star;
	return n == 0 && v->nlinks > 0 ? 1 : n;
}

static void
tracelb(struct pathexport *p, const struct pathset *set)
{
	const struct paths *x = &p->files->paths;
	struct lbgraph *g = &p->graph;
	const struct pathrow *r = &x->row[set->row];
	unsigned first = 255, nodes = 0, links = 0, n = 0, most = 0;

	for (uint32_t i = 0; i < set->nrows; i++) {
		first = r[i].ttl < first ? r[i].ttl : first;
		most = r[i].attempt + 1u > most ? r[i].attempt + 1u : most;
	}
	lbgraph_build(g, x, set, first, 1);
	for (size_t i = 0; i < g->nnodes; i++) {
		bool real = !g->node[i].source && !g->node[i].star;

		nodes += real;
		links += real ? count_links(g, &g->node[i]) : 0;
	}
	head(p, set, "0.1", 0);
	start(&p->out, pathexport_start(p, set), true);
	number(&p->out, "probe_size", r->size);
	number(&p->out, "firsthop", first);
	number(&p->out, "attempts", most);
	number(&p->out, "confidence", pathexport_meta(p, "confidence"));
	number(&p->out, "tos", r->tos);
	number(&p->out, "gaplimit", pathexport_meta(p, "gap"));
	number(&p->out, "wait_timeout", pathexport_meta(p, "wait"));
	number(&p->out, "probec", set->nrows);
	number(&p->out, "nodec", nodes);
	number(&p->out, "linkc", links);
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct lbnode *v = &g->node[i];
		char addr[ADDR_STRLEN];

		if (v->source || v->star || v->nlinks == 0)
			continue;
		str_add(&p->out, n++ == 0 ? ", \"nodes\":[" : ",");
		str_add(&p->out, "{\"addr\":\"%s\", \"linkc\":%u, \"links\":[",
		    addr_string(&v->addr, addr), count_links(g, v));
		lb_links(p, set, v);
		str_add(&p->out, "]}");
	}
	str_add(&p->out, n > 0 ? "]}\n" : "}\n");
}

static void
set_of(struct pathexport *p, const struct pathset *set)
{
	const struct pathtrace *t = &p->files->paths.trace[set->trace];

	if (p->kind == PATH_PING)
		ping(p, set);
	else if (p->kind == PATH_TRACELB)
		tracelb(p, set);
	else
		for (uint32_t i = 0; i < set->n; i++)
			trace(p, set, &t[i]);
}

const struct pathformat export_scamper = {
	.name = "scamper",
	.doc = "scamper's JSON: trace, ping, tracelb",
	.set = set_of,
};
