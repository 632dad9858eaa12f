/* Lines cut into columns without parsing, and streams of several types. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rec.h"
#include "tap.h"

static int
file(const char *s)
{
	int fd = memfd_create("lines", 0);
	size_t n = strlen(s);

	if (fd == -1 || write(fd, s, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) == -1)
		printf("Bail out! no file\n");
	return fd;
}

/* Tabs at every distance, so that each path through find_tabs is taken. */
static void
test_lengths(void)
{
	static const char head[] = "#fsdb -F t dst score block\n";
	char text[512], a[64], b[64], c[64];
	int bad = 0;

	for (int x = 1; x < 40; x++)
		for (int y = 1; y < 40; y++) {
			struct span v[nfields_target];
			struct recin in;

			memset(a, 'a', sizeof a);
			memset(b, 'b', sizeof b);
			memset(c, 'c', sizeof c);
			snprintf(text, sizeof text, "%s%.*s\t%.*s\t%.*s\n"
			    "# end: 1\n", head, x, a, y, b, (x + y) % 20 + 1, c);
			if (recin_open(&in, &rec_target, file(text), "x", NULL,
			    NULL) == -1 || recin_split(&in, v) != 1 ||
			    v[at_target_dst].n != (size_t)x ||
			    memcmp(v[at_target_dst].s, a, (size_t)x) != 0 ||
			    v[at_target_score].n != (size_t)y ||
			    memcmp(v[at_target_score].s, b, (size_t)y) != 0 ||
			    v[at_target_block].n != (size_t)((x + y) % 20 + 1))
				bad++;
			recin_close(&in);
			meta_free(&in.meta);
		}
	ok(bad == 0, "columns of 1 to 39 bytes");
}

static void
test_bad(void)
{
	static const struct { const char *line; int r; } rows[] = {
		{ "1.0.0.1\t5\t-", 1 }, { "1.0.0.1\t5", -1 },
		{ "1.0.0.1\t5\t-\t-", -1 }, { "", -1 }, { "\t5\t-", -1 },
		{ "1.0.0.1\t\t-", -1 }, { "1.0.0.1\t5\t", -1 },
		{ "\t\t", -1 }, { "anything\tat\tall", 1 },
		{ "1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1"
		    "\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1"
		    "\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1"
		    "\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1"
		    "\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1"
		    "\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1",
		    -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span v[nfields_target];
		struct recin in;
		char text[1024];

		snprintf(text, sizeof text,
		    "#fsdb -F t dst score block\n%s\n2.0.0.2\t7\t-\n# end: 2\n",
		    rows[i].line);
		recin_open(&in, &rec_target, file(text), "x", NULL, NULL);
		ok(recin_split(&in, v) == rows[i].r, "line \"%.20s\"",
		    rows[i].line);
		ok(recin_split(&in, v) == 1 && v[at_target_dst].n == 7 &&
		    recin_split(&in, v) == 0 && recin_close(&in) == 0 &&
		    in.nbad == (rows[i].r == -1) &&
		    in.nrecs == 1 + (uint64_t)(rows[i].r == 1),
		    "and the next one after it");
		meta_free(&in.meta);
	}
}

static void
test_wanted(void)
{
	static const char *const want[] = { "block", "dst", NULL };
	struct span v[nfields_target];
	struct recin in;

	v[at_target_score] = (struct span){ "-", 1 };
	recin_open(&in, &rec_target, file("#fsdb -F t x block dst score\n"
	    "0\tb\td\ts\n# end: 1\n"), "x", NULL, want);
	ok(recin_split(&in, v) == 1 && *v[at_target_block].s == 'b' &&
	    *v[at_target_dst].s == 'd' && *v[at_target_score].s == '-',
	    "wanted columns, in any order, and no others");
	recin_refuse(&in);
	ok(in.nrecs == 0 && in.nbad == 1, "one refused");
	recin_close(&in);
	meta_free(&in.meta);
}

static void
test_any(void)
{
	static const struct rectype *const types[] = { &rec_sent, &rec_reply,
	    NULL };
	static const struct { const char *text; int type; } rows[] = {
		{ "#fsdb -F t time node probe src dst ttl flow attempt\n", 0 },
		{ "#fsdb -F t time node kind from to probe tx tx_time dst ttl "
		    "flow attempt auth rttl rtos size icmp qttl qtos qlen mpls "
		    "quote\n", 1 },
		{ "#fsdb -F t dst score\n", -1 }, { "", -1 }, { "x\n", -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct recin in;

		ok(recin_open_any(&in, types, file(rows[i].text), "x", NULL) ==
		    rows[i].type, "type of \"%.30s\"", rows[i].text);
		recin_close(&in);
		meta_free(&in.meta);
	}
}

int
main(void)
{
	test_lengths();
	test_bad();
	test_wanted();
	test_any();
	return tap_done();
}
