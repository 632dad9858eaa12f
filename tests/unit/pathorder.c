/* Every probe once, no ttl twice in a row, attempts far apart. */

#include "pathorder.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static const struct {
	uint64_t	nflows;
	unsigned	first, last, attempts;
} rows[] = {
	{ 0, 1, 30, 3 }, { 1, 1, 1, 1 }, { 1, 5, 5, 255 }, { 1, 1, 30, 3 },
	{ 1, 1, 255, 2 }, { 2, 1, 2, 2 }, { 2, 1, 3, 2 }, { 3, 1, 3, 3 },
	{ 4, 1, 3, 2 }, { 5, 2, 6, 2 }, { 30, 1, 30, 3 }, { 31, 1, 30, 2 },
	{ 32, 1, 30, 2 }, { 1000, 1, 32, 2 }, { 1001, 3, 31, 1 },
	{ 997, 1, 16, 3 }, { 4096, 1, 8, 1 },
};

static void
try(uint64_t nflows, unsigned first, unsigned last, unsigned attempts,
    uint64_t seed)
{
	unsigned n = last - first + 1, ttl, attempt, was = 0, at = 0;
	uint64_t all = nflows * n * attempts, got = 0, flow;
	uint64_t twice = 0, wrong = 0, same = 0, back = 0, moved = 0;
	uint8_t *seen = calloc(1, all + 1);
	struct pathorder o;

	pathorder_init(&o, nflows, first, last, attempts, seed);
	while (pathorder_next(&o, &flow, &ttl, &attempt) == 1 && got <= all) {
		uint64_t id = (flow * n + (ttl - first)) * attempts + attempt;

		if (flow >= nflows || ttl < first || ttl > last ||
		    attempt >= attempts)
			wrong++;
		else
			twice += seen[id]++;
		same += got > 0 && ttl == was;
		back += attempt < at;
		moved += flow != got % (nflows + !nflows);
		was = ttl;
		at = attempt;
		got++;
	}
	ok(got == all && wrong == 0 && twice == 0, "%llu flows, ttl %u to %u, "
	    "%u attempts, seed %llu: each once", (unsigned long long)nflows,
	    first, last, attempts, (unsigned long long)seed);
	ok((n < 3 || same == 0) && back == 0, "no ttl twice in a row (%llu), "
	    "attempts one after the other", (unsigned long long)same);
	ok(nflows < 30 || moved > all / 2, "flows are shuffled");
	free(seen);
}

/* As memory is not needed, numbers may be large. */
static void
test_large(void)
{
	struct pathorder o, p;
	uint64_t a, b;
	unsigned ttl[2], attempt;
	int differ = 0;

	pathorder_init(&o, UINT64_C(1) << 40, 1, 30, 3, 1);
	pathorder_init(&p, UINT64_C(1) << 40, 1, 30, 3, 2);
	for (int i = 0; i < 1000; i++) {
		pathorder_next(&o, &a, &ttl[0], &attempt);
		pathorder_next(&p, &b, &ttl[1], &attempt);
		differ += a != b;
	}
	ok(differ > 990, "another seed is another order");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint64_t seed = 0; seed < 2; seed++)
			try(rows[i].nflows, rows[i].first, rows[i].last,
			    rows[i].attempts, seed);
	for (uint64_t flows = 1; flows < 40; flows++)
		for (unsigned n = 3; n < 34; n += 5)
			try(flows, 1, n, 2, flows);
	test_large();
	return tap_done();
}
