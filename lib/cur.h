#ifndef CUR_H
#define CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A read cursor over bytes that came from the network.
 *
 * Reading past the end returns zero bytes and sets .bad; .bad stays set.
 * A parser therefore reads a whole header and checks .bad once, before it
 * acts on anything it read.  Nothing else in the tree may index packet bytes.
 */
struct cur {
	const uint8_t	*p;
	const uint8_t	*end;
	bool		 bad;
};

static inline struct cur
cur_init(const void *p, size_t n)
{
	return (struct cur){ .p = p, .end = (const uint8_t *)p + n };
}

static inline size_t
cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->p);
}

/* Return the next n bytes, or NULL (and go bad) if there are fewer. */
static inline const uint8_t *
cur_bytes(struct cur *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->bad || cur_left(c) < n) {
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return p;
}

static inline uint8_t
cur_u8(struct cur *c)
{
	const uint8_t *p = cur_bytes(c, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint16_t
cur_u16(struct cur *c)
{
	const uint8_t *p = cur_bytes(c, 2);

	return p == NULL ? 0 : (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t
cur_u32(struct cur *c)
{
	const uint8_t *p = cur_bytes(c, 4);

	return p == NULL ? 0 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
cur_u64(struct cur *c)
{
	const uint8_t *p = cur_bytes(c, 8);

	return p == NULL ? 0 : (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 |
	    (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
	    (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
	    (uint64_t)p[6] << 8 | p[7];
}

static inline void
cur_copy(struct cur *c, void *dst, size_t n)
{
	const uint8_t *p = cur_bytes(c, n);

	if (p == NULL)
		memset(dst, 0, n);
	else
		memcpy(dst, p, n);
}

static inline void
cur_skip(struct cur *c, size_t n)
{
	(void)cur_bytes(c, n);
}

/* Split off a cursor over the next n bytes; both go bad if there are fewer. */
static inline struct cur
cur_split(struct cur *c, size_t n)
{
	const uint8_t *p = cur_bytes(c, n);

	if (p == NULL)
		return (struct cur){ .p = c->end, .end = c->end, .bad = true };
	return cur_init(p, n);
}

/* Forget bytes after the next n: a length field may say less than we got. */
static inline void
cur_limit(struct cur *c, size_t n)
{
	if (n < cur_left(c))
		c->end = c->p + n;
}

#endif
