/*
 * feed - give every packet of captures to the code that judges replies, as
 * if it were addressed to us, from memory of its exact size
 *
 * usage: feed pcap ...		prints a line of counts per file
 * A file libpcap refuses is "unreadable"; its packets before that count.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cap_pcap.h"
#include "probe.h"
#include "replyline.h"

static struct key	key;
static struct replyline	line;
static unsigned long	packets, verdicts[REJ_MAX];

/* Where it goes, if it is IP at all. */
static struct addr
destination(const uint8_t *p, size_t n)
{
	struct cur c = cur_init(p, n);
	uint8_t v = cur_u8(&c) >> 4, b[16] = { 0 };

	cur_skip(&c, v == 6 ? 23 : 15);
	cur_copy(&c, b, v == 6 ? 16 : 4);
	return addr_from_bytes(v == 6 ? 6 : 4, b);
}

static void
judge(const uint8_t *p, size_t n, int64_t ns, const struct key *k)
{
	static char text[REPLYLINE_MAX];
	static struct answer a;
	struct origin o[8] = { 0 };
	struct expect e = { .origins = o, .key = k };
	enum reject r;

	for (; probes[e.n] != NULL; e.n++) {
		o[e.n].probe = probes[e.n];
		o[e.n].src = destination(p, n);
	}
	r = probe_match(&e, cur_init(p, n), ns, &a);
	verdicts[r]++;
	if (r == REJ_OK)
		(void)replyline_format(&line, &a, ns, text);
}

static void
each(void *arg, const struct cap_packet *p)
{
	uint8_t *copy = malloc(p->n + (p->n == 0));

	(void)arg;
	if (copy == NULL)
		err(1, NULL);
	packets++;
	if (p->n > 0)
		memcpy(copy, p->p, p->n);
	judge(copy, p->n, p->ns, &key);
	judge(copy, p->n, p->ns, NULL);
	free(copy);
}

int
main(int argc, char *argv[])
{
	static const uint8_t b[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15 };
	char why[CAP_ERRLEN];

	key_set(&key, b);
	replyline_init(&line, "feed");
	for (int i = 1; i < argc; i++) {
		struct cap *c = cap_open_file(argv[i], why);
		int rc = c == NULL ? -1 : cap_begin(c, "");

		if (c == NULL)
			errx(1, "%s", why);
		while (rc >= 0)
			rc = cap_read(c, 1000, each, NULL);
		printf("%s%s packets=%lu", argv[i], rc == -1 &&
		    *cap_error(c) == '\0' ? "" : " unreadable", packets);
		for (int k = 0; k < REJ_MAX; k++)
			printf(" %s=%lu", reject_name((enum reject)k),
			    verdicts[k]);
		putchar('\n');
		packets = 0;
		memset(verdicts, 0, sizeof(verdicts));
		cap_close(c);
	}
	return 0;
}
