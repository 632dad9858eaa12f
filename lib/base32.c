#include "base32.h"

void
base32_encode(const uint8_t *p, size_t n, uint8_t *out)
{
	static const char digits[32] = "abcdefghijklmnopqrstuvwxyz234567";
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | p[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = (uint8_t)digits[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out = (uint8_t)digits[acc << (5 - bits) & 31];
}

static int
value(uint8_t ch)
{
	if (ch >= '2' && ch <= '7')
		return ch - '2' + 26;
	ch |= 0x20;
	return ch >= 'a' && ch <= 'z' ? ch - 'a' : -1;
}

int
base32_decode(const uint8_t *s, uint8_t *out, size_t n)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	int bad = 0;

	for (size_t i = 0; i < BASE32_LEN(n); i++) {
		int v = value(s[i]);

		bad |= v;			/* negative if one is */
		acc = acc << 5 | ((uint32_t)v & 31);
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(acc >> bits);
		}
	}
	return bad < 0 || (acc & ((1u << bits) - 1)) != 0 ? -1 : 0;
}
