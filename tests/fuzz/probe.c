/*
 * No packet, however odd, is read past its end, and what is said about it is
 * in it.  The first byte says how strict to be; the rest is the packet.
 */

#include <stdlib.h>
#include <string.h>

#include "probe_types.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct expect *e, const uint8_t *p, size_t n)
{
	struct answer a;
	enum reject r = probe_match(e, cur_init(p, n),
	    INT64_C(1700000000123456789), &a);

	if (r >= REJ_MAX)
		abort();
	if (r != REJ_OK)
		return;
	if (a.quote != NULL && (a.quote < p || a.quote + a.quote_len > p + n))
		abort();
	if (memchr(a.mpls, 0, sizeof(a.mpls)) == NULL || a.txt_len > 255 ||
	    a.origin < e->origins || a.origin >= e->origins + e->n ||
	    addr_cmp(&a.to, &a.origin->src) != 0 ||
	    (a.auth == AUTH_NONE) != (e->key == NULL) ||
	    a.ask.dst.v != a.to.v)
		abort();
	if (a.icmp_type != -1 && (a.qlen < 28 || (size_t)a.qlen > n))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct origin o[16];
	static struct key key;
	struct expect e = { .origins = o };
	uint8_t b[16];

	for (size_t i = 0; probes[i] != NULL; i++) {
		o[e.n++] = (struct origin){ .probe = probes[i],
		    .src = { 4, { 192, 0, 2, 1 } } };
		o[e.n++] = (struct origin){ .probe = probes[i], .src = { 6,
		    { 0x20, 1, 0xd, 0xb8, [15] = 1 } } };
	}
	for (uint8_t i = 0; i < 16; i++)
		b[i] = i;
	key_set(&key, b);
	if (n == 0)
		return 0;
	e.key = (p[0] & 1) != 0 ? NULL : &key;
	e.nosum = (p[0] & 2) != 0;
	e.ttl = (p[0] & 4) != 0 ? 64 : 0;
	e.max_node = (p[0] & 8) != 0 ? 6 : 0;
	e.max_attempt = (p[0] & 16) != 0 ? 3 : 0;
	check(&e, p + 1, n - 1);
	return 0;
}
