/* sentset: what is done, and what only seems to be */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sentset.h"
#include "tap.h"

#define HEAD	"#fsdb -F t time:d node:a probe:a src:a dst:a ttl:q flow:q " \
		"attempt:q round:q\n"
#define R(node, probe, src, dst) \
    "1.000000000\t" node "\t" probe "\t" src "\t" dst "\t64\t0\t0\t-\n"
#define A	"192.0.2.1"
#define B	"192.0.2.2"

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(&a, s, strlen(s)) == -1)
		abort();
	return a;
}

static const struct row {
	const char	*what, *log[2], *node, *probe, *src;
	int		 rc;
	const char	*done, *todo;
} rows[] = {
	{ "one origin", { HEAD R("a", "icmp", A, "1.0.0.1")
	    R("a", "icmp", A, "9.0.0.1") "# end: 2\n" }, NULL, NULL, NULL, 0,
	    "1.0.0.1 9.0.0.1", "1.0.0.2 0.0.0.0 255.255.255.255 ::1" },
	{ "twice to the same", { HEAD R("a", "icmp", A, "1.0.0.1")
	    R("b", "icmp", A, "1.0.0.1") "# end: 2\n" }, NULL, NULL, NULL, 0,
	    "1.0.0.1", "1.0.0.2" },
	{ "two origins", { HEAD R("a", "icmp", A, "1.0.0.1")
	    R("a", "dns", A, "1.0.0.1") R("a", "dns", A, "1.0.0.2")
	    R("a", "icmp", A, "1.0.0.3") "# end: 4\n" }, NULL, NULL, NULL, 0,
	    "1.0.0.1", "1.0.0.2 1.0.0.3" },
	{ "two sources in two logs", { HEAD R("a", "icmp", A, "1.0.0.1")
	    R("a", "icmp", A, "1.0.0.2") "# end: 2\n",
	    HEAD R("a", "icmp", B, "1.0.0.1") "# end: 1\n" }, NULL, NULL,
	    NULL, 0, "1.0.0.1", "1.0.0.2" },
	{ "an origin that never sent", { HEAD
	    "# origin.0: src=192.0.2.1 probe=icmp sport=1 dport=1 ttl=64\n"
	    "# origin.1: src=192.0.2.2 probe=icmp sport=1 dport=1 ttl=64\n"
	    R("a", "icmp", A, "1.0.0.1") "# end: 1\n" }, NULL, NULL, NULL, 0,
	    "", "1.0.0.1" },
	{ "but not heeded", { HEAD
	    "# origin.0: src=192.0.2.1 probe=icmp sport=1 dport=1 ttl=64\n"
	    "# origin.1: src=192.0.2.2 probe=icmp sport=1 dport=1 ttl=64\n"
	    R("a", "icmp", A, "1.0.0.1") "# end: 1\n" }, NULL, NULL, A, 0,
	    "1.0.0.1", "1.0.0.2" },
	{ "by node", { HEAD R("ams", "icmp", A, "1.0.0.1")
	    R("fra", "icmp", A, "1.0.0.2") R("amster", "icmp", A, "1.0.0.3")
	    R("am", "icmp", A, "1.0.0.4") "# end: 4\n" }, "ams", NULL, NULL,
	    0, "1.0.0.1", "1.0.0.2 1.0.0.3 1.0.0.4" },
	{ "by node with its number", { HEAD R("ams", "icmp", A, "1.0.0.1")
	    R("fra", "icmp", A, "1.0.0.2") "# end: 2\n" }, "ams:3", NULL,
	    NULL, 0, "1.0.0.1", "1.0.0.2" },
	{ "by probe", { HEAD R("a", "dns", A, "1.0.0.1")
	    R("a", "icmp", A, "1.0.0.2") "# end: 2\n" }, NULL, "dns", NULL, 0,
	    "1.0.0.1", "1.0.0.2" },
	{ "by source", { HEAD R("a", "dns", A, "1.0.0.1")
	    R("a", "dns", B, "1.0.0.2") "# end: 2\n" }, NULL, NULL, B, 0,
	    "1.0.0.2", "1.0.0.1" },
	{ "IPv6 beside IPv4", { HEAD R("a", "icmp", A, "1.0.0.1")
	    R("a", "icmp", "2001:db8::1", "2a00::1") "# end: 2\n" }, NULL,
	    NULL, NULL, 0, "1.0.0.1 2a00::1", "1.0.0.2 2a00::2 ::" },
	{ "cut short", { HEAD R("a", "icmp", A, "1.0.0.1")
	    R("a", "icmp", A, "1.0.0.2") "1.0\ta" }, NULL, NULL, NULL, 1,
	    "1.0.0.1 1.0.0.2", "1.0.0.3" },
	{ "a bad line", { HEAD R("a", "icmp", A, "1.0.0.1") "x\n"
	    R("a", "icmp", A, "1.0.0.2") "# end: 3\n" }, NULL, NULL, NULL, 1,
	    "1.0.0.1 1.0.0.2", "1.0.0.3" },
	{ "nothing sent", { HEAD "# end: 0\n" }, NULL, NULL, NULL, 0, "",
	    "1.0.0.1" },
	{ "no sent log", { "#fsdb -F t dst:a\n# end: 0\n" }, NULL, NULL, NULL,
	    -1, "", "" },
	{ "an empty file", { "" }, NULL, NULL, NULL, 1, "", "1.0.0.1" },
	{ "killed before the first line", { "\x1f\x8b\x08\x04" }, NULL, NULL,
	    NULL, 1, "", "1.0.0.1" },
	{ "an empty one beside another", { "", HEAD
	    R("a", "icmp", A, "1.0.0.1") "# end: 1\n" }, NULL, NULL, NULL, 0,
	    "1.0.0.1", "1.0.0.2" },
	{ "no header", { "1.0.0.1\n" }, NULL, NULL, NULL, -1, "", "" },
};

