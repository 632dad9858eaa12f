/* Lines of ranges, prefixes and weights, and looking up what they say. */

#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "join.h"
#include "load.h"
#include "mem.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Look up the ends of every range, and beyond them. */
static void
look_up(struct join *j)
{
	struct joined in;

	for (size_t i = 0; i < j->ranges.n && i < 100; i++) {
		struct addr a = j->ranges.r[i].lo, b = j->ranges.r[i].hi;

		if (join_find(j, &a, true, &in) != 1 ||
		    in.plen > (int)addr_bytes(&a) * 8 ||
		    join_find(j, &b, true, &in) != 1)
			abort();
		b.b[0] = (uint8_t)(b.b[0] + 1);
		join_find(j, &b, true, &in);
	}
}

/* What all blocks get is what the lines have. */
static void
add_up(struct load *t)
{
	uint64_t all = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct addr a = t->line[i].prefix.addr;

		if (load_find(t, &a) > t->total)
			abort();
		all += t->line[i].units;
	}
	if (all != t->total)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = mem_alloc(n + 1), *rest = text, *line;
	struct join asn, geo;
	struct load load;

	memcpy(text, p, n);
	join_init(&asn, JOIN_ASN);
	join_init(&geo, JOIN_GEO);
	load_init(&load, 24, 48);
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct csv c = { 0 };
		const char *why;
		char *copy = mem_string(line);

		if (csv_split(&c, copy) > 0)
			join_line(&geo, &c, &why);
		strcpy(copy, line);
		if (csv_split(&c, copy) > 0)
			load_line(&load, &c, &why);
		strcpy(copy, line);
		if (csv_split(&c, copy) > 0)
			join_line(&asn, &c, &why);
		free(copy);
	}
	join_ready(&asn);
	join_ready(&geo);
	load_ready(&load);
	look_up(&asn);
	look_up(&geo);
	add_up(&load);
	join_free(&asn);
	join_free(&geo);
	load_free(&load);
	free(text);
	return 0;
}
