/*
 * Line streams out, plain or gzip.  A thread per stream compresses and
 * writes while the tool formats.  Members are compressed whole by
 * libdeflate, which is twice as fast as zlib at the same size.
 */

#include "gz.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "ring.h"

enum {
	HEAD = 12 + 4 + 16,	/* gzip header, then FEXTRA with one subfield */
	TAIL = 8,		/* CRC and size */
	LEVEL = 1
};

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

struct gzout {
	struct ring	 ring;
	struct block	*cur;		/* the tool's */
	int		 fd;
	bool		 compress, sync;
	uint32_t	 member;
	int64_t		 age_ns;
	struct libdeflate_compressor *z;
	uint8_t		*zbuf;
	size_t		 zcap;
	atomic_int	 error;		/* errno of the first failure */
	atomic_ullong	 bytes;
};

/* Write all of it; return 0 or an errno. */
static int
write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		ssize_t k = write(fd, s, n);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return errno;
		if (k == 0)
			return ENOSPC;
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

/*
 * RFC 1952 section 2.3: header with FEXTRA, deflate data, CRC32, ISIZE.
 * The last word of our subfield is a CRC of the header and the deflate
 * data: bits that gzip does not look at may not change unnoticed either.
 */
static size_t
pack(struct gzout *g, const struct block *b)
{
	static const uint8_t head[16] = { 31, 139, 8, 4, 0, 0, 0, 0, 4, 3,
	    20, 0, 'C', 'N', 16, 0 };
	uint8_t *z = g->zbuf;
	size_t n = libdeflate_deflate_compress(g->z, b->p, b->n, z + HEAD,
	    g->zcap - HEAD - TAIL);

	memcpy(z, head, sizeof(head));
	put32(z + HEAD + n, libdeflate_crc32(0, b->p, b->n));
	put32(z + HEAD + n + 4, (uint32_t)b->n);
	put32(z + 16, (uint32_t)(HEAD + n + TAIL));
	put32(z + 20, b->nrecs);
	put32(z + 24, g->member++);
	put32(z + 28, libdeflate_crc32(libdeflate_crc32(0, z, 28), z + HEAD,
	    n));
	return HEAD + n + TAIL;
}

static int
put_block(struct gzout *g, const struct block *b)
{
	const void *p = b->p;
	size_t n = b->n;
	int e;

	if (g->compress) {
		n = pack(g, b);
		p = g->zbuf;
	}
	if ((e = write_all(g->fd, p, n)) == 0)
		atomic_fetch_add(&g->bytes, n);
	return e;
}

static void *
out_thread(void *arg)
{
	struct gzout *g = arg;
	int64_t synced = clock_mono();
	struct block *b;

	while ((b = ring_front(&g->ring)) != NULL) {
		int e = atomic_load(&g->error);

		if (e == 0 && b->n > 0)
			e = put_block(g, b);
		if (e == 0 && g->sync && clock_mono() - synced > NS_PER_S) {
			if (fdatasync(g->fd) == -1 && errno != EINVAL &&
			    errno != EROFS && errno != EINTR)
				e = errno;
			synced = clock_mono();
		}
		if (e != 0)
			atomic_store(&g->error, e);
		ring_pop(&g->ring);
	}
	return NULL;
}

struct gzout *
gzout_open(int fd, bool compress, bool sync)
{
	struct gzout *g = mem_alloc(sizeof(*g));

	g->fd = fd;
	g->age_ns = GZ_AGE_NS;
	g->compress = compress;
	g->sync = sync;
	ring_init(&g->ring, GZ_MEMBER);
	g->cur = &g->ring.block[0];
	if (compress) {
		g->z = libdeflate_alloc_compressor(LEVEL);
		g->zcap = HEAD + TAIL +
		    libdeflate_deflate_compress_bound(g->z, GZ_MEMBER);
		g->zbuf = mem_alloc(g->zcap);
	}
	int e = ring_thread(&g->ring, out_thread, g);
	if (e != 0)
		atomic_store(&g->error, e);
	return g;
}

/* Give the current block to the thread. */
static int
hand_over(struct gzout *g)
{
	int e = atomic_load(&g->error);

	if (e == 0 && g->cur->n > 0) {
		g->cur = ring_push(&g->ring);
		e = atomic_load(&g->error);
	}
	errno = e;
	return e == 0 ? 0 : -1;
}

int
gzout_write(struct gzout *g, const void *p, size_t n, unsigned nrecs)
{
	int e = atomic_load_explicit(&g->error, memory_order_relaxed);

	if (e == 0 && n > GZ_MEMBER)
		e = EMSGSIZE;
	if (e != 0) {
		errno = e;
		return -1;
	}
	if (g->cur->cap - g->cur->n < n && hand_over(g) == -1)
		return -1;
	if (g->cur->n == 0)
		g->cur->since = clock_mono();
	memcpy(g->cur->p + g->cur->n, p, n);
	g->cur->n += n;
	g->cur->nrecs += nrecs;
	return 0;
}

int
gzout_tick(struct gzout *g)
{
	int e = atomic_load(&g->error);

	if (e == 0 && g->cur->n > 0 &&
	    clock_mono() - g->cur->since >= g->age_ns)
		return hand_over(g);
	errno = e;
	return e == 0 ? 0 : -1;
}

void
gzout_age(struct gzout *g, int64_t age_ns)
{
	g->age_ns = age_ns;
}

int
gzout_flush(struct gzout *g)
{
	if (hand_over(g) == -1)
		return -1;
	ring_drain(&g->ring);
	errno = atomic_load(&g->error);
	return errno == 0 ? 0 : -1;
}

uint64_t
gzout_bytes(const struct gzout *g)
{
	return atomic_load(&((struct gzout *)(uintptr_t)g)->bytes);
}

int
gzout_close(struct gzout *g)
{
	int e;

	(void)gzout_flush(g);
	e = atomic_load(&g->error);
	ring_done(&g->ring);
	pthread_join(g->ring.thread, NULL);
	if (g->sync && e == 0 && fdatasync(g->fd) == -1 && errno != EINVAL &&
	    errno != EROFS)
		e = errno;
	if (close(g->fd) == -1 && errno != EINTR && e == 0)
		e = errno;
	libdeflate_free_compressor(g->z);
	free(g->zbuf);
	ring_free(&g->ring);
	free(g);
	errno = e;
	return e == 0 ? 0 : -1;
}
