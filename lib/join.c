#include "join.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "mem.h"
#include "num.h"
#include "rec.h"

void
join_init(struct join *j, enum joinkind kind)
{
	memset(j, 0, sizeof *j);
	j->kind = kind;
	intern_add(&j->words, "", 0);
}

void
join_free(struct join *j)
{
	for (size_t i = 0; i < j->ndbs; i++)
		geo_mmdb_close(j->db[i]);
	free(j->db);
	free(j->value);
	intern_free(&j->values);
	intern_free(&j->words);
	ranges_free(&j->ranges);
}

/* ---- text ---- */

/* Up to 39 digits into 16 bytes. */
static int
parse_decimal(uint8_t b[static 16], const char *s)
{
	memset(b, 0, 16);
	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		unsigned carry = (unsigned)(*s - '0');

		if (*s < '0' || *s > '9')
			return -1;
		for (int i = 15; i >= 0; i--) {
			carry += b[i] * 10U;
			b[i] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry != 0)
			return -1;
	}
	return 0;
}

int
join_addr(struct addr *a, const char *s)
{
	uint8_t b[16];
	uint64_t u;

	if (num_parse(&u, s, strlen(s), UINT32_MAX) == 0) {
		*a = addr_from_u32((uint32_t)u);
		return 0;
	}
	if (strpbrk(s, ".:") != NULL)
		return addr_parse(a, s, strlen(s));
	if (parse_decimal(b, s) == -1)
		return -1;
	*a = addr_from_bytes(6, b);
	return 0;
}

/* A foreign string as a record word: escaped, cut to what a word holds. */
static uint32_t
keep_word(struct join *j, const char *s)
{
	rec_word w;

	if (*s == '\0' || strcmp(s, "-") == 0)
		return 0;
	word_set(&w, s, strlen(s));
	return intern_add(&j->words, w.s, w.n);
}

/* The number of a value; equal values have one. */
static uint32_t
keep_value(struct join *j, const struct joinvalue *v)
{
	size_t had = j->values.n;
	char key[sizeof v->word + 2 * sizeof v->lat];
	uint32_t id;

	memcpy(key, v->word, sizeof v->word);
	memcpy(key + sizeof v->word, &v->lat, sizeof v->lat);
	memcpy(key + sizeof v->word + sizeof v->lat, &v->lon, sizeof v->lon);
	id = intern_add(&j->values, key, sizeof key);
	if (j->values.n > had) {
		if ((had & (had - 1)) == 0)
			j->value = mem_grow(j->value, had == 0 ? 1 : had * 2,
			    sizeof *j->value);
		j->value[id] = *v;
	}
	return id;
}

/* "AS13335" is 13335; several origins, 1_2 or 1,2 or {1,2}, are 1_2. */
static uint32_t
keep_asn(struct join *j, char *s)
{
	s += strncmp(s, "AS", 2) == 0 ? 2 : *s == '{';
	if (*s != '\0' && s[strlen(s) - 1] == '}')
		s[strlen(s) - 1] = '\0';
	if (*s == '\0' || s[strspn(s, "0123456789_,")] != '\0')
		return 0;
	for (char *p = s; (p = strchr(p, ',')) != NULL;)
		*p = '_';
	return keep_word(j, s);
}

static double
degrees(const char *s, double max)
{
	double d;
	bool minus = *s == '-';

	if (num_parse_real(&d, s + minus, strlen(s + minus)) == -1 || d > max)
		return NAN;
	return minus ? -d : d;
}

/* The fields from number at on are what is known. */
static int
take_value(struct join *j, struct csv *t, size_t at, struct joinvalue *v,
    const char **why)
{
	*v = (struct joinvalue){ .lat = NAN, .lon = NAN };
	if (j->kind == JOIN_ASN) {
		if ((v->word[0] = keep_asn(j, t->field[at])) == 0) {
			*why = "not an AS number";
			return -1;
		}
		if (at + 1 < t->n)
			v->word[1] = keep_word(j, t->field[at + 1]);
		return 0;
	}
	v->word[0] = keep_word(j, t->field[at]);
	if (t->n >= at + 7) {
		v->word[1] = keep_word(j, t->field[at + 3]);
		v->lat = degrees(t->field[at + 5], 90);
		v->lon = degrees(t->field[at + 6], 180);
		if (isnan(v->lat) || isnan(v->lon))
			v->lat = v->lon = NAN;
	}
	return 0;
}

