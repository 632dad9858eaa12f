/* world - what becomes of a probe */

#include "world.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "hops.h"
#include "truth.h"

const struct faultinfo faults[F_MAX] = {
	[F_DUP] =	{ "dup", 0.02, "answers 2 to 9 times" },
	[F_MANY] =	{ "many", 0.0002, "answers thousands of times" },
	[F_ALIAS] =	{ "alias", 0.01, "answers from another address" },
	[F_LATE] =	{ "late", 0.01, "answers after the late limit" },
	[F_MULTI] =	{ "multi", 0.01, "one answer each at two sites" },
	[F_UNREACH] =	{ "unreach", 0.02, "unreachable, all of it quoted" },
	[F_UNREACH8] =	{ "unreach8", 0.02, "unreachable, 8 bytes quoted" },
	[F_EXCEEDED] =	{ "exceeded", 0.01, "time exceeded" },
	[F_MIXED] =	{ "mixed", 0.01, "an error or alias, then the answer" },
	[F_LOSS] =	{ "loss", 0.01, "probe or answer lost" },
	[F_FLIP] =	{ "flip", 0.05, "catchment moves in mid-run" },
	[F_FORGED] =	{ "forged", 0.05, "right shape, wrong tag" },
	[F_CROSS] =	{ "cross", 0.02, "answer coming from another target" },
	[F_REPLAYED] =	{ "replayed", 0.02, "answer of an earlier run" },
	[F_TRUNCATED] =	{ "truncated", 0.02, "answer cut short" },
	[F_CORRUPTED] =	{ "corrupted", 0.02, "answer with a bit flipped" },
	[F_FOREIGN] =	{ "foreign", 0.02, "nothing to do with us" },
	[F_FRAGMENT] =	{ "fragment", 0.01, "part of an answer" },
};

/* What random numbers are for: one stream each. */
enum salt { S_ANSWER, S_CLASS, S_SITE, S_FLIP, S_LOSS, S_RTT, S_FORM, S_EXTRA };

#define MS	INT64_C(1000000)
#define LATER	(500 * MS)	/* beyond the limit, to be sure */

struct recorded {
	struct {
		uint8_t	**p;		/* length, 2 bytes, and packet */
		size_t	 n;
	}	 of[KINDS];
};

unsigned
world_kind(const struct seen *s)
{
	return (unsigned)s->type * 2 + (s->alen == 16);
}

void
world_kind_name(unsigned kind, char out[static 16])
{
	snprintf(out, 16, "%s%c", ptype_name[kind / 2], "46"[kind % 2]);
}

static struct rnd
rnd_for(const struct world *w, enum salt salt, const uint8_t *p, size_t n)
{
	return rnd_seed(w->seed, salt, p, n);
}

/* The site that answers of a block (/24, /48) arrive at to begin with. */
static unsigned
home(const struct world *w, const uint8_t *dst, size_t alen)
{
	struct rnd r = rnd_for(w, S_SITE, dst, alen == 4 ? 3 : 6);
	double total = 0, at;
	unsigned i;

	for (i = 0; i < w->nsites; i++)
		total += w->site[i].weight;
	at = rnd_unit(&r) * total;
	for (i = 0; i < w->nsites - 1 && at >= w->site[i].weight; i++)
		at -= w->site[i].weight;
	return i;
}

/* And just now. */
static unsigned
catchment(const struct world *w, const uint8_t *dst, size_t alen)
{
	struct rnd f = rnd_for(w, S_FLIP, dst, alen == 4 ? 3 : 6);
	unsigned i = home(w, dst, alen);

	if (w->flip_after != 0 && w->probes > w->flip_after &&
	    w->nsites > 1 && rnd_unit(&f) < w->rate[F_FLIP])
		i = (i + 1 + rnd_below(&f, w->nsites - 1)) % w->nsites;
	return i;
}

/* The file a later run may replay: type and family, length, packet. */
static void
save(struct world *w, const struct plan *p, const struct ev *e)
{
	uint8_t head[3] = { (uint8_t)p->kind };

	if (w->save == NULL || w->save_max == 0)
		return;
	w->save_max--;
	put16(head + 1, (unsigned)e->len);
	if (fwrite(head, 3, 1, w->save) != 1 ||
	    fwrite(e->ip, e->len, 1, w->save) != 1)
		err(3, "saved replies");
}

