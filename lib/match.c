#include "match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const char *const names[VERDICT_MAX] = {
	"none", "unreach", "late", "alias", "ok", "multi"
};

const char *
verdict_name(enum verdict v)
{
	return names[v];
}

int
verdict_find(const char *s, size_t n)
{
	for (int v = 0; v < VERDICT_MAX; v++)
		if (strlen(names[v]) == n && memcmp(names[v], s, n) == 0)
			return v;
	return -1;
}

void
match_init(struct match *m, struct matchnames *t, int64_t late_ns,
    int min_auth)
{
	memset(m, 0, sizeof *m);
	m->names = t;
	m->late_ns = late_ns;
	m->min_auth = min_auth;
}

void
match_free(struct match *m)
{
	free(m->probe);
	free(m->site);
	free(m->range);
	intern_free(&m->cross);
}

void
match_begin(struct match *m, const uint8_t key[static MATCHKEY_LEN])
{
	memcpy(m->key, key, MATCHKEY_LEN);
	m->nprobes = m->nlogged = m->nranges = 0;
	m->nsites = 1;
}

static struct matchprobe *
add(struct match *m, const struct matchsent *s)
{
	struct matchprobe *p;

	if (m->nprobes == m->cap) {
		m->cap = m->cap == 0 ? 16 : m->cap * 2;
		m->probe = mem_grow(m->probe, m->cap, sizeof *m->probe);
	}
	p = &m->probe[m->nprobes++];
	p->s = *s;
	p->replies = 0;
	p->verdict = VERDICT_NONE;
	p->sites = p->nsites = 0;
	return p;
}

/* Probes come sorted, so those of one origin stand together. */
void
match_probe(struct match *m, const struct matchsent *s)
{
	add(m, s);
	m->n.sent++;
	m->nlogged++;
	if (m->nranges == 0 || m->range[m->nranges - 1].origin != s->origin) {
		if (m->nranges == m->rangecap) {
			m->rangecap = m->rangecap * 2 + 4;
			m->range = mem_grow(m->range, m->rangecap,
			    sizeof *m->range);
		}
		m->range[m->nranges].origin = s->origin;
		m->range[m->nranges++].from = m->nprobes - 1;
	}
	m->range[m->nranges - 1].to = m->nprobes;
}

/* Can this be the probe the reply is to?  Time is looked at elsewhere. */
static bool
fits(const struct match *m, const struct matchsent *s,
    const struct matchreply *r)
{
	uint32_t node;

	if (s->origin != r->origin ||
	    ((r->has & HAS_ATTEMPT) && s->attempt != r->attempt) ||
	    ((r->has & HAS_TTL) && s->ttl != r->ttl) ||
	    ((r->has & HAS_FLOW) && s->flow != r->flow))
		return false;
	if (!(r->has & HAS_TX))
		return true;
	node = m->names->number[r->tx];
	return node == INTERN_NONE ? !m->names->numbered[s->node] :
	    node == s->node;
}

