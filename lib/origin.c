#include "origin.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "rec.h"

static int
fail(char err[static 128], const char *what, const char *s, size_t n)
{
	snprintf(err, 128, "%s: %.*s", what, (int)(n > 80 ? 80 : n), s);
	return -1;
}

static int
number(uint64_t *v, const char *s, size_t n, uint64_t min, uint64_t max)
{
	return num_parse(v, s, n, max) == -1 || *v < min ? -1 : 0;
}

static int
set_type(struct origin *o, const char *s, size_t n)
{
	char name[32];

	if (n >= sizeof(name))
		return -1;
	memcpy(name, s, n);
	name[n] = '\0';
	o->probe = probe_find(name);
	return o->probe == NULL ? -1 : 0;
}

/* One key=value of -O. */
static int
set(struct origin *o, const char *key, size_t kn, const char *s, size_t n)
{
	uint64_t v;

#define IS(name) (kn == sizeof(name) - 1 && memcmp(key, name, kn) == 0)
	if (IS("src"))
		return addr_parse(&o->src, s, n);
	if (IS("probe"))
		return set_type(o, s, n);
	if (IS("sport") && number(&v, s, n, 1, UINT16_MAX) == 0)
		return o->sport = (uint16_t)v, 0;
	if (IS("dport") && number(&v, s, n, 1, UINT16_MAX) == 0)
		return o->dport = (uint16_t)v, 0;
	if (IS("ttl") && number(&v, s, n, 1, UINT8_MAX) == 0)
		return o->ttl = (uint8_t)v, 0;
	if (IS("qname") && n > 0 && n < 256) {
		char *name = mem_alloc(n + 1);

		memcpy(name, s, n);
		o->qname = name;
		return 0;
	}
#undef IS
	return -1;
}

/* The -O form over the defaults in *o. */
static int
parse_one(struct origin *o, const char *s, char err[static 128])
{
	while (*s != '\0') {
		size_t n = strcspn(s, ", ");
		const char *eq = memchr(s, '=', n);

		if (eq == NULL || set(o, s, (size_t)(eq - s), eq + 1,
		    n - (size_t)(eq + 1 - s)) == -1)
			return fail(err, "bad origin", s, n);
		s += n;
		if (*s != '\0')
			s++;
	}
	if (o->src.v == 0)
		return fail(err, "an origin needs src=", "", 0);
	return 0;
}

/* Add *o unless the same (src, probe) is there. */
static int
add(struct origin *out, int n, const struct origin *o, char err[static 128])
{
	char text[ADDR_STRLEN];

	if (n == ORIGIN_MAX) {
		snprintf(err, 128, "more than %d origins", ORIGIN_MAX);
		return -1;
	}
	for (int i = 0; i < n; i++)
		if (out[i].probe == o->probe &&
		    addr_cmp(&out[i].src, &o->src) == 0) {
			addr_string(&o->src, text);
			return fail(err, "origin given twice", text,
			    strlen(text));
		}
	out[n] = *o;
	return n + 1;
}

int
origin_parse(struct origin *out, const struct originopts *w,
    char err[static 128])
{
	const char *type = w->type == NULL ? "icmp" : w->type;
	struct origin base = {
		.sport = (uint16_t)w->sport, .dport = (uint16_t)w->dport,
		.ttl = (uint8_t)w->ttl, .qname = w->qname,
		.contact = w->contact,
	};
	int n = 0;

	if (set_type(&base, type, strlen(type)) == -1)
		return fail(err, "no such probe type", type, strlen(type));
	if (w->source != NULL && w->list.n > 0) {
		snprintf(err, 128, "-S and -O exclude each other");
		return -1;
	}
	for (size_t i = 0; i < w->list.n && n != -1; i++) {
		struct origin o = base;

		if (parse_one(&o, w->list.v[i], err) == -1)
			return -1;
		n = add(out, n, &o, err);
	}
	for (const char *s = w->source; s != NULL && n != -1;) {
		size_t k = strcspn(s, ",");
		struct origin o = base;

		if (addr_parse(&o.src, s, k) == -1)
			return fail(err, "not an address", s, k);
		n = add(out, n, &o, err);
		s = s[k] == ',' ? s + k + 1 : NULL;
	}
	if (n == 0) {
		snprintf(err, 128, "no source address");
		return -1;
	}
	return n;
}

int
origin_recall(struct origin out[static ORIGIN_MAX], const struct meta *m,
    char err[static 128])
{
	const char *contact = meta_get(m, "contact");
	char text[ORIGIN_STRLEN], had[ORIGIN_STRLEN];
	int n = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct origin o = { .probe = NULL };
		int k = 0;

		if (strncmp(m->line[i].key, "origin.", 7) != 0)
			continue;
		if (parse_one(&o, m->line[i].value, err) == -1)
			return -1;
		if (o.probe == NULL)
			return fail(err, "an origin needs probe=", "", 0);
		origin_string(&o, text);
		while (k < n && strcmp(origin_string(&out[k], had), text) != 0)
			k++;
		if (k < n)
			continue;
		o.contact = contact == NULL ? NULL : mem_string(contact);
		if ((n = add(out, n, &o, err)) == -1)
			return -1;
	}
	return n;
}

char *
origin_string(const struct origin *o, char out[static ORIGIN_STRLEN])
{
	char src[ADDR_STRLEN];
	uint16_t sport, dport;
	int n;

	probe_ports(o->probe, &sport, &dport);
	n = snprintf(out, ORIGIN_STRLEN, "src=%s probe=%s",
	    addr_string(&o->src, src), probe_name(o->probe));
	if (sport != 0 || o->sport != 0)
		n += snprintf(out + n, ORIGIN_STRLEN - (size_t)n, " sport=%u",
		    (unsigned)(o->sport != 0 ? o->sport : sport));
	if (dport != 0 || o->dport != 0)
		n += snprintf(out + n, ORIGIN_STRLEN - (size_t)n, " dport=%u",
		    (unsigned)(o->dport != 0 ? o->dport : dport));
	n += snprintf(out + n, ORIGIN_STRLEN - (size_t)n, " ttl=%u",
	    (unsigned)(o->ttl != 0 ? o->ttl : 64));
	if (o->qname != NULL)
		snprintf(out + n, ORIGIN_STRLEN - (size_t)n, " qname=%.255s",
		    o->qname);
	return out;
}
