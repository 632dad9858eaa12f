#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A write cursor over a caller-owned array: the mirror of struct cur.
 * Writing past the end writes nothing and sets .bad; check once, at the end.
 */
struct buf {
	uint8_t	*p;
	size_t	 len;
	size_t	 cap;
	bool	 bad;
};

static inline struct buf
buf_init(void *p, size_t cap)
{
	return (struct buf){ .p = p, .cap = cap };
}

/* Reserve n zeroed bytes and return where they are, or NULL (and go bad). */
static inline uint8_t *
buf_take(struct buf *b, size_t n)
{
	uint8_t *p = b->p + b->len;

	if (b->bad || b->cap - b->len < n) {
		b->bad = true;
		return NULL;
	}
	memset(p, 0, n);
	b->len += n;
	return p;
}

static inline void
buf_u8(struct buf *b, uint8_t v)
{
	uint8_t *p = buf_take(b, 1);

	if (p != NULL)
		p[0] = v;
}

static inline void
buf_u16(struct buf *b, uint16_t v)
{
	uint8_t *p = buf_take(b, 2);

	if (p != NULL) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void
buf_u32(struct buf *b, uint32_t v)
{
	buf_u16(b, (uint16_t)(v >> 16));
	buf_u16(b, (uint16_t)v);
}

static inline void
buf_u64(struct buf *b, uint64_t v)
{
	buf_u32(b, (uint32_t)(v >> 32));
	buf_u32(b, (uint32_t)v);
}

static inline void
buf_copy(struct buf *b, const void *src, size_t n)
{
	uint8_t *p = buf_take(b, n);

	if (p != NULL)
		memcpy(p, src, n);
}

/* Overwrite two bytes already written: lengths and checksums. */
static inline void
buf_set16(struct buf *b, size_t at, uint16_t v)
{
	if (b->bad || at + 2 > b->len) {
		b->bad = true;
		return;
	}
	b->p[at] = (uint8_t)(v >> 8);
	b->p[at + 1] = (uint8_t)v;
}

#endif