/* How many in [lo, hi) are of this attempt or a lower one, up to a time. */
static size_t
upto(const struct match *m, size_t lo, size_t hi, uint8_t attempt, int64_t t)
{
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct matchsent *s = &m->probe[mid].s;

		if (s->attempt < attempt ||
		    (s->attempt == attempt && s->time <= t))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* For hops: the last of this ttl, flow and attempt up to a time, or -1. */
static long
hop_upto(const struct match *m, size_t lo, size_t hi,
    const struct matchreply *r, int64_t t)
{
	size_t from = lo;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct matchsent *s = &m->probe[mid].s;
		int c;

		if ((c = s->ttl - r->ttl) == 0 && (c = s->flow - r->flow) == 0)
			c = s->attempt - r->attempt;
		if (c < 0 || (c == 0 && s->time <= t))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == from ? -1 : (long)lo - 1;
}

/* Is s one of those among which hop_upto looked? */
static bool
same_hop(const struct matchsent *s, const struct matchreply *r)
{
	return s->ttl == r->ttl && s->flow == r->flow &&
	    s->attempt == r->attempt;
}

/*
 * As find_logged, of the origin's probes [from, to) in the order of hops.
 * One that its own sender's clock has as sent after the reply is taken only
 * if there is no other.
 */
static struct matchprobe *
find_hop(struct match *m, const struct matchreply *r, size_t from, size_t to)
{
	bool exact = r->has & HAS_TX_TIME;
	int64_t t = exact ? r->tx_time : r->time + MATCH_SKEW_NS;
	struct matchprobe *early = NULL;

	for (long i = hop_upto(m, from, to, r, t); i >= (long)from &&
	    same_hop(&m->probe[i].s, r); i--) {
		struct matchprobe *p = &m->probe[i];

		if (exact && p->s.time != t)
			break;
		if (!fits(m, &p->s, r))
			continue;
		if (p->s.node != r->node || p->s.time <= r->time)
			return p;
		early = p;
	}
	return early;
}

/*
 * For hops: does a reply that leaves open which of two probes it is to name
 * another hop with the other?
 */
static bool
other_hop(const struct match *m, const struct matchsent *a,
    const struct matchsent *b)
{
	return m->names->hops && (a->ttl != b->ttl || a->flow != b->flow ||
	    a->attempt != b->attempt);
}

/*
 * The probe that carried exactly this time; or, when the reply does not say
 * when, the nearest one sent before it arrived.  Vague is set when there are
 * several, at different hops.
 */
static struct matchprobe *
find_logged(struct match *m, const struct matchreply *r, bool *vague)
{
	bool exact = r->has & HAS_TX_TIME, attempt = r->has & HAS_ATTEMPT;
	int64_t t = exact ? r->tx_time : r->time + MATCH_SKEW_NS;
	struct matchprobe *best = NULL;
	size_t k = 0, i;

	while (k < m->nranges && m->range[k].origin != r->origin)
		k++;
	if (k == m->nranges)
		return NULL;
	i = m->range[k].to;
	if (m->names->hops && (r->has & HAS_HOP) == HAS_HOP)
		return find_hop(m, r, m->range[k].from, i);
	attempt = attempt && !m->names->hops;	/* not sorted by it */
	if (attempt)
		i = upto(m, m->range[k].from, i, r->attempt, t);
	while (i-- > m->range[k].from) {
		struct matchprobe *p = &m->probe[i];

		if (attempt && (p->s.attempt != r->attempt ||
		    (exact && p->s.time != t)))
			break;
		if (!fits(m, &p->s, r) || p->s.time > t ||
		    (exact && p->s.time != t))
			continue;
		if (best != NULL && other_hop(m, &p->s, &best->s)) {
			*vague = true;
			return NULL;
		}
		if (best == NULL || p->s.time > best->s.time)
			best = p;
		if (attempt)
			break;		/* within an attempt sorted by time */
	}
	return best;
}

/* Was there such a probe, but only after this reply? */
static bool
sent_later(const struct match *m, const struct matchreply *r)
{
	if (r->has & HAS_TX_TIME)
		return r->time < r->tx_time - MATCH_SKEW_NS;
	for (size_t i = 0; i < m->nlogged; i++)
		if (fits(m, &m->probe[i].s, r) &&
		    m->probe[i].s.time > r->time + MATCH_SKEW_NS)
			return true;
	return false;
}

/* An authentic reply is proof enough that its probe was sent. */
static struct matchprobe *
find_unlogged(struct match *m, const struct matchreply *r)
{
	struct matchsent s = { .time = r->tx_time, .ttl = r->ttl,
	    .attempt = r->attempt, .round = r->round, .origin = r->origin,
	    .flow = r->flow, .has_round = (r->has & HAS_ROUND) != 0,
	    .unlogged = 1 };
	char number[NUM_STRLEN];
	uint32_t node;

	if (r->auth != AUTH_MAC64 || !(r->has & HAS_TX_TIME))
		return NULL;
	for (size_t i = m->nlogged; i < m->nprobes; i++)
		if (m->probe[i].s.time == r->tx_time &&
		    fits(m, &m->probe[i].s, r))
			return &m->probe[i];
	if ((node = m->names->number[r->tx]) == INTERN_NONE) {
		long id = matchnames_node(m->names, number,
		    num_format(r->tx, number));

		node = m->names->number[r->tx] = id == -1 ? 0 : (uint32_t)id;
	}
	s.node = (uint16_t)node;
	memcpy(s.key, m->key, sizeof s.key);
	m->n.unlogged++;
	return add(m, &s);
}

static bool
direct(const struct matchreply *r)
{
	return r->kind == KIND_ECHO || r->kind == KIND_DNS ||
	    r->kind == KIND_RST || r->kind == KIND_SYNACK;
}

bool
match_suspect(const struct matchreply *r)
{
	return direct(r) && memcmp(r->from, r->key, MATCHKEY_LEN) != 0;
}

static size_t
cross_key(char *out, const uint8_t key[static MATCHKEY_LEN], uint16_t origin)
{
	memcpy(out, key, MATCHKEY_LEN);
	memcpy(out + MATCHKEY_LEN, &origin, sizeof origin);
	return MATCHKEY_LEN + sizeof origin;
}

static bool
crosstarget(const struct match *m, const struct matchreply *r)
{
	char key[MATCHKEY_LEN + 2];

	return m->cross.n > 0 && match_suspect(r) && intern_find(&m->cross, key,
	    cross_key(key, r->from, r->origin)) != INTERN_NONE;
}

static enum verdict
judge(const struct match *m, const struct matchsent *s,
    const struct matchreply *r)
{
	if (r->time - s->time > m->late_ns)
		return VERDICT_LATE;
	if (!direct(r))
		return VERDICT_UNREACH;
	return memcmp(r->from, r->key, MATCHKEY_LEN) == 0 ? VERDICT_OK :
	    VERDICT_ALIAS;
}

static void
add_site(struct match *m, struct matchprobe *p, uint16_t node)
{
	for (uint32_t i = p->sites; i != 0; i = m->site[i].next)
		if (m->site[i].node == node)
			return;
	if (m->nsites >= m->sitecap) {
		m->sitecap = m->sitecap * 2 + 16;
		m->site = mem_grow(m->site, m->sitecap, sizeof *m->site);
	}
	m->site[m->nsites].node = node;
	m->site[m->nsites].next = p->sites;
	p->sites = (uint32_t)m->nsites++;
	p->nsites++;
}

void
match_reply(struct match *m, const struct matchreply *r)
{
	struct matchprobe *p = NULL;
	bool early = (r->has & HAS_TX_TIME) && sent_later(m, r), vague = false;
	enum verdict v;

	m->n.replies++;
	if (r->auth < m->min_auth) {
		m->n.weak++;
		return;
	}
	if (crosstarget(m, r)) {
		m->n.crosstarget++;
		return;
	}
	if (!early && (p = find_logged(m, r, &vague)) == NULL && !vague)
		p = find_unlogged(m, r);
	if (p == NULL) {
		if (vague)
			m->n.vague++;
		else if (early || sent_later(m, r))
			m->n.future++;
		else
			m->n.unsent++;
		return;
	}
	if (p->replies++ == 0)
		m->n.used++;
	else
		m->n.dup++;
	v = judge(m, &p->s, r);
	if (v > p->verdict) {
		p->verdict = v;
		p->first = *r;
		p->sites = p->nsites = 0;
	}
	if (v == p->verdict)
		add_site(m, p, r->node);
}

int64_t
match_rtt(const struct match *m, const struct matchprobe *p, int64_t *err_ns)
{
	int64_t rtt = p->first.time - p->s.time, offset;

	*err_ns = NUM_NONE;
	if (p->verdict == VERDICT_MULTI)
		return NUM_NONE;
	if (p->first.node == p->s.node)
		return rtt;
	if (m->offsets == NULL || offsets_find(m->offsets, p->first.node,
	    p->s.node, p->first.time, &offset, err_ns) == -1)
		return NUM_NONE;
	return rtt - offset > 0 ? rtt - offset : NUM_NONE;
}

static void
count_rtt(struct match *m, const struct matchprobe *p)
{
	int64_t err, rtt = match_rtt(m, p, &err);

	if (p->verdict == VERDICT_NONE || p->verdict == VERDICT_MULTI)
		return;
	if (err == NUM_NONE)
		*(rtt == NUM_NONE ? &m->rtts.unknown : &m->rtts.own) += 1;
	else
		*(rtt == NUM_NONE ? &m->rtts.impossible : &m->rtts.offset) += 1;
}

/* The order of result files: origin, attempt, time; for hops another. */
static int
cmp_probes(const void *a, const void *b, void *arg)
{
	const struct matchprobe *x = a, *y = b;

	return matchsent_cmp(&x->s, &y->s, arg);
}

/* The same in everything but time. */
static bool
same_probe(const struct matchsent *a, const struct matchsent *b)
{
	return a->origin == b->origin && a->node == b->node &&
	    a->attempt == b->attempt && a->ttl == b->ttl &&
	    a->flow == b->flow && a->round == b->round;
}

/*
 * A sender that was killed, or a site that was not listening, makes that a
 * probe is sent again.  The one with the stronger verdict stands for all;
 * the first of equals, of silent ones the last.
 */
static void
merge(struct match *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nprobes; i++) {
		struct matchprobe *p = &m->probe[i], *q = NULL;

		for (size_t k = n; k-- > 0 && q == NULL &&
		    m->probe[k].s.attempt == p->s.attempt &&
		    (!m->names->hops || m->probe[k].s.ttl == p->s.ttl);)
			if (same_probe(&m->probe[k].s, &p->s))
				q = &m->probe[k];
		if (q == NULL) {
			m->probe[n++] = *p;
			continue;
		}
		m->n.resent++;
		p->replies += q->replies;
		if (p->verdict > q->verdict || q->verdict == VERDICT_NONE)
			*q = *p;
		q->replies = p->replies;
	}
	m->nprobes = n;
}

