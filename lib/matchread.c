#include "matchread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

const char *const *
matchread_sentcols(bool hops)
{
	static const char *const plain[] = { "time", "node", "probe", "src",
	    "dst", "ttl", "flow", "attempt", "round", NULL };
	static const char *const all[] = { "time", "node", "probe", "src",
	    "dst", "ttl", "flow", "attempt", "round", "sport", "dport", "tos",
	    "size", "options", NULL };

	return hops ? all : plain;
}

#define PLAIN	"time", "node", "kind", "from", "to", "probe", "tx",	\
	"tx_time", "dst", "ttl", "flow", "attempt", "auth", "rttl",	\
	"icmp", "round", "txt"
#define QUOTED	"rtos", "qttl", "qtos", "qlen", "mpls"

const char *const *
matchread_replycols(bool hops, bool key)
{
	static const char *const plain[] = { PLAIN, NULL };
	static const char *const quotes[] = { PLAIN, "quote", NULL };
	static const char *const hop[] = { PLAIN, QUOTED, NULL };
	static const char *const all[] = { PLAIN, QUOTED, "quote", NULL };

	return hops ? key ? all : hop : key ? quotes : plain;
}

void
matchread_init(struct matchread *r, struct matchnames *names,
    const struct key *key)
{
	memset(r, 0, sizeof *r);
	r->names = names;
	r->key = key;
}

void
matchread_free(struct matchread *r)
{
	free(r->origins);
	free(r->list.v);
}

static int
bad(struct matchread *r, const char *what, struct span v)
{
	snprintf(r->err, sizeof r->err, "bad %s: %.*s", what,
	    v.n > 80 ? 80 : (int)v.n, v.s);
	return -1;
}

static bool
missing(struct span v)
{
	return v.n == 1 && v.s[0] == '-';
}

static bool
known(const struct memo *m, const char *s, size_t n)
{
	return m->n == n && memcmp(m->s, s, n) == 0;
}

static long
remember(struct memo *m, const char *s, size_t n, long id)
{
	if (n > sizeof m->s)
		return id;
	memcpy(m->s, s, n);
	m->n = n;
	return m->id = id;
}

/* A name: printable ASCII without space, as everywhere in records. */
static bool
is_word(struct span v)
{
	if (v.n > 255 || missing(v))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.s[i] <= ' ' || v.s[i] >= 0x7f)
			return false;
	return true;
}

static long
node(struct matchread *r, struct span v)
{
	if (known(&r->node, v.s, v.n))
		return r->node.id;
	if (!is_word(v))
		return -1;
	return remember(&r->node, v.s, v.n,
	    matchnames_node(r->names, v.s, v.n));
}

/* Source address and probe type, one number. */
static long
origin(struct matchread *r, struct span src, struct span type)
{
	char both[ADDR_STRLEN + 256];
	struct addr a;

	if (src.n >= ADDR_STRLEN || !is_word(type))
		return -1;
	memcpy(both, src.s, src.n);
	both[src.n] = ' ';
	memcpy(both + src.n + 1, type.s, type.n);
	if (known(&r->origin, both, src.n + 1 + type.n))
		return r->origin.id;
	if (addr_parse(&a, src.s, src.n) == -1)
		return -1;
	return remember(&r->origin, both, src.n + 1 + type.n,
	    matchnames_origin(r->names, &a, type.s, type.n));
}

static long
kind(struct matchread *r, struct span v)
{
	if (known(&r->kind, v.s, v.n))
		return r->kind.id;
	for (int k = KIND_ECHO; k <= KIND_OTHER; k++)
		if (strlen(kind_name((enum kind)k)) == v.n &&
		    memcmp(kind_name((enum kind)k), v.s, v.n) == 0)
			return remember(&r->kind, v.s, v.n, k);
	return -1;
}

