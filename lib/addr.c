#include "addr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <arpa/inet.h>

#include "num.h"

/* Dotted quads are most of what we read; inet_pton is slower by half. */
static int
parse4(struct addr *a, const char *s, size_t n)
{
	const char *end = s + n;
	struct addr r = { .v = 4 };

	for (int i = 0; i < 4; i++) {
		unsigned v = 0, digits = 0;

		for (; s < end && *s >= '0' && *s <= '9'; s++, digits++)
			if ((v = v * 10 + (unsigned)(*s - '0')) > 255)
				return -1;
		if (digits == 0 || digits > 3 || (digits > 1 && s[-(int)digits] == '0'))
			return -1;
		r.b[i] = (uint8_t)v;
		if (i < 3 && (s == end || *s++ != '.'))
			return -1;
	}
	if (s != end)
		return -1;
	*a = r;
	return 0;
}

int
addr_parse(struct addr *a, const char *s, size_t n)
{
	char buf[ADDR_STRLEN];
	struct addr r = { .v = 6 };

	if (memchr(s, ':', n) == NULL)
		return parse4(a, s, n);
	if (n >= sizeof(buf))
		return -1;
	memcpy(buf, s, n);
	buf[n] = '\0';
	if (strlen(buf) != n || inet_pton(AF_INET6, buf, r.b) != 1)
		return -1;
	*a = r;
	return 0;
}

static size_t
format_byte(unsigned v, char *out)
{
	size_t n = 0;

	if (v >= 100)
		out[n++] = (char)('0' + v / 100);
	if (v >= 10)
		out[n++] = (char)('0' + v / 10 % 10);
	out[n++] = (char)('0' + v % 10);
	return n;
}

static size_t
format4(const uint8_t *b, char *out)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		if (i > 0)
			out[n++] = '.';
		n += format_byte(b[i], out + n);
	}
	return n;
}

/*
 * RFC 5952 section 4: lower case, no leading zeros, the longest run of two
 * or more zero groups (the first of equals) as "::"; section 5: IPv4-mapped
 * addresses end in a dotted quad.
 */
static size_t
format6(const uint8_t *b, char *out)
{
	static const char hex[] = "0123456789abcdef";
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned g[8], best = 8, bestn = 1;
	size_t n = 0;

	if (memcmp(b, mapped, 12) == 0) {
		memcpy(out, "::ffff:", 7);
		return 7 + format4(b + 12, out + 7);
	}
	for (unsigned i = 0; i < 8; i++)
		g[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	for (unsigned i = 0; i < 8; i++) {
		unsigned k = i;

		while (k < 8 && g[k] == 0)
			k++;
		if (k - i > bestn) {
			best = i;
			bestn = k - i;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			out[n++] = ':';
			out[n++] = ':';
			i += bestn - 1;
			continue;
		}
		if (i > 0 && out[n - 1] != ':')
			out[n++] = ':';
		for (int shift = g[i] > 0xfff ? 12 : g[i] > 0xff ? 8 :
		    g[i] > 0xf ? 4 : 0; shift >= 0; shift -= 4)
			out[n++] = hex[g[i] >> shift & 15];
	}
	return n;
}

size_t
addr_format(const struct addr *a, char *out)
{
	if (a->v == 4)
		return format4(a->b, out);
	if (a->v == 6)
		return format6(a->b, out);
	*out = '-';
	return 1;
}

char *
addr_string(const struct addr *a, char out[static ADDR_STRLEN])
{
	out[addr_format(a, out)] = '\0';
	return out;
}

size_t
addr_format_hex(const struct addr *a, char *out)
{
	static const char hex[] = "0123456789abcdef";
	unsigned n = addr_bytes(a);

	for (unsigned i = 0; i < n; i++) {
		out[2 * i] = hex[a->b[i] >> 4];
		out[2 * i + 1] = hex[a->b[i] & 15];
	}
	return 2 * n;
}

int
addr_parse_hex(struct addr *a, const char *s, size_t n)
{
	struct addr r = { .v = n == 8 ? 4 : 6 };
	uint64_t v;

	if (n != 8 && n != 32)
		return -1;
	for (unsigned i = 0; i < n / 2; i++) {
		if (num_parse_hex(&v, s + 2 * i, 2, 255) == -1)
			return -1;
		r.b[i] = (uint8_t)v;
	}
	*a = r;
	return 0;
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	int c = memcmp(a->b, b->b, sizeof(a->b));

	return c != 0 ? c : a->v - b->v;
}

struct prefix
addr_block(const struct addr *a, uint8_t len)
{
	struct prefix p = { .addr = *a, .len = len };
	unsigned bytes = addr_bytes(a);

	for (unsigned i = 0; i < bytes; i++) {
		unsigned keep = len >= 8 * (i + 1) ? 8 :
		    len <= 8 * i ? 0 : len - 8 * i;

		p.addr.b[i] &= (uint8_t)(0xff00u >> keep);
	}
	return p;
}

bool
prefix_holds(const struct prefix *p, const struct addr *a)
{
	struct prefix q = addr_block(a, p->len);

	return a->v == p->addr.v && memcmp(q.addr.b, p->addr.b, 16) == 0;
}

int
prefix_parse(struct prefix *p, const char *s, size_t n)
{
	const char *slash = memchr(s, '/', n);
	size_t an = slash == NULL ? n : (size_t)(slash - s);
	struct addr a;
	uint64_t len;

	errno = 0;
	if (addr_parse(&a, s, an) == -1)
		return -1;
	len = 8 * addr_bytes(&a);
	if (slash != NULL && (n - an - 1 > 3 || num_parse(&len, slash + 1,
	    n - an - 1, 8 * addr_bytes(&a)) == -1))
		return -1;
	*p = addr_block(&a, (uint8_t)len);
	if (addr_cmp(&p->addr, &a) != 0) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

size_t
prefix_format(const struct prefix *p, char *out)
{
	size_t n = addr_format(&p->addr, out);

	if (p->addr.v == 0)
		return n;
	out[n++] = '/';
	return n + num_format(p->len, out + n);
}
