/* DNS names and messages, cut and odd. */

#include "dns.h"
#include "hex.h"
#include "tap.h"

static const struct {
	const char	*what, *hex;
	int		 want;
	size_t		 left;		/* bytes after the name */
	int		 bad;
} names[] = {
	{ "the root", "00ff", 0, 1, 0 },
	{ "a name", "0161026262000001", 0, 2, 0 },
	{ "a pointer", "c00cffff", 0, 2, 0 },
	{ "a label and a pointer", "0161c00cff", 0, 1, 0 },
	{ "a pointer to itself", "c000", 0, 0, 0 },
	{ "a label of 63", "3f"
	    "616161616161616161616161616161616161616161616161616161616161616161"
	    "616161616161616161616161616161616161616161616161616161616161" "00",
	    0, 0, 0 },
	{ "label type 1", "40610000", -1, 0, 0 },
	{ "label type 2", "80610000", -1, 0, 0 },
	{ "a label cut", "0361", 0, 0, 1 },
	{ "a pointer cut", "c0", 0, 0, 1 },
	{ "a name without end", "0161", 0, 0, 1 },
	{ "nothing", "", 0, 0, 1 },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n;
		uint8_t *p = unhex(names[i].hex, &n);
		struct cur c = cur_init(p, n);
		int got = dns_skip_name(&c);

		ok(got == names[i].want && c.bad == names[i].bad &&
		    (got == -1 || c.bad || cur_left(&c) == names[i].left), "%s",
		    names[i].what);
		free(p);
	}
	return tap_done();
}
