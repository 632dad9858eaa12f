#ifndef MATCH_H
#define MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matchrec.h"
#include "matchsort.h"
#include "matchstore.h"
#include "offsets.h"

/*
 * What became of each probe.  Probes and replies come sorted by target; the
 * state of one target's probes is all that is kept.
 */
enum verdict {		/* a stronger one replaces a weaker */
	VERDICT_NONE, VERDICT_UNREACH, VERDICT_LATE, VERDICT_ALIAS, VERDICT_OK,
	VERDICT_MULTI, VERDICT_MAX
};
const char	*verdict_name(enum verdict);
int		 verdict_find(const char *s, size_t n);	/* -1: none */

/* Everything that is counted; the names are those of "# counts:". */
#define MATCH_COUNTS(X)							\
	X(sent, "sent", "probes in the sent logs")			\
	X(unlogged, "unlogged", "probes known only by an authentic reply") \
	X(resent, "resent", "merged with the same probe sent again") \
	X(ok, "ok", "first reply from the target, in time")		\
	X(none, "none", "no reply")					\
	X(alias, "alias", "reply from another address")			\
	X(multi, "multi", "replies at more than one site")		\
	X(late, "late", "replies only after the limit")			\
	X(unreach, "unreach", "only ICMP errors")			\
	X(replies, "replies", "replies read")				\
	X(used, "used", "first replies to a probe")			\
	X(dup, "dup", "further replies to it")				\
	X(weak, "weak", "tied to a probe too weakly")			\
	X(vague, "vague", "may be to any of several probes")		\
	X(unsent, "unsent", "to no probe that was sent")		\
	X(crosstarget, "crosstarget", "from one target to another's probe") \
	X(future, "future", "from before their probe was sent")		\
	X(foreign, "foreign", "offline: none of ours")			\
	X(cut, "short", "offline: cut short")				\
	X(badsum, "badsum", "offline: wrong checksum")			\
	X(badform, "badform", "offline: lengths or types contradict")	\
	X(fragment, "fragment", "offline: not the whole packet")	\
	X(forged, "forged", "offline: wrong tag")

/* Those of "# rtt:", of results with one first reply. */
struct matchrtts {
	uint64_t	own;		/* sent and caught by one node */
	uint64_t	offset;		/* by two whose clocks are known */
	uint64_t	unknown;	/* by two whose clocks are not */
	uint64_t	impossible;	/* not positive by those clocks */
};

struct matchcounts {
#define X(member, name, doc) uint64_t member;
	MATCH_COUNTS(X)
#undef X
};

/* One probe and what is known of it so far. */
struct matchprobe {
	struct matchsent	s;
	struct matchreply	first;	/* of those that make the verdict */
	uint64_t		replies;
	enum verdict		verdict;
	uint32_t		sites;	/* the first, in match.site; 0: none */
	uint32_t		nsites;
};

struct match {
	struct matchnames	*names;
	int64_t			 late_ns;
	int			 min_auth;
	bool			 merge;	/* a probe sent again is one probe */
	const struct offsets	*offsets;	/* of nodes' clocks, NULL: none */
	struct matchcounts	 n;
	struct matchrtts	 rtts;	/* with offsets, or for hops */

	uint8_t			 key[MATCHKEY_LEN];	/* the target's */
	struct matchprobe	*probe;
	size_t			 nprobes, nlogged, cap;
	struct { uint16_t node; uint32_t next; } *site;
	size_t			 nsites, sitecap;
	struct { uint16_t origin; size_t from, to; } *range;
	size_t			 nranges, rangecap;
	struct intern		 cross;	/* targets that answered for others */
};

#define MATCH_SKEW_NS	INT64_C(2000000000)	/* clocks may differ so much */

void	 match_init(struct match *, struct matchnames *, int64_t late_ns,
    int min_auth);
void	 match_free(struct match *);

/* One target: begin, its probes and replies in order, end. */
void	 match_begin(struct match *, const uint8_t key[static MATCHKEY_LEN]);
void	 match_probe(struct match *, const struct matchsent *);
void	 match_reply(struct match *, const struct matchreply *);
void	 match_end(struct match *);

/*
 * The round-trip time of a probe that has a verdict, or NUM_NONE: sender
 * and catcher are two nodes whose clocks are not known to each other, or
 * there are several.  *err_ns: its error bound, NUM_NONE if by one clock or
 * not known.  With a bound but no time, the time is not positive: the clocks
 * are not what they are said to be.
 */
int64_t	 match_rtt(const struct match *, const struct matchprobe *,
    int64_t *err_ns);

/* May this reply be from another target?  Then note it for match_cross. */
bool	 match_suspect(const struct matchreply *);

/* An address that answered for another one. */
struct matchcross {
	uint8_t		key[MATCHKEY_LEN];
	uint8_t		pad[7];
};
int	 matchcross_cmp(const void *, const void *, const void *names);

/*
 * Learn which of the suspects are targets themselves; sent is left at its
 * beginning.  Return 0, or -1 with errno.
 */
int	 match_cross(struct match *, struct matchstore *sent,
    struct matchsort *suspects);

/*
 * All of it; each is called once per probe, in order.  Return 0, or -1 with
 * errno: a temporary file failed, or each returned -1.
 */
int	 match_all(struct match *, struct matchstore *sent,
    struct matchstore *replies,
    int (*each)(void *arg, const struct match *, const struct matchprobe *),
    void *arg);

#endif
