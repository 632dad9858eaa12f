/* Prefixes from the input; every lookup must equal trying them all. */

#include <stdlib.h>

#include "cur.h"
#include "prefixset.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { MAX = 64 };

static struct addr
take_addr(struct cur *c, uint8_t v)
{
	uint8_t b[16];

	cur_copy(c, b, v == 4 ? 4 : 16);
	return addr_from_bytes(v, b);
}

static void
check(const struct prefixset *ps, const struct prefix *p, size_t n,
    const struct addr *a)
{
	struct prefixhit hit = { 0, 0 };
	bool found = prefixset_find(ps, a, &hit), want = false;
	size_t best = 0;

	for (size_t i = 0; i < n; i++)
		if (prefix_holds(&p[i], a) &&
		    (!want || p[i].len >= p[best].len)) {
			want = true;
			best = i;
		}
	if (found != want || (found && (hit.value != best ||
	    hit.len != p[best].len)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_init(data, size);
	struct prefix p[MAX];
	struct prefixset ps;
	size_t n = 0;

	prefixset_init(&ps);
	while (n < MAX && cur_left(&c) > 0 && !c.bad) {
		uint8_t head = cur_u8(&c), v = head & 1 ? 6 : 4;
		struct addr a = take_addr(&c, v);

		p[n] = addr_block(&a, (uint8_t)((head >> 1) %
		    (v == 4 ? 33 : 129)));
		prefixset_add(&ps, &p[n], (uint32_t)n);
		n++;
	}
	prefixset_seal(&ps);
	c = cur_init(data, size);
	while (cur_left(&c) > 0 && !c.bad) {
		struct addr a = take_addr(&c, 4), b = take_addr(&c, 6);

		check(&ps, p, n, &a);
		check(&ps, p, n, &b);
	}
	for (size_t i = 0; i < n; i++)
		check(&ps, p, n, &p[i].addr);
	prefixset_free(&ps);
	return 0;
}
