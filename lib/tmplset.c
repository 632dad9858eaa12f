#include "tmplset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "permute.h"
#include "probe_types.h"

struct tmplmore {
	struct tmpl	 tmpl;
	size_t		 of;		/* its origin */
	size_t		 slot;		/* of hash */
};

int
tmplset_init(struct tmplset *s, const struct origin *origins, size_t n,
    const struct key *key, char err[static 128])
{
	memset(s, 0, sizeof(*s));
	s->origins = origins;
	s->n = n;
	s->key = key;
	s->base = mem_array(n, sizeof(s->base[0]));
	for (size_t i = 0; i < n; i++) {
		if (tmpl_build(&s->base[i], &origins[i], key, err) == -1)
			return -1;
		s->base[i].serial = s->made++;
	}
	return 0;
}

/* The origin as the variant has it; 0, or -1 with a reason. */
static int
wanted(struct origin *want, const struct origin *o, const struct variant *v,
    char err[static 128])
{
	*want = *o;
	if (v->sport != 0)
		want->sport = v->sport;
	if (v->dport != 0)
		want->dport = v->dport;
	if (v->size != 0)
		want->size = v->size;
	if (v->tos >= 0)
		want->tos = (uint8_t)v->tos;
	if (v->options == NULL)
		return 0;
	if (!o->probe->tcp_options) {
		snprintf(err, 128, "%s probes have no options",
		    probe_name(o->probe));
		return -1;
	}
	return tcpopt_parse(&want->tcp, v->options, v->noptions, err);
}

static bool
same(const struct origin *a, const struct origin *b)
{
	return a->sport == b->sport && a->dport == b->dport &&
	    a->tos == b->tos && a->size == b->size &&
	    a->tcp.given == b->tcp.given && a->tcp.flags == b->tcp.flags &&
	    a->tcp.n == b->tcp.n && memcmp(a->tcp.b, b->tcp.b, a->tcp.n) == 0;
}

/* Where to begin to look for it. */
static size_t
slot_of(size_t i, const struct origin *o)
{
	uint64_t h = permute_mix((uint64_t)o->sport << 48 |
	    (uint64_t)o->dport << 32 | (uint64_t)o->size << 16 |
	    (uint64_t)o->tos << 8 | o->tcp.flags) + i;

	for (size_t k = 0; k < o->tcp.n; k++)
		h = h * 31 + o->tcp.b[k];
	return permute_mix(h) % TMPLSET_HASH;
}

static struct tmplmore *
lookup(const struct tmplset *s, size_t i, const struct origin *want)
{
	size_t at = slot_of(i, want);

	for (; s->hash[at] != 0; at = (at + 1) % TMPLSET_HASH) {
		struct tmplmore *t = s->more[s->hash[at] - 1];

		if (t->of == i && same(&t->tmpl.origin, want))
			return t;
	}
	return NULL;
}

const struct tmpl *
tmplset_find(struct tmplset *s, size_t i, const struct variant *v)
{
	struct origin want;
	char why[128];

	if (v->sport == 0 && v->dport == 0 && v->tos < 0 && v->size == 0 &&
	    v->options == NULL)
		return &s->base[i];
	if (wanted(&want, &s->origins[i], v, why) == -1)
		return NULL;
	if (same(&s->origins[i], &want))
		return &s->base[i];
	if (s->last == NULL || s->last->of != i ||
	    !same(&s->last->tmpl.origin, &want))
		s->last = lookup(s, i, &want);
	return s->last == NULL ? NULL : &s->last->tmpl;
}

bool
tmplset_full(const struct tmplset *s)
{
	return s->more[s->next] != NULL;
}

/* Drop a template; those it was in the way of in the table move up. */
static void
drop(struct tmplset *s, struct tmplmore *t)
{
	size_t hole = t->slot, at = hole;

	for (;;) {
		at = (at + 1) % TMPLSET_HASH;
		if (s->hash[at] == 0)
			break;
		struct tmplmore *o = s->more[s->hash[at] - 1];
		size_t home = slot_of(o->of, &o->tmpl.origin);

		/* Is its home in (hole, at], around the end? */
		if ((at + TMPLSET_HASH - home) % TMPLSET_HASH <
		    (at + TMPLSET_HASH - hole) % TMPLSET_HASH)
			continue;
		s->hash[hole] = s->hash[at];
		o->slot = hole;
		hole = at;
	}
	s->hash[hole] = 0;
	if (s->last == t)
		s->last = NULL;
	free(t);
}

