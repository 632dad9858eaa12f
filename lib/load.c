#include "load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"

void
load_init(struct load *t, uint8_t len4, uint8_t len6)
{
	memset(t, 0, sizeof *t);
	t->len4 = len4;
	t->len6 = len6;
}

void
load_free(struct load *t)
{
	ranges_free(&t->ranges);
	free(t->line);
}

static uint8_t
blocklen(const struct load *t, const struct addr *a)
{
	return a->v == 6 ? t->len6 : t->len4;
}

/* A decimal number exactly, in units; what is beyond them is dropped. */
static int
parse_weight(uint64_t *units, const char *s)
{
	size_t whole = strcspn(s, "."), n = strlen(s);
	uint64_t u, part = 0, scale = LOAD_UNIT / 10;
	double real;

	if (num_parse(&u, s, whole, UINT64_MAX / LOAD_UNIT - 1) == -1) {
		/* 1.5e9 and the like */
		if (num_parse_real(&real, s, n) == -1 ||
		    real > (double)UINT64_MAX / LOAD_UNIT - 1)
			return -1;
		*units = (uint64_t)llround(real * LOAD_UNIT);
		return 0;
	}
	for (size_t i = whole + 1; i < n; i++, scale /= 10) {
		if (s[i] < '0' || s[i] > '9') {
			if (num_parse_real(&real, s, n) == -1)
				return -1;
			*units = (uint64_t)llround(real * LOAD_UNIT);
			return 0;
		}
		part += (uint64_t)(s[i] - '0') * scale;
	}
	*units = u * LOAD_UNIT + part;
	return 0;
}

int
load_line(struct load *t, struct csv *c, const char **why)
{
	struct prefix p;
	uint64_t units;

	*why = "not a prefix and its weight";
	if (c->n < 2 || prefix_parse(&p, c->field[0], strlen(c->field[0])) ==
	    -1 || parse_weight(&units, c->field[1]) == -1)
		return -1;
	*why = "weights are too large to add up";
	if (units > UINT64_MAX / 2 - t->total)
		return -1;
	if (p.len > blocklen(t, &p.addr))
		p = addr_block(&p.addr, blocklen(t, &p.addr));
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 1024 : t->cap * 2;
		t->line = mem_grow(t->line, t->cap, sizeof *t->line);
	}
	t->line[t->n++] = (struct loadline){ p, units };
	t->total += units;
	return 0;
}

int
load_add(struct load *t, const char *path, char err[static 512])
{
	struct csv c;
	const char *why = "a quote is not closed";
	int r, bad = 0;

	if (csv_open(&c, path) == -1) {
		snprintf(err, 512, "%s: %s", path, strerror(errno));
		return -1;
	}
	while (!bad && (r = csv_next(&c)) != 0 && r != -2)
		if (r == -1 || load_line(t, &c, &why) == -1)
			bad = c.lineno > 1;	/* the first may be a header */
	if (bad)
		snprintf(err, 512, "%s:%lu: %s", path, c.lineno, why);
	else if (csv_error(&c) != NULL)
		snprintf(err, 512, "%s: %s", path, csv_error(&c));
	bad = bad || csv_error(&c) != NULL;
	csv_close(&c);
	return bad ? -1 : 0;
}

static int
cmp(const void *x, const void *y)
{
	const struct loadline *a = x, *b = y;
	int c = addr_cmp(&a->prefix.addr, &b->prefix.addr);

	return c != 0 ? c : a->prefix.len - b->prefix.len;
}

/* Lines of the same prefix become one. */
void
load_ready(struct load *t)
{
	size_t n = 0;

	if (t->n > 0)
		qsort(t->line, t->n, sizeof *t->line, cmp);
	for (size_t i = 0; i < t->n; i++)
		if (n > 0 && cmp(&t->line[n - 1], &t->line[i]) == 0)
			t->line[n - 1].units += t->line[i].units;
		else
			t->line[n++] = t->line[i];
	t->n = n;
	for (size_t i = 0; i < n; i++)
		ranges_add_prefix(&t->ranges, &t->line[i].prefix, (uint32_t)i);
	ranges_sort(&t->ranges);
}

/* Bits [from, to) of an address as a number; no more than 64. */
static uint64_t
bits(const struct addr *a, unsigned from, unsigned to)
{
	uint64_t u = 0;

	for (unsigned i = from; i < to; i++)
		u = u << 1 | (a->b[i / 8] >> (7 - i % 8) & 1);
	return u;
}

/*
 * The share of the block in one line: block number k of n gets
 * total*(k+1)/n - total*k/n, so that all n add up to the total.
 */
static uint64_t
share(const struct loadline *l, const struct addr *a, uint8_t len)
{
	unsigned wide = len - l->prefix.len;
	uint64_t k;

	if (wide == 0)
		return l->units;
	if (wide >= 64)
		return 0;
	k = bits(a, l->prefix.len, len);
	return (uint64_t)((__uint128_t)l->units * (k + 1) >> wide) -
	    (uint64_t)((__uint128_t)l->units * k >> wide);
}

uint64_t
load_find(struct load *t, const struct addr *a)
{
	uint64_t units = 0;
	uint32_t i = ranges_find(&t->ranges, a);

	for (; i != RANGES_NONE; i = ranges_around(&t->ranges, i, a))
		units += share(&t->line[t->ranges.r[i].value], a,
		    blocklen(t, a));
	return units;
}

size_t
load_format(uint64_t units, char *out)
{
	uint64_t part = units % LOAD_UNIT;
	size_t n = num_format(units / LOAD_UNIT, out);

	if (part == 0)
		return n;
	out[n++] = '.';
	while (part > 0) {
		part *= 10;
		out[n++] = (char)('0' + part / LOAD_UNIT);
		part %= LOAD_UNIT;
	}
	return n;
}