static long
auth(struct matchread *r, struct span v)
{
	char name[16];

	if (known(&r->auth, v.s, v.n))
		return r->auth.id;
	if (v.n >= sizeof name)
		return -1;
	memcpy(name, v.s, v.n);
	name[v.n] = '\0';
	return remember(&r->auth, v.s, v.n, auth_find(name));
}

/* A number up to max; missing is 0 and adds no flag.  -1 if neither. */
static int
number(struct span v, uint64_t max, unsigned flag, uint64_t *out, uint8_t *has)
{
	*out = 0;
	if (missing(v))
		return 0;
	*has |= (uint8_t)flag;
	return num_parse(out, v.s, v.n, max);
}

/* The number + 1 of a string that may be missing; -1: bad. */
static long
string(struct matchread *r, struct memo *memo, struct intern *in, size_t max,
    struct span v)
{
	if (missing(v))
		return 0;
	if (v.n >= max)
		return -1;
	if (known(memo, v.s, v.n))
		return memo->id;
	for (size_t i = 0; i < v.n; i++)
		if (v.s[i] <= ' ' || v.s[i] >= 0x7f)
			return -1;
	return remember(memo, v.s, v.n,
	    (long)matchnames_add(r->names, in, v.s, v.n));
}

/* How the probe differs from its origin's others; nearly always, not. */
static int
read_how(struct matchread *r, const struct span v[], struct matchsent *s)
{
	static const struct {
		int		 at;
		uint64_t	 max;
		uint8_t		 flag;
		const char	*name;
	} col[] = {
		{ at_sent_sport, UINT16_MAX, HOW_SPORT, "sport" },
		{ at_sent_dport, UINT16_MAX, HOW_DPORT, "dport" },
		{ at_sent_size, UINT16_MAX, HOW_SIZE, "size" },
		{ at_sent_tos, UINT8_MAX, HOW_TOS, "tos" },
	};
	struct matchhow h = { 0 };
	uint64_t u[4];
	long id;

	for (int i = 0; i < 4; i++)
		if (number(v[col[i].at], col[i].max, col[i].flag, &u[i],
		    &h.has) == -1)
			return bad(r, col[i].name, v[col[i].at]);
	if ((id = string(r, &r->options, &r->names->options, 256,
	    v[at_sent_options])) == -1)
		return bad(r, "options", v[at_sent_options]);
	h.sport = (uint16_t)u[0];
	h.dport = (uint16_t)u[1];
	h.size = (uint16_t)u[2];
	h.tos = (uint8_t)u[3];
	h.options = (uint32_t)id;
	if (h.has == 0 && h.options == 0)
		return 0;
	if (known(&r->how, (const char *)&h, sizeof h))
		s->how = (uint32_t)r->how.id;
	else
		s->how = (uint32_t)remember(&r->how, (const char *)&h,
		    sizeof h, (long)matchnames_add(r->names, &r->names->how,
		    &h, sizeof h));
	return 0;
}

int
matchread_sent(struct matchread *r, const struct span v[], struct matchsent *s)
{
	struct span dst = v[at_sent_dst], at = v[at_sent_time];
	struct addr a;
	uint64_t u = 0;
	uint8_t has = 0;
	long id;

	if (addr_parse(&a, dst.s, dst.n) == -1)
		return bad(r, "dst", dst);
	matchkey_set(s->key, &a);
	if (num_parse_time(&s->time, at.s, at.n) == -1)
		return bad(r, "time", at);
	if ((id = node(r, v[at_sent_node])) == -1)
		return bad(r, "node", v[at_sent_node]);
	s->node = (uint16_t)id;
	if ((id = origin(r, v[at_sent_src], v[at_sent_probe])) == -1)
		return bad(r, "src or probe", v[at_sent_src]);
	s->origin = (uint16_t)id;
	if (number(v[at_sent_ttl], 255, 0, &u, &has) == -1)
		return bad(r, "ttl", v[at_sent_ttl]);
	s->ttl = (uint8_t)u;
	if (number(v[at_sent_attempt], 255, 0, &u, &has) == -1)
		return bad(r, "attempt", v[at_sent_attempt]);
	s->attempt = (uint8_t)u;
	if (number(v[at_sent_flow], 65535, 0, &u, &has) == -1)
		return bad(r, "flow", v[at_sent_flow]);
	s->flow = (uint16_t)u;
	if (number(v[at_sent_round], 255, 1, &u, &s->has_round) == -1)
		return bad(r, "round", v[at_sent_round]);
	s->round = (uint8_t)u;
	return r->hops ? read_how(r, v, s) : 0;
}

