#ifndef EXPORT_PATH_H
#define EXPORT_PATH_H

#include "hopfiles.h"
#include "intern.h"
#include "lbgraph.h"
#include "str.h"

/*
 * Hop records in the formats of other measurement systems: scamper's JSON,
 * RIPE Atlas's results, Graphviz.  The rows of one target are handed in at
 * a time, in hopfiles' .paths; the text is in .out, for the caller to take.
 *
 * What castnet does not know is left out: a round-trip time between nodes
 * whose clocks are not known to each other, an IPID, a size.
 */
enum pathkind { PATH_PING, PATH_TRACE, PATH_TRACELB, PATH_KINDS };

extern const char *const path_kinds[PATH_KINDS];

struct pathexport {
	struct str	 out;
	const struct pathformat *how;
	enum pathkind	 kind;
	const struct hopfiles *files;
	uint64_t	 msm_id;	/* atlas */

	/* the formats' own */
	struct lbgraph	 graph;		/* scamper */
	struct intern	 nodes, edges;	/* dot */
	uint64_t	*count;
	size_t		 cap;
};

struct pathformat {
	const char	*name;
	const char	*doc;
	void	(*begin)(struct pathexport *);	/* may be NULL, as may end */
	void	(*set)(struct pathexport *, const struct pathset *);
	void	(*end)(struct pathexport *);
};

extern const struct pathformat export_scamper, export_atlas, export_dot;
extern const struct pathformat *const path_formats[];	/* to NULL */

/*
 * Begin; how, files, msm_id are set.  kind: a word of path_kinds, or NULL
 * for what the metadata "paths" says, trace when it says nothing.  Return
 * 0, or -1: no such kind.
 */
int	 pathexport_open(struct pathexport *, const char *kind);
void	 pathexport_target(struct pathexport *);
void	 pathexport_close(struct pathexport *);
void	 pathexport_free(struct pathexport *);

/* ---- for the formats ---- */

/* A whole number of the metadata; seconds in microseconds; -1: no such. */
int64_t	 pathexport_meta(const struct pathexport *, const char *key);
int64_t	 pathexport_meta_us(const struct pathexport *, const char *key);

/*
 * Source address and ports of the probes of a set as the run's origins have
 * them: of its rows, or else of the metadata; v 0 or -1: not known.
 */
struct pathorigin {
	struct addr	 src;
	int64_t		 sport, dport;
};
struct pathorigin pathexport_origin(const struct pathexport *,
    const struct pathset *);

/* type and code of the ICMP message that the answer was; -1: not ICMP. */
struct pathicmp { int type, code; };
struct pathicmp pathexport_icmp(const struct pathexport *,
    const struct pathrow *);

/* The flags a TCP answer of this kind has for certain; -1: not TCP. */
int	 pathexport_tcpflags(const struct pathexport *,
    const struct pathrow *);

/* Label stack entries of a row's mpls column, at most max. */
struct pathlabel { unsigned label, tc, s, ttl; };
size_t	 pathexport_labels(const struct pathexport *, const struct pathrow *,
    struct pathlabel v[], size_t max);

/* Is the row's word that; ,"key":"ADDRESS" unless missing. */
bool	 pathexport_is(const struct pathexport *, uint32_t word,
    const char *s);
void	 pathexport_addr(struct str *, const char *key, const struct addr *);

/* Times of a series of probes, in nanoseconds; n 0: none is known. */
struct pathstats {
	size_t		 sent, answered, errors, dups, n;
	double		 min, max, avg, stddev;
};
struct pathstats pathexport_stats(const struct pathexport *,
    const struct pathset *);

/* When the first probe of a set was sent; NUM_NONE: not known. */
rec_time pathexport_start(const struct pathexport *, const struct pathset *);

#endif
