#include "cands.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "u128.h"

struct cand4 {
	uint32_t	a;
	int16_t		score;
	uint16_t	made_up;
};

struct cand6 {
	struct u128	a;
	int16_t		score;
	uint16_t	made_up;
};

void
cands_init(struct cands *c, uint8_t v, uint8_t len)
{
	memset(c, 0, sizeof(*c));
	c->v = v;
	c->len = len;
}

static size_t
size(const struct cands *c)
{
	return c->v == 4 ? sizeof(*c->c4) : sizeof(*c->c6);
}

void
cands_add(struct cands *c, const struct addr *a, int score, bool made_up)
{
	assert(a->v == c->v && c->nblocks == 0);
	if (c->n == c->cap) {
		/* By half: what is not used yet counts as memory, too. */
		c->cap = c->cap < 1024 ? 1024 : c->cap + c->cap / 2;
		c->p = mem_grow(c->p, c->cap, size(c));
	}
	if (c->v == 4)
		c->c4[c->n] = (struct cand4){ addr_u32(a), (int16_t)score,
		    made_up };
	else
		c->c6[c->n] = (struct cand6){ u128_from_addr(a),
		    (int16_t)score, made_up };
	c->n++;
}

static struct u128
number(const struct cands *c, size_t i)
{
	return c->v == 4 ? u128_from(c->c4[i].a) : c->c6[i].a;
}

static bool
made_up(const struct cands *c, size_t i)
{
	return c->v == 4 ? c->c4[i].made_up : c->c6[i].made_up;
}

/* Bits of an address that are not its block's number. */
static unsigned
hostbits(const struct cands *c)
{
	return (c->v == 4 ? 32U : 128U) - c->len;
}

static bool
same_block(const struct cands *c, size_t i, size_t j, unsigned host)
{
	if (c->v == 4)
		return (uint64_t)(c->c4[i].a ^ c->c4[j].a) >> host == 0;
	return u128_cmp(u128_shr(c->c6[i].a, host),
	    u128_shr(c->c6[j].a, host)) == 0;
}

static int
cmp4(const struct cand4 *a, const struct cand4 *b, unsigned host)
{
	uint64_t x = (uint64_t)a->a >> host, y = (uint64_t)b->a >> host;

	if (x != y)
		return x < y ? -1 : 1;
	if (a->made_up != b->made_up)
		return a->made_up - b->made_up;
	return b->score - a->score;
}

static int
cmp6(const struct cand6 *a, const struct cand6 *b, unsigned host)
{
	int c = u128_cmp(u128_shr(a->a, host), u128_shr(b->a, host));

	if (c != 0)
		return c;
	if (a->made_up != b->made_up)
		return a->made_up - b->made_up;
	return b->score - a->score;
}

/*
 * Merge sort, because it is stable, and fast where the input is sorted
 * already, as most of ours is.  tmp has room for half.
 */
static void
sort4(struct cand4 *a, size_t n, unsigned host, struct cand4 *tmp)
{
	size_t m = n / 2, i = 0, j = m, k = 0;

	if (n < 2)
		return;
	sort4(a, m, host, tmp);
	sort4(a + m, n - m, host, tmp);
	if (cmp4(&a[m - 1], &a[m], host) <= 0)
		return;
	memcpy(tmp, a, m * sizeof(*a));
	while (i < m && j < n)
		a[k++] = cmp4(&tmp[i], &a[j], host) <= 0 ? tmp[i++] : a[j++];
	memcpy(a + k, tmp + i, (m - i) * sizeof(*a));
}

static void
sort6(struct cand6 *a, size_t n, unsigned host, struct cand6 *tmp)
{
	size_t m = n / 2, i = 0, j = m, k = 0;

	if (n < 2)
		return;
	sort6(a, m, host, tmp);
	sort6(a + m, n - m, host, tmp);
	if (cmp6(&a[m - 1], &a[m], host) <= 0)
		return;
	memcpy(tmp, a, m * sizeof(*a));
	while (i < m && j < n)
		a[k++] = cmp6(&tmp[i], &a[j], host) <= 0 ? tmp[i++] : a[j++];
	memcpy(a + k, tmp + i, (m - i) * sizeof(*a));
}