/* ---- offline authentication ---- */

/* The origins that the metadata read so far tells of. */
static void
learn_origins(struct matchread *r, const struct meta *m)
{
	struct originopts o = { 0 };
	char err[128];
	int n;

	if (m->n == r->nmeta)
		return;
	r->nmeta = m->n;
	r->norigins = 0;
	r->list.n = 0;
	for (size_t i = 0; i < m->n; i++) {
		bool seen = strncmp(m->line[i].key, "origin.", 7) != 0;

		for (size_t k = 0; !seen && k < r->list.n; k++)
			seen = strcmp(r->list.v[k], m->line[i].value) == 0;
		if (seen)
			continue;
		r->list.v = mem_grow(r->list.v, r->list.n + 1,
		    sizeof *r->list.v);
		r->list.v[r->list.n++] = m->line[i].value;
	}
	if (r->list.n == 0)
		return;
	if (r->origins == NULL)
		r->origins = mem_array(ORIGIN_MAX, sizeof *r->origins);
	o.list = r->list;
	if ((n = origin_parse(r->origins, &o, err)) > 0)
		r->norigins = (size_t)n;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

static void
take_ask(struct matchreply *p, const struct answer *a)
{
	matchkey_set(p->key, &a->ask.dst);
	p->has &= HAS_RTTL | HAS_ICMP;
	p->auth = (uint8_t)a->auth;
	p->kind = (uint8_t)a->kind;
	if (a->ask.tx_ns != NUM_NONE) {
		p->has |= HAS_TX_TIME;
		p->tx_time = a->ask.tx_ns;
	}
	if (a->ask.node != 0) {
		p->has |= HAS_TX;
		p->tx = a->ask.node;
	}
	p->flow = a->ask.flow;
	p->has |= HAS_FLOW;
	if (a->has_ask) {
		p->has |= HAS_TTL | HAS_ATTEMPT;
		p->ttl = a->ask.ttl;
		p->attempt = a->ask.attempt;
	}
	if (a->auth == AUTH_MAC64) {
		p->has |= HAS_ROUND;
		p->round = a->ask.round;
	}
}

/* The bytes of a quote. */
static int
unhex(struct matchread *r, struct span v, uint8_t packet[static QUOTE_MAX])
{
	if (v.n % 2 != 0 || v.n / 2 > QUOTE_MAX)
		return bad(r, "quote", v);
	for (size_t i = 0; i < v.n / 2; i++) {
		int hi = hex_digit(v.s[2 * i]), lo = hex_digit(v.s[2 * i + 1]);

		if (hi == -1 || lo == -1)
			return bad(r, "quote", v);
		packet[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

static int
keep(struct matchread *r, const uint8_t *quote, size_t n, struct matchreply *p)
{
	if (r->quotes == NULL || n == 0)
		return 0;
	return (p->quote = spool_add(r->quotes, quote, n)) == 0 ? -2 : 0;
}

/* What the quote itself says, and its extensions. */
static void
take_quote(struct matchread *r, const struct answer *a, struct matchreply *p)
{
	rec_text t;

	p->qhas |= QHAS_QLEN | QHAS_QTTL | QHAS_QTOS;
	p->qlen = (uint16_t)a->qlen;
	p->qttl = (uint8_t)a->qttl;
	p->qtos = (uint8_t)a->qtos;
	if (*a->mpls != '\0') {
		text_set(&t, a->mpls, strlen(a->mpls));
		p->ext = matchnames_add(r->names, &r->names->ext, t.s, t.n);
	}
}

/* The packet is in the quote: match it again, with the key.  1: rejected. */
static int
authenticate(struct matchread *r, const uint8_t *packet, size_t n,
    const struct meta *meta, struct matchreply *p)
{
	struct expect ex = { .key = r->key };
	struct answer a;
	enum reject why;

	learn_origins(r, meta);
	ex.origins = r->origins;
	ex.n = r->norigins;
	why = probe_match(&ex, cur_init(packet, n), p->time, &a);
	if (why != REJ_OK) {
		r->rejected[why]++;
		return 1;
	}
	take_ask(p, &a);
	if (!r->hops || a.qlen == -1)
		return 0;
	take_quote(r, &a, p);
	return keep(r, a.quote, a.quote_len, p);
}

/* The quote column: a whole packet, or what an ICMP error quoted. */
static int
read_quote(struct matchread *r, struct span v, const struct meta *meta,
    struct matchreply *p)
{
	uint8_t packet[QUOTE_MAX];

	if (missing(v) || (p->auth != AUTH_NONE && r->quotes == NULL))
		return 0;
	if (unhex(r, v, packet) == -1)
		return -1;
	return p->auth == AUTH_NONE ?
	    authenticate(r, packet, v.n / 2, meta, p) :
	    keep(r, packet, v.n / 2, p);
}

static int
read_icmp(struct span v, struct matchreply *p)
{
	const char *slash;
	uint64_t type, code;

	if (missing(v))
		return 0;
	if ((slash = memchr(v.s, '/', v.n)) == NULL ||
	    num_parse(&type, v.s, (size_t)(slash - v.s), 255) == -1 ||
	    num_parse(&code, slash + 1, (size_t)(v.s + v.n - slash - 1),
	    255) == -1)
		return -1;
	p->has |= HAS_ICMP;
	p->icmp_type = (uint8_t)type;
	p->icmp_code = (uint8_t)code;
	return 0;
}

static int
read_txt(struct matchread *r, struct span v, struct matchreply *p)
{
	long id = string(r, &r->txt, &r->names->txt, REC_FIELDLEN, v);

	p->txt = id == -1 ? 0 : (uint32_t)id;
	return id == -1 ? -1 : 0;
}

/* What hops want, too. */
static int
read_quoted(struct matchread *r, const struct span v[], struct matchreply *p)
{
	uint64_t u;
	long id;

	if (number(v[at_reply_rtos], 255, QHAS_RTOS, &u, &p->qhas) == -1)
		return bad(r, "rtos", v[at_reply_rtos]);
	p->rtos = (uint8_t)u;
	if (number(v[at_reply_qttl], 255, QHAS_QTTL, &u, &p->qhas) == -1)
		return bad(r, "qttl", v[at_reply_qttl]);
	p->qttl = (uint8_t)u;
	if (number(v[at_reply_qtos], 255, QHAS_QTOS, &u, &p->qhas) == -1)
		return bad(r, "qtos", v[at_reply_qtos]);
	p->qtos = (uint8_t)u;
	if (number(v[at_reply_qlen], UINT16_MAX, QHAS_QLEN, &u, &p->qhas) == -1)
		return bad(r, "qlen", v[at_reply_qlen]);
	p->qlen = (uint16_t)u;
	if ((id = string(r, &r->ext, &r->names->ext, REC_FIELDLEN,
	    v[at_reply_mpls])) == -1)
		return bad(r, "mpls", v[at_reply_mpls]);
	p->ext = (uint32_t)id;
	return 0;
}

/* What the reply says of the probe. */
static int
read_ask(struct matchread *r, const struct span v[], struct matchreply *p)
{
	uint64_t u;

	if (number(v[at_reply_tx], 65535, HAS_TX, &u, &p->has) == -1)
		return bad(r, "tx", v[at_reply_tx]);
	p->tx = (uint16_t)u;
	if (number(v[at_reply_ttl], 255, HAS_TTL, &u, &p->has) == -1)
		return bad(r, "ttl", v[at_reply_ttl]);
	p->ttl = (uint8_t)u;
	if (number(v[at_reply_flow], 65535, HAS_FLOW, &u, &p->has) == -1)
		return bad(r, "flow", v[at_reply_flow]);
	p->flow = (uint16_t)u;
	if (number(v[at_reply_attempt], 255, HAS_ATTEMPT, &u, &p->has) == -1)
		return bad(r, "attempt", v[at_reply_attempt]);
	p->attempt = (uint8_t)u;
	if (number(v[at_reply_round], 255, HAS_ROUND, &u, &p->has) == -1)
		return bad(r, "round", v[at_reply_round]);
	p->round = (uint8_t)u;
	if (missing(v[at_reply_tx_time]))
		return 0;
	p->has |= HAS_TX_TIME;
	if (num_parse_time(&p->tx_time, v[at_reply_tx_time].s,
	    v[at_reply_tx_time].n) == -1)
		return bad(r, "tx_time", v[at_reply_tx_time]);
	return 0;
}

/* Where it came from, and the target: the sender, if it does not say. */
static int
read_addrs(struct matchread *r, const struct span v[], struct matchreply *p)
{
	struct span from = v[at_reply_from], dst = v[at_reply_dst];
	struct addr a;

	if (addr_parse(&a, from.s, from.n) == -1)
		return bad(r, "from", from);
	matchkey_set(p->from, &a);
	if (missing(dst) || (dst.n == from.n &&
	    memcmp(dst.s, from.s, dst.n) == 0)) {
		memcpy(p->key, p->from, sizeof p->key);
		return 0;
	}
	if (addr_parse(&a, dst.s, dst.n) == -1 ||
	    (a.v == 6) != (p->from[4] != 0))
		return bad(r, "dst", dst);
	matchkey_set(p->key, &a);
	return 0;
}

int
matchread_reply(struct matchread *r, const struct span v[],
    const struct meta *meta, struct matchreply *p)
{
	struct span at = v[at_reply_time];
	uint64_t u;
	long id;

	if (num_parse_time(&p->time, at.s, at.n) == -1)
		return bad(r, "time", at);
	if ((id = node(r, v[at_reply_node])) == -1)
		return bad(r, "node", v[at_reply_node]);
	p->node = (uint16_t)id;
	if ((id = kind(r, v[at_reply_kind])) == -1)
		return bad(r, "kind", v[at_reply_kind]);
	p->kind = (uint8_t)id;
	if ((id = auth(r, v[at_reply_auth])) == -1)
		return bad(r, "auth", v[at_reply_auth]);
	p->auth = (uint8_t)id;
	if ((id = origin(r, v[at_reply_to], v[at_reply_probe])) == -1)
		return bad(r, "to or probe", v[at_reply_to]);
	p->origin = (uint16_t)id;
	if (read_addrs(r, v, p) == -1 || read_ask(r, v, p) == -1)
		return -1;
	if (number(v[at_reply_rttl], 255, HAS_RTTL, &u, &p->has) == -1)
		return bad(r, "rttl", v[at_reply_rttl]);
	p->rttl = (uint8_t)u;
	if (read_icmp(v[at_reply_icmp], p) == -1)
		return bad(r, "icmp", v[at_reply_icmp]);
	if (read_txt(r, v[at_reply_txt], p) == -1)
		return bad(r, "txt", v[at_reply_txt]);
	if (r->hops && read_quoted(r, v, p) == -1)
		return -1;
	return r->key == NULL ? 0 : read_quote(r, v[at_reply_quote], meta, p);
}
