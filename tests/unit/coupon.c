/* coupon: against published stopping points, and drawing at random */

#include <math.h>

#include "coupon.h"
#include "permute.h"
#include "tap.h"

/* Probes that rule out 2, 3, 4 ... next hops (Veitch et al. 2009). */
static const struct {
	double		eps;
	unsigned	n[10];
} published[] = {
	{ 0.05, { 6, 11, 16, 21, 27, 33, 38, 44, 51, 57 } },
	{ 0.01, { 8, 15, 21, 28, 36, 43, 51, 58, 66, 74 } },
};

/* How often n draws of k leave one unseen, of 100,000 times. */
static double
drawn(unsigned k, unsigned n)
{
	enum { TIMES = 100000 };
	unsigned missed = 0;

	for (unsigned i = 0; i < TIMES; i++) {
		uint64_t seen = 0;

		for (unsigned j = 0; j < n; j++)
			seen |= UINT64_C(1) << permute_below(k * 1000 + n,
			    (uint64_t)i * n + j, k);
		missed += seen != (UINT64_C(1) << k) - 1;
	}
	return (double)missed / TIMES;
}

int
main(void)
{
	static const unsigned ks[] = { 2, 3, 7, 16, 17 };

	for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
		for (unsigned k = 2; k < 12; k++)
			ok(coupon_stop(k, published[i].eps) ==
			    published[i].n[k - 2], "%g%%: %u rule out %u",
			    100 * (1 - published[i].eps),
			    published[i].n[k - 2], k);
	for (size_t i = 0; i < sizeof ks / sizeof ks[0]; i++) {
		unsigned n = coupon_stop(ks[i], 0.05);

		ok(fabs(coupon_miss(ks[i], n) - drawn(ks[i], n)) < 0.003,
		    "%u of %u: as often as drawn", n, ks[i]);
		ok(coupon_miss(ks[i], n) <= 0.05 &&
		    coupon_miss(ks[i], n - 1) > 0.05, "%u is the smallest", n);
	}
	ok(coupon_miss(1, 0) == 1 && coupon_miss(1, 1) == 0 &&
	    coupon_miss(2, 1) == 1 && coupon_miss(5, 4) == 1,
	    "too few draws leave one unseen for sure");
	ok(fabs(coupon_miss(2, 40) - ldexp(1, -39)) < ldexp(1, -60),
	    "no digits are lost near 0");
	ok(coupon_stop(1, 0.05) == 1, "one draw for one thing");
	ok(coupon_stop(COUPON_MAX, 1e-9) < 20000, "the largest k ends");
	ok(fabs(pow(1 - coupon_share(0.95, 30), 30) - 0.95) < 1e-12,
	    "thirty shares make the whole");
	ok(fabs(coupon_share(0.95, 1) - 0.05) < 1e-12, "one share is all");
	return tap_done();
}
