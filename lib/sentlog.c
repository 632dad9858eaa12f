#include "sentlog.h"

#include <string.h>

void
sentlog_cols(unsigned extra, const char *cols[static SENTLOG_COLS])
{
	static const char *const all[] = { "time", "node", "probe", "src",
	    "dst", "ttl", "flow", "attempt", "round" };
	static const char *const more[] = { "sport", "dport", "tos", "size",
	    "options" };
	size_t n = 0;

	for (; n < sizeof(all) / sizeof(all[0]); n++)
		cols[n] = all[n];
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if ((extra & 1u << i) != 0)
			cols[n++] = more[i];
	cols[n] = NULL;
}

void
sentlog_init(struct sentlog *l, struct recout *out, const char *node,
    unsigned extra)
{
	*l = (struct sentlog){ .out = out, .node = node, .extra = extra };
}

static size_t
put(char *out, size_t at, const char *s)
{
	size_t n = strlen(s);

	memcpy(out + at, s, n);
	out[at + n] = '\t';
	return at + n + 1;
}

/* "time node probe src ", with tabs. */
static void
set_before(struct sentlog *l, const struct origin *o, int64_t tx_ns)
{
	size_t n = num_format_time(tx_ns, l->before);

	l->before[n++] = '\t';
	n = put(l->before, n, l->node);
	n = put(l->before, n, probe_name(o->probe));
	n += addr_format(&o->src, l->before + n);
	l->before[n++] = '\t';
	l->nbefore = n;
	l->origin = o;
	l->tx_ns = tx_ns;
}

/* What the template has beyond its origin's type. */
static size_t
put_extra(const struct sentlog *l, const struct origin *o, char *out)
{
	const int64_t v[] = { o->sport, o->dport, o->tos, o->size };
	size_t n = 0, k;

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if ((l->extra & 1u << i) == 0)
			continue;
		out[n++] = '\t';
		n += num_format_int(v[i] == 0 && 1u << i != SENTLOG_TOS ?
		    NUM_NONE : v[i], out + n);
	}
	if ((l->extra & SENTLOG_OPTIONS) == 0)
		return n;
	out[n++] = '\t';
	k = tcpopt_format(&o->tcp, out + n);
	if (k == 0)
		out[n + k++] = '-';
	return n + k;
}

/* " ttl flow attempt round ...\n", with tabs. */
static void
set_after(struct sentlog *l, const struct tmpl *t, const struct ask *a)
{
	const uint64_t v[] = { a->ttl, a->flow, a->attempt, a->round };
	size_t n = 0;

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		l->after[n++] = '\t';
		n += num_format(v[i], l->after + n);
	}
	if (l->extra != 0)
		n += put_extra(l, &t->origin, l->after + n);
	l->after[n++] = '\n';
	l->nafter = n;
	l->serial = t->serial;
	l->ask = *a;
}

int
sentlog_write(struct sentlog *l, const struct origin *o, const struct tmpl *t,
    const struct ask *a)
{
	char line[sizeof(l->before) + ADDR_STRLEN + sizeof(l->after)];
	size_t n;

	if (o != l->origin || a->tx_ns != l->tx_ns)
		set_before(l, o, a->tx_ns);
	if (l->nafter == 0 || a->ttl != l->ask.ttl || a->flow != l->ask.flow ||
	    a->attempt != l->ask.attempt || a->round != l->ask.round ||
	    t->serial != l->serial)
		set_after(l, t, a);
	memcpy(line, l->before, l->nbefore);
	n = l->nbefore;
	n += addr_format(&a->dst, line + n);
	memcpy(line + n, l->after, l->nafter);
	return recout_line(l->out, line, n + l->nafter);
}
