#include "hopmods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Each value once: many nodes have the same. */
void
hopmods_learn(struct hopmods *h, const struct meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct metaline *l = &m->line[i];

		if (strncmp(l->key, "origin.", 7) == 0 ||
		    strcmp(l->key, "contact") == 0)
			meta_set(&h->meta, (unsigned)h->meta.n, l->key,
			    l->value);
	}
}

/* Several contact texts would be several sizes of probe. */
static bool
one_contact(const struct meta *m)
{
	const char *contact = meta_get(m, "contact");

	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->line[i].key, "contact") == 0 &&
		    strcmp(m->line[i].value, contact) != 0)
			return false;
	return true;
}

static void
index_names(struct hopmods *h, const struct matchnames *t)
{
	h->origin = mem_array(t->norigins + 1, sizeof *h->origin);
	for (size_t i = 0; i < t->norigins; i++) {
		const char *type = intern_string(&t->type, t->origin[i].type);

		h->origin[i] = -1;
		for (size_t k = 0; k < h->set.n; k++)
			if (addr_cmp(&h->origins[k].src, &t->origin[i].src) ==
			    0 && strcmp(probe_name(h->origins[k].probe),
			    type) == 0)
				h->origin[i] = (int)k;
	}
	h->number = mem_array(MATCH_MAXNAMES + 1, sizeof *h->number);
	for (size_t i = 1; i <= MATCH_MAXNAMES; i++)
		if (t->number[i] != INTERN_NONE)
			h->number[t->number[i]] = (uint16_t)i;
}

int
hopmods_begin(struct hopmods *h, const struct matchnames *names,
    const struct key *key)
{
	int n;

	h->key = *key;
	h->origins = mem_array(ORIGIN_MAX, sizeof *h->origins);
	if (!one_contact(&h->meta)) {
		snprintf(h->err, sizeof h->err, "sent files of one run have "
		    "different contact texts");
		return -1;
	}
	if ((n = origin_recall(h->origins, &h->meta, h->err)) == -1)
		return -1;
	if (n == 0) {
		snprintf(h->err, sizeof h->err, "no sent file says what its "
		    "origins are");
		return -1;
	}
	if (tmplset_init(&h->set, h->origins, (size_t)n, &h->key, h->err) ==
	    -1)
		return -1;
	index_names(h, names);
	h->ready = true;
	return 0;
}

/* The probe once more; its length, or 0. */
static size_t
make(struct hopmods *h, const struct matchnames *t, const struct matchsent *s,
    uint8_t out[static PROBE_MAX])
{
	struct ask ask = { .dst = matchkey_addr(s->key), .tx_ns = s->time,
	    .node = h->number[s->node], .round = s->round, .ttl = s->ttl,
	    .attempt = s->attempt, .flow = s->flow };
	struct variant v = VARIANT_NONE;
	struct matchhow how = { 0 };

	if (h->origin[s->origin] == -1 || ask.node == 0 ||
	    (s->unlogged && t->how.n > 0)) {
		snprintf(h->err, sizeof h->err, "a probe whose node or origin "
		    "is in no sent file");
		return 0;
	}
	if (s->how != 0)
		memcpy(&how, intern_string(&t->how, s->how - 1), sizeof how);
	v.sport = how.sport;
	v.dport = how.dport;
	v.size = how.size;
	if (how.has & HOW_TOS)
		v.tos = how.tos;
	if (how.options != 0) {
		v.options = intern_string(&t->options, how.options - 1);
		v.noptions = strlen(v.options);
	}
	return tmplset_regen(&h->set, (size_t)h->origin[s->origin], &ask, &v,
	    out, h->err);
}

int
hopmods_compare(struct hopmods *h, const struct match *m,
    const struct matchprobe *b, char mods[static MODS_MAX],
    const char **qclass)
{
	uint8_t probe[PROBE_MAX], quote[SPOOL_MAX];
	size_t np;
	long nq;

	memcpy(mods, "-", 2);
	*qclass = "-";
	if (b->verdict == VERDICT_NONE || !(b->first.has & HAS_ICMP))
		return 0;
	if (b->first.quote == 0) {
		h->n.unquoted++;
		return 0;
	}
	if ((np = make(h, m->names, &b->s, probe)) == 0) {
		h->n.unmade++;
		return 0;
	}
	if ((nq = spool_get(h->quotes, b->first.quote, quote)) == -1)
		return -1;
	*qclass = qclass_name(mods_compare(probe, np, quote, (size_t)nq, mods));
	h->n.compared++;
	return 0;
}

void
hopmods_free(struct hopmods *h)
{
	if (h->ready)
		tmplset_free(&h->set);
	meta_free(&h->meta);
	spool_close(h->quotes);
	free(h->origins);
	free(h->origin);
	free(h->number);
}
