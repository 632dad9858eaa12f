#ifndef HEX_H
#define HEX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The bytes of hex digits in a malloc of their exact number, so that one
 * byte too far is a sanitizer's error; the caller frees it.
 */
static inline uint8_t *
unhex(const char *s, size_t *n)
{
	uint8_t *p;
	char two[3] = "";

	*n = strlen(s) / 2;
	p = malloc(*n == 0 ? 1 : *n);
	for (size_t i = 0; i < *n; i++) {
		memcpy(two, s + 2 * i, 2);
		p[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return p;
}

/* Bytes in a malloc of their exact number. */
static inline uint8_t *
exact(const uint8_t *p, size_t n)
{
	uint8_t *q = malloc(n == 0 ? 1 : n);

	if (n > 0)
		memcpy(q, p, n);
	return q;
}

#endif
