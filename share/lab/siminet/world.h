#ifndef WORLD_H
#define WORLD_H

#include <stdio.h>

#include "path.h"
#include "reply.h"
#include "ring.h"
#include "wheel.h"

/*
 * The simulated Internet: what becomes of each probe, by the seed, and the
 * truth about it.
 *
 * A target either answers or is silent.  One that answers belongs to a class
 * of targets that do so in some odd way, or to none.  Extras are packets an
 * attacker or an accident adds, whatever the target does.
 */
enum fault {
	/* classes: shares of the targets that answer */
	F_DUP, F_MANY, F_ALIAS, F_LATE, F_MULTI, F_UNREACH, F_UNREACH8,
	F_EXCEEDED, F_MIXED,
	F_CLASSES,
	/* shares of probes, and of targets */
	F_LOSS = F_CLASSES, F_FLIP,
	/* extras: packets per probe, may be more than one */
	F_FORGED, F_CROSS, F_REPLAYED, F_TRUNCATED, F_CORRUPTED, F_FOREIGN,
	F_FRAGMENT,
	F_MAX
};

struct faultinfo {
	const char	*name;
	double		 mix;		/* rate of "-f mix" */
	const char	*help;
};
extern const struct faultinfo faults[F_MAX];

#define SITES_MAX	64

struct site {
	char		 name[64];
	double		 weight;	/* share of the catchments */
	struct ring	*ring;
	uint64_t	 received, sent;
};

struct world {
	struct site	 site[SITES_MAX];
	unsigned	 nsites;
	uint64_t	 seed;
	double		 answer, rate[F_MAX];
	unsigned	 many;			/* copies of F_MANY */
	int64_t		 late_ns, rtt_min_ns, rtt_max_ns;	/* limit, RTTs */
	uint64_t	 flip_after;		/* probes; 0: never */
	const struct wirekey *key;		/* or NULL */
	struct hops	*hops;			/* NULL: no paths */
	FILE		*truth, *save;		/* or NULL */
	uint64_t	 save_max;

	struct wheel	*wheel;
	uint64_t	 probes, noise, rows;
	int64_t		 last_ns;		/* something happened */
	uint64_t	 planted[KINDS][F_MAX];	/* sent */
	uint64_t	 genuine[KINDS];
	struct {
		const char	*what;
		uint64_t	 n;
	}		 bad[24];		/* what is wrong */
	struct recorded	*recorded;		/* replies to replay */
	uint8_t		 recent[KINDS][64][32];	/* src, dst of recent probes */
	unsigned	 nrecent[KINDS];
};

/* Read a file that an earlier run saved; exits 2 when it is none. */
void	 world_replay(struct world *, const char *path);

/* A probe came in; with the key more of it becomes known. */
void	 world_probe(struct world *, struct seen *);

/*
 * For hops.c.  A router's answer to a probe, at a site, its share of the
 * round trip to the target after it; does the target answer?
 */
struct plan;
void	 world_hop(struct world *, struct plan *, const struct seen *,
    const struct router *, unsigned site, double share);
bool	 world_answers(const struct world *, const struct seen *);

/* Send what is due; return how many packets. */
size_t	 world_run(struct world *, int64_t now);

/* Write what is pending as it stands, the counts and the end. */
void	 world_end(struct world *);

/* Type and family as a number below KINDS, and its name: icmp4, icmp6, dns4 ... */
unsigned world_kind(const struct seen *);
void	 world_kind_name(unsigned kind, char out[static 16]);

#endif
