/*
 * One long string of bytes; a number is where a part begins and how long it
 * is.  The end of it is in memory until the buffer is full.
 */
#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "tmpfile.h"

enum { BUF = 1 << 18 };

struct spool {
	const char	*tmpdir;
	int		 fd;		/* -1: all of it is in buf */
	uint64_t	 at;		/* bytes in the file */
	size_t		 n;		/* bytes in buf */
	uint8_t		 buf[BUF];
};

struct spool *
spool_open(const char *tmpdir)
{
	struct spool *s = mem_alloc(sizeof *s);

	s->tmpdir = tmpdir;
	s->fd = -1;
	return s;
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	free(s);
}

bool
spool_empty(const struct spool *s)
{
	return s->at + s->n == 0;
}

static int
flush(struct spool *s)
{
	if (s->fd == -1 && (s->fd = tmpfile_open(s->tmpdir)) == -1)
		return -1;
	if (tmpfile_write(s->fd, s->buf, s->n, (off_t)s->at) == -1)
		return -1;
	s->at += s->n;
	s->n = 0;
	return 0;
}

/* 47 bits of place and 16 of length, which is never 0. */
uint64_t
spool_add(struct spool *s, const void *p, size_t n)
{
	uint64_t number;

	if (n == 0 || n > SPOOL_MAX) {
		errno = EINVAL;
		return 0;
	}
	if (s->n + n > BUF && flush(s) == -1)
		return 0;
	number = (s->at + s->n) << 16 | n;
	memcpy(s->buf + s->n, p, n);
	s->n += n;
	return number;
}

long
spool_get(struct spool *s, uint64_t number, void *out)
{
	uint64_t at = number >> 16;
	size_t n = number & 0xffff, have = 0;

	if (at >= s->at) {
		memcpy(out, s->buf + (at - s->at), n);
		return (long)n;
	}
	while (have < n) {
		ssize_t r = pread(s->fd, (uint8_t *)out + have, n - have,
		    (off_t)(at + have));

		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0) {
			errno = r == 0 ? EIO : errno;
			return -1;
		}
		have += (size_t)r;
	}
	return (long)n;
}
