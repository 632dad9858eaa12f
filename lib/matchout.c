#include "matchout.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static char *
put(char *p, const char *s, size_t n)
{
	memcpy(p, s, n);
	p[n] = '\t';
	return p + n + 1;
}

static char *
put_string(char *p, const char *s)
{
	return put(p, s, strlen(s));
}

static char *
put_none(char *p)
{
	*p++ = '-';
	*p++ = '\t';
	return p;
}

static char *
put_name(char *p, const struct intern *t, uint32_t id)
{
	return put(p, t->v[id].s, t->v[id].n);
}

/* A number + 1 of a string, 0: none. */
static char *
put_maybe(char *p, const struct intern *t, uint32_t id)
{
	return id == 0 ? put_none(p) : put_name(p, t, id - 1);
}

static char *
put_number(char *p, uint64_t u)
{
	p += num_format(u, p);
	*p++ = '\t';
	return p;
}

static char *
put_time(char *p, int64_t t)
{
	p += num_format_time(t, p);
	*p++ = '\t';
	return p;
}

static char *
put_addr(char *p, const struct addr *a)
{
	p += addr_format(a, p);
	*p++ = '\t';
	return p;
}

static char *
put_ms(char *p, int64_t ns)
{
	p += num_format_ms(ns, p);
	*p++ = '\t';
	return p;
}

static int
cmp_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every site, sorted by name; what does not fit a text column is left out. */
static char *
put_sites(char *p, const struct match *m, const struct matchprobe *b)
{
	const char **name, *start = p;
	size_t n = 0;

	if (b->nsites == 1)
		return put_name(p, &m->names->node, m->site[b->sites].node);
	name = mem_array(b->nsites, sizeof *name);
	for (uint32_t i = b->sites; i != 0; i = m->site[i].next)
		name[n++] = intern_string(&m->names->node, m->site[i].node);
	qsort(name, n, sizeof *name, cmp_strings);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(name[i]);

		if ((size_t)(p - start) + len + 2 > REC_FIELDLEN)
			break;
		if (i > 0)
			*p++ = ',';
		memcpy(p, name[i], len);
		p += len;
	}
	*p++ = '\t';
	free(name);
	return p;
}

/* rx to sites: what the replies say. */
static char *
put_reply(char *p, const struct match *m, const struct matchprobe *b,
    const struct addr *dst, int64_t *err)
{
	const struct matchreply *r = &b->first;
	bool same = memcmp(r->from, m->key, MATCHKEY_LEN) == 0;
	struct addr from = same ? *dst : matchkey_addr(r->from);
	int64_t rtt;

	p = b->verdict == VERDICT_MULTI ? put_none(p) :
	    put_name(p, &m->names->node, r->node);
	p = put_string(p, verdict_name(b->verdict));
	p = put_addr(p, &from);
	p = put_string(p, kind_name((enum kind)r->kind));
	rtt = match_rtt(m, b, err);
	if (rtt == NUM_NONE)
		*err = NUM_NONE;
	p = put_ms(p, rtt);
	p = r->has & HAS_RTTL ? put_number(p, r->rttl) : put_none(p);
	p = put_number(p, b->replies);
	return put_sites(p, m, b);
}

const char *const *
matchout_columns(bool all, bool err)
{
#define FEW	"hex", "dst", "tx", "rx", "verdict", "from", "kind", "rtt_ms", \
	"rttl", "replies", "sites", "sent_time", "auth", "round"
#define ALL	FEW, "reply_time", "src", "probe", "attempt", "ttl", "flow", \
	"icmp", "txt"
	static const char *const cols[][24] = {
		{ FEW, "icmp", NULL }, { ALL, NULL },
		{ FEW, "icmp", "rtt_err_ms", NULL },
		{ ALL, "rtt_err_ms", NULL },
	};

	return cols[2 * err + all];
}

static char *
put_icmp(char *p, const struct matchprobe *b)
{
	const struct matchreply *r = &b->first;

	if (b->verdict == VERDICT_NONE || !(r->has & HAS_ICMP))
		return put_none(p);
	p = put_number(p, r->icmp_type);
	p[-1] = '/';
	return put_number(p, r->icmp_code);
}

