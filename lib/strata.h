#ifndef STRATA_H
#define STRATA_H

#include <stdbool.h>
#include <stdint.h>

#include "intern.h"

/*
 * A stratified sample in two passes over the same things in the same
 * order: count the members of each stratum, share out the sample, then
 * pick.  The sample has num/den of the whole, rounded up or down, and of
 * each stratum its share, rounded up or down, at random by the seed.
 */
struct strata {
	struct intern	keys;
	struct stratum {
		uint64_t	n, take;	/* yet to come, yet to pick */
	}		*v;
	uint64_t	cap, seed, draws;
};

/* A struct strata of zeros is empty and ready. */
void	 strata_count(struct strata *, uint32_t key);
void	 strata_share(struct strata *, uint64_t num, uint64_t den,
    uint64_t seed);
bool	 strata_pick(struct strata *, uint32_t key);
void	 strata_free(struct strata *);

#endif
