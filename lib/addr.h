#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An IPv4 or IPv6 address: v is 4 or 6 (0: no address), b holds 4 or 16
 * bytes in network order, the rest zero, so that two equal addresses are
 * equal bytes.
 */
struct addr {
	uint8_t	v;
	uint8_t	b[16];
};

#define ADDR_STRLEN	46		/* longest text, with room for a NUL */
#define ADDR_HEXLEN	32		/* longest fixed-width hex, no NUL */

static inline unsigned
addr_bytes(const struct addr *a)
{
	return a->v == 6 ? 16 : a->v == 4 ? 4 : 0;
}

static inline uint32_t
addr_u32(const struct addr *a)
{
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 |
	    (uint32_t)a->b[2] << 8 | a->b[3];
}

static inline struct addr
addr_from_u32(uint32_t u)
{
	return (struct addr){ 4, { (uint8_t)(u >> 24), (uint8_t)(u >> 16),
	    (uint8_t)(u >> 8), (uint8_t)u } };
}

static inline struct addr
addr_from_bytes(uint8_t v, const uint8_t *p)
{
	struct addr a = { .v = v };

	for (unsigned i = 0; i < addr_bytes(&a); i++)
		a.b[i] = p[i];
	return a;
}

/* Parse canonical or other usual text; return 0, or -1 if s[0..n) is none. */
int	 addr_parse(struct addr *, const char *s, size_t n);

/* Format (RFC 5952) without a NUL into out[ADDR_STRLEN]; return the length. */
size_t	 addr_format(const struct addr *, char *out);

/* The same with a NUL; returns out. */
char	*addr_string(const struct addr *, char out[static ADDR_STRLEN]);

/* Fixed-width lowercase hex, 8 or 32 digits; return the length. */
size_t	 addr_format_hex(const struct addr *, char *out);
int	 addr_parse_hex(struct addr *, const char *s, size_t n);

/*
 * The order of the hex column as LC_ALL=C sort sees it: by bytes, and an
 * IPv4 address before the IPv6 addresses that begin with its bytes.
 */
int	 addr_cmp(const struct addr *, const struct addr *);

/* A prefix: addr with the bits beyond len zero. */
struct prefix {
	struct addr	addr;
	uint8_t		len;
};

#define PREFIX_STRLEN	(ADDR_STRLEN + 4)

/*
 * Parse ADDR/LEN, or ADDR alone as a host prefix.  Bits beyond the length
 * are an error (-1 with errno EINVAL), so that a typing mistake is not
 * silently widened.
 */
int	 prefix_parse(struct prefix *, const char *s, size_t n);
size_t	 prefix_format(const struct prefix *, char *out);	/* no NUL */

/* The prefix of that length around an address. */
struct prefix addr_block(const struct addr *, uint8_t len);
bool	 prefix_holds(const struct prefix *, const struct addr *);

#endif