const struct tmpl *
tmplset_make(struct tmplset *s, size_t i, const struct variant *v,
    char err[static 128])
{
	struct tmplmore *t;
	struct origin want;
	size_t at;

	if (wanted(&want, &s->origins[i], v, err) == -1)
		return NULL;
	t = mem_alloc(sizeof(*t));
	if (tmpl_build(&t->tmpl, &want, s->key, err) == -1) {
		free(t);
		return NULL;
	}
	if (s->more[s->next] != NULL)
		drop(s, s->more[s->next]);
	for (at = slot_of(i, &want); s->hash[at] != 0;)
		at = (at + 1) % TMPLSET_HASH;
	t->of = i;
	t->slot = at;
	t->tmpl.serial = s->made++;
	s->more[s->next] = t;
	s->hash[at] = (uint16_t)(s->next + 1);
	s->next = (s->next + 1) % TMPLSET_MORE;
	s->last = t;
	return &t->tmpl;
}

size_t
tmplset_regen(struct tmplset *s, size_t i, const struct ask *a,
    const struct variant *v, uint8_t out[static PROBE_MAX],
    char err[static 128])
{
	const struct tmpl *t = tmplset_find(s, i, v);

	if (t == NULL && (t = tmplset_make(s, i, v, err)) == NULL)
		return 0;
	if (a->dst.v != t->origin.src.v || a->ttl == 0 || a->attempt == 255 ||
	    a->flow > tmplset_last_flow(&t->origin)) {
		snprintf(err, 128, "no such probe was sent");
		return 0;
	}
	probe_fill(t, a, out);
	return t->len;
}

struct variant
tmplset_variant(const struct probe *rec)
{
	struct variant v = VARIANT_NONE;

	if (rec->sport != NUM_NONE)
		v.sport = (uint16_t)rec->sport;
	if (rec->dport != NUM_NONE)
		v.dport = (uint16_t)rec->dport;
	if (rec->size != NUM_NONE)
		v.size = (uint16_t)rec->size;
	if (rec->tos != NUM_NONE)
		v.tos = (int16_t)rec->tos;
	if (rec->options.n > 0) {
		v.options = rec->options.s;
		v.noptions = rec->options.n;
	}
	return v;
}

static bool
outside(int64_t v, int64_t min, int64_t max)
{
	return v != NUM_NONE && (v < min || v > max);
}

const char *
tmplset_check(const struct probe *rec)
{
	if (outside(rec->sport, 1, UINT16_MAX))
		return "bad sport";
	if (outside(rec->dport, 1, UINT16_MAX))
		return "bad dport";
	if (outside(rec->ttl, 1, UINT8_MAX))
		return "bad ttl";
	if (outside(rec->flow, 0, UINT16_MAX))
		return "bad flow";
	if (outside(rec->attempt, 0, 254))
		return "bad attempt";
	if (outside(rec->tos, 0, UINT8_MAX))
		return "bad tos";
	if (outside(rec->size, 1, PROBE_MAX))
		return "bad size";
	if (outside(rec->wait_us, 0, INT64_MAX / 1000))
		return "bad wait_us";
	if (outside(rec->due_us, 0, INT64_MAX / 1000))
		return "bad due_us";
	return NULL;
}

int64_t
tmplset_last_flow(const struct origin *o)
{
	uint16_t sport, dport, lo, hi;

	probe_ports(o->probe, &sport, &dport);
	if (dport == 0)			/* no ports: a flow is an identifier */
		return UINT16_MAX;
	if (sport == 0)			/* the port is not ours to choose */
		return 0;
	probe_bind_range(o, &lo, &hi);
	return hi - lo;
}

void
tmplset_free(struct tmplset *s)
{
	for (size_t k = 0; k < TMPLSET_MORE; k++)
		free(s->more[k]);
	free(s->base);
}
