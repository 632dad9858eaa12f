#include "tmplset.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

int
tmplset_init(struct tmplset *s, const struct origin *origins, size_t n,
    const struct key *key, char err[static 128])
{
	*s = (struct tmplset){ .origins = origins, .n = n, .key = key };
	s->base = mem_array(n, sizeof(s->base[0]));
	for (size_t i = 0; i < n; i++)
		if (tmpl_build(&s->base[i], &origins[i], key, err) == -1)
			return -1;
	return 0;
}

/* The origin as the record wants it. */
static struct origin
wanted(const struct origin *o, const struct probe *rec)
{
	struct origin want = *o;

	if (rec->sport != NUM_NONE)
		want.sport = (uint16_t)rec->sport;
	if (rec->dport != NUM_NONE)
		want.dport = (uint16_t)rec->dport;
	if (rec->tos != NUM_NONE)
		want.tos = (uint8_t)rec->tos;
	if (rec->size != NUM_NONE)
		want.size = (uint16_t)rec->size;
	return want;
}

static bool
same(const struct origin *a, const struct origin *b)
{
	return a->sport == b->sport && a->dport == b->dport &&
	    a->tos == b->tos && a->size == b->size;
}

const struct tmpl *
tmplset_find(const struct tmplset *s, size_t i, const struct probe *rec)
{
	struct origin want;

	if (rec->sport == NUM_NONE && rec->dport == NUM_NONE &&
	    rec->tos == NUM_NONE && rec->size == NUM_NONE)
		return &s->base[i];
	want = wanted(&s->origins[i], rec);
	if (same(&s->origins[i], &want))
		return &s->base[i];
	for (size_t k = 0; k < TMPLSET_MORE && s->more[k] != NULL; k++)
		if (s->of[k] == i && same(&s->more[k]->origin, &want))
			return s->more[k];
	return NULL;
}

const struct tmpl *
tmplset_make(struct tmplset *s, size_t i, const struct probe *rec,
    char err[static 128])
{
	struct origin want = wanted(&s->origins[i], rec);
	struct tmpl *t = mem_alloc(sizeof(*t));

	if (tmpl_build(t, &want, s->key, err) == -1) {
		free(t);
		return NULL;
	}
	free(s->more[s->next]);
	s->more[s->next] = t;
	s->of[s->next] = i;
	s->next = (s->next + 1) % TMPLSET_MORE;
	return t;
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
	if (rec->options.n > 0)
		return "options cannot be sent";
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
