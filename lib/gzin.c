/*
 * Line streams in, plain or gzip.  A thread reads and inflates while the
 * tool parses.  Our own members, which say how long they are, are inflated
 * whole by libdeflate; what others wrote goes through zlib, which can
 * inflate piecemeal.  A damaged member is skipped and remembered: what
 * comes after it is still good.
 */

#include "gz.h"

#include <errno.h>
#include <libdeflate.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zlib.h>

#include "mem.h"
#include "ring.h"

enum {
	HEAD = 32,			/* our member's header */
	MEMBER_MAX = GZ_MEMBER + 4096,	/* compressed: deflate adds little */
	IN_CAP = 2 * MEMBER_MAX,
	OUT_CAP = GZ_MEMBER + GZ_LINE_MAX
};

struct gzin {
	struct ring	 ring;
	int		 fd, wake;
	atomic_bool	 go;

	/* the thread's */
	uint8_t		*in;		/* raw input [at, end) */
	size_t		 at, end;
	bool		 eof;
	struct block	*out;
	struct libdeflate_decompressor *z;
	z_stream	 zs;
	bool		 zs_ready;
	int64_t		 member;	/* number of our last member, or -1 */
	char		 terr[96];	/* first error */

	/* the tool's */
	struct block	*cur;
	size_t		 pos;
	bool		 cut, over;
	char		 err[96];
};

/* Remember the first error, with a number unless that is negative. */
static void
fail(struct gzin *g, const char *what, int64_t n)
{
	if (g->terr[0] != '\0')
		return;
	if (n < 0)
		snprintf(g->terr, sizeof(g->terr), "%s", what);
	else
		snprintf(g->terr, sizeof(g->terr), "%s %lld", what,
		    (long long)n);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/*
 * Give the tool the whole lines of the block; the rest begins the next.
 * Return false when the tool wants no more.
 */
static bool
push_lines(struct gzin *g)
{
	struct block *b = g->out, *next;
	char *nl = memrchr(b->p, '\n', b->n);
	size_t keep;

	if (nl == NULL) {
		if (b->n < GZ_LINE_MAX)
			return true;
		fail(g, "line longer than bytes:", GZ_LINE_MAX);
		return false;
	}
	keep = b->n - (size_t)(nl + 1 - b->p);
	b->n -= keep;
	if ((next = ring_push(&g->ring)) == NULL)
		return false;
	if (keep > 0) {
		if (keep > GZ_LINE_MAX) {
			fail(g, "line longer than bytes:", GZ_LINE_MAX);
			return false;
		}
		memcpy(next->p, nl + 1, keep);
	}
	next->n = keep;
	g->out = next;
	return true;
}

/* Have at least want bytes of input unless it ends; false: stop. */
static bool
fill(struct gzin *g, size_t want)
{
	struct pollfd p[2] = { { g->fd, POLLIN, 0 }, { g->wake, POLLIN, 0 } };

	if (g->at > 0 && g->end - g->at < want) {
		memmove(g->in, g->in + g->at, g->end - g->at);
		g->end -= g->at;
		g->at = 0;
	}
	while (!g->eof && g->end - g->at < want) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			return fail(g, "poll: errno", errno), false;
		if (p[1].revents != 0)
			return false;
		if (p[0].revents == 0)
			continue;
		ssize_t k = read(g->fd, g->in + g->end, IN_CAP - g->end);

		if (k == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k == -1)
			return fail(g, "read: errno", errno), false;
		if (k == 0)
			g->eof = true;
		g->end += (size_t)k;
	}
	return true;
}

/* Not gzip: lines as they are, to the end. */
static void
read_plain(struct gzin *g)
{
	while (fill(g, 1) && g->at < g->end) {
		size_t room = g->out->cap - g->out->n;
		size_t n = g->end - g->at < room ? g->end - g->at : room;

		memcpy(g->out->p + g->out->n, g->in + g->at, n);
		g->out->n += n;
		g->at += n;
		if (!push_lines(g))
			return;
	}
}

/* What begins a member of ours, and what may begin a damaged one. */
enum likeness { FOREIGN, DAMAGED, OURS };

