/* Text that grows. */

#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "tap.h"

int
main(void)
{
	struct str t = { 0 };
	char big[5000];
	int bad = 0;

	str_add(&t, "%d %s", 7, "seven");
	ok(t.n == 7 && strcmp(t.s, "7 seven") == 0, "formatted");
	str_put(&t, "\0x", 2);
	ok(t.n == 9 && memcmp(t.s, "7 seven\0x", 10) == 0, "bytes as they are");
	str_clear(&t);
	ok(t.n == 0, "empty again");
	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	str_add(&t, "%s", big);
	ok(t.n == sizeof big - 1 && strcmp(t.s, big) == 0,
	    "more than there was room for");
	for (size_t n = 0; n < 300; n++) {
		str_free(&t);
		str_put(&t, big, n);
		str_add(&t, "%.*s", (int)n, big);
		str_put(&t, "", 0);
		bad += t.n != 2 * n || strlen(t.s) != 2 * n;
	}
	ok(bad == 0, "of every length");
	str_free(&t);
	ok(t.s == NULL && t.n == 0, "nothing is left");
	return tap_done();
}