int
join_line(struct join *j, struct csv *t, const char **why)
{
	struct joinvalue v;
	struct prefix p;
	struct addr hi;
	bool slash = t->n > 0 && strchr(t->field[0], '/') != NULL;
	bool length = !slash && !t->comma && t->n > 2 &&
	    strlen(t->field[1]) <= 3;
	uint64_t len;

	*why = "neither a range nor a prefix with a value";
	if (t->n < (slash ? 2 : 3))
		return -1;
	if (slash ? prefix_parse(&p, t->field[0], strlen(t->field[0])) == -1 :
	    join_addr(&p.addr, t->field[0]) == -1)
		return -1;
	if (length) {
		if (num_parse(&len, t->field[1], strlen(t->field[1]),
		    addr_bytes(&p.addr) * 8) == -1)
			return -1;
		p = addr_block(&p.addr, (uint8_t)len);
	}
	if (!slash && !length) {
		if (join_addr(&hi, t->field[1]) == -1)
			return -1;
		/* A small number beside an IPv6 address is one as well. */
		if (hi.v != p.addr.v || addr_cmp(&p.addr, &hi) > 0)
			return -1;
	}
	if (take_value(j, t, slash ? 1 : 2, &v, why) == -1)
		return -1;
	if (slash || length)
		ranges_add_prefix(&j->ranges, &p, keep_value(j, &v));
	else
		ranges_add(&j->ranges, &p.addr, &hi, keep_value(j, &v));
	return 0;
}

int
join_add(struct join *j, const char *path, char err[static 512])
{
	struct csv t;
	const char *why = "a quote is not closed";
	char reason[256];
	int r, bad = 0;

	if (geo_mmdb_is(path)) {
		j->db = mem_grow(j->db, j->ndbs + 1, sizeof(struct geo_mmdb *));
		j->db[j->ndbs] = geo_mmdb_open(path, reason);
		if (j->db[j->ndbs] != NULL) {
			j->ndbs++;
			return 0;
		}
		snprintf(err, 512, "%s: %s", path, reason);
		return -1;
	}
	if (csv_open(&t, path) == -1) {
		snprintf(err, 512, "%s: %s", path, strerror(errno));
		return -1;
	}
	while (!bad && (r = csv_next(&t)) != 0 && r != -2)
		if (r == -1 || join_line(j, &t, &why) == -1)
			bad = t.lineno > 1;	/* the first may be a header */
	if (bad)
		snprintf(err, 512, "%s:%lu: %s", path, t.lineno, why);
	else if (csv_error(&t) != NULL)
		snprintf(err, 512, "%s: %s", path, csv_error(&t));
	else if (j->ranges.n == 0)
		snprintf(err, 512, "%s: no ranges in it", path);
	bad = bad || csv_error(&t) != NULL || j->ranges.n == 0;
	csv_close(&t);
	return bad ? -1 : 0;
}

void
join_ready(struct join *j)
{
	ranges_sort(&j->ranges);
}

/* ---- looking up ---- */

static const char *
geo_word(char out[static 1024], const char *s)
{
	rec_word w;

	word_set(&w, s, strlen(s));
	memcpy(out, w.s, w.n + 1U);
	return out;
}

static int
find_db(struct join *j, const struct addr *a, struct joined *out)
{
	struct geo *g = &j->geo;
	int r = 0;

	for (size_t i = 0; i < j->ndbs && r == 0; i++)
		r = geo_mmdb_find(j->db[i], a, g);
	if (r != 1)
		return r;
	if (g->asn != 0) {
		j->word[0][num_format(g->asn, j->word[0])] = '\0';
		out->asn = j->word[0];
	}
	out->asname = geo_word(j->word[1], g->name);
	out->country = geo_word(j->word[2], g->country);
	out->city = geo_word(j->word[3], g->city);
	out->lat = g->lat;
	out->lon = g->lon;
	out->plen = g->plen;
	return 1;
}

int
join_find(struct join *j, const struct addr *a, bool want_plen,
    struct joined *out)
{
	const struct joinvalue *v;
	const char *word[3];
	uint32_t i;

	*out = (struct joined){ "", "", "", "", NAN, NAN, -1 };
	if ((i = ranges_find(&j->ranges, a)) == RANGES_NONE)
		return find_db(j, a, out);
	v = &j->value[j->ranges.r[i].value];
	for (int k = 0; k < 3; k++)
		word[k] = intern_string(&j->words, v->word[k]);
	if (j->kind == JOIN_ASN) {
		out->asn = word[0];
		out->asname = word[1];
	} else {
		out->country = word[0];
		out->city = word[1];
	}
	out->lat = v->lat;
	out->lon = v->lon;
	if (want_plen)
		out->plen = ranges_plen(&j->ranges, i, a);
	return 1;
}