static enum likeness
likeness(const uint8_t *p, size_t n)
{
	static const uint8_t head[16] = { 31, 139, 8, 4, 0, 0, 0, 0, 4, 3,
	    20, 0, 'C', 'N', 16, 0 };
	unsigned same = 0;

	if (n < HEAD)
		return FOREIGN;
	for (size_t i = 0; i < sizeof(head); i++)
		same += p[i] == head[i];
	if (same == sizeof(head) && get32(p + 16) > HEAD + 8 &&
	    get32(p + 16) <= MEMBER_MAX)
		return OURS;
	return same >= sizeof(head) - 3 ? DAMAGED : FOREIGN;
}

/* After damage: go to the next member of ours, if any. */
static bool
resync(struct gzin *g)
{
	for (;;) {
		if (!fill(g, HEAD) || g->end - g->at < HEAD)
			return false;
		if (likeness(g->in + g->at, g->end - g->at) == OURS)
			return true;
		g->at++;
	}
}

static unsigned
count_records(const char *p, size_t n)
{
	const char *end = p + n, *nl;
	unsigned count = 0;

	for (; p < end && (nl = memchr(p, '\n', (size_t)(end - p))) != NULL;
	    p = nl + 1)
		count += *p != '#';
	return count;
}

/* Inflate one whole member of n bytes; false: it is not what it says. */
static bool
inflate_member(struct gzin *g, const uint8_t *p, size_t n, size_t *got)
{
	char *to = g->out->p + g->out->n;
	size_t used;

	return libdeflate_crc32(libdeflate_crc32(0, p, 28), p + HEAD,
	    n - HEAD - 8) == get32(p + 28) && libdeflate_gzip_decompress_ex(g->z, p, n, to, GZ_MEMBER, &used,
	    got) == LIBDEFLATE_SUCCESS && used == n &&
	    count_records(to, *got) == get32(p + 20) &&
	    (get32(p + 24) != 0 || (*got > 5 && memcmp(to, "#fsdb", 5) == 0));
}

/* One member of ours; false: nothing more can be read. */
static bool
read_member(struct gzin *g)
{
	size_t n = get32(g->in + g->at + 16), got;
	int64_t number = get32(g->in + g->at + 24);

	if (!fill(g, n))
		return false;
	if (g->end - g->at < n) {
		fail(g, "gzip cut short in member", number);
		g->at++;
		return resync(g);
	}
	if (!inflate_member(g, g->in + g->at, n, &got)) {
		fail(g, "damaged gzip member", number);
		g->member = number;
		g->at++;
		return resync(g);
	}
	if (number != 0 && number != g->member + 1)
		fail(g, "gzip member missing or out of place:",
		    g->member + 1);
	g->member = number;
	g->at += n;
	g->out->n += got;
	return push_lines(g);
}

/* One member written by another gzip. */
static bool
read_foreign(struct gzin *g)
{
	int r = Z_OK;

	if (!g->zs_ready && inflateInit2(&g->zs, 16 + MAX_WBITS) != Z_OK)
		return fail(g, "no memory for zlib", -1), false;
	if (g->zs_ready)
		inflateReset(&g->zs);
	g->zs_ready = true;
	while (r != Z_STREAM_END) {
		if (!fill(g, 1))
			return false;
		if (g->at == g->end)
			return fail(g, "gzip cut short", -1), false;
		g->zs.next_in = g->in + g->at;
		g->zs.avail_in = (uInt)(g->end - g->at);
		g->zs.next_out = (Bytef *)g->out->p + g->out->n;
		g->zs.avail_out = (uInt)(g->out->cap - g->out->n);
		r = inflate(&g->zs, Z_NO_FLUSH);
		g->at = g->end - g->zs.avail_in;
		g->out->n = g->out->cap - g->zs.avail_out;
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) {
			fail(g, "gzip is damaged", -1);
			return resync(g);
		}
		if (!push_lines(g))
			return false;
	}
	return true;
}

