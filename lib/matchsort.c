/*
 * Sorting by bytes, most significant first, in place (McIlroy, Bostic and
 * McIlroy, "Engineering radix sort", 1993), because at millions of records
 * it needs a quarter of the time of comparing, and no second array.  Runs
 * that memory cannot hold are merged from one nameless file by a heap.
 */
#include "matchsort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "tmpfile.h"

enum { SMALL = 24, MAXSIZE = 256, AHEAD = 3, FIRST = 1 << 12,
    RUNBUF = 1 << 13 };

struct run {
	off_t		 at, end;	/* what is still in the file */
	uint8_t		*buf;
	size_t		 pos, len;	/* bytes in buf */
};

struct matchsort {
	size_t		 size, keylen;
	int		 (*cmp)(const void *, const void *, const void *);
	const void	*arg;
	struct matchsort_budget *budget;
	const char	*tmpdir;

	uint8_t		*a;		/* n records, room for cap */
	size_t		 n, cap, next;
	uint64_t	 total;

	int		 fd;		/* -1: nothing spilled */
	off_t		 fdlen;
	struct { off_t at, end; } *span;
	size_t		 nruns;
	struct run	*run;
	size_t		*heap, nheap;
	size_t		 bufsize;
	int		 error;
	int		 moved;		/* the heap's first run was handed out */
};

struct matchsort *
matchsort_open(size_t size, size_t keylen,
    int (*cmp)(const void *, const void *, const void *), const void *arg,
    struct matchsort_budget *budget, const char *tmpdir)
{
	struct matchsort *s = mem_alloc(sizeof *s);

	s->size = size;
	s->keylen = keylen;
	s->cmp = cmp;
	s->arg = arg;
	s->budget = budget;
	s->tmpdir = tmpdir;
	s->fd = -1;
	return s;
}

/* ---- in memory ---- */

static int
order(const struct matchsort *s, const void *a, const void *b)
{
	int c = memcmp(a, b, s->keylen);

	return c != 0 ? c : s->cmp(a, b, s->arg);
}

static void
swap(uint8_t *a, uint8_t *b, size_t size)
{
	for (size_t i = 0; i < size; i += 8) {
		uint64_t x, y;

		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		memcpy(a + i, &y, 8);
		memcpy(b + i, &x, 8);
	}
}

static void
insertion(const struct matchsort *s, uint8_t *a, size_t n)
{
	uint8_t tmp[MAXSIZE];
	size_t size = s->size;

	for (size_t i = 1; i < n; i++) {
		size_t j = i;

		if (order(s, a + (i - 1) * size, a + i * size) <= 0)
			continue;
		memcpy(tmp, a + i * size, size);
		do {
			memcpy(a + j * size, a + (j - 1) * size, size);
			j--;
		} while (j > 0 && order(s, a + (j - 1) * size, tmp) > 0);
		memcpy(a + j * size, tmp, size);
	}
}

static void
sift(const struct matchsort *s, uint8_t *a, size_t i, size_t n)
{
	size_t size = s->size, c;

	for (; (c = 2 * i + 1) < n; i = c) {
		if (c + 1 < n && order(s, a + c * size, a + (c + 1) * size) < 0)
			c++;
		if (order(s, a + i * size, a + c * size) >= 0)
			return;
		swap(a + i * size, a + c * size, size);
	}
}

/* Many records with one key: in place and never quadratic. */
static void
heapsort(const struct matchsort *s, uint8_t *a, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(s, a, i, n);
	while (n-- > 1) {
		swap(a, a + n * s->size, s->size);
		sift(s, a, 0, n);
	}
}

/*
 * Move each record to its bucket by byte d of the key.  Where a bucket goes
 * on is fetched early: there are too many for the processor to see it come.
 */
static void
permute(uint8_t *a, size_t size, size_t d, const size_t end[static 256],
    size_t at[static 256])
{
	for (size_t b = 0; b < 256; b++)
		while (at[b] < end[b]) {
			uint8_t *p = a + at[b] * size;
			size_t c = p[d];

			if (c == b) {
				at[b]++;
				continue;
			}
			swap(p, a + at[c] * size, size);
			at[c]++;
			__builtin_prefetch(a + (at[c] + AHEAD) * size, 1);
		}
}

static void
radix(const struct matchsort *s, uint8_t *a, size_t n, size_t d)
{
	size_t count[256], at[256], end[256], sum = 0;

	for (;; d++) {
		if (n <= SMALL) {
			insertion(s, a, n);
			return;
		}
		if (d == s->keylen) {
			heapsort(s, a, n);
			return;
		}
		memset(count, 0, sizeof count);
		for (size_t i = 0; i < n; i++)
			count[a[i * s->size + d]]++;
		if (count[a[d]] != n)
			break;
	}
	for (size_t b = 0; b < 256; b++) {
		at[b] = sum;
		end[b] = sum += count[b];
	}
	permute(a, s->size, d, end, at);
	for (size_t b = 0; b < 256; b++)
		if (count[b] > 1)
			radix(s, a + (end[b] - count[b]) * s->size, count[b],
			    d + 1);
}

/* ---- runs in a file ---- */

