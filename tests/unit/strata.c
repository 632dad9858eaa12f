/* strata: each stratum has its share of the sample */

#include <stdlib.h>

#include "permute.h"
#include "strata.h"
#include "tap.h"

enum { THINGS = 20000, KEYS = 300 };

/* Sizes from one to thousands, as those of ASes are. */
static uint32_t
key(uint64_t i)
{
	uint64_t k = permute_below(9, i, KEYS);

	return (uint32_t)permute_below(8, k, k + 1);
}

static void
sample(uint64_t num, uint64_t den)
{
	static uint64_t size[KEYS], got[KEYS];
	uint64_t total = 0, bad = 0;
	struct strata s = { 0 };

	for (int k = 0; k < KEYS; k++)
		size[k] = got[k] = 0;
	for (uint64_t i = 0; i < THINGS; i++) {
		strata_count(&s, key(i));
		size[key(i)]++;
	}
	strata_share(&s, num, den, num);
	for (uint64_t i = 0; i < THINGS; i++)
		if (strata_pick(&s, key(i))) {
			got[key(i)]++;
			total++;
		}
	for (int k = 0; k < KEYS; k++)
		bad += got[k] < size[k] * num / den ||
		    got[k] > (size[k] * num + den - 1) / den;
	ok(bad == 0, "%llu of %llu: every stratum its share, rounded",
	    (unsigned long long)num, (unsigned long long)den);
	ok(total >= THINGS * num / den && total <= THINGS * num / den + 1,
	    "%llu in all", (unsigned long long)total);
	ok(!strata_pick(&s, 12345), "a stratum never counted gives nothing");
	strata_free(&s);
}

/* Whether a thing is picked does not depend on its place. */
static void
fair(void)
{
	enum { N = 10, SEEDS = 20000 };
	unsigned count[N] = { 0 }, bad = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct strata s = { 0 };

		for (int i = 0; i < N; i++)
			strata_count(&s, 7);
		strata_share(&s, 3, 10, seed);
		for (int i = 0; i < N; i++)
			count[i] += strata_pick(&s, 7);
		strata_free(&s);
	}
	for (int i = 0; i < N; i++)
		bad += count[i] < SEEDS * 28 / 100 ||
		    count[i] > SEEDS * 32 / 100;
	ok(bad == 0, "3 of 10: each in three tenths of the samples");
}

int
main(void)
{
	sample(10000, 1000000);
	sample(1, THINGS);
	sample(1234, THINGS);
	sample(0, 1000000);
	sample(1000000, 1000000);
	fair();
	return tap_done();
}
