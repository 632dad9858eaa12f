/*
 * TCP options and tracebox specs: no text may crash, what parses has a text
 * that means the same.
 */

#include <stdlib.h>
#include <string.h>

#include "boxspec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char text[TCPOPT_STRLEN], why[128], *s;
	struct tcpopt a, b;
	struct boxspec box;

	if (tcpopt_parse(&a, (const char *)p, n, why) == 0) {
		size_t len = tcpopt_format(&a, text);

		if (len >= sizeof(text) || strlen(text) != len || a.n % 4 != 0 ||
		    a.n > TCPOPT_MAX || tcpopt_parse(&b, text, len, why) == -1 ||
		    a.n != b.n || memcmp(a.b, b.b, a.n) != 0 ||
		    a.flags != b.flags || a.ts != b.ts)
			abort();
	} else if (why[0] == '\0')
		abort();
	s = malloc(n + 1);
	memcpy(s, p, n);
	s[n] = '\0';
	if (boxspec_parse(&box, s, why) == 0) {
		if (box.tos < -1 || box.tos > 255 || box.size > 1500 ||
		    (strcmp(box.probe, "syn") == 0) != (box.options[0] != '\0'))
			abort();
	} else if (why[0] == '\0')
		abort();
	free(s);
	return 0;
}
