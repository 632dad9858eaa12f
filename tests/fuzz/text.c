/* Numbers and addresses: no text may crash, what parses comes back. */

#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "num.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p;
	char out[PREFIX_STRLEN];
	struct addr a, b;
	struct prefix x, y;
	int64_t t, u;
	uint64_t v;
	double d;

	if (addr_parse(&a, s, n) == 0 && (addr_parse(&b, out,
	    addr_format(&a, out)) == -1 || addr_cmp(&a, &b) != 0))
		abort();
	if (prefix_parse(&x, s, n) == 0 && (prefix_parse(&y, out,
	    prefix_format(&x, out)) == -1 || addr_cmp(&x.addr, &y.addr) != 0 ||
	    x.len != y.len))
		abort();
	if (num_parse_time(&t, s, n) == 0 && (num_parse_time(&u, out,
	    num_format_time(t, out)) == -1 || t != u))
		abort();
	if (num_parse(&v, s, n, UINT64_MAX) == 0)
		(void)num_format(v, out);
	(void)num_parse_ms(&t, s, n);
	(void)num_parse_span(&t, s, n);
	(void)num_parse_size(&v, s, n);
	(void)num_parse_real(&d, s, n);
	(void)num_parse_hex(&v, s, n, UINT64_MAX);
	return 0;
}
