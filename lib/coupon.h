#ifndef COUPON_H
#define COUPON_H

/*
 * The coupon collector: how likely it is that n draws, each from k equally
 * likely things, leave some of the k unseen, and how many draws make that
 * unlikely enough.  It bounds how often a load balancer of k next hops is
 * taken for one of fewer (Augustin, Friedman, Teixeira: Measuring
 * load-balanced paths in the Internet, IMC 2007; Veitch, Augustin, Teixeira,
 * Friedman: Failure control in multipath route tracing, INFOCOM 2009).
 */
enum { COUPON_MAX = 512 };		/* largest k */

/* P(some of k unseen after n draws); 1 <= k <= COUPON_MAX. */
double	 coupon_miss(unsigned k, unsigned n);

/* The smallest n with coupon_miss(k, n) <= eps; eps > 0. */
unsigned coupon_stop(unsigned k, double eps);

/*
 * What each of b decisions may fail with so that all together fail with
 * 1 - confidence at most: 1 - confidence^(1/b).
 */
double	 coupon_share(double confidence, unsigned b);

#endif