static bool
read_gzip(struct gzin *g)
{
	const uint8_t *p;

	if (!fill(g, HEAD) || g->at == g->end)
		return false;
	p = g->in + g->at;
	switch (likeness(p, g->end - g->at)) {
	case OURS:
		return read_member(g);
	case DAMAGED:
		fail(g, "damaged header after gzip member", g->member);
		g->at++;
		return resync(g);
	case FOREIGN:
		break;
	}
	if (g->end - g->at >= 2 && p[0] == 31 && p[1] == 139)
		return read_foreign(g);
	fail(g, "bytes after gzip data are no gzip", -1);
	return resync(g);
}

static void *
in_thread(void *arg)
{
	struct gzin *g = arg;
	struct pollfd p = { g->wake, POLLIN, 0 };

	while (!atomic_load(&g->go))		/* the first gzin_line wakes us */
		(void)poll(&p, 1, -1);
	uint64_t u;
	if (read(g->wake, &u, sizeof(u)) != sizeof(u) || g->ring.stop)
		goto out;
	if (fill(g, 2)) {
		if (g->end - g->at >= 2 && g->in[0] == 31 && g->in[1] == 139)
			while (read_gzip(g))
				;
		else
			read_plain(g);
	}
out:
	if (g->out->n > 0)
		ring_push(&g->ring);
	ring_done(&g->ring);
	return NULL;
}

struct gzin *
gzin_open(int fd)
{
	struct gzin *g = mem_alloc(sizeof(*g));

	g->fd = fd;
	g->member = -1;
	g->wake = eventfd(0, EFD_CLOEXEC);
	g->in = mem_alloc(IN_CAP);
	g->z = libdeflate_alloc_decompressor();
	ring_init(&g->ring, OUT_CAP);
	g->out = &g->ring.block[0];
	if (g->wake == -1 || ring_thread(&g->ring, in_thread, g) != 0) {
		snprintf(g->err, sizeof(g->err), "no thread to read with");
		g->over = true;
		g->go = true;
		if (g->wake != -1)
			close(g->wake);
		g->wake = -1;
	}
	return g;
}

/* Reading begins when the tool first asks. */
static void
start(struct gzin *g)
{
	if (!atomic_exchange(&g->go, true))
		eventfd_write(g->wake, 1);
}

/* Move to the next block; false at the end. */
static bool
next_block(struct gzin *g)
{
	start(g);
	if (g->cur != NULL)
		ring_pop(&g->ring);
	g->cur = NULL;
	g->pos = 0;
	if (g->over || (g->cur = ring_front(&g->ring)) != NULL)
		return !g->over;
	g->over = true;
	memcpy(g->err, g->terr, sizeof(g->err));
	return false;
}

ssize_t
gzin_line(struct gzin *g, char **line)
{
	if ((g->cur == NULL || g->pos == g->cur->n) && !next_block(g))
		return g->err[0] == '\0' ? -1 : -2;
	char *s = g->cur->p + g->pos;
	char *nl = memchr(s, '\n', g->cur->n - g->pos);

	if (nl == NULL) {
		nl = g->cur->p + g->cur->n;
		g->cut = true;
		g->pos = g->cur->n;
	} else
		g->pos = (size_t)(nl + 1 - g->cur->p);
	*nl = '\0';
	*line = s;
	return nl - s;
}

bool
gzin_ready(struct gzin *g)
{
	if (g->cur != NULL && g->pos < g->cur->n)
		return true;
	if (g->cur != NULL) {
		ring_pop(&g->ring);
		g->cur = NULL;
		g->pos = 0;
	}
	start(g);
	return g->over || !ring_empty(&g->ring);
}

int
gzin_wakefd(const struct gzin *g)
{
	return g->wake;
}

bool
gzin_cut(const struct gzin *g)
{
	return g->cut;
}

const char *
gzin_error(const struct gzin *g)
{
	return g->err[0] == '\0' ? NULL : g->err;
}

void
gzin_close(struct gzin *g)
{
	if (g->wake != -1) {
		ring_stop(&g->ring);
		atomic_store(&g->go, true);
		eventfd_write(g->wake, 1);
		pthread_join(g->ring.thread, NULL);
		close(g->wake);
	}
	if (g->fd != 0)
		close(g->fd);
	if (g->zs_ready)
		inflateEnd(&g->zs);
	libdeflate_free_decompressor(g->z);
	ring_free(&g->ring);
	free(g->in);
	free(g);
}