void
world_replay(struct world *w, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t head[3];

	if (f == NULL)
		err(2, "%s", path);
	if ((w->recorded = calloc(1, sizeof *w->recorded)) == NULL)
		err(2, "%s", path);
	while (fread(head, 3, 1, f) == 1) {
		size_t n = get16(head + 1), k = head[0];
		uint8_t *p = malloc(2 + FRAME_MAX);

		if (p == NULL || k >= KINDS || n > FRAME_MAX - 14 ||
		    fread(p + 2, n, 1, f) != 1)
			errx(2, "%s: not a file of saved replies", path);
		memcpy(p, head + 1, 2);
		size_t have = w->recorded->of[k].n;
		uint8_t **v = realloc(w->recorded->of[k].p,
		    (have + 1) * sizeof *v);
		if (v == NULL)
			err(2, "%s", path);
		v[have] = p;
		w->recorded->of[k].p = v;
		w->recorded->of[k].n++;
	}
	fclose(f);
}

static void
finish(struct world *w, struct plan *p)
{
	if (--p->refs > 0)
		return;
	if (w->truth != NULL)
		truth_row(w, p);
	free(p);
}

/* A reply leaves: note when and where, and whether that is too late. */
static void
note_reply(struct world *w, struct ev *e, unsigned site, int64_t now)
{
	struct plan *p = e->plan;
	bool late = now - p->rx_ns > w->late_ns;
	int role = late ? AS_LATE : e->role;

	w->genuine[p->kind]++;
	if (p->role[role].n++ == 0) {
		p->role[role].site = site;
		p->role[role].ns = now;
		if (role != e->role) {
			memcpy(p->role[role].from, p->role[e->role].from, 16);
			p->role[role].said = p->role[e->role].said;
		}
	}
	if (role == AS_OK)
		p->sites |= UINT64_C(1) << site;
	if (e->role == AS_OK)
		save(w, p, e);
}

/* One copy leaves. */
static void
emit(struct world *w, struct ev *e, int64_t now)
{
	struct plan *p = e->plan;
	unsigned site = e->site >= 0 ? (unsigned)e->site :
	    catchment(w, p->addr + p->alen, p->alen);

	ring_put(w->site[site].ring, e->ip, e->len, e->pad);
	w->site[site].sent++;
	if (e->site == -1 && site != home(w, p->addr + p->alen, p->alen))
		w->planted[p->kind][F_FLIP]++;
	e->copies--;
	e->due += e->gap;
	if (e->role >= AS_EXTRA)
		w->planted[p->kind][e->role - AS_EXTRA]++;
	else
		note_reply(w, e, site, now);
}

size_t
world_run(struct world *w, int64_t now)
{
	struct ev *e;
	size_t n = 0;

	while ((e = wheel_take(w->wheel, now)) != NULL) {
		emit(w, e, now);
		n++;
		if (e->copies > 0) {
			wheel_add(w->wheel, e);
			continue;
		}
		finish(w, e->plan);
		free(e);
	}
	if (n > 0)
		w->last_ns = now;
	for (unsigned i = 0; i < w->nsites; i++)
		ring_flush(w->site[i].ring);
	return n;
}

/* Plan one packet, delay after the probe came in; the caller may change it. */
static struct ev *
plan_packet(struct plan *p, int role, const uint8_t *ip,
    size_t len, int64_t delay)
{
	struct ev *e = malloc(sizeof *e + len);

	if (e == NULL)
		err(2, "memory");
	*e = (struct ev){ .due = p->rx_ns + delay, .plan = p, .copies = 1,
	    .site = -1, .role = role, .pad = true, .len = len };
	memcpy(e->ip, ip, len);
	p->refs++;
	return e;
}

/* Round trips: a floor per target, mostly near the minimum, and jitter. */
static int64_t
delay_of(const struct world *w, const struct seen *s)
{
	struct rnd r = rnd_for(w, S_RTT, s->dst, s->alen);
	double span = (double)(w->rtt_max_ns - w->rtt_min_ns), u = rnd_unit(&r);

	r.s ^= (uint64_t)s->rx_ns;
	return w->rtt_min_ns + (int64_t)(span * (0.95 * u * u * u +
	    0.05 * rnd_unit(&r)));
}

/* Is an answer from another address tied to this probe at all? */
static bool
alias_counts(const struct seen *s)
{
	return wire_has_payload(s->type);
}

static void
add_alias(struct world *w, struct plan *p, const struct seen *s, struct rnd r,
    int64_t delay)
{
	uint8_t out[FRAME_MAX], from[16];
	struct said said;
	int role = alias_counts(s) ? AS_ALIAS : AS_EXTRA + F_ALIAS;
	size_t len;

	reply_alias(s, from);
	len = reply_answer(s, from, r, out, &said);
	if (role == AS_ALIAS) {
		memcpy(p->role[AS_ALIAS].from, from, 16);
		p->role[AS_ALIAS].said = said;
	}
	wheel_add(w->wheel, plan_packet(p, role, out, len, delay));
}

static void
add_error(struct world *w, struct plan *p, const struct seen *s, struct rnd r,
    enum fault f, int64_t delay)
{
	uint8_t out[FRAME_MAX];
	size_t len = reply_error(s, f == F_EXCEEDED, f == F_UNREACH8, r, out,
	    &p->role[AS_ERROR].said, p->role[AS_ERROR].from);

