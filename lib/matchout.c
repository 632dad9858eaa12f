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
    const struct addr *dst)
{
	const struct matchreply *r = &b->first;
	bool same = memcmp(r->from, m->key, MATCHKEY_LEN) == 0;
	struct addr from = same ? *dst : matchkey_addr(r->from);

	p = b->verdict == VERDICT_MULTI ? put_none(p) :
	    put_name(p, &m->names->node, r->node);
	p = put_string(p, verdict_name(b->verdict));
	p = put_addr(p, &from);
	p = put_string(p, kind_name((enum kind)r->kind));
	if (r->node == b->s.node && b->verdict != VERDICT_MULTI) {
		p += num_format_ms(r->time - b->s.time, p);
		*p++ = '\t';
	} else
		p = put_none(p);
	p = r->has & HAS_RTTL ? put_number(p, r->rttl) : put_none(p);
	p = put_number(p, b->replies);
	return put_sites(p, m, b);
}

const char *const *
matchout_columns(bool all)
{
	static const char *const few[] = { "hex", "dst", "tx", "rx", "verdict",
	    "from", "kind", "rtt_ms", "rttl", "replies", "sites", "sent_time",
	    "auth", "round", "icmp", NULL };

	return all ? NULL : few;
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

size_t
matchout_line(const struct match *m, const struct matchprobe *b, bool all,
    char *out)
{
	static const char silent[] = "-\tnone\t-\t-\t-\t-\t0\t-\t";
	const struct matchreply *r = &b->first;
	const struct matchorigin *o = &m->names->origin[b->s.origin];
	struct addr dst = matchkey_addr(m->key);
	bool some = b->verdict != VERDICT_NONE;
	char *p = out;

	p += addr_format_hex(&dst, p);
	*p++ = '\t';
	p = put_addr(p, &dst);
	p = put_name(p, &m->names->node, b->s.node);
	if (some)
		p = put_reply(p, m, b, &dst);
	else {
		memcpy(p, silent, sizeof silent - 1);
		p += sizeof silent - 1;
	}
	p = put_time(p, b->s.time);
	p = some ? put_string(p, auth_name((enum auth)r->auth)) : put_none(p);
	p = b->s.has_round ? put_number(p, b->s.round) : put_none(p);
	if (!all) {
		p = put_icmp(p, b);
		p[-1] = '\n';
		return (size_t)(p - out);
	}
	p = some ? put_time(p, r->time) : put_none(p);
	p = put_addr(p, &o->src);
	p = put_name(p, &m->names->type, o->type);
	p = put_number(p, b->s.attempt);
	p = put_number(p, b->s.ttl);
	p = put_number(p, b->s.flow);
	p = put_icmp(p, b);
	p = some && r->txt != 0 ? put_name(p, &m->names->txt, r->txt - 1) :
	    put_none(p);
	p[-1] = '\n';
	return (size_t)(p - out);
}
