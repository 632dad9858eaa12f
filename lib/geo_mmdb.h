#ifndef GEO_MMDB_H
#define GEO_MMDB_H

#include "addr.h"

/*
 * MaxMind DB files, the only user of libmaxminddb: networks with their AS
 * or place, as MaxMind, DB-IP and ip-location-db write them.
 */
struct geo_mmdb;

struct geo {
	uint64_t	asn;		/* 0: not in the file */
	char		name[256];	/* of the AS; "" when missing, as below */
	char		country[64];
	char		city[256];
	double		lat, lon;	/* NAN when missing */
	uint8_t		plen;		/* length of the network's prefix */
};

/* Is this such a file?  By its marker near the end. */
bool	 geo_mmdb_is(const char *path);

/* NULL with a reason in err. */
struct geo_mmdb *geo_mmdb_open(const char *path, char err[static 256]);

/* Return 1, 0 if the address is not in the file, or -1: it is damaged. */
int	 geo_mmdb_find(struct geo_mmdb *, const struct addr *, struct geo *);
void	 geo_mmdb_close(struct geo_mmdb *);

#endif