static int
spill(struct matchsort *s)
{
	size_t bytes = s->n * s->size;

	if (s->n == 0)
		return 0;
	if (s->fd == -1 && (s->fd = tmpfile_open(s->tmpdir)) == -1)
		return s->error = errno, -1;
	radix(s, s->a, s->n, 0);
	if (tmpfile_write(s->fd, s->a, bytes, s->fdlen) == -1)
		return s->error = errno, -1;
	s->span = mem_grow(s->span, s->nruns + 1, sizeof *s->span);
	s->span[s->nruns].at = s->fdlen;
	s->span[s->nruns++].end = s->fdlen += (off_t)bytes;
	s->n = 0;
	return 0;
}

/* Make room for one more: a larger array if the budget allows, or a run. */
static int
room(struct matchsort *s)
{
	size_t more = s->cap == 0 ? FIRST : s->cap / 2;
	size_t bytes = more * s->size;

	if (s->cap > 0 &&
	    atomic_load(&s->budget->used) + bytes > s->budget->limit)
		return spill(s);
	atomic_fetch_add(&s->budget->used, bytes);
	s->a = mem_grow(s->a, s->cap + more, s->size);
	s->cap += more;
	return 0;
}

void *
matchsort_add(struct matchsort *s)
{
	uint8_t *p;

	if (s->error != 0 || (s->n == s->cap && room(s) == -1)) {
		errno = s->error;
		return NULL;
	}
	p = s->a + s->n++ * s->size;
	s->total++;
	memset(p, 0, s->size);
	return p;
}

int
matchsort_done(struct matchsort *s)
{
	if (s->error == 0 && s->nruns == 0) {
		radix(s, s->a, s->n, 0);
		return 0;
	}
	if (s->error != 0 || spill(s) == -1)
		return errno = s->error, -1;
	atomic_fetch_sub(&s->budget->used, s->cap * s->size);
	free(s->a);
	s->bufsize = s->cap * s->size / s->nruns;
	if (s->bufsize < RUNBUF)
		s->bufsize = RUNBUF;
	s->bufsize -= s->bufsize % s->size;
	s->a = NULL;
	s->cap = 0;
	return matchsort_rewind(s);
}

/* Have a record in the run's buffer; return 1, or 0 at its end or -1. */
static int
fill(struct matchsort *s, struct run *r)
{
	size_t want = s->bufsize;

	if (r->pos < r->len)
		return 1;
	if ((off_t)want > r->end - r->at)
		want = (size_t)(r->end - r->at);
	for (r->pos = r->len = 0; r->len < want;) {
		ssize_t n = pread(s->fd, r->buf + r->len, want - r->len, r->at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return s->error = n == 0 ? EIO : errno, -1;
		r->len += (size_t)n;
		r->at += n;
	}
	return want > 0;
}

static const uint8_t *
head(const struct matchsort *s, size_t i)
{
	const struct run *r = &s->run[s->heap[i]];

	return r->buf + r->pos;
}

static void
down(struct matchsort *s, size_t i)
{
	size_t c, t;

	for (; (c = 2 * i + 1) < s->nheap; i = c) {
		if (c + 1 < s->nheap && order(s, head(s, c + 1), head(s, c)) < 0)
			c++;
		if (order(s, head(s, i), head(s, c)) <= 0)
			return;
		t = s->heap[i];
		s->heap[i] = s->heap[c];
		s->heap[c] = t;
	}
}

int
matchsort_rewind(struct matchsort *s)
{
	s->next = 0;
	s->moved = 0;
	if (s->nruns == 0)
		return 0;
	if (s->run == NULL) {
		s->run = mem_array(s->nruns, sizeof *s->run);
		s->heap = mem_array(s->nruns, sizeof *s->heap);
		for (size_t i = 0; i < s->nruns; i++)
			s->run[i].buf = mem_alloc(s->bufsize);
	}
	s->nheap = 0;
	for (size_t i = 0; i < s->nruns; i++) {
		struct run *r = &s->run[i];

		r->at = s->span[i].at;
		r->end = s->span[i].end;
		r->pos = r->len = 0;
		if (fill(s, r) == -1)
			return errno = s->error, -1;
		s->heap[s->nheap++] = i;
	}
	for (size_t i = s->nheap / 2; i-- > 0;)
		down(s, i);
	return 0;
}

const void *
matchsort_next(struct matchsort *s)
{
	struct run *r;
	int more;

	if (s->error != 0)
		return NULL;
	if (s->nruns == 0)
		return s->next == s->n ? NULL : s->a + s->next++ * s->size;
	if (s->moved) {
		r = &s->run[s->heap[0]];
		r->pos += s->size;
		if ((more = fill(s, r)) == -1)
			return NULL;
		if (!more)
			s->heap[0] = s->heap[--s->nheap];
		down(s, 0);
	}
	s->moved = s->nheap > 0;
	return s->nheap > 0 ? head(s, 0) : NULL;
}

int
matchsort_error(const struct matchsort *s)
{
	return s->error;
}

uint64_t
matchsort_count(const struct matchsort *s)
{
	return s->total;
}

size_t
matchsort_runs(const struct matchsort *s)
{
	return s->nruns;
}

void
matchsort_close(struct matchsort *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->run != NULL && i < s->nruns; i++)
		free(s->run[i].buf);
	if (s->fd != -1)
		close(s->fd);
	atomic_fetch_sub(&s->budget->used, s->cap * s->size);
	free(s->run);
	free(s->heap);
	free(s->span);
	free(s->a);
	free(s);
}
