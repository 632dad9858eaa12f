/* Any file through every format; what comes out must be a range. */

#include <stdlib.h>
#include <string.h>

#include "hitin.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hitin h;
	struct hit hit;

	if (n == 0)
		return 0;
	hitin_init(&h, (enum hitfmt)(*p++ % (HIT_BGPDUMP + 1)));
	for (n--; n > 0; ) {
		const uint8_t *nl = memchr(p, '\n', n);
		size_t len = nl == NULL ? n : (size_t)(nl - p);
		char *line = malloc(len + 1);
		int r;

		if (line == NULL)
			abort();
		memcpy(line, p, len);
		line[len] = '\0';
		r = hitin_line(&h, line, len, nl != NULL, &hit);
		free(line);
		if (r == 1 && (hit.lo.v != hit.hi.v || addr_bytes(&hit.lo) ==
		    0 || addr_cmp(&hit.lo, &hit.hi) > 0 ||
		    (hit.listed && addr_cmp(&hit.lo, &hit.hi) != 0)))
			abort();
		if (r < 0 && *h.err == '\0')
			abort();
		p += len + (nl != NULL);
		n -= len + (nl != NULL);
	}
	hitin_end(&h);
	hitin_free(&h);
	meta_free(&h.meta);
	return 0;
}