void
match_end(struct match *m)
{
	if (m->nlogged < m->nprobes)
		qsort_r(m->probe, m->nprobes, sizeof *m->probe, cmp_probes,
		    m->names);
	for (size_t i = 0; i < m->nprobes; i++)
		if (m->probe[i].verdict == VERDICT_OK &&
		    m->probe[i].nsites > 1)
			m->probe[i].verdict = VERDICT_MULTI;
	if (m->merge && m->nprobes > 1)
		merge(m);
	for (size_t i = 0; i < m->nprobes; i++)
		switch (m->probe[i].verdict) {
		case VERDICT_OK:	m->n.ok++; break;
		case VERDICT_ALIAS:	m->n.alias++; break;
		case VERDICT_MULTI:	m->n.multi++; break;
		case VERDICT_LATE:	m->n.late++; break;
		case VERDICT_UNREACH:	m->n.unreach++; break;
		default:		m->n.none++; break;
		}
	for (size_t i = 0; i < m->nprobes && (m->offsets != NULL ||
	    m->names->hops); i++)
		count_rtt(m, &m->probe[i]);
}

int
matchcross_cmp(const void *x, const void *y, const void *arg)
{
	(void)x;
	(void)y;
	(void)arg;
	return 0;
}

int
match_cross(struct match *m, struct matchstore *sent,
    struct matchsort *suspects)
{
	const struct matchcross *c = matchsort_next(suspects);
	const struct matchsent *s = matchstore_next(sent);
	char key[MATCHKEY_LEN + 2];

