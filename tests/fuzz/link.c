/* No link header, however odd, may be read past its end. */

#include <stdlib.h>

#include "link.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const int types[] = { 0, 1, 12, 108, 113, 228, 229, 276 };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct cur c = cur_init(p, n);

		if (link_strip(types[i], &c) == LINK_IP &&
		    (c.p < p || c.p > p + n || c.end != p + n || c.bad))
			abort();
	}
	return 0;
}
