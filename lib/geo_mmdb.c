#include "geo_mmdb.h"

#include <fcntl.h>
#include <math.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

struct geo_mmdb {
	MMDB_s		 db;
	bool		 have;		/* the last answer, and where it holds */
	struct prefix	 last;
	struct geo	 geo;
	int		 found;
};

bool
geo_mmdb_is(const char *path)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	enum { TAIL = 128 * 1024 };
	char *tail = mem_alloc(TAIL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd == -1 ? -1 : lseek(fd, 0, SEEK_END);
	ssize_t n = end <= 0 ? 0 : pread(fd, tail, TAIL,
	    end > TAIL ? end - TAIL : 0);
	bool is = n > 0 && memmem(tail, (size_t)n, mark, sizeof mark - 1);

	if (fd != -1)
		close(fd);
	free(tail);
	return is;
}

struct geo_mmdb *
geo_mmdb_open(const char *path, char err[static 256])
{
	struct geo_mmdb *g = mem_alloc(sizeof *g);
	int e = MMDB_open(path, MMDB_MODE_MMAP, &g->db);

	if (e == MMDB_SUCCESS)
		return g;
	snprintf(err, 256, "%s", MMDB_strerror(e));
	free(g);
	return NULL;
}

/* The value at one of several paths; false: at none. */
static bool
get(MMDB_entry_s *e, MMDB_entry_data_s *d, const char *const paths[][4])
{
	for (size_t i = 0; paths[i][0] != NULL; i++)
		if (MMDB_aget_value(e, d, paths[i]) == MMDB_SUCCESS &&
		    d->has_data)
			return true;
	return false;
}

static void
get_string(MMDB_entry_s *e, char *out, size_t cap, const char *const paths[][4])
{
	MMDB_entry_data_s d;

	*out = '\0';
	if (get(e, &d, paths) && d.type == MMDB_DATA_TYPE_UTF8_STRING)
		snprintf(out, cap, "%.*s", (int)d.data_size, d.utf8_string);
}

static double
get_real(MMDB_entry_s *e, const char *const paths[][4])
{
	MMDB_entry_data_s d;

	if (!get(e, &d, paths))
		return NAN;
	return d.type == MMDB_DATA_TYPE_DOUBLE ? d.double_value :
	    d.type == MMDB_DATA_TYPE_FLOAT ? (double)d.float_value : NAN;
}

static uint64_t
get_number(MMDB_entry_s *e, const char *const paths[][4])
{
	MMDB_entry_data_s d;

	if (!get(e, &d, paths))
		return 0;
	return d.type == MMDB_DATA_TYPE_UINT32 ? d.uint32 :
	    d.type == MMDB_DATA_TYPE_UINT64 ? d.uint64 :
	    d.type == MMDB_DATA_TYPE_UINT16 ? d.uint16 : 0;
}

static void
read_entry(MMDB_entry_s *e, struct geo *g)
{
	static const char *const asn[][4] = {
		{ "autonomous_system_number" }, { "asn" }, { NULL } };
	static const char *const name[][4] = {
		{ "autonomous_system_organization" }, { "as_name" },
		{ NULL } };
	static const char *const country[][4] = { { "country", "iso_code" },
		{ "country_code" }, { "country" }, { NULL } };
	static const char *const city[][4] = { { "city", "names", "en" },
		{ "city" }, { NULL } };
	static const char *const lat[][4] = { { "location", "latitude" },
		{ "latitude" }, { NULL } };
	static const char *const lon[][4] = { { "location", "longitude" },
		{ "longitude" }, { NULL } };

	g->asn = get_number(e, asn);
	get_string(e, g->name, sizeof g->name, name);
	get_string(e, g->country, sizeof g->country, country);
	get_string(e, g->city, sizeof g->city, city);
	g->lat = get_real(e, lat);
	g->lon = get_real(e, lon);
}

int
geo_mmdb_find(struct geo_mmdb *g, const struct addr *a, struct geo *out)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	MMDB_lookup_result_s r;
	unsigned len;
	int e;

	if (!g->have || !prefix_holds(&g->last, a)) {
		if (a->v == 6 && g->db.metadata.ip_version == 4)
			return 0;
		memcpy(&sin.sin_addr, a->b, 4);
		memcpy(&sin6.sin6_addr, a->b, 16);
		r = MMDB_lookup_sockaddr(&g->db, a->v == 6 ?
		    (const struct sockaddr *)&sin6 :
		    (const struct sockaddr *)&sin, &e);
		if (e != MMDB_SUCCESS)
			return -1;
		/* In a tree for IPv6 an IPv4 address is below ::/96. */
		len = r.netmask;
		if (a->v == 4 && g->db.metadata.ip_version == 6)
			len = len < 96 ? 0 : len - 96;
		g->last = addr_block(a, (uint8_t)len);
		g->found = r.found_entry;
		if (r.found_entry)
			read_entry(&r.entry, &g->geo);
		g->geo.plen = g->last.len;
		g->have = true;
	}
	*out = g->geo;
	return g->found;
}

void
geo_mmdb_close(struct geo_mmdb *g)
{
	if (g == NULL)
		return;
	MMDB_close(&g->db);
	free(g);
}