	while (c != NULL && s != NULL) {
		int d = memcmp(c->key, s->key, MATCHKEY_LEN);

		if (d < 0) {
			c = matchsort_next(suspects);
			continue;
		}
		if (d == 0)
			intern_add(&m->cross, key,
			    cross_key(key, s->key, s->origin));
		s = matchstore_next(sent);
	}
	if ((errno = matchstore_error(sent)) != 0 ||
	    (errno = matchsort_error(suspects)) != 0)
		return -1;
	return matchstore_rewind(sent);
}

int
match_all(struct match *m, struct matchstore *sent,
    struct matchstore *replies,
    int (*each)(void *, const struct match *, const struct matchprobe *),
    void *arg)
{
	const struct matchsent *s = matchstore_next(sent);
	const struct matchreply *r = matchstore_next(replies);

	while (s != NULL || r != NULL) {
		match_begin(m, r == NULL || (s != NULL &&
		    memcmp(s->key, r->key, MATCHKEY_LEN) < 0) ? s->key :
		    r->key);
		while (s != NULL && memcmp(s->key, m->key, MATCHKEY_LEN) == 0) {
			match_probe(m, s);
			s = matchstore_next(sent);
		}
		while (r != NULL && memcmp(r->key, m->key, MATCHKEY_LEN) == 0) {
			match_reply(m, r);
			r = matchstore_next(replies);
		}
		match_end(m);
		for (size_t i = 0; i < m->nprobes; i++)
			if (each(arg, m, &m->probe[i]) == -1)
				return -1;
	}
	errno = matchstore_error(sent) != 0 ? matchstore_error(sent) :
	    matchstore_error(replies);
	return errno == 0 ? 0 : -1;
}