static char path[] = "/tmp/sentset.XXXXXX";

/* Are all of these addresses done (or not)? */
static int
all(const struct sentset *s, const char *addrs, bool done)
{
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", addrs);
	while ((word = strsep(&rest, " ")) != NULL) {
		struct addr a;

		if (*word == '\0')
			continue;
		a = addr(word);
		if (sentset_done(s, &a) != done)
			return 0;
	}
	return 1;
}

static void
check(const struct row *r)
{
	struct sentheed heed = { r->node, r->probe, { 0 } };
	struct sentset s = { 0 };
	char err[256] = "";
	uint64_t bad;
	int rc = 0;

	if (r->src != NULL)
		heed.src = addr(r->src);
	for (int i = 0; i < 2 && r->log[i] != NULL; i++) {
		FILE *f = fopen(path, "w");

		if (f == NULL || fputs(r->log[i], f) == EOF || fclose(f) != 0)
			abort();
		rc = sentset_load(&s, path, &heed, &bad, err);
	}
	ok(rc == r->rc, "%s: returns %d%s%s", r->what, r->rc,
	    *err == '\0' ? "" : ": ", err);
	sentset_ready(&s);
	ok(all(&s, r->done, true), "%s: done", r->what);
	ok(all(&s, r->todo, false), "%s: not done", r->what);
	sentset_free(&s);
}

static void
too_many(void)
{
	struct sentset s = { 0 };
	struct addr a = addr(A), a6 = addr("2001:db8::1");
	int i, id = 0;

	for (i = 0; i < SENTSET_ORIGINS && id != -1; i++) {
		char probe[16];

		snprintf(probe, sizeof(probe), "p%d", i);
		id = sentset_origin(&s, &a, probe, strlen(probe));
	}
	ok(id == SENTSET_ORIGINS - 1, "%d origins", SENTSET_ORIGINS);
	ok(sentset_origin(&s, &a, "one more", 8) == -1, "one more is refused");
	ok(sentset_origin(&s, &a, "p0", 2) == 0, "a known one is not");
	ok(sentset_origin(&s, &a6, "icmp", 4) == 0, "IPv6 counts by itself");
	sentset_free(&s);
}

int
main(void)
{
	struct sentset s = { 0 };
	struct sentheed heed = { NULL, NULL, { 0 } };
	char err[256];
	uint64_t bad;
	int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	close(fd);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i]);
	too_many();
	ok(sentset_load(&s, "/nonexistent/x", &heed, &bad, err) == -1 &&
	    strcmp(err, "/nonexistent/x: No such file or directory") == 0,
	    "no such file: %s", err);
	unlink(path);
	return tap_done();
}
