#ifndef JOIN_H
#define JOIN_H

#include "addr.h"
#include "geo_mmdb.h"
#include "intern.h"
#include "ranges.h"

/*
 * What is known of an address from other people's files: its AS, country,
 * city and position.  Files are MaxMind DBs or lines of text:
 *
 *	start,end,asn,name		AS numbers
 *	prefix length asn		pfx2as; or prefix/length asn
 *	start,end,country		tor-geoipdb
 *	start,end,country,..,..,city,..,lat,lon	DB-IP's cities
 *
 * with addresses as text or as whole numbers.  Several files add up: of
 * two text files the narrower range counts, of two databases the first
 * that knows the address.
 */
enum joinkind { JOIN_ASN, JOIN_GEO };

struct joined {			/* "" and NAN when not known */
	const char	*asn, *asname, *country, *city;	/* record words */
	double		 lat, lon;
	int		 plen;	/* of the prefix or network, -1: none */
};

struct join {
	enum joinkind	 kind;
	struct ranges	 ranges;
	struct intern	 values, words;
	struct joinvalue {
		uint32_t	word[3];	/* in words; 0: "" */
		double		lat, lon;
	}		*value;
	struct geo_mmdb	**db;
	size_t		 ndbs;
	struct geo	 geo;		/* the last answer of a database */
	char		 word[4][1024];
};

void	 join_init(struct join *, enum joinkind);

/*
 * Read a file.  Return 0, or -1 with a reason in err, "file:line: what" or
 * "file: what".
 */
int	 join_add(struct join *, const char *path, char err[static 512]);

/* After the last file. */
void	 join_ready(struct join *);

/*
 * Look an address up; the strings are good until the next call.  Return 1,
 * 0 when nothing is known (all is missing), -1: a database is damaged.
 */
int	 join_find(struct join *, const struct addr *, bool want_plen,
    struct joined *);
void	 join_free(struct join *);

/* A line of text: for the fuzzer and join_add.  0, or -1 with a reason. */
struct csv;
int	 join_line(struct join *, struct csv *, const char **why);

/*
 * An address as text or as a decimal number (beyond 2^32: IPv6).  Return 0
 * or -1.
 */
int	 join_addr(struct addr *, const char *);

#endif
