#include "coupon.h"

#include <assert.h>
#include <math.h>

/*
 * One more draw: p[j] is the probability that j of the k were seen.  All
 * terms are positive, so nothing cancels, as it would in the usual
 * alternating sum.
 */
static void
draw(double p[static COUPON_MAX + 1], unsigned k)
{
	for (unsigned j = k; j > 0; j--)
		p[j] = p[j] * j / k + p[j - 1] * (k - j + 1) / k;
	p[0] = 0;
}

/* How much is left for fewer than all k: 1 - p[k] would lose its digits. */
static double
unseen(const double p[static COUPON_MAX + 1], unsigned k)
{
	double sum = 0;

	for (unsigned j = 0; j < k; j++)
		sum += p[j];
	return sum;
}

double
coupon_miss(unsigned k, unsigned n)
{
	double p[COUPON_MAX + 1] = { 1 };

	assert(k >= 1 && k <= COUPON_MAX);
	for (unsigned i = 0; i < n; i++)
		draw(p, k);
	return unseen(p, k);
}

unsigned
coupon_stop(unsigned k, double eps)
{
	double p[COUPON_MAX + 1] = { 1 };
	unsigned n = 0;

	assert(k >= 1 && k <= COUPON_MAX && eps > 0);
	for (; unseen(p, k) > eps; n++)
		draw(p, k);
	return n;
}

double
coupon_share(double confidence, unsigned b)
{
	return -expm1(log(confidence) / (b == 0 ? 1 : b));
}
