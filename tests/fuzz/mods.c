/* A probe and a quote of it, both anything: lengths first, then the bytes. */

#include <stdlib.h>
#include <string.h>

#include "mods.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char out[MODS_MAX];
	uint8_t *probe, *quote;
	size_t np, nq;
	enum qclass c;

	if (n < 1)
		return 0;
	np = p[0] < n - 1 ? p[0] : n - 1;
	nq = n - 1 - np;
	probe = malloc(np + 1);
	quote = malloc(nq + 1);
	memcpy(probe + 1, p + 1, np);
	memcpy(quote + 1, p + 1 + np, nq);
	c = mods_compare(probe + 1, np, quote + 1, nq, out);
	if (strlen(out) >= MODS_MAX || *out == '\0' ||
	    (c == QCLASS_NONE) != (strcmp(out, "-") == 0))
		abort();
	/* A probe is as its own quote, where it is a packet at all. */
	if (mods_compare(probe + 1, np, probe + 1, np, out) != QCLASS_NONE &&
	    strcmp(out, "same") != 0 && strcmp(out, "TCP::Options") != 0)
		abort();
	free(probe);
	free(quote);
	return 0;
}
