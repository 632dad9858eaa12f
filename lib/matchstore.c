#include "matchstore.h"

#include <stddef.h>
#include <string.h>

/* What is stored of IPv4: no more of addresses than there is. */
struct sent4 {
	uint8_t		key[4];
	uint8_t		ttl, attempt, round, has_round;
	uint16_t	origin, node, flow, pad;
	int64_t		time;
};

struct reply4 {
	uint8_t		key[4], from[4];
	uint8_t		has, kind, auth, ttl, attempt, round, rttl, icmp_type;
	int64_t		time, tx_time;
	uint16_t	tx, node, origin, flow;
	uint8_t		icmp_code, qttl, qtos, rtos;
	uint32_t	txt;
};

/* For hops. */
struct hopsent4 {
	struct sent4	s;
	uint32_t	how, pad;
};

struct hopreply4 {
	struct reply4	r;
	uint64_t	quote;
	uint32_t	ext;
	uint16_t	qlen;
	uint8_t		qhas, pad;
};

struct matchpack {
	size_t	 size, size4;
	int	 (*cmp)(const void *, const void *, const void *);
	int	 (*cmp4)(const void *, const void *, const void *);
	void	 (*pack)(void *to, const void *from);
	void	 (*unpack)(void *to, const void *from);
};

static void
pack_sent(void *to, const void *from)
{
	const struct matchsent *s = from;
	struct sent4 *t = to;

	memcpy(t->key, s->key, sizeof t->key);
	t->ttl = s->ttl;
	t->attempt = s->attempt;
	t->round = s->round;
	t->has_round = s->has_round;
	t->origin = s->origin;
	t->node = s->node;
	t->flow = s->flow;
	t->time = s->time;
}

static void
unpack_sent(void *to, const void *from)
{
	const struct sent4 *s = from;
	struct matchsent *t = to;

	*t = (struct matchsent){ .ttl = s->ttl, .attempt = s->attempt,
	    .round = s->round, .has_round = s->has_round, .origin = s->origin,
	    .node = s->node, .flow = s->flow, .time = s->time };
	memcpy(t->key, s->key, sizeof s->key);
}

static void
pack_reply(void *to, const void *from)
{
	const struct matchreply *r = from;
	struct reply4 *t = to;

	*t = (struct reply4){ .has = r->has, .kind = r->kind,
	    .auth = r->auth, .ttl = r->ttl, .attempt = r->attempt,
	    .round = r->round, .rttl = r->rttl, .icmp_type = r->icmp_type,
	    .time = r->time, .tx_time = r->tx_time, .tx = r->tx,
	    .node = r->node, .origin = r->origin, .flow = r->flow,
	    .icmp_code = r->icmp_code, .qttl = r->qttl, .qtos = r->qtos,
	    .rtos = r->rtos, .txt = r->txt };
	memcpy(t->key, r->key, sizeof t->key);
	memcpy(t->from, r->from, sizeof t->from);
}

static void
unpack_reply(void *to, const void *from)
{
	const struct reply4 *r = from;
	struct matchreply *t = to;

	*t = (struct matchreply){ .has = r->has, .kind = r->kind,
	    .auth = r->auth, .ttl = r->ttl, .attempt = r->attempt,
	    .round = r->round, .rttl = r->rttl, .icmp_type = r->icmp_type,
	    .time = r->time, .tx_time = r->tx_time, .tx = r->tx,
	    .node = r->node, .origin = r->origin, .flow = r->flow,
	    .icmp_code = r->icmp_code, .qttl = r->qttl, .qtos = r->qtos,
	    .rtos = r->rtos, .txt = r->txt };
	memcpy(t->key, r->key, sizeof r->key);
	memcpy(t->from, r->from, sizeof r->from);
}

static void
pack_hopsent(void *to, const void *from)
{
	struct hopsent4 *t = to;

	pack_sent(&t->s, from);
	t->how = ((const struct matchsent *)from)->how;
}

static void
unpack_hopsent(void *to, const void *from)
{
	const struct hopsent4 *s = from;

	unpack_sent(to, &s->s);
	((struct matchsent *)to)->how = s->how;
}

static void
pack_hopreply(void *to, const void *from)
{
	const struct matchreply *r = from;
	struct hopreply4 *t = to;

	pack_reply(&t->r, r);
	t->quote = r->quote;
	t->ext = r->ext;
	t->qlen = r->qlen;
	t->qhas = r->qhas;
}

