/* No URI, listener or list of ports may crash; what is taken is in bounds. */

#include <stdlib.h>
#include <string.h>

#include "connuri.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct connport ports[1000];
	const char *s = (const char *)p;
	char err[CONN_ERRLEN];
	struct connuri u;
	int k;

	if (connuri_parse(&u, s, n, err) == 0 && (u.port == 0 ||
	    u.tests == 0 || u.dirs == 0 || u.host[0] == '\0' ||
	    strlen(u.host) >= sizeof(u.host) || u.interval_ns < 100000 ||
	    u.dscp > 63 || u.ttl > 255 || u.size > 1 << 30))
		abort();
	if (connuri_parse_listen(&u, s, n, err) == 0 && u.port == 0)
		abort();
	k = connuri_parse_ports(ports, 1000, s, n, err);
	if (k == 0 || k > 1000 || (k > 0 && ports[k - 1].port == 0))
		abort();
	return 0;
}
