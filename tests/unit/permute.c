/* permute: every order holds everything once, and keeps neighbours apart */

#include <stdlib.h>

#include "permute.h"
#include "tap.h"

static const uint64_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 100,
    255, 256, 257, 1000, 4095, 4096, 4097, 65537, 100003 };

#define NSIZES	(sizeof(sizes) / sizeof(*sizes))

static void
bijections(void)
{
	for (size_t k = 0; k < NSIZES; k++) {
		uint64_t n = sizes[k], bad = 0;
		uint8_t *seen = calloc(n, 1);
		struct permute p;

		if (seen == NULL)
			abort();
		permute_init(&p, n, k);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t at = permute_at(&p, i);

			bad += at >= n || seen[at]++;
		}
		ok(bad == 0, "%llu: each once", (unsigned long long)n);
		free(seen);
	}
}

/* Large sizes: no value twice among many, all below n. */
static int
cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
large(void)
{
	enum { N = 50000 };
	static const uint64_t big[] = { UINT64_C(1) << 32,
	    (UINT64_C(1) << 48) + 1, (UINT64_C(1) << 62) + 12345,
	    UINT64_C(1) << 63 };
	static uint64_t v[N];

	for (size_t k = 0; k < sizeof(big) / sizeof(*big); k++) {
		uint64_t bad = 0, low = 0;
		struct permute p;

		permute_init(&p, big[k], 7);
		for (uint64_t i = 0; i < N; i++) {
			v[i] = permute_at(&p, i);
			bad += v[i] >= big[k];
			low += v[i] < big[k] / 2;
		}
		qsort(v, N, sizeof(*v), cmp);
		for (size_t i = 1; i < N; i++)
			bad += v[i] == v[i - 1];
		ok(bad == 0, "size 2^%d and more: no doubles among %d",
		    k == 0 ? 32 : k == 1 ? 48 : k == 2 ? 62 : 63, N);
		ok(low > N * 48 / 100 && low < N * 52 / 100,
		    "half of them in the lower half: %llu of %d",
		    (unsigned long long)low, N);
	}
}

/* These numbers are a promise: the same order on every machine. */
static void
vectors(void)
{
	static const uint64_t want[] = { 815, 586, 59, 106, 365, 606, 744, 515 };
	static const uint64_t want_spread[] = { 962, 127, 287, 433, 598, 764, 913, 71 };
	struct permute p;
	struct spread s;
	uint64_t at;

	permute_init(&p, 1000, 42);
	for (uint64_t i = 0; i < 8; i++)
		ok(permute_at(&p, i) == want[i], "1000, seed 42: %llu at %llu",
		    (unsigned long long)permute_at(&p, i),
		    (unsigned long long)i);
	spread_init(&s, 1000, 16, 42);
	for (uint64_t i = 0; i < 8 && spread_next(&s, &at); i++)
		ok(at == want_spread[i], "spread, seed 42: %llu at %llu",
		    (unsigned long long)at, (unsigned long long)i);
}

static void
below(void)
{
	static const uint64_t of[] = { 1, 2, 3, 10, 254, UINT64_C(1) << 33,
	    UINT64_MAX };
	uint64_t bad = 0, sum = 0;

	for (size_t k = 0; k < sizeof(of) / sizeof(*of); k++)
		for (uint64_t i = 0; i < 10000; i++)
			bad += permute_below(k, i, of[k]) >= of[k];
	ok(bad == 0, "permute_below is below");
	for (uint64_t i = 0; i < 10000; i++)
		sum += permute_below(1, i, 1001);
	ok(sum > 4900000 && sum < 5100000, "and 500 on average: %llu / 10000",
	    (unsigned long long)sum);
}

/* Is the order of n things in columns of run whole?  Set *gap to how close
 * any two of each run neighbours come. */
static int
walk(uint64_t n, uint64_t run, uint64_t seed, uint64_t *gap)
{
	uint64_t *pos = calloc(n, sizeof(*pos)), at, t = 0, bad = 0;
	struct spread s;

	if (pos == NULL)
		abort();
	spread_init(&s, n, run, seed);
	while (spread_next(&s, &at)) {
		bad += at >= n || pos[at] != 0;
		if (bad != 0)
			break;
		pos[at] = ++t;
	}
	*gap = n;
	for (uint64_t i = 0; bad == 0 && i < n; i++)
		for (uint64_t j = i + 1; j < n && j < i + run; j++) {
			uint64_t d = pos[i] > pos[j] ? pos[i] - pos[j] :
			    pos[j] - pos[i];

			if (d < *gap)
				*gap = d;
		}
	free(pos);
	return t == n && bad == 0;
}

static void
spreads(void)
{
	static const uint64_t runs[] = { 1, 2, 3, 16, 255, 256 };

	for (size_t k = 0; k < NSIZES; k++)
		for (size_t r = 0; r < 6; r++) {
			uint64_t gap, n = sizes[k], run = runs[r];
			uint64_t columns = n / run + (n % run != 0);
			int whole = walk(n, run, k * 10 + r, &gap);

			ok(whole && (run == 1 || columns < 20 ||
			    gap >= columns / 5),
			    "%llu in runs of %llu: each once, neighbours "
			    "%llu apart", (unsigned long long)n,
			    (unsigned long long)run, (unsigned long long)gap);
		}
}

static void
gaps(void)
{
	uint64_t least = UINT64_MAX, gap;
	int whole = 1;

	for (uint64_t seed = 0; seed < 200; seed++) {
		uint64_t n = 20000 + seed * 37;

		whole &= walk(n, 20, seed, &gap);
		if (gap * 1000 / (n / 20) < least)
			least = gap * 1000 / (n / 20);
	}
	ok(whole && least >= 240, "200 seeds: neighbours at least %.3f of the "
	    "columns apart", (double)least / 1000);
}

static void
seeds(void)
{
	uint64_t a, b, same = 0, n = 0;
	struct spread s, t;

	spread_init(&s, 100000, 256, 1);
	spread_init(&t, 100000, 256, 2);
	while (spread_next(&s, &a) && spread_next(&t, &b))
		n++, same += a == b;
	ok(n == 100000 && same < 100, "another seed, another order: %llu of "
	    "100000 in the same place", (unsigned long long)same);
	spread_init(&s, 0, 256, 1);
	ok(spread_next(&s, &a) == 0, "nothing has an order");
}

int
main(void)
{
	bijections();
	large();
	vectors();
	below();
	spreads();
	gaps();
	seeds();
	return tap_done();
}
