#ifndef BASE32_H
#define BASE32_H

#include <stddef.h>
#include <stdint.h>

/*
 * Base 32 (RFC 4648 section 6) in lower case without padding, as it is put
 * into DNS labels; decoding takes either case, since resolvers change it.
 */
#define BASE32_LEN(n)	(((n) * 8 + 4) / 5)

/* Encode n bytes into out[BASE32_LEN(n)]. */
void	 base32_encode(const uint8_t *p, size_t n, uint8_t *out);

/*
 * Decode the BASE32_LEN(n) characters of s into out[n].  Return 0, or -1 if
 * one is none or the spare bits at the end are not zero.
 */
int	 base32_decode(const uint8_t *s, uint8_t *out, size_t n);

#endif
