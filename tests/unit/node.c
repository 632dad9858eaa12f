#include "node.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char	*s, *name;	/* name NULL: refused */
	unsigned	 number;
} rows[] = {
	{ "ams:3", "ams", 3 },
	{ "a:1", "a", 1 },
	{ "0.example-net_x:65535", "0.example-net_x", 65535 },
	{ "ams", NULL, 0 },
	{ "ams:", NULL, 0 },
	{ ":3", NULL, 0 },
	{ "ams:0", NULL, 0 },
	{ "ams:65536", NULL, 0 },
	{ "ams:-1", NULL, 0 },
	{ "ams: 3", NULL, 0 },
	{ "ams:3:4", NULL, 0 },
	{ "-ams:3", NULL, 0 },
	{ ".ams:3", NULL, 0 },
	{ "a b:3", NULL, 0 },
	{ "a/b:3", NULL, 0 },
	{ "a\n:3", NULL, 0 },
	{ "", NULL, 0 },
};

int
main(void)
{
	char longest[300];
	struct node node;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = node_parse(&node, rows[i].s);

		ok(rows[i].name == NULL ? r == -1 : r == 0 &&
		    strcmp(node.name, rows[i].name) == 0 &&
		    node.number == rows[i].number, "\"%s\" is%s a node",
		    i == 15 ? "a newline" : rows[i].s,
		    rows[i].name == NULL ? " not" : "");
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest + 253, ":1", 3);
	ok(node_parse(&node, longest) == 0 && strlen(node.name) == 253,
	    "253 characters are a name");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest + 254, ":1", 3);
	ok(node_parse(&node, longest) == -1, "254 are not");
	return tap_done();
}
