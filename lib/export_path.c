#include "export_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "mem.h"

const char *const path_kinds[PATH_KINDS] = {
	[PATH_PING] = "ping", [PATH_TRACE] = "trace",
	[PATH_TRACELB] = "tracelb",
};

const struct pathformat *const path_formats[] = {
	&export_scamper, &export_atlas, &export_dot, NULL
};

int
pathexport_open(struct pathexport *p, const char *kind)
{
	const char *is = hopfiles_meta(p->files, "paths");
	int i = 0;

	if (kind == NULL)
		kind = is == NULL || strcmp(is, "tracebox") == 0 ? "trace" :
		    is;
	while (i < PATH_KINDS && strcmp(path_kinds[i], kind) != 0)
		i++;
	if (i == PATH_KINDS)
		return -1;
	p->kind = (enum pathkind)i;
	if (p->how->begin != NULL)
		p->how->begin(p);
	return 0;
}

void
pathexport_target(struct pathexport *p)
{
	const struct paths *t = &p->files->paths;

	for (size_t i = 0; i < t->nsets; i++)
		p->how->set(p, &t->set[i]);
}

void
pathexport_close(struct pathexport *p)
{
	if (p->how->end != NULL)
		p->how->end(p);
}

void
pathexport_free(struct pathexport *p)
{
	str_free(&p->out);
	lbgraph_free(&p->graph);
	intern_free(&p->nodes);
	intern_free(&p->edges);
	free(p->count);
}

int64_t
pathexport_meta(const struct pathexport *p, const char *key)
{
	const char *s = hopfiles_meta(p->files, key);
	uint64_t v;

	return s == NULL || num_parse(&v, s, strlen(s), INT32_MAX) == -1 ?
	    -1 : (int64_t)v;
}

int64_t
pathexport_meta_us(const struct pathexport *p, const char *key)
{
	const char *s = hopfiles_meta(p->files, key);
	double v;

	return s == NULL || num_parse_real(&v, s, strlen(s)) == -1 || v < 0 ||
	    v > INT32_MAX ? -1 : llround(v * 1e6);
}

/* The number after " sport=" and the like in an origin's line. */
static int64_t
origin_number(const char *line, const char *key)
{
	const char *s = strstr(line, key);
	uint64_t v;

	if (s == NULL)
		return -1;
	s += strlen(key);
	return num_parse(&v, s, strcspn(s, " "), 65535) == -1 ? -1 :
	    (int64_t)v;
}

/* Is the line that of an origin that may have sent the set? */
static bool
origin_fits(const struct pathexport *p, const struct pathset *set,
    const struct metaline *l, struct addr *src)
{
	const char *probe = paths_name(&p->files->paths, set->probe);
	const char *s, *t;

	if (strncmp(l->key, "origin.", 7) != 0 ||
	    (s = strstr(l->value, "src=")) == NULL ||
	    (t = strstr(l->value, " probe=")) == NULL ||
	    addr_parse(src, s + 4, strcspn(s + 4, " ")) == -1 ||
	    src->v != p->files->paths.dst.v)
		return false;
	t += 7;
	if (set->probe != 0 && (strlen(probe) != strcspn(t, " ") ||
	    strncmp(probe, t, strlen(probe)) != 0))
		return false;
	return set->src.v == 0 || addr_cmp(&set->src, src) == 0;
}

struct pathorigin
pathexport_origin(const struct pathexport *p, const struct pathset *set)
{
	const struct pathrow *r = &p->files->paths.row[set->row];
	struct pathorigin o = { set->src, r->sport, r->dport };
	bool found = false;

	for (size_t i = 0; i < p->files->n; i++) {
		const struct meta *m = &p->files->f[i].in.meta;

		for (size_t k = 0; k < m->n && !found; k++) {
			const char *line = m->line[k].value;
			struct addr src;

			if (!origin_fits(p, set, &m->line[k], &src))
				continue;
			found = true;
			o.src = src;
			if (o.sport == -1)
				o.sport = origin_number(line, " sport=");
			if (o.dport == -1)
				o.dport = origin_number(line, " dport=");
		}
	}
	return o;
}

