#include "boxspec.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "probe.h"

/* What may stand in a spec, and where. */
enum part { HEAD, FIELD, TRANSPORT, DETAIL };

static const struct word {
	const char	*name;
	enum part	 part;
	bool		 value;
	uint32_t	 min, max;
} words[] = {
	{ "IP", HEAD, false, 0, 0 },
	{ "IPv4", HEAD, false, 4, 0 },
	{ "IPv6", HEAD, false, 6, 0 },
	{ "DSCP", FIELD, true, 0, 63 },
	{ "ECN", FIELD, true, 0, 3 },
	{ "TOS", FIELD, true, 0, 255 },
	{ "TCP", TRANSPORT, false, 0, 0 },
	{ "UDP", TRANSPORT, false, 0, 0 },
	{ "ICMP", TRANSPORT, false, 0, 0 },
	{ "PORT", DETAIL, true, 1, 65535 },
	{ "SIZE", DETAIL, true, 28, PROBE_MAX },
};

enum { NWORDS = sizeof(words) / sizeof(words[0]) };

static int
fail(char err[static 128], const char *what, const char *s, size_t n)
{
	snprintf(err, 128, "%s: %.*s", what, (int)(n > 60 ? 60 : n), s);
	return -1;
}

/* NAME or NAME(value): the word, or NULL: it is no word, or with an error. */
static const struct word *
find(const char *s, size_t n, uint64_t *value, char err[static 128])
{
	const char *paren = memchr(s, '(', n);
	size_t len = paren == NULL ? n : (size_t)(paren - s);

	for (const struct word *w = words; w < words + NWORDS; w++) {
		if (strlen(w->name) != len || memcmp(w->name, s, len) != 0)
			continue;
		if (w->value != (paren != NULL)) {
			fail(err, w->value ? "needs a value" :
			    "takes no value", s, n);
			return NULL;
		}
		if (w->value && (s[n - 1] != ')' || num_parse(value, paren + 1,
		    n - len - 2, w->max) == -1 || *value < w->min)) {
			fail(err, "value out of range", s, n);
			return NULL;
		}
		return w;
	}
	return NULL;
}

static bool
is(const struct word *w, const char *name)
{
	return w != NULL && strcmp(w->name, name) == 0;
}

/* A field of the IP header; or'ed together, each bit from one of them. */
static int
set_field(struct boxspec *b, const struct word *w, uint64_t v, unsigned *seen,
    const char *s, size_t n, char err[static 128])
{
	unsigned bits = is(w, "TOS") ? 3 : is(w, "ECN") ? 2 : 1;

	if ((*seen & bits) != 0)
		return fail(err, "given twice", s, n);
	*seen |= bits;
	if (b->tos == -1)
		b->tos = 0;
	b->tos = (int16_t)(b->tos | (int16_t)(is(w, "DSCP") ? v << 2 : v));
	return 0;
}

static int
set_detail(struct boxspec *b, const struct word *w, uint64_t v, const char *s,
    size_t n, char err[static 128])
{
	bool port = is(w, "PORT");
	uint16_t *to = port ? &b->dport : &b->size;

	if (port ? strcmp(b->probe, "icmp") == 0 : strcmp(b->probe, "syn") == 0)
		return fail(err, port ? "ICMP has no ports" :
		    "the options are the size of a SYN", s, n);
	if (*to != 0)
		return fail(err, "given twice", s, n);
	*to = (uint16_t)v;
	return 0;
}

/* What follows TCP: options, put together in text, and PORT. */
static int
set_options(struct boxspec *b, const char *text, size_t n,
    char err[static 128])
{
	struct tcpopt opt;

	if (tcpopt_parse(&opt, n == 0 ? "NONE" : text, n == 0 ? 4 : n, err) ==
	    -1)
		return -1;
	tcpopt_format(&opt, b->options);
	return 0;
}

/* The next element of *s, without its slash; false at the end. */
static bool
next(const char **s, const char **elem, size_t *n)
{
	if (*s == NULL)
		return false;
	*elem = *s;
	*n = strcspn(*s, "/");
	*s = (*s)[*n] == '/' ? *s + *n + 1 : NULL;
	return true;
}

/* After the transport: details, and options of TCP. */
static int
parse_rest(struct boxspec *b, const char *s, char err[static 128])
{
	char options[256];
	size_t at = 0, n;
	const char *elem;
	bool tcp = strcmp(b->probe, "syn") == 0;

	while (next(&s, &elem, &n)) {
		uint64_t v = 0;

		err[0] = '\0';
		const struct word *w = find(elem, n, &v, err);
		if (w == NULL && err[0] != '\0')
			return -1;
		if (w != NULL && w->part == DETAIL) {
			if (set_detail(b, w, v, elem, n, err) == -1)
				return -1;
			continue;
		}
		if (w != NULL)
			return fail(err, w->part == FIELD ?
			    "belongs to IP, before the transport" :
			    "too late for", elem, n);
		if (!tcp)
			return fail(err, "not in UDP or ICMP", elem, n);
		if (at + n + 1 >= sizeof(options))
			return fail(err, "too long", elem, n);
		if (at > 0)
			options[at++] = '/';
		memcpy(options + at, elem, n);
		at += n;
		if (n == 0)
			return fail(err, "empty element", "", 0);
	}
	return tcp ? set_options(b, options, at, err) : 0;
}

int
boxspec_parse(struct boxspec *b, const char *s, char err[static 128])
{
	const char *elem;
	unsigned seen = 0;
	size_t n;

	*b = (struct boxspec){ .tos = -1 };
	for (bool first = true; next(&s, &elem, &n); first = false) {
		uint64_t v = 0;

		err[0] = '\0';
		const struct word *w = find(elem, n, &v, err);
		if (w == NULL)
			return err[0] != '\0' ? -1 : fail(err, first ?
			    "does not begin with IP" : "neither a field of IP "
			    "nor a transport", elem, n);
		if (first != (w->part == HEAD))
			return fail(err, first ? "does not begin with IP" :
			    "too late for", elem, n);
		if (first) {
			b->v = (uint8_t)w->min;
		} else if (w->part == FIELD) {
			if (set_field(b, w, v, &seen, elem, n, err) == -1)
				return -1;
		} else if (w->part == TRANSPORT) {
			b->probe = is(w, "TCP") ? "syn" :
			    is(w, "UDP") ? "udp" : "icmp";
			return parse_rest(b, s, err);
		} else
			return fail(err, "comes after the transport", elem, n);
	}
	return fail(err, "no transport: TCP, UDP or ICMP", "", 0);
}
