/* No message may crash; what is taken is written again as it was. */

#include <stdlib.h>
#include <string.h>

#include "connmsg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cur c = cur_init(p, n);
	uint8_t out[CONNMSG_MAX];
	struct buf b = buf_init(out, sizeof(out));
	struct connmsg m, again;

	if (connmsg_header(&c, &m) == -1)
		return 0;
	if (!connmsg_is(p, n))
		abort();
	if (connmsg_body(&c, &m) == -1)
		return 0;
	connmsg_build(&b, &m);
	c = cur_init(out, b.len);
	if (b.bad || connmsg_header(&c, &again) == -1 ||
	    connmsg_body(&c, &again) == -1 || again.type != m.type ||
	    again.session != m.session || again.rcvd != m.rcvd)
		abort();
	return 0;
}