/* hex to auth: what results and hops have in common. */
static char *
put_result(char *p, const struct match *m, const struct matchprobe *b,
    int64_t *err)
{
	static const char silent[] = "-\tnone\t-\t-\t-\t-\t0\t-\t";
	struct addr dst = matchkey_addr(m->key);
	bool some = b->verdict != VERDICT_NONE;

	p += addr_format_hex(&dst, p);
	*p++ = '\t';
	p = put_addr(p, &dst);
	p = put_name(p, &m->names->node, b->s.node);
	if (some)
		p = put_reply(p, m, b, &dst, err);
	else {
		memcpy(p, silent, sizeof silent - 1);
		p += sizeof silent - 1;
	}
	p = put_time(p, b->s.time);
	return some ? put_string(p, auth_name((enum auth)b->first.auth)) :
	    put_none(p);
}

static size_t
end_line(char *p, const char *out)
{
	p[-1] = '\n';
	return (size_t)(p - out);
}

size_t
matchout_line(const struct match *m, const struct matchprobe *b, bool all,
    char *out)
{
	const struct matchreply *r = &b->first;
	const struct matchorigin *o = &m->names->origin[b->s.origin];
	bool some = b->verdict != VERDICT_NONE;
	int64_t err = NUM_NONE;
	char *p = put_result(out, m, b, &err);

	p = b->s.has_round ? put_number(p, b->s.round) : put_none(p);
	if (all) {
		p = some ? put_time(p, r->time) : put_none(p);
		p = put_addr(p, &o->src);
		p = put_name(p, &m->names->type, o->type);
		p = put_number(p, b->s.attempt);
		p = put_number(p, b->s.ttl);
		p = put_number(p, b->s.flow);
	}
	p = put_icmp(p, b);
	if (all)
		p = put_maybe(p, &m->names->txt, some ? r->txt : 0);
	if (m->offsets != NULL)
		p = put_ms(p, err);
	return end_line(p, out);
}

/* A number that is there or not. */
static char *
put_some(char *p, bool there, uint64_t u)
{
	return there ? put_number(p, u) : put_none(p);
}

/* sport to options: how the probe differs from its origin's others. */
static char *
put_how(char *p, const struct matchnames *t, uint32_t id)
{
	struct matchhow h = { 0 };

	if (id != 0)
		memcpy(&h, intern_string(&t->how, id - 1), sizeof h);
	p = put_some(p, h.has & HOW_SPORT, h.sport);
	p = put_some(p, h.has & HOW_DPORT, h.dport);
	p = put_some(p, h.has & HOW_TOS, h.tos);
	p = put_some(p, h.has & HOW_SIZE, h.size);
	return put_maybe(p, &t->options, h.options);
}

size_t
matchout_hop(const struct match *m, const struct matchprobe *b,
    const char *mods, const char *qclass, char *out)
{
	static const struct matchreply silent;
	const struct matchorigin *o = &m->names->origin[b->s.origin];
	bool some = b->verdict != VERDICT_NONE;
	const struct matchreply *r = some ? &b->first : &silent;
	int64_t err = NUM_NONE;
	char *p = put_result(out, m, b, &err);

	p = put_number(p, b->s.ttl);
	p = put_number(p, b->s.flow);
	p = put_number(p, b->s.attempt);
	p = put_some(p, r->qhas & QHAS_QTTL, r->qttl);
	p = put_some(p, r->qhas & QHAS_QLEN, r->qlen);
	p = put_maybe(p, &m->names->ext, r->ext);
	p = put_string(p, mods);
	p = put_string(p, qclass);
	p = put_some(p, r->qhas & QHAS_QTOS, r->qtos);
	p = put_some(p, r->qhas & QHAS_RTOS, r->rtos);
	p = put_ms(p, err);
	p = put_some(p, b->s.has_round, b->s.round);
	p = some ? put_time(p, r->time) : put_none(p);
	p = put_addr(p, &o->src);
	p = put_name(p, &m->names->type, o->type);
	p = put_icmp(p, b);
	p = put_maybe(p, &m->names->txt, r->txt);
	p = put_how(p, m->names, b->s.how);
	return end_line(p, out);
}
