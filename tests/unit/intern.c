/* Strings to numbers. */

#include <string.h>

#include "intern.h"
#include "tap.h"

int
main(void)
{
	struct intern t = { 0 };
	char s[32], big[70000];
	int bad = 0;

	ok(intern_find(&t, "x", 1) == INTERN_NONE, "nothing is in an empty one");
	ok(intern_add(&t, "x", 1) == 0 && intern_add(&t, "", 0) == 1 &&
	    intern_add(&t, "x", 1) == 0, "equal strings have one number");
	ok(intern_add(&t, "x\0y", 3) == 2, "a NUL is a byte like any");
	for (int i = 0; i < 100000; i++) {
		int n = snprintf(s, sizeof s, "%d", i);

		bad += intern_add(&t, s, (size_t)n) != (uint32_t)i + 3;
	}
	for (int i = 0; i < 100000; i++) {
		int n = snprintf(s, sizeof s, "%d", i);

		bad += intern_find(&t, s, (size_t)n) != (uint32_t)i + 3;
		bad += strcmp(intern_string(&t, (uint32_t)i + 3), s) != 0;
	}
	ok(bad == 0, "100,000 strings keep their numbers");
	memset(big, 'b', sizeof big);
	ok(intern_add(&t, big, sizeof big) == 100003 &&
	    memcmp(intern_string(&t, 100003), big, sizeof big) == 0,
	    "a string longer than a block");
	ok(intern_find(&t, "no", 2) == INTERN_NONE, "what was not added");
	intern_free(&t);
	return tap_done();
}
