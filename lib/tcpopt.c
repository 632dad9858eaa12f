/* TCP options of probes: text to bytes and back. */

#include "tcpopt.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "cur.h"
#include "num.h"

/*
 * RFC 9293 section 3.2, 7323, 2018, 8684 section 3.1.  Bytes after kind and
 * length come from the value, big-endian, or are fixed.
 */
static const struct element {
	const char	*name;
	uint8_t		 kind, len;	/* 0: no option, but a flag */
	uint8_t		 value;		/* bytes of the value, 0: it has none */
	uint32_t	 min, max, usual;
	uint8_t		 flag;
	uint8_t		 rest[2];	/* what follows when it has no value */
} elements[] = {
	{ "MSS", 2, 4, 2, 1, 65535, 1460, 0, { 0 } },
	{ "WSCALE", 3, 3, 1, 0, 14, 7, 0, { 0 } },
	{ "SACKP", 4, 2, 0, 0, 0, 0, 0, { 0 } },
	{ "TS", 8, 10, 0, 0, 0, 0, 0, { 0 } },
	{ "MPCAPABLE", 30, 4, 0, 0, 0, 0, 0, { 0x01, 0x01 } },
	{ "ECE", 0, 0, 0, 0, 0, 0, TCPOPT_ECE, { 0 } },
	{ "CWR", 0, 0, 0, 0, 0, 0, TCPOPT_CWR, { 0 } },
	{ "NONE", 0, 0, 0, 0, 0, 0, 0, { 0 } },
};

enum { NELEMENTS = sizeof(elements) / sizeof(elements[0]), NONE = NELEMENTS - 1 };

static int
fail(char err[static 128], const char *why, const char *s, size_t n)
{
	snprintf(err, 128, "%s: %.*s", why, (int)(n > 60 ? 60 : n), s);
	return -1;
}

/* NAME or NAME(value): return which, or -1. */
static int
find(const char *s, size_t n, uint64_t *value, char err[static 128])
{
	const char *paren = memchr(s, '(', n);
	size_t len = paren == NULL ? n : (size_t)(paren - s);
	int i = 0;

	while (i < NELEMENTS && (strlen(elements[i].name) != len ||
	    memcmp(elements[i].name, s, len) != 0))
		i++;
	if (i == NELEMENTS)
		return fail(err, "no such TCP option", s, n);
	*value = elements[i].usual;
	if (paren == NULL)
		return i;
	if (elements[i].value == 0)
		return fail(err, "takes no value", s, n);
	if (s[n - 1] != ')' || num_parse(value, paren + 1, n - len - 2,
	    elements[i].max) == -1 || *value < elements[i].min)
		return fail(err, "value out of range", s, n);
	return i;
}

static void
add(struct tcpopt *o, struct buf *b, const struct element *e, uint64_t value)
{
	o->flags |= e->flag;
	if (e->len == 0)
		return;
	buf_u8(b, e->kind);
	buf_u8(b, e->len);
	if (e->value == 2)
		buf_u16(b, (uint16_t)value);
	else if (e->value == 1)
		buf_u8(b, (uint8_t)value);
	else if (e->len == 4)
		buf_copy(b, e->rest, 2);
	else if (e->len == 10) {
		o->ts = (uint8_t)b->len;
		buf_take(b, 8);
	}
}

int
tcpopt_parse(struct tcpopt *o, const char *s, size_t n, char err[static 128])
{
	struct buf b = buf_init(o->b, sizeof(o->b));
	const char *end = s + n;
	unsigned seen = 0;

	memset(o, 0, sizeof(*o));
	for (;;) {
		const char *slash = memchr(s, '/', (size_t)(end - s));
		size_t len = (size_t)((slash == NULL ? end : slash) - s);
		uint64_t value;
		int i = find(s, len, &value, err);

		if (i == -1)
			return -1;
		if ((seen & 1u << i) != 0)
			return fail(err, "given twice", s, len);
		seen |= 1u << i;
		add(o, &b, &elements[i], value);
		if (slash == NULL)
			break;
		s = slash + 1;
	}
	if ((seen & 1u << NONE) != 0 && b.len > 0)
		return fail(err, "NONE beside an option", "NONE", 4);
	while (b.len % 4 != 0)
		buf_u8(&b, 0);
	o->n = (uint8_t)b.len;
	o->given = true;
	return 0;
}

static size_t
put(char *out, size_t at, const char *name)
{
	size_t n = strlen(name);

	if (at > 0)
		out[at++] = '/';
	memcpy(out + at, name, n);
	return at + n;
}

size_t
tcpopt_format(const struct tcpopt *o, char out[static TCPOPT_STRLEN])
{
	struct cur c = cur_init(o->b, o->n);
	size_t at = 0;
	uint8_t kind;

	while ((kind = cur_u8(&c)) != 0) {
		const struct element *e = elements;
		struct cur data;

		while (e->kind != kind)
			e++;
		data = cur_split(&c, (size_t)cur_u8(&c) - 2);
		at = put(out, at, e->name);
		if (e->value == 0)
			continue;
		out[at++] = '(';
		at += num_format(e->value == 2 ? cur_u16(&data) :
		    cur_u8(&data), out + at);
		out[at++] = ')';
	}
	if (o->n == 0 && o->given)
		at = put(out, at, elements[NONE].name);
	for (size_t i = 0; i < NELEMENTS; i++)
		if ((o->flags & elements[i].flag) != 0)
			at = put(out, at, elements[i].name);
	out[at] = '\0';
	return at;
}