static bool
sorted(const struct cands *c, unsigned host)
{
	for (size_t i = 1; i < c->n; i++)
		if ((c->v == 4 ? cmp4(&c->c4[i - 1], &c->c4[i], host) :
		    cmp6(&c->c6[i - 1], &c->c6[i], host)) > 0)
			return false;
	return true;
}

void
cands_sort(struct cands *c)
{
	unsigned host = hostbits(c);
	void *tmp;

	if (sorted(c, host))
		return;
	tmp = mem_array(c->n / 2 + 1, size(c));
	if (c->v == 4)
		sort4(c->c4, c->n, host, tmp);
	else
		sort6(c->c6, c->n, host, tmp);
	free(tmp);
}

static void
move(struct cands *c, size_t to, size_t from)
{
	if (c->v == 4)
		c->c4[to] = c->c4[from];
	else
		c->c6[to] = c->c6[from];
}

/* Is candidate i one of those kept from..to? */
static bool
kept(const struct cands *c, size_t from, size_t to, size_t i)
{
	for (; from < to; from++)
		if (u128_cmp(number(c, from), number(c, i)) == 0)
			return true;
	return false;
}

void
cands_keep(struct cands *c, unsigned keep, struct cands_lost *lost)
{
	unsigned host = hostbits(c);
	size_t to = 0, begin = 0;	/* of the block, among those kept */

	if (keep > 1)
		c->first = mem_array(c->n + 1, sizeof(*c->first));
	for (size_t i = 0; i < c->n; i++) {
		if (i == 0 || !same_block(c, begin, i, host)) {
			begin = to;
			if (keep > 1)
				c->first[c->nblocks] = (uint32_t)begin;
			c->nblocks++;
		} else if (kept(c, begin, to, i)) {
			lost->duplicate++;
			continue;
		} else if (made_up(c, i) && !made_up(c, begin)) {
			lost->covered++;
			continue;
		} else if (to - begin >= keep) {
			lost->surplus++;
			continue;
		}
		move(c, to++, i);
	}
	c->n = to;
	if (keep > 1)
		c->first[c->nblocks] = (uint32_t)to;
}

static size_t
first(const struct cands *c, size_t i)
{
	return c->first == NULL ? i : c->first[i];
}

void
cands_filter(struct cands *c, bool (*want)(void *, const struct addr *),
    void *arg)
{
	size_t blocks = 0, to = 0;

	for (size_t i = 0; i < c->nblocks; i++) {
		size_t from = first(c, i), end = first(c, i + 1);
		struct addr a = u128_to_addr(number(c, from), c->v);

		if (!want(arg, &a))
			continue;
		if (c->first != NULL)
			c->first[blocks] = (uint32_t)to;
		blocks++;
		while (from < end)
			move(c, to++, from++);
	}
	c->n = to;
	c->nblocks = blocks;
	if (c->first != NULL)
		c->first[blocks] = (uint32_t)to;
}

bool
cands_get(const struct cands *c, size_t i, unsigned k, struct addr *a,
    int *score)
{
	size_t at = first(c, i) + k;

	if (at >= first(c, i + 1))
		return false;
	if (c->v == 4) {
		*a = addr_from_u32(c->c4[at].a);
		*score = c->c4[at].score;
	} else {
		*a = u128_to_addr(c->c6[at].a, 6);
		*score = c->c6[at].score;
	}
	return true;
}

void
cands_expect(const struct cands *c, size_t i)
{
	if (c->first != NULL)
		__builtin_prefetch(&c->first[i]);
	else if (c->v == 4)
		__builtin_prefetch(&c->c4[i]);
	else
		__builtin_prefetch(&c->c6[i]);
}

size_t
cands_crowd(const struct cands *c, uint8_t len)
{
	unsigned host = (c->v == 4 ? 32U : 128U) - len;
	size_t most = 0, begin = 0;

	for (size_t i = 0; i < c->nblocks; i++) {
		if (!same_block(c, first(c, begin), first(c, i), host))
			begin = i;
		if (i - begin + 1 > most)
			most = i - begin + 1;
	}
	return most;
}

void
cands_free(struct cands *c)
{
	free(c->p);
	free(c->first);
	cands_init(c, c->v, c->len);
}
