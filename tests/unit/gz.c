/*
 * Gzip streams of members: whole, cut, flipped, with members removed,
 * doubled and swapped; written by others; joined.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "clock.h"
#include "gz.h"
#include "mem.h"
#include "rec.h"
#include "tap.h"

static int
temp(const void *p, size_t n)
{
	char path[] = "/tmp/gzXXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (write(fd, p, n) != (ssize_t)n)
		abort();
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* A stream of n targets in small members, each flushed after a few. */
static uint8_t *
make_stream(unsigned n, size_t *len)
{
	char *argv[] = { (char[]){ "test" }, NULL };
	struct target t;
	struct recout o;
	int fd = temp("", 0);

	recout_open(&o, &rec_target, dup(fd), true, false, NULL);
	rec_clear(&rec_target, &t);
	for (unsigned i = 1; i <= n; i++) {
		t.dst = addr_from_u32(i * 2654435761u);
		recout_write(&o, &t);
		if (i % 50 == 0)
			recout_flush(&o);
	}
	recout_close(&o, NULL, argv);
	*len = (size_t)lseek(fd, 0, SEEK_END);
	uint8_t *p = mem_alloc(*len);
	if (pread(fd, p, *len, 0) != (ssize_t)*len)
		abort();
	close(fd);
	return p;
}

/* Is it read as whole?  *good: the records that came out. */
static bool
whole(const void *p, size_t n, unsigned *good)
{
	struct recin in;
	struct target t;
	bool ended = false;
	int r;

	*good = 0;
	if (recin_open(&in, &rec_target, temp(p, n), "file", NULL, NULL) == 0) {
		while ((r = recin_read(&in, &t)) == 1 || r == -1)
			*good += r == 1;
		ended = r == 0;
	}
	ended = recin_close(&in) == 0 && ended;
	meta_free(&in.meta);
	return ended;
}

static size_t
member_size(const uint8_t *p)
{
	return (size_t)p[16] | (size_t)p[17] << 8 | (size_t)p[18] << 16;
}

static void
test_damage(const uint8_t *p, size_t n, unsigned want)
{
	uint8_t *m = mem_alloc(n);
	unsigned good, missed = 0, fewer = 0;

	ok(whole(p, n, &good) && good == want, "%u records are whole", want);
	srand(7);
	for (int i = 0; i < 1000; i++) {
		size_t cut = (size_t)rand() % n;

		missed += whole(p, cut, &good);
	}
	ok(missed == 0, "1,000 random cuts are noticed, %u not", missed);
	missed = 0;
	for (int i = 0; i < 1000; i++) {
		memcpy(m, p, n);
		size_t at = (size_t)rand() % n;
		m[at] ^= (uint8_t)(1 << rand() % 8);
		missed += whole(m, n, &good);
		fewer += at > member_size(p) && good < want - 50;
	}
	ok(missed == 0, "1,000 random bit flips are noticed, %u not", missed);
	ok(fewer == 0, "a bit flip after the header's member costs one at most, %u more",
	    fewer);
	missed = 0;
	for (size_t i = 0; i < 32 * 8; i++) {	/* each bit of two headers */
		size_t at = i % 2 == 0 ? 0 : member_size(p);

		memcpy(m, p, n);
		m[at + i / 8] ^= (uint8_t)(1 << i % 8);
		missed += whole(m, n, &good);
	}
	ok(missed == 0, "bit flips in headers are noticed, %u not", missed);
	free(m);
}

/* Members a and b of the stream exchanged, a removed, a doubled. */
static void
test_members(const uint8_t *p, size_t n)
{
	size_t at[8] = { 0 }, len = 0;
	uint8_t *m = mem_alloc(2 * n);
	unsigned good;

	for (int i = 0; i < 7; i++)
		at[i + 1] = at[i] + member_size(p + at[i]);
	for (int i = 0; i < 6; i++) {
		memcpy(m, p, at[i]);
		memcpy(m + at[i], p + at[i + 1], n - at[i + 1]);
		ok(!whole(m, n - (at[i + 1] - at[i]), &good),
		    "member %d removed is noticed", i);
		memcpy(m, p, at[i + 1]);
		memcpy(m + at[i + 1], p + at[i], n - at[i]);
		ok(!whole(m, n + at[i + 1] - at[i], &good),
		    "member %d doubled is noticed", i);
		memcpy(m, p, at[i]);
		len = at[i];
		memcpy(m + len, p + at[i + 1], at[i + 2 > 7 ? 7 : i + 2] -
		    at[i + 1]);
		len += at[i + 2 > 7 ? 7 : i + 2] - at[i + 1];
		memcpy(m + len, p + at[i], at[i + 1] - at[i]);
		len += at[i + 1] - at[i];
		memcpy(m + len, p + at[i + 2 > 7 ? 7 : i + 2],
		    n - at[i + 2 > 7 ? 7 : i + 2]);
		ok(!whole(m, n, &good), "members %d and %d swapped are noticed",
		    i, i + 1);
	}
	memcpy(m, p, n);
	memcpy(m + n, p, n);
	ok(whole(m, 2 * n, &good), "two files joined are whole");
	ok(!whole(m, n + at[3], &good), "the second of two cut is noticed");
	ok(!whole(m + at[3], 2 * n - at[3], &good),
	    "the first of two beheaded is noticed");
	free(m);
}

