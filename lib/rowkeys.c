#include "rowkeys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum computed { COLUMN, SITE, LABEL, BLOCK, ASN, ASNAME, PREFIX, PLEN,
    COUNTRY, CITY, BIN2 };

static const struct {
	const char	*name;
	enum computed	 how;
} computed[] = {
	{ "site", SITE }, { "label", LABEL }, { "block", BLOCK },
	{ "asn", ASN }, { "asname", ASNAME }, { "prefix", PREFIX },
	{ "plen", PLEN }, { "country", COUNTRY }, { "city", CITY },
	{ "bin2", BIN2 },
};

static int
find(struct rowkey *c, const char *s, size_t n)
{
	char name[32];

	if (n >= sizeof name)
		return -1;
	memcpy(name, s, n);
	name[n] = '\0';
	for (size_t i = 0; i < sizeof computed / sizeof computed[0]; i++)
		if (strcmp(computed[i].name, name) == 0) {
			c->computed = (int)computed[i].how;
			c->field = rec_field(&rec_share, name);
			return 0;
		}
	c->computed = COLUMN;
	c->field = rec_field(&rec_result, name);
	return c->field == NULL ? -1 : 0;
}

int
rowkeys_parse(struct rowkeys *k, const char *list, char err[static 128])
{
	k->n = 0;
	for (const char *s = list;; s++) {
		size_t n = strcspn(s, ",");

		if (k->n == ROWKEYS_MAX || find(&k->col[k->n], s, n) == -1) {
			snprintf(err, 128, k->n == ROWKEYS_MAX ?
			    "too many columns: %.*s" : "no column %.*s",
			    n > 60 ? 60 : (int)n, s);
			return -1;
		}
		for (size_t i = 0; i < k->n; i++)
			if (k->col[i].field == k->col[k->n].field) {
				snprintf(err, 128, "column twice: %s",
				    k->col[i].field->name);
				return -1;
			}
		k->n++;
		s += n;
		if (*s == '\0')
			return 0;
	}
}

static bool
any(const struct rowkeys *k, enum computed from, enum computed to)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->col[i].computed >= (int)from &&
		    k->col[i].computed <= (int)to)
			return true;
	return false;
}

bool
rowkeys_need_asn(const struct rowkeys *k)
{
	return any(k, ASN, PLEN);
}

bool
rowkeys_need_plen(const struct rowkeys *k)
{
	return any(k, PREFIX, PLEN);
}

bool
rowkeys_need_geo(const struct rowkeys *k)
{
	return any(k, COUNTRY, BIN2);
}

static void
want_one(const char *want[], size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(want[i], name) == 0)
			return;
	want[(*n)++] = name;
}

void
rowkeys_want(const struct rowkeys *k, const char *want[], size_t *n)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->col[i].computed == COLUMN)
			want_one(want, n, k->col[i].field->name);
	if (any(k, SITE, SITE)) {
		want_one(want, n, "rx");
		want_one(want, n, "verdict");
	}
}

static char *
put(char *p, const char *s)
{
	size_t n = strlen(s);

	if (n == 0) {
		*p++ = '-';
		return p;
	}
	memcpy(p, s, n);
	return p + n;
}

static char *
put_span(char *p, struct span v)
{
	memcpy(p, v.s, v.n);
	return p + v.n;
}

static bool
is(struct span v, const char *s)
{
	return v.n == strlen(s) && memcmp(v.s, s, v.n) == 0;
}

/* The south-west corner: even degrees, rounded down. */
static char *
put_bin2(char *p, double lat, double lon)
{
	if (isnan(lat) || isnan(lon))
		return put(p, "");
	return p + sprintf(p, "%d_%d", (int)floor(lat / 2) * 2,
	    (int)floor(lon / 2) * 2);
}

static int
look_up(struct row *r, bool asn)
{
	struct join *j = asn ? r->asn : r->geo;
	struct joined *to = asn ? &r->in_asn : &r->in_geo;
	bool *have = asn ? &r->have_asn : &r->have_geo;

	if (*have)
		return 0;
	*have = true;
	return join_find(j, &r->dst, r->want_plen, to) == -1 ? -1 : 0;
}

static char *
put_column(char *p, const struct rowkey *c, struct row *r)
{
	uint8_t blocklen = r->dst.v == 6 ? r->len6 : r->len4;
	struct prefix prefix;

	if ((c->computed >= ASN && c->computed <= PLEN &&
	    look_up(r, true) == -1) || (c->computed >= COUNTRY &&
	    look_up(r, false) == -1))
		return NULL;
	switch ((enum computed)c->computed) {
	case COLUMN:
		return put_span(p, r->v[c->field - rec_result.fields]);
	case SITE:
		return is(r->v[at_result_verdict], "ok") ?
		    put_span(p, r->v[at_result_rx]) : put(p, "-");
	case LABEL:	return put(p, r->label);
	case BLOCK:
		prefix = addr_block(&r->dst, blocklen);
		return p + prefix_format(&prefix, p);
	case ASN:	return put(p, r->in_asn.asn);
	case ASNAME:	return put(p, r->in_asn.asname);
	case COUNTRY:	return put(p, r->in_geo.country);
	case CITY:	return put(p, r->in_geo.city);
	case BIN2:	return put_bin2(p, r->in_geo.lat, r->in_geo.lon);
	case PREFIX:
		if (r->in_asn.plen == -1)
			return put(p, "-");
		prefix = addr_block(&r->dst, (uint8_t)r->in_asn.plen);
		return p + prefix_format(&prefix, p);
	case PLEN:
		return r->in_asn.plen == -1 ? put(p, "-") :
		    p + num_format((uint64_t)r->in_asn.plen, p);
	}
	return NULL;
}

size_t
rowkeys_make(const struct rowkeys *k, struct row *r, char *out)
{
	char *p = out;

	for (size_t i = 0; i < k->n; i++) {
		if (i > 0)
			*p++ = '\t';
		if ((p = put_column(p, &k->col[i], r)) == NULL)
			return 0;
	}
	return (size_t)(p - out);
}
