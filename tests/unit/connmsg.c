/* Messages of conntest: back as they were, refused when cut or strange. */

#include <stdlib.h>
#include <string.h>

#include "connmsg.h"
#include "hex.h"
#include "tap.h"

static struct connmsg
sample(enum msgtype t)
{
	struct connmsg m = { .type = t, .session = 0x1122334455667788,
	    .cookie = 42, .dirs = 3, .gso = 1, .refusal = MSG_BUSY,
	    .size = 1400, .rate = 1000000, .time_ns = 5000000000,
	    .seq = 0xfffffffe, .t1 = 1, .t2 = 2, .t3 = 3, .final = true,
	    .sent = 10, .sent_bytes = 11, .rcvd = 12, .rcvd_bytes = 13,
	    .lost = 14, .dup = 15, .reord = 16, .extent = 17, .late = 18,
	    .drops = 19, .bursts = 20, .burst_max = 21, .span_ns = 22,
	    .retrans = 23, .limit = LIMIT_RECEIVER, .cwnd = 24 };

	memcpy(m.name, "ams-1", 6);
	memcpy(m.id, "0123456789abcdef", 16);
	m.length = t == MSG_DATA ? 84 : 0;
	return m;
}

static int
parse(const uint8_t *p, size_t n, struct connmsg *m)
{
	struct cur c = cur_init(p, n);

	return connmsg_header(&c, m) == -1 || connmsg_body(&c, m) == -1 ? -1 :
	    0;
}

/* Written again, what was read gives the same bytes. */
static void
test_types(void)
{
	for (int t = MSG_HELLO; t <= MSG_PONG; t++) {
		struct connmsg m = sample((enum msgtype)t), back;
		uint8_t a[CONNMSG_MAX], b[CONNMSG_MAX], *q;
		struct buf x = buf_init(a, sizeof(a)), y = buf_init(b,
		    sizeof(b));
		int taken = 0;

		connmsg_build(&x, &m);
		ok(!x.bad && parse(a, x.len, &back) == 0 &&
		    (int)back.type == t, "type %d is read", t);
		connmsg_build(&y, &back);
		ok(y.len == x.len && memcmp(a, b, x.len) == 0,
		    "... and is what was written");
		ok(connmsg_is(a, x.len) && !connmsg_is(a, 7),
		    "... and known by its beginning");
		for (size_t k = 0; k < x.len; k++) {
			q = exact(a, k);
			taken += parse(q, k, &back) == 0;
			free(q);
		}
		ok(taken == 0, "... none that is shorter is taken");
		a[15]++;
		ok(t == MSG_DATA || parse(a, x.len, &back) == -1,
		    "... nor of another length");
		a[15]--;
		a[8] = 2;
		ok(parse(a, x.len, &back) == -1, "... nor version 2");
	}
}

static void
test_strange(void)
{
	static const char *const names[] = { "a b", "a/b", "a\n", "a\"" };
	struct connmsg m = sample(MSG_HELLO), back;
	uint8_t a[CONNMSG_MAX];
	struct buf b;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		b = buf_init(a, sizeof(a));
		snprintf(m.name, sizeof(m.name), "%s", names[i]);
		connmsg_build(&b, &m);
		ok(parse(a, b.len, &back) == -1, "name %zu is refused", i);
	}
	b = buf_init(a, sizeof(a));
	memset(m.name, 'x', sizeof(m.name));
	connmsg_build(&b, &m);
	ok(parse(a, b.len, &back) == -1, "a name without an end is refused");
	b = buf_init(a, sizeof(a));
	m = sample(MSG_DATA);
	m.length = (UINT32_C(1) << 30) + 1;
	connmsg_build(&b, &m);
	ok(parse(a, b.len, &back) == -1, "data beyond 1 GiB is refused");
	b = buf_init(a, sizeof(a));
	m.length = CONNMSG_DATA_FIXED - 1;
	connmsg_build(&b, &m);
	ok(parse(a, b.len, &back) == -1, "data without room for its number");
	ok(strcmp(connlimit_name(LIMIT_APP), "app") == 0 &&
	    strcmp(connlimit_name((enum connlimit)99), "-") == 0,
	    "limits have names, and what is none has not");
}

int
main(void)
{
	test_types();
	test_strange();
	return tap_done();
}
