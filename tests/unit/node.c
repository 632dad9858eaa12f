/* Node names and numbers. */

#include <string.h>
#include <unistd.h>

#include "node.h"
#include "tap.h"

static const struct {
	const char	*text;
	int		 rc;
	const char	*name;
	unsigned	 number;
} rows[] = {
	{ "ams:3", 0, "ams", 3 },
	{ "a-b_c.d:65535", 0, "a-b_c.d", 65535 },
	{ "7:1", 0, "7", 1 },
	{ "", -1, NULL, 0 },
	{ ":", -1, NULL, 0 },
	{ ":3", -1, NULL, 0 },
	{ "ams", -1, NULL, 0 },
	{ "ams:", -1, NULL, 0 },
	{ "ams:0", -1, NULL, 0 },
	{ "ams:65536", -1, NULL, 0 },
	{ "ams:-1", -1, NULL, 0 },
	{ "ams: 3", -1, NULL, 0 },
	{ "ams:3:4", -1, NULL, 0 },
	{ "-ams:3", -1, NULL, 0 },
	{ ".ams:3", -1, NULL, 0 },
	{ "_ams:3", -1, NULL, 0 },
	{ "a/b:3", -1, NULL, 0 },
	{ "a b:3", -1, NULL, 0 },
	{ "a\tb:3", -1, NULL, 0 },
	{ "\xc3\xa4:3", -1, NULL, 0 },
};

int
main(void)
{
	char longest[300];
	struct node n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = node_parse(&n, rows[i].text);

		ok(rc == rows[i].rc && (rc == -1 ||
		    (strcmp(n.name, rows[i].name) == 0 &&
		    n.number == rows[i].number)), "%s", rows[i].text);
	}
	gethostname(longest, sizeof(longest));
	ok(node_parse(&n, NULL) == 0 && strcmp(n.name, longest) == 0 &&
	    n.number == 1, "ourselves");
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 253, ":1", 3);
	ok(node_parse(&n, longest) == 0, "253 bytes are a name");
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 254, ":1", 3);
	ok(node_parse(&n, longest) == -1, "254 are not");
	return tap_done();
}
