/* Lines of a names file, and names of addresses. */

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "tap.h"

#define LONG50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG255 LONG50 LONG50 LONG50 LONG50 LONG50 "bcdef"

static const struct row {
	const char	*what, *line;
	int		 r;
	const char	*addr, *name;		/* or NULL and the reason */
} rows[] = {
	{ "an address and its name", "192.0.2.1 a.example", 1, "192.0.2.1",
	    "a.example" },
	{ "tabs, spaces, what follows", " \t192.0.2.1\t \ta b c", 1,
	    "192.0.2.1", "a" },
	{ "IPv6, CR", "2001:DB8:0::1 b\r", 1, "2001:db8::1", "b" },
	{ "a comment after it", "192.0.2.1 a#b", 1, "192.0.2.1", "a" },
	{ "no name known", "192.0.2.1 -", 1, "192.0.2.1", "-" },
	{ "255 bytes", "::1 " LONG255, 1, "::1", LONG255 },
	{ "nothing", "", 0, NULL, NULL },
	{ "white space", " \t\r\n", 0, NULL, NULL },
	{ "a comment", "  # 192.0.2.1 a", 0, NULL, NULL },
	{ "256 bytes", "::1 " LONG255 "g", -1, NULL,
	    "a name longer than 255 bytes" },
	{ "no address", "a.example 192.0.2.1", -1, NULL, "not an address" },
	{ "a prefix", "192.0.2.0/24 a", -1, NULL, "not an address" },
	{ "no name", "192.0.2.1", -1, NULL, "no name" },
	{ "a comment for a name", "192.0.2.1 # a", -1, NULL, "no name" },
	{ "an escape", "192.0.2.1 a\033[2J", -1, NULL,
	    "a name with a byte that is not printable ASCII" },
	{ "not ASCII", "192.0.2.1 \xc3\xa4", -1, NULL,
	    "a name with a byte that is not printable ASCII" },
};

static void
parse(const struct row *r)
{
	size_t n = strlen(r->line) + 1;
	char *exact = malloc(n), name[256], text[ADDR_STRLEN];
	const char *why = NULL;
	struct addr a;
	int got;

	if (exact == NULL)
		abort();
	memcpy(exact, r->line, n);
	got = names_parse(exact, &a, name, &why);
	ok(got == r->r && (got != 1 ||
	    (strcmp(addr_string(&a, text), r->addr) == 0 &&
	    strcmp(name, r->name) == 0)) &&
	    (got != -1 || strcmp(why, r->name) == 0), "%s", r->what);
	free(exact);
}

int
main(void)
{
	struct names t = { 0 };
	struct addr a = addr_from_u32(1), b = addr_from_u32(2), c;
	char name[32];
	int bad = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		parse(&rows[i]);

	ok(!names_known(&t, &a) && names_find(&t, &a) == NULL,
	    "nothing is known at first");
	names_set(&t, &a, "one");
	names_set(&t, &b, NULL);
	names_set(&t, &a, "two");
	names_set(&t, &b, "two");
	ok(names_known(&t, &a) && strcmp(names_find(&t, &a), "one") == 0,
	    "the first name counts");
	ok(names_known(&t, &b) && names_find(&t, &b) == NULL,
	    "so does that there is none");
	for (uint32_t i = 10; i < 10000; i++) {
		snprintf(name, sizeof name, "n%u", i);
		c = addr_from_u32(i);
		names_set(&t, &c, name);
	}
	for (uint32_t i = 10; i < 10000; i++) {
		snprintf(name, sizeof name, "n%u", i);
		c = addr_from_u32(i);
		bad += strcmp(names_find(&t, &c), name) != 0;
	}
	ok(bad == 0, "many have theirs");
	a = addr_from_bytes(6, (const uint8_t[16]){ 0, 0, 0, 1 });
	ok(!names_known(&t, &a), "an IPv6 address of the same bytes is another");
	names_free(&t);
	return tap_done();
}
