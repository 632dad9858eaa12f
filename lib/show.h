#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>

#include "lbgraph.h"
#include "names.h"
#include "paths.h"
#include "str.h"

/*
 * Paths as text, a target at a time: what showpaths(1) prints.  Every view
 * appends to .out, which the caller writes and clears.
 */
struct show {
	struct str	 out;
	const struct names *names;	/* NULL: addresses only */
	bool		 ascii;		/* no characters beyond ASCII */
	bool		 sites;		/* the receiving site always */
	bool		 ext;		/* MPLS, interfaces, odd quoted TTLs */
	unsigned	 first_ttl, max_ttl, gap;	/* of the run; 0: not known */
	const char	*spec;		/* of tracebox, NULL: not known */
	const char	*confidence;	/* asked of tracelb, percent, or NULL */
	bool		 per_trace;	/* of all nodes together, not of each */
	uint64_t	 ntargets;	/* shown so far */
	struct lbgraph	 lb;		/* show_lb's own */
};

/* As traceroute(8) prints them. */
void	 show_trace(struct show *, const struct paths *);
/* As tracebox prints them, and where each change was first seen. */
void	 show_box(struct show *, const struct paths *);
/* The nodes and links of all flows together. */
void	 show_lb(struct show *, const struct paths *);

/*
 * Pings of all targets so far, for the last line.  show_ping: as ping(8)
 * prints its statistics; show_fping: as fping(8) does, a line for each.
 */
struct pings {
	uint64_t	 targets, answered;	/* targets, and with a reply */
	uint64_t	 sent, received;
};
void	 show_ping(struct show *, const struct paths *, struct pings *);
void	 show_fping(struct show *, const struct paths *, struct pings *);
void	 show_pings(struct show *, const struct pings *);

/* What the views have in common. */

/* The address, or "name (address)". */
void	 show_addr(struct show *, const struct addr *);
/* "ams->lax": where the answer to a probe of tx was received. */
void	 show_site(struct show *, const struct paths *, const struct pathrow *);
/* The round trip "1.234 ms", "1.234+-0.5 ms", or "? ms". */
void	 show_rtt(struct show *, const struct pathrow *);
/* " !X" for what an ICMP error says beyond its coming; "" for most. */
const char *show_error(const struct paths *, const struct pathrow *,
    char out[static 24]);
/* Who answered: "to DST from NODE", with what sets of the target differ in. */
void	 show_to(struct show *, const struct paths *, const struct pathset *);

bool	 show_is(const struct paths *, uint32_t word, const char *name);
/* An answer that counts: not one that came too late. */
bool	 show_answer(const struct paths *, const struct pathrow *);
/* Received elsewhere than where the probe was sent, or at several sites. */
bool	 show_elsewhere(const struct pathrow *);

#endif