static void
test_foreign(void)
{
	static const char text[] = "#fsdb -F t dst:a\n192.0.2.1\n# end: 1\n";
	char path[] = "/tmp/gzXXXXXX";
	uint8_t m[512];
	unsigned good;
	int fd = mkstemp(path);
	gzFile z = gzdopen(dup(fd), "w");

	gzwrite(z, text, sizeof(text) - 1);
	gzclose(z);
	size_t n = (size_t)pread(fd, m, sizeof(m) / 2, 0);
	close(fd);
	unlink(path);
	ok(whole(m, n, &good) && good == 1, "another's gzip is read");
	ok(!whole(m, n - 1, &good), "cut short it is noticed");
	memcpy(m + n, m, n);
	ok(whole(m, 2 * n, &good) && good == 2, "two of them joined too");
	memcpy(m + n, "garbage", 7);
	ok(!whole(m, n + 7, &good), "garbage after it is noticed");
	ok(whole(text, sizeof(text) - 1, &good), "plain text is read");
}

/* What was written a second ago survives kill -9. */
static void
test_kill(bool compress)
{
	int fd = temp("", 0), up[2], status;
	unsigned good = 0, said = 0;
	char *line;
	pid_t pid;

	if (pipe(up) == -1 || (pid = fork()) == -1)
		abort();
	if (pid == 0) {
		struct recout o;
		struct target t;

		rec_clear(&rec_target, &t);
		recout_open(&o, &rec_target, fd, compress, false, NULL);
		for (unsigned i = 1;; i++) {
			t.dst = addr_from_u32(i);
			recout_write(&o, &t);
			recout_tick(&o);
			(void)!write(up[1], &i, sizeof(i));
			usleep(2000);
		}
	}
	close(up[1]);
	usleep(700000);
	while (read(up[0], &said, sizeof(said)) == sizeof(said) && said < 200)
		;
	usleep(1000000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(up[0]);
	lseek(fd, 0, SEEK_SET);
	struct gzin *g = gzin_open(fd);
	while (gzin_line(g, &line) >= 0)
		good += line[0] != '#' && !gzin_cut(g);
	gzin_close(g);
	ok(good >= said, "%s: %u records a second old, %u survive kill -9",
	    compress ? "gzip" : "plain", said, good);
}

static void
test_errors(void)
{
	struct gzout *g = gzout_open(open("/dev/full", O_WRONLY), true, true);
	int r = gzout_write(g, "x\n", 2, 1);

	r = r == 0 ? gzout_flush(g) : r;
	ok(r == -1 && errno == ENOSPC, "a full disk is noticed at flush");
	ok(gzout_write(g, "x\n", 2, 1) == -1, "and at every write after");
	ok(gzout_close(g) == -1 && errno == ENOSPC, "and at close");
	int p[2];
	if (pipe(p) == -1)
		abort();
	close(p[0]);
	g = gzout_open(p[1], false, false);
	gzout_write(g, "x\n", 2, 1);
	ok(gzout_close(g) == -1 && errno == EPIPE, "a reader gone is EPIPE");
	struct gzin *in = gzin_open(open("/", O_RDONLY | O_DIRECTORY));
	char *line;
	ok(gzin_line(in, &line) == -2 && gzin_error(in) != NULL,
	    "a directory is an error: %s", gzin_error(in));
	gzin_close(in);
	if (pipe(p) == -1)
		abort();
	in = gzin_open(p[0]);
	ok(!gzin_ready(in), "an empty pipe is not ready");
	gzin_close(in);
	ok(1, "closing does not wait for input");
	close(p[1]);
	char *s = mem_alloc(3 * GZ_LINE_MAX);
	memset(s, 'x', 3 * GZ_LINE_MAX);
	in = gzin_open(temp(s, 3 * GZ_LINE_MAX));
	ssize_t k;
	while ((k = gzin_line(in, &line)) >= 0)
		;
	ok(k == -2, "an endless line is an error: %s", gzin_error(in));
	gzin_close(in);
	free(s);
}

int
main(void)
{
	size_t n;
	uint8_t *p = make_stream(500, &n);

	test_damage(p, n, 500);
	test_members(p, n);
	free(p);
	test_foreign();
	test_kill(true);
	test_kill(false);
	test_errors();
	return tap_done();
}
