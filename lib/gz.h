#ifndef GZ_H
#define GZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Byte streams of lines, plain or gzip, that survive kill -9.
 *
 * A compressed stream is a sequence of gzip members (RFC 1952), each of
 * whole lines, at most GZ_MEMBER bytes or GZ_AGE_NS old when it was handed
 * to the kernel.  Every member has a FEXTRA field, subfield 'C' 'N':
 * compressed size of the whole member (4 bytes, little endian as all of
 * gzip), records in it (4), its number from 0 (4), CRC-32 of the header up
 * to here and of the deflate data (4).  A reader thereby knows removed,
 * doubled, swapped and cut members, which gzip itself does not.
 *
 * Compressing and writing, reading and inflating are done by a thread of
 * the stream's own, so open streams before seccomp goes on.
 */
#define GZ_MEMBER	(256 * 1024)
#define GZ_AGE_NS	500000000
#define GZ_LINE_MAX	65536		/* longest line accepted or written */

struct gzout;

/*
 * Write to fd, which stays the caller's to name but is closed by
 * gzout_close.  Never NULL.  sync: fdatasync (by the thread) about once a
 * second, for logs that should survive a power cut.
 */
struct gzout *gzout_open(int fd, bool compress, bool sync);

/*
 * Append whole lines, nrecs of them records.  Return 0, or -1 with errno
 * when an earlier or this write failed (then every later call fails too).
 * Blocks while the thread is a few members behind.
 */
int	 gzout_write(struct gzout *, const void *p, size_t n, unsigned nrecs);

/* Hand over what is older than GZ_AGE_NS; call about ten times a second. */
int	 gzout_tick(struct gzout *);

/* From here on that old, in place of GZ_AGE_NS. */
void	 gzout_age(struct gzout *, int64_t age_ns);

/* Hand over everything and wait until the kernel has it. */
int	 gzout_flush(struct gzout *);

/* Bytes the kernel has taken. */
uint64_t gzout_bytes(const struct gzout *);

/* Flush, end the thread, close fd, free.  Return 0, or -1 with errno. */
int	 gzout_close(struct gzout *);

struct gzin;

/*
 * Read lines from fd, which gzin_close closes (never 0).  gzip is known by
 * its magic; anything else is taken as it is.  Never NULL.
 */
struct gzin *gzin_open(int fd);

/*
 * Next line, without its newline, NUL-terminated, the caller's to change
 * until the next call.  Return its length; -1 at the end of the stream; -2
 * on an error (see gzin_error), after which it stays so.  A last line
 * without newline is returned; gzin_cut tells it.
 */
ssize_t	 gzin_line(struct gzin *, char **line);

/*
 * Is there a line without waiting for input?  For tools that print while
 * they read: flush before a read that may block.
 */
bool	 gzin_ready(struct gzin *);

/* What the thread is woken by, for a sandbox: to be read and written. */
int	 gzin_wakefd(const struct gzin *);

bool	 gzin_cut(const struct gzin *);		/* last line had no newline */
const char *gzin_error(const struct gzin *);	/* "cut short in member 3", ... */
void	 gzin_close(struct gzin *);

#endif
