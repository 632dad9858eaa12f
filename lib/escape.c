#include "escape.h"

#include <stdint.h>
#include <string.h>

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ?
	    c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The length of the character at s[0..n); 0: that is none (RFC 3629). */
static size_t
utf8_char(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	uint8_t low = 0x80, high = 0xbf;	/* of the second byte */
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;		/* longer than needed */
	else if (p[0] == 0xed)
		high = 0x9f;		/* surrogates */
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;		/* beyond U+10FFFF */
	if (n < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
escape_is_utf8(const char *s, size_t n)
{
	for (size_t i = 0, k; i < n; i += k)
		if ((k = utf8_char(s + i, n - i)) == 0)
			return false;
	return true;
}

size_t
escape_undo(char *out, const char *s, size_t n)
{
	size_t k = 0;

	if (memchr(s, '%', n) == NULL) {
		memcpy(out, s, n);
		return n;
	}
	for (size_t i = 0; i < n; i++) {
		int high = -1, low = -1;

		if (s[i] == '%' && n - i > 2) {
			high = hex_digit(s[i + 1]);
			low = hex_digit(s[i + 2]);
		}
		if (high == -1 || low == -1) {
			out[k++] = s[i];
			continue;
		}
		out[k++] = (char)(high << 4 | low);
		i += 2;
	}
	if (memchr(out, '\0', k) == NULL && escape_is_utf8(out, k))
		return k;
	memcpy(out, s, n);
	return n;
}

static void
json_char(struct str *o, char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c == '\0' ? NULL : strchr(from, c);
	char two[2] = { '\\', at == NULL ? 'u' : to[at - from] };

	if (at != NULL)
		str_put(o, two, 2);
	else
		str_add(o, "\\u%04x", (unsigned)(unsigned char)c);
}

void
escape_json(struct str *o, const char *s, size_t n)
{
	size_t from = 0, i = 0, k;

	str_put(o, "\"", 1);
	while (i < n) {
		char c = s[i];

		k = utf8_char(s + i, n - i);
		if (k > 0 && c != '"' && c != '\\' && c != 0x7f &&
		    (unsigned char)c >= ' ') {
			i += k;
			continue;
		}
		str_put(o, s + from, i - from);
		if (k == 0)
			str_put(o, "\\ufffd", 6);
		else
			json_char(o, c);
		from = ++i;
	}
	str_put(o, s + from, n - from);
	str_put(o, "\"", 1);
}

static size_t
digits(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i;
}

/*
 * strtod takes .5 and 5. as well; JSON wants a digit on either side of the
 * point and no zeros before others.
 */
int
escape_number(struct str *o, const char *s, size_t n)
{
	size_t sign = n > 0 && s[0] == '-', i = sign, whole, frac = 0, exp = 0;
	size_t from, point, e;

	whole = digits(s + i, n - i);
	from = i;
	i += whole;
	while (whole > 1 && s[from] == '0')
		from++, whole--;
	point = i;
	if (i < n && s[i] == '.') {
		frac = digits(s + i + 1, n - i - 1);
		i += 1 + frac;
	}
	e = i;
	if (i < n && (s[i] == 'e' || s[i] == 'E')) {
		i++;
		i += i < n && (s[i] == '+' || s[i] == '-');
		if ((exp = digits(s + i, n - i)) == 0)
			return -1;
		i += exp;
	}
	if (i != n || whole + frac == 0)
		return -1;
	str_put(o, "-", sign);
	str_put(o, whole > 0 ? s + from : "0", whole > 0 ? whole : 1);
	if (frac > 0)
		str_put(o, s + point, 1 + frac);
	str_put(o, s + e, n - e);
	return 0;
}

/* All of it, each of the quotes doubled. */
static void
double_quotes(struct str *o, char quote, const char *s, size_t n)
{
	const char *at;

	str_put(o, &quote, 1);
	while ((at = memchr(s, quote, n)) != NULL) {
		size_t k = (size_t)(at - s) + 1;

		str_put(o, s, k);
		str_put(o, &quote, 1);
		s += k;
		n -= k;
	}
	str_put(o, s, n);
	str_put(o, &quote, 1);
}

void
escape_csv(struct str *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] == ',' || s[i] == '"' || s[i] == '\r' ||
		    s[i] == '\n' || s[i] == ' ') {
			double_quotes(o, '"', s, n);
			return;
		}
	str_put(o, s, n);
}

void
escape_sql(struct str *o, char quote, const char *s, size_t n)
{
	double_quotes(o, quote, s, n);
}

void
escape_label(struct str *o, const char *s, size_t n)
{
	size_t from = 0;

	str_put(o, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '"' && s[i] != '\\' && s[i] != '\n')
			continue;
		str_put(o, s + from, i - from);
		str_put(o, s[i] == '\n' ? "\\n" : s[i] == '"' ? "\\\"" :
		    "\\\\", 2);
		from = i + 1;
	}
	str_put(o, s + from, n - from);
	str_put(o, "\"", 1);
}
