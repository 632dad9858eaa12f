/* No line of a names file may crash; what parses comes back. */

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "names.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char name[256], again[256], text[ADDR_STRLEN], *line, *copy;
	struct addr a, b;
	const char *why = NULL;
	int r;

	line = mem_alloc(n + 1);
	memcpy(line, p, n);
	r = names_parse(line, &a, name, &why);
	if (r == -1 && why == NULL)
		abort();
	if (r == 1) {
		copy = mem_format("%s %s", addr_string(&a, text), name);
		if (names_parse(copy, &b, again, &why) != 1 ||
		    addr_cmp(&a, &b) != 0 || strcmp(name, again) != 0)
			abort();
		free(copy);
	}
	free(line);
	return 0;
}
