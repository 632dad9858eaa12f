/*
 * STAMP packets through the reflector: no crash, an answer is as long as
 * its request or there is none, and the answer can be read as one.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "reflect.h"
#include "stamp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct connctx ctx;
static struct recout out;
static struct reflect reflect;

static void
begin(void)
{
	ctx.node = "fuzz";
	ctx.out = &out;
	if (recout_open(&out, &rec_conn, open("/dev/null", O_WRONLY), false,
	    false, NULL) == -1)
		abort();
	reflect_init(&reflect, &ctx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static uint8_t q[4096];
	struct addr a = addr_from_u32(0xc0000201);
	struct udpin in = { .p = p, .n = n, .segment = n, .ttl = 64,
	    .tos = 0, .ns = 1 };
	struct stamp_reply r;
	struct stamp_tlv t;
	struct cur c = cur_init(p, n);
	size_t m;
	int tos;

	if (reflect.session == NULL)
		begin();
	(void)sockname_make(&in.from, &a, n > 0 ? p[0] : 0);
	if (stamp_parse_reply(&c, &r) == 0) {
		(void)stamp_ns(r.time, r.error);
		(void)stamp_error_ns(r.error);
		while (stamp_next(&c, &t) == 1)
			;
	}
	m = reflect_answer(&reflect, &in, q, sizeof(q), &tos);
	c = cur_init(q, m);
	if (m != 0 && (m != n || stamp_parse_reply(&c, &r) == -1))
		abort();
	return 0;
}
