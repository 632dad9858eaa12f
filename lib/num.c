#include "num.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

int
num_parse(uint64_t *out, const char *s, size_t n, uint64_t max)
{
	uint64_t v = 0;

	if (n == 0 || n > 20)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint64_t d = (uint64_t)(unsigned char)s[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return -1;
		v = v * 10 + d;
	}
	if (v > max)
		return -1;
	*out = v;
	return 0;
}

int
num_parse_hex(uint64_t *out, const char *s, size_t n, uint64_t max)
{
	uint64_t v = 0;

	if (n == 0 || n > 16)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned c = (unsigned char)s[i];

		if (c - '0' <= 9)
			v = v << 4 | (c - '0');
		else if ((c | 32) - 'a' <= 5)
			v = v << 4 | ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	if (v > max)
		return -1;
	*out = v;
	return 0;
}

int
num_parse_real(double *out, const char *s, size_t n)
{
	char buf[64], *end;

	if (n == 0 || n >= sizeof(buf))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strchr("0123456789.eE+-", s[i]) == NULL || s[i] == '\0')
			return -1;
	if (s[0] == '+' || s[0] == 'e' || s[0] == 'E')
		return -1;
	memcpy(buf, s, n);
	buf[n] = '\0';
	double v = strtod(buf, &end);
	if (*end != '\0' || !isfinite(v))
		return -1;
	*out = v;
	return 0;
}

/*
 * Whole[.decimals] units of "unit" nanoseconds (a power of ten), maybe
 * negative.  Decimals below a nanosecond are an error: nothing that was
 * measured is that fine.
 */
static int
parse_fixed(int64_t *out, const char *s, size_t n, int64_t unit)
{
	bool minus = n > 0 && s[0] == '-';
	const char *dot;
	uint64_t whole, frac = 0;

	if (minus)
		s++, n--;
	if (n == 0)
		return -1;
	dot = memchr(s, '.', n);
	size_t wn = dot == NULL ? n : (size_t)(dot - s);
	if (num_parse(&whole, s, wn, (uint64_t)(INT64_MAX / unit) - 1) == -1)
		return -1;
	if (dot != NULL) {
		int64_t step = unit;

		if (wn + 1 == n)
			return -1;
		for (const char *p = dot + 1; p < s + n; p++) {
			unsigned d = (unsigned)(unsigned char)*p - '0';

			step /= 10;
			if (d > 9 || step == 0)
				return -1;
			frac += d * (uint64_t)step;
		}
	}
	*out = (int64_t)(whole * (uint64_t)unit + frac);
	if (minus)
		*out = -*out;
	return 0;
}

/* Eight digits at once, if that is what they are (Lemire, 2018). */
static int
eight_digits(uint64_t *out, const char *s)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t v;

	memcpy(&v, s, 8);
	if ((v & (v + UINT64_C(0x0606060606060606)) &
	    UINT64_C(0xf0f0f0f0f0f0f0f0)) != UINT64_C(0x3030303030303030))
		return -1;
	v = (v & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
	v = (v & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
	*out = (v & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001)
	    >> 32;
	return 0;
#else
	return num_parse(out, s, 8, UINT64_MAX);
#endif
}

int
num_parse_time(int64_t *out, const char *s, size_t n)
{
	uint64_t whole, frac;

	/* As we write it until 2286: ten digits, a dot, nine digits. */
	if (n == 20 && s[10] == '.' && s[0] < '9' &&
	    eight_digits(&whole, s) == 0 && eight_digits(&frac, s + 11) == 0 &&
	    s[8] >= '0' && s[8] <= '9' && s[9] >= '0' && s[9] <= '9' &&
	    s[19] >= '0' && s[19] <= '9') {
		whole = whole * 100 + (uint64_t)(s[8] - '0') * 10 +
		    (uint64_t)(s[9] - '0');
		frac = frac * 10 + (uint64_t)(s[19] - '0');
		*out = (int64_t)(whole * (uint64_t)NS_PER_S + frac);
		return 0;
	}
	return parse_fixed(out, s, n, NS_PER_S);
}

int
num_parse_ms(int64_t *out, const char *s, size_t n)
{
	return parse_fixed(out, s, n, NS_PER_MS);
}

int
num_parse_span(int64_t *out, const char *s, size_t n)
{
	static const struct { const char *unit; int64_t ns; } units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", NS_PER_MS },
		{ "s", NS_PER_S }, { "m", 60 * NS_PER_S },
		{ "h", 3600 * NS_PER_S }, { "d", 86400 * NS_PER_S },
		{ "", NS_PER_S },
	};
	size_t k = n;
	double v;

	while (k > 0 && s[k - 1] >= 'a' && s[k - 1] <= 'z')
		k--;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].unit) != n - k ||
		    memcmp(units[i].unit, s + k, n - k) != 0)
			continue;
		if (num_parse_real(&v, s, k) == -1 || v < 0 ||
		    v * (double)units[i].ns > 9e18)
			return -1;
		*out = (int64_t)(v * (double)units[i].ns + 0.5);
		return 0;
	}
	return -1;
}

int
num_parse_size(uint64_t *out, const char *s, size_t n)
{
	static const char units[] = "KMGT";
	const char *u;
	unsigned shift = 0;

	if (n > 1 && s[n - 1] != '\0' && (u = strchr(units, s[n - 1])) != NULL) {
		shift = 10 * (unsigned)(u - units + 1);
		n--;
	}
	if (num_parse(out, s, n, UINT64_MAX >> shift) == -1)
		return -1;
	*out <<= shift;
	return 0;
}

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233"
    "34353637383940414243444546474849505152535455565758596061626364656667"
    "6869707172737475767778798081828384858687888990919293949596979899";

size_t
num_format(uint64_t v, char *out)
{
	char tmp[20];
	size_t at = sizeof(tmp);

	while (v >= 100) {
		at -= 2;
		memcpy(tmp + at, pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10) {
		at -= 2;
		memcpy(tmp + at, pairs + v * 2, 2);
	} else
		tmp[--at] = (char)('0' + v);
	memcpy(out, tmp + at, sizeof(tmp) - at);
	return sizeof(tmp) - at;
}

size_t
num_format_int(int64_t v, char *out)
{
	if (v == NUM_NONE) {
		*out = '-';
		return 1;
	}
	if (v >= 0)
		return num_format((uint64_t)v, out);
	*out = '-';
	return 1 + num_format((uint64_t)-v, out + 1);
}

/* v below 10^digits, with leading zeros. */
static void
format_padded(uint64_t v, unsigned digits, char *out)
{
	while (digits >= 2) {
		digits -= 2;
		memcpy(out + digits, pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (digits == 1)
		out[0] = (char)('0' + v % 10);
}

size_t
num_format_time(int64_t ns, char *out)
{
	size_t n = 0;

	if (ns == NUM_NONE) {
		*out = '-';
		return 1;
	}
	if (ns < 0) {
		out[n++] = '-';
		ns = -ns;
	}
	n += num_format((uint64_t)ns / NS_PER_S, out + n);
	out[n++] = '.';
	format_padded((uint64_t)ns % NS_PER_S, 9, out + n);
	return n + 9;
}

size_t
num_format_ms(int64_t ns, char *out)
{
	size_t n = 0;

	if (ns == NUM_NONE) {
		*out = '-';
		return 1;
	}
	if (ns < 0) {
		if (ns <= -500)
			out[n++] = '-';
		ns = -ns;
	}
	uint64_t us = ((uint64_t)ns + 500) / 1000;
	n += num_format(us / 1000, out + n);
	out[n++] = '.';
	format_padded(us % 1000, 3, out + n);
	return n + 3;
}