static void
unpack_hopreply(void *to, const void *from)
{
	const struct hopreply4 *r = from;
	struct matchreply *t = to;

	unpack_reply(t, &r->r);
	t->quote = r->quote;
	t->ext = r->ext;
	t->qlen = r->qlen;
	t->qhas = r->qhas;
}

static int
cmp_sent4(const void *a, const void *b, const void *names)
{
	struct matchsent x, y;

	unpack_sent(&x, a);
	unpack_sent(&y, b);
	return matchsent_cmp(&x, &y, names);
}

static int
cmp_reply4(const void *a, const void *b, const void *names)
{
	struct matchreply x, y;

	unpack_reply(&x, a);
	unpack_reply(&y, b);
	return matchreply_cmp(&x, &y, names);
}

static int
cmp_hopsent4(const void *a, const void *b, const void *names)
{
	struct matchsent x, y;

	unpack_hopsent(&x, a);
	unpack_hopsent(&y, b);
	return matchsent_cmp(&x, &y, names);
}

static int
cmp_hopreply4(const void *a, const void *b, const void *names)
{
	struct matchreply x, y;

	unpack_hopreply(&x, a);
	unpack_hopreply(&y, b);
	return matchhop_cmp(&x, &y, names);
}

const struct matchpack matchpack_sent = { sizeof(struct matchsent),
    sizeof(struct sent4), matchsent_cmp, cmp_sent4, pack_sent, unpack_sent };
const struct matchpack matchpack_reply = {
    offsetof(struct matchreply, quote), sizeof(struct reply4),
    matchreply_cmp, cmp_reply4, pack_reply, unpack_reply };
const struct matchpack matchpack_hopsent = { sizeof(struct matchsent),
    sizeof(struct hopsent4), matchsent_cmp, cmp_hopsent4, pack_hopsent,
    unpack_hopsent };
const struct matchpack matchpack_hopreply = { sizeof(struct matchreply),
    sizeof(struct hopreply4), matchhop_cmp, cmp_hopreply4, pack_hopreply,
    unpack_hopreply };

void
matchstore_open(struct matchstore *t, const struct matchpack *pack,
    const struct matchnames *names, struct matchsort_budget *budget,
    const char *tmpdir)
{
	memset(t, 0, sizeof *t);
	t->pack = pack;
	t->v4 = matchsort_open(pack->size4, 4, pack->cmp4, names, budget,
	    tmpdir);
	t->v6 = matchsort_open(pack->size, MATCHKEY_LEN, pack->cmp, names,
	    budget, tmpdir);
}

void
matchstore_close(struct matchstore *t)
{
	matchsort_close(t->v4);
	matchsort_close(t->v6);
}

int
matchstore_add(struct matchstore *t, const void *rec)
{
	bool v6 = ((const uint8_t *)rec)[4] != 0;	/* both begin with key */
	void *p = matchsort_add(v6 ? t->v6 : t->v4);

	if (p == NULL)
		return -1;
	if (v6)
		memcpy(p, rec, t->pack->size);
	else
		t->pack->pack(p, rec);
	return 0;
}

int
matchstore_done(struct matchstore *t)
{
	return matchsort_done(t->v4) == -1 || matchsort_done(t->v6) == -1 ?
	    -1 : 0;
}

const void *
matchstore_next(struct matchstore *t)
{
	uint8_t key[MATCHKEY_LEN] = { 0 };
	const void *r;

	if (!t->began) {
		t->next4 = matchsort_next(t->v4);
		t->next6 = matchsort_next(t->v6);
		t->began = true;
	}
	if (t->next4 != NULL && t->next6 != NULL)
		memcpy(key, t->next4, 4);
	if (t->next4 != NULL && (t->next6 == NULL ||
	    memcmp(key, t->next6, MATCHKEY_LEN) < 0)) {
		t->pack->unpack(&t->out, t->next4);
		t->next4 = matchsort_next(t->v4);
		return &t->out;
	}
	if ((r = t->next6) == NULL)
		return NULL;
	memcpy(&t->out, r, t->pack->size);
	t->next6 = matchsort_next(t->v6);
	return &t->out;
}

int
matchstore_error(const struct matchstore *t)
{
	return matchsort_error(t->v4) != 0 ? matchsort_error(t->v4) :
	    matchsort_error(t->v6);
}

int
matchstore_rewind(struct matchstore *t)
{
	t->began = false;
	return matchsort_rewind(t->v4) == -1 || matchsort_rewind(t->v6) == -1 ?
	    -1 : 0;
}

uint64_t
matchstore_count(const struct matchstore *t)
{
	return matchsort_count(t->v4) + matchsort_count(t->v6);
}