bool
pathexport_is(const struct pathexport *p, uint32_t word, const char *s)
{
	return strcmp(paths_name(&p->files->paths, word), s) == 0;
}

struct pathicmp
pathexport_icmp(const struct pathexport *p, const struct pathrow *r)
{
	struct pathicmp i = { -1, -1 };
	const char *s = paths_name(&p->files->paths, r->icmp);
	char more;

	if (pathexport_is(p, r->kind, "echo"))
		return (struct pathicmp){ r->from.v == 6 ? 129 : 0, 0 };
	if (sscanf(s, "%3d/%3d%c", &i.type, &i.code, &more) != 2 ||
	    i.type < 0 || i.type > 255 || i.code < 0 || i.code > 255)
		return (struct pathicmp){ -1, -1 };
	return i;
}

int
pathexport_tcpflags(const struct pathexport *p, const struct pathrow *r)
{
	enum { SYN = 2, RST = 4, ACK = 16 };

	if (pathexport_is(p, r->kind, "synack"))
		return SYN | ACK;
	if (!pathexport_is(p, r->kind, "rst"))
		return -1;
	return pathexport_is(p, r->probe, "syn") ? RST | ACK : RST;
}

size_t
pathexport_labels(const struct pathexport *p, const struct pathrow *r,
    struct pathlabel v[], size_t max)
{
	const char *s = paths_text(&p->files->paths, r->mpls);
	size_t n = 0;

	for (; n < max; s += strcspn(s, ","), s += *s == ',') {
		struct pathlabel *l = &v[n];
		int used = 0;

		if (*s == '\0')
			break;
		if (sscanf(s, "%7u:%1u:%1u:%3u%n", &l->label, &l->tc, &l->s,
		    &l->ttl, &used) == 4 && (s[used] == ',' || s[used] == '\0') &&
		    l->label < 1 << 20 && l->tc < 8 && l->s < 2 &&
		    l->ttl < 256)
			n++;
	}
	return n;
}

void
pathexport_addr(struct str *o, const char *key, const struct addr *a)
{
	char s[ADDR_STRLEN];

	if (a->v != 0)
		str_add(o, ",\"%s\":\"%s\"", key, addr_string(a, s));
}

struct pathstats
pathexport_stats(const struct pathexport *p, const struct pathset *set)
{
	const struct pathrow *row = &p->files->paths.row[set->row];
	struct pathstats s = { .sent = set->nrows };
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < set->nrows; i++) {
		const struct pathrow *r = &row[i];
		double rtt = (double)r->rtt / 1e6;

		s.answered += r->reached;
		s.errors += r->answered && !r->reached;
		if (r->reached && r->replies > 1)
			s.dups += (size_t)r->replies - 1;
		if (!r->reached || r->rtt == NUM_NONE)
			continue;
		s.min = s.n == 0 || rtt < s.min ? rtt : s.min;
		s.max = s.n == 0 || rtt > s.max ? rtt : s.max;
		sum += rtt;
		squares += rtt * rtt;
		s.n++;
	}
	if (s.n > 0) {
		s.avg = sum / (double)s.n;
		s.stddev = sqrt(fmax(0, squares / (double)s.n -
		    s.avg * s.avg));
	}
	return s;
}

rec_time
pathexport_start(const struct pathexport *p, const struct pathset *set)
{
	const struct pathrow *row = &p->files->paths.row[set->row];
	rec_time first = NUM_NONE;

	for (uint32_t i = 0; i < set->nrows; i++)
		if (row[i].sent != NUM_NONE &&
		    (first == NUM_NONE || row[i].sent < first))
			first = row[i].sent;
	return first;
}