	wheel_add(w->wheel, plan_packet(p, AS_ERROR, out, len, delay));
}

static void
add_answer(struct world *w, struct plan *p, const struct seen *s, struct rnd r,
    int cls, int64_t delay)
{
	uint8_t out[FRAME_MAX];
	int role = cls == F_LATE ? AS_LATE : AS_OK;
	struct said said;
	size_t len = reply_answer(s, s->dst, r, out, &said);
	struct ev *e;
	unsigned at = catchment(w, s->dst, s->alen);

	memcpy(p->role[role].from, s->dst, s->alen);
	p->role[role].said = said;
	if (cls == F_LATE)
		delay += w->late_ns + LATER;
	e = plan_packet(p, role, out, len, delay);
	e->gap = MS / 2;
	if (cls == F_DUP)
		e->copies = 2 + rnd_below(&r, 8);
	if (cls == F_MANY)
		e->copies = w->many;
	wheel_add(w->wheel, e);
	if (cls != F_MULTI || w->nsites < 2)
		return;
	delay += (1 + rnd_below(&r, 20)) * MS;
	e = plan_packet(p, AS_OK, out, len, delay);
	e->site = (int)((at + 1 + rnd_below(&r, w->nsites - 1)) % w->nsites);
	wheel_add(w->wheel, e);
}

/* What a target that answers does, by its class; F_CLASSES: just answers. */
static void
respond(struct world *w, struct plan *p, const struct seen *s, int cls)
{
	struct rnd r = rnd_for(w, S_FORM, s->dst, s->alen);
	int64_t delay = delay_of(w, s);

	switch (cls) {
	case F_ALIAS:
		add_alias(w, p, s, r, delay);
		return;
	case F_UNREACH: case F_UNREACH8: case F_EXCEEDED:
		add_error(w, p, s, r, (enum fault)cls, delay);
		return;
	case F_MIXED:
		if (rnd_below(&r, 2) == 0)
			add_alias(w, p, s, r, delay);
		else
			add_error(w, p, s, r, F_UNREACH, delay);
		delay += 5 * MS;
	}
	add_answer(w, p, s, r, cls, delay);
}

static void
add_extra(struct world *w, struct plan *p, const struct seen *s, enum fault f,
    struct rnd *r)
{
	uint8_t out[FRAME_MAX];
	struct said said;
	unsigned k = p->kind;
	const uint8_t *from = s->dst;
	int64_t delay = rnd_below(r, 3) == 0 ? 0 : rnd_below(r, 100) * MS;
	struct ev *e;
	size_t len = 0;

	if (f == F_CROSS) {		/* a recent target of the same origin */
		const uint8_t *other = w->recent[k][rnd_below(r, 64)];

		if (memcmp(other, s->src, s->alen) != 0 ||
		    memcmp(other + s->alen, s->dst, s->alen) == 0)
			return;
		from = other + s->alen;
	}
	if (f == F_REPLAYED) {
		if (w->recorded == NULL || w->recorded->of[k].n == 0)
			return;
		const uint8_t *v = w->recorded->of[k].p
		    [rnd_below(r, (unsigned)w->recorded->of[k].n)];
		len = get16(v);
		memcpy(out, v + 2, len);
	} else if (f == F_FORGED)
		len = reply_forged(s, *r, out);
	else if (f == F_FOREIGN)
		len = reply_foreign(s, *r, out);
	else
		len = reply_answer(s, from, *r, out, &said);
	if (f == F_TRUNCATED)
		len = reply_truncate(s, *r, out, len);
	if (f == F_CORRUPTED)
		len = reply_corrupt(s, *r, out, len);
	if (f == F_FRAGMENT)
		len = reply_fragment(s, *r, out, len);
	e = plan_packet(p, AS_EXTRA + (int)f, out, len, delay);
	e->site = (int)rnd_below(r, w->nsites);
	e->pad = f != F_TRUNCATED;
	wheel_add(w->wheel, e);
}

static void
add_extras(struct world *w, struct plan *p, const struct seen *s)
{
	if (wire_has_payload(s->type) && !s->payload)
		return;			/* not ours: nothing to imitate */
	for (int f = F_FORGED; f < F_MAX; f++) {
		struct rnd r = rnd_for(w, S_EXTRA + (unsigned)f, s->dst,
		    s->alen);
		unsigned n = (unsigned)w->rate[f];

		if (w->rate[f] <= 0)
			continue;
		r.s ^= s->attempt;
		n += rnd_unit(&r) < w->rate[f] - n;
		while (n-- > 0)
			add_extra(w, p, s, (enum fault)f, &r);
	}
}

