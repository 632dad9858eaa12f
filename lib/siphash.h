#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * SipHash-2-4 with 64-bit output (Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF", 2012), inline, as every probe and every answer costs one or
 * two of these.  siphash_inline hashes bytes in memory; what was just put
 * together is faster hashed word by word, eight bytes each, the first the
 * lowest, because a wide load of narrow stores has to wait for them.  key.h
 * has the same as an ordinary function.
 */

static inline uint64_t
sip_load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* A number in network order as the word its bytes make, or back. */
static inline uint64_t
sip_swap(uint64_t v)
{
	return __builtin_bswap64(v);
}

static inline uint64_t
sip_rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void
sip_rounds(uint64_t v[static 4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = sip_rotl(v[1], 13) ^ v[0];
		v[0] = sip_rotl(v[0], 32);
		v[2] += v[3];
		v[3] = sip_rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = sip_rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = sip_rotl(v[1], 17) ^ v[2];
		v[2] = sip_rotl(v[2], 32);
	}
}

static inline void
sip_begin(uint64_t v[static 4], const uint8_t key[static 16])
{
	uint64_t k0 = sip_load(key), k1 = sip_load(key + 8);

	v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
	v[1] = k1 ^ UINT64_C(0x646f72616e646f6d);
	v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
	v[3] = k1 ^ UINT64_C(0x7465646279746573);
}

static inline void
sip_word(uint64_t v[static 4], uint64_t m)
{
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
}

/* last: up to seven remaining bytes, and the length in the top byte. */
static inline uint64_t
sip_end(uint64_t v[static 4], uint64_t last)
{
	sip_word(v, last);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline uint64_t
siphash_inline(const uint8_t key[static 16], const uint8_t *p, size_t n)
{
	uint64_t v[4], last = (uint64_t)n << 56;
	size_t whole = n & ~(size_t)7;

	sip_begin(v, key);
	for (size_t i = 0; i < whole; i += 8)
		sip_word(v, sip_load(p + i));
	for (size_t i = whole; i < n; i++)
		last |= (uint64_t)p[i] << 8 * (i - whole);
	return sip_end(v, last);
}

#endif
