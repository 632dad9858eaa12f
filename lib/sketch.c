#include "sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"

enum { BITS = 7, LINEAR = 1 << (BITS + 1), LAST = (62 - BITS + 2) << BITS };

static uint32_t
bucket(uint64_t v)
{
	unsigned shift;

	if (v < LINEAR)
		return (uint32_t)v;
	shift = 63U - (unsigned)__builtin_clzll(v) - BITS;
	return (uint32_t)((shift << BITS) + (v >> shift));
}

/* The middle of a bucket: its lowest value and half its width. */
static int64_t
middle(uint32_t at)
{
	unsigned shift;
	uint64_t low;

	if (at < LINEAR)
		return at;
	shift = (at >> BITS) - 1;
	low = (uint64_t)(at - (shift << BITS)) << shift;
	return (int64_t)(low + (UINT64_C(1) << shift) / 2);
}

/* Where at is, or should be. */
static size_t
search(const struct sketch *s, uint32_t at)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->b[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
add(struct sketch *s, uint32_t at, uint64_t times)
{
	size_t i = search(s, at);

	s->total += times;
	if (i < s->n && s->b[i].at == at) {
		s->b[i].count += times;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 4 : s->cap * 2;
		s->b = mem_grow(s->b, s->cap, sizeof *s->b);
	}
	memmove(s->b + i + 1, s->b + i, (s->n++ - i) * sizeof *s->b);
	s->b[i] = (struct sketchbucket){ at, times };
}

void
sketch_add(struct sketch *s, int64_t value, uint64_t times)
{
	if (times > 0)
		add(s, bucket(value < 0 ? 0 : (uint64_t)value), times);
}

void
sketch_merge(struct sketch *s, const struct sketch *from)
{
	for (size_t i = 0; i < from->n; i++)
		add(s, from->b[i].at, from->b[i].count);
}

void
sketch_free(struct sketch *s)
{
	free(s->b);
	memset(s, 0, sizeof *s);
}

int64_t
sketch_quantile(const struct sketch *s, double q)
{
	double want = ceil(q * (double)s->total);
	uint64_t rank = want < 1 ? 1 : (uint64_t)want, seen = 0;

	if (s->n == 0)
		return -1;
	if (rank > s->total)
		rank = s->total;
	for (size_t i = 0; i < s->n; i++)
		if ((seen += s->b[i].count) >= rank)
			return middle(s->b[i].at);
	return -1;
}

size_t
sketch_format(const struct sketch *s, size_t *from, char *out, size_t cap)
{
	size_t len = 0;

	for (; *from < s->n && cap - len > 2 * NUM_STRLEN + 2; ++*from) {
		if (len > 0)
			out[len++] = ',';
		len += num_format(s->b[*from].at, out + len);
		out[len++] = ':';
		len += num_format(s->b[*from].count, out + len);
	}
	return len;
}

int
sketch_parse(struct sketch *s, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *stop = memchr(p, ',', (size_t)(end - p)), *colon;
		uint64_t at, count;

		if (stop == NULL)
			stop = end;
		colon = memchr(p, ':', (size_t)(stop - p));
		if (colon == NULL || stop + 1 == end ||
		    num_parse(&at, p, (size_t)(colon - p), LAST - 1) == -1 ||
		    num_parse(&count, colon + 1, (size_t)(stop - colon - 1),
		    UINT64_MAX - s->total) == -1 || count == 0)
			return -1;
		add(s, (uint32_t)at, count);
		p = stop + 1;
	}
	return 0;
}