/* The class of a target: F_CLASSES when it simply answers, -1 when silent. */
static int
class_of(const struct world *w, const struct seen *s)
{
	struct rnd r = rnd_for(w, S_ANSWER, s->dst, s->alen);
	double u;
	int c = 0;

	if (rnd_unit(&r) >= w->answer)
		return -1;
	r = rnd_for(w, S_CLASS, s->dst, s->alen);
	for (u = rnd_unit(&r); c < F_CLASSES && u >= w->rate[c]; c++)
		u -= w->rate[c];
	return c;
}

bool
world_answers(const struct world *w, const struct seen *s)
{
	return class_of(w, s) != -1;
}

void
world_hop(struct world *w, struct plan *p, const struct seen *s,
    const struct router *by, unsigned site, double share)
{
	uint8_t out[FRAME_MAX];
	struct rnd r = rnd_for(w, S_FORM, by->addr, s->alen);
	struct ev *e;
	size_t len = reply_hop(s, by, r, out, &p->role[AS_ERROR].said);

	memcpy(p->role[AS_ERROR].from, by->addr, s->alen);
	e = plan_packet(p, AS_ERROR, out, len,
	    (int64_t)((double)delay_of(w, s) * share));
	e->site = (int)site;
	wheel_add(w->wheel, e);
}

static void
note_bad(struct world *w, const char *what)
{
	size_t i = 0;

	if (what == NULL)
		return;
	while (w->bad[i].what != NULL && strcmp(w->bad[i].what, what) != 0)
		i++;
	if (i == sizeof w->bad / sizeof w->bad[0] - 1)
		return;
	w->bad[i].what = what;
	w->bad[i].n++;
}

static struct plan *
plan_new(const struct seen *s)
{
	struct plan *p = calloc(1, sizeof *p);

	if (p == NULL)
		err(2, "memory");
	memcpy(p->addr, s->src, s->alen);
	memcpy(p->addr + s->alen, s->dst, s->alen);
	p->alen = s->alen;
	p->type = s->type;
	p->kind = world_kind(s);
	p->site = s->site;
	p->rx_ns = s->rx_ns;
	p->ttl = s->ttl;
	p->refs = 1;
	p->node = s->node;
	p->flow = s->flow;
	p->attempt = s->attempt;
	p->tx_ns = s->tx_ns;
	return p;
}

/* Nothing odd, nothing to write: answer at once, without a plan. */
static bool
quick(struct world *w, const struct seen *s, int cls)
{
	uint8_t out[FRAME_MAX];
	struct said said;
	unsigned site;
	size_t len;

	if (w->truth != NULL || w->rtt_max_ns > 0 ||
	    (cls != F_CLASSES && cls != -1))
		return false;
	for (int f = F_LOSS; f < F_MAX; f++)
		if (w->rate[f] > 0)
			return false;
	if (cls == -1)
		return true;
	len = reply_answer(s, s->dst, rnd_for(w, S_FORM, s->dst, s->alen), out,
	    &said);
	site = catchment(w, s->dst, s->alen);
	ring_put(w->site[site].ring, out, len, true);
	w->site[site].sent++;
	w->genuine[world_kind(s)]++;
	return true;
}

void
world_probe(struct world *w, struct seen *s)
{
	struct rnd r;
	struct plan *p;
	int cls = class_of(w, s);
	uint8_t *slot;

	w->probes++;
	w->site[s->site].received++;
	w->last_ns = s->rx_ns;
	note_bad(w, wire_check(s));
	if (w->key != NULL)
		note_bad(w, wire_check_key(s, w->key));
	if (w->hops == NULL && quick(w, s, cls))
		return;
	p = plan_new(s);
	r = rnd_for(w, S_LOSS, s->dst, s->alen);
	r.s ^= s->attempt;
	p->fate = cls == -1 ? "silent" : cls == F_CLASSES ? "plain" :
	    faults[cls].name;
	if (w->rate[F_LOSS] > 0 && (cls != -1 || w->hops != NULL) &&
	    rnd_unit(&r) < w->rate[F_LOSS]) {
		p->fate = faults[F_LOSS].name;
		w->planted[p->kind][F_LOSS]++;
	} else if ((w->hops == NULL || !hops_take(w, p, s)) && cls != -1)
		respond(w, p, s, cls);
	add_extras(w, p, s);
	slot = w->recent[p->kind][w->nrecent[p->kind]++ % 64];
	memcpy(slot, s->src, s->alen);
	memcpy(slot + s->alen, s->dst, s->alen);
	finish(w, p);
}

void
world_end(struct world *w)
{
	struct ev *e;

	/* Cut short: what would have come later has not happened. */
	while ((e = wheel_any(w->wheel)) != NULL) {
		finish(w, e->plan);
		free(e);
	}
	if (w->save != NULL && fclose(w->save) == EOF)
		err(3, "saved replies");
	if (w->hops != NULL)
		hops_close(w->hops);
	truth_end(w);
}
