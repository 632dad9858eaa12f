#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * A strict reader of JSON (RFC 8259), to judge what we write: is s[0..n)
 * one value and nothing else?  Written apart from lib/escape.c.
 */
struct json {
	const unsigned char *p, *end;
	int depth;
};

static inline bool json_value(struct json *);

static inline bool
json_is(struct json *j, unsigned char c)
{
	return j->p < j->end && *j->p == c;
}

static inline void
json_space(struct json *j)
{
	while (json_is(j, ' ') || json_is(j, '\n') || json_is(j, '\t') ||
	    json_is(j, '\r'))
		j->p++;
}

/* RFC 3629 by code points: decode, then see whether that was the way. */
static inline bool
json_utf8(struct json *j)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned lead = *j->p++;
	int more = lead >= 0xf0 && lead < 0xf8 ? 3 : lead >= 0xe0 &&
	    lead < 0xf0 ? 2 : lead >= 0xc0 && lead < 0xe0 ? 1 : -1;
	uint32_t c = more < 0 ? 0 : lead & (0x3fu >> more);

	if (lead < 0x80)
		return true;
	if (more < 0)
		return false;
	for (int i = 0; i < more; i++) {
		if (j->p == j->end || *j->p >> 6 != 2)
			return false;
		c = c << 6 | (*j->p++ & 0x3f);
	}
	return c >= least[more] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static inline bool
json_string(struct json *j)
{
	if (!json_is(j, '"'))
		return false;
	j->p++;
	while (j->p < j->end && *j->p != '"') {
		if (*j->p < 0x20)
			return false;
		if (*j->p != '\\') {
			if (!json_utf8(j))
				return false;
			continue;
		}
		j->p++;
		if (j->p == j->end || strchr("\"\\/bfnrtu", *j->p) == NULL)
			return false;
		if (*j->p++ != 'u')
			continue;
		for (int i = 0; i < 4; i++, j->p++)
			if (j->p == j->end ||
			    strchr("0123456789abcdefABCDEF", *j->p) == NULL ||
			    *j->p == '\0')
				return false;
	}
	return j->p < j->end && *j->p++ == '"';
}

static inline bool
json_digits(struct json *j)
{
	const unsigned char *from = j->p;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++;
	return j->p > from;
}

static inline bool
json_number(struct json *j)
{
	j->p += json_is(j, '-');
	if (json_is(j, '0'))
		j->p++;			/* no digit may follow */
	else if (!json_digits(j))
		return false;
	if (json_is(j, '.')) {
		j->p++;
		if (!json_digits(j))
			return false;
	}
	if (json_is(j, 'e') || json_is(j, 'E')) {
		j->p++;
		j->p += json_is(j, '+') || json_is(j, '-');
		return json_digits(j);
	}
	return true;
}

static inline bool
json_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return false;
	j->p += n;
	return true;
}

/* What is between brackets; close is ] or }. */
static inline bool
json_inside(struct json *j, unsigned char close)
{
	j->p++;
	json_space(j);
	if (json_is(j, close)) {
		j->p++;
		return true;
	}
	for (;;) {
		json_space(j);
		if (close == '}') {
			if (!json_string(j))
				return false;
			json_space(j);
			if (!json_is(j, ':'))
				return false;
			j->p++;
		}
		if (!json_value(j))
			return false;
		json_space(j);
		if (json_is(j, close)) {
			j->p++;
			return true;
		}
		if (!json_is(j, ','))
			return false;
		j->p++;
	}
}

static inline bool
json_value(struct json *j)
{
	bool good;

	json_space(j);
	if (j->p == j->end || j->depth > 64)
		return false;
	switch (*j->p) {
	case '{':
	case '[':
		j->depth++;
		good = json_inside(j, *j->p == '{' ? '}' : ']');
		j->depth--;
		return good;
	case '"':
		return json_string(j);
	case 't':
		return json_word(j, "true");
	case 'f':
		return json_word(j, "false");
	case 'n':
		return json_word(j, "null");
	default:
		return json_number(j);
	}
}

static inline bool
json_valid(const char *s, size_t n)
{
	struct json j = { (const unsigned char *)s,
	    (const unsigned char *)s + n, 0 };

	if (!json_value(&j))
		return false;
	json_space(&j);
	return j.p == j.end;
}

/* Lines, each a value. */
static inline bool
json_lines(const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));

		if (nl == NULL || !json_valid(s, (size_t)(nl - s)))
			return false;
		s = nl + 1;
	}
	return true;
}

#endif
