/* blocklist: the built-in registries, users' files, what lifts what */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocklist.h"
#include "tap.h"

static struct addr
addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(&a, s, strlen(s)) == -1)
		abort();
	return a;
}

static const struct { const char *addr; enum blockwhy why; } builtin[] = {
	{ "0.0.0.1", BLOCK_SPECIAL },
	{ "1.0.0.1", BLOCK_NO },
	{ "9.255.255.255", BLOCK_NO },
	{ "10.0.0.0", BLOCK_SPECIAL },
	{ "10.255.255.255", BLOCK_SPECIAL },
	{ "11.0.0.0", BLOCK_NO },
	{ "100.63.255.255", BLOCK_NO },
	{ "100.64.0.0", BLOCK_SPECIAL },
	{ "100.127.255.255", BLOCK_SPECIAL },
	{ "100.128.0.0", BLOCK_NO },
	{ "127.0.0.1", BLOCK_SPECIAL },
	{ "169.254.169.254", BLOCK_SPECIAL },
	{ "172.15.255.255", BLOCK_NO },
	{ "172.16.0.0", BLOCK_SPECIAL },
	{ "172.31.255.255", BLOCK_SPECIAL },
	{ "172.32.0.0", BLOCK_NO },
	{ "192.0.0.9", BLOCK_SPECIAL },
	{ "192.0.2.1", BLOCK_SPECIAL },
	{ "192.31.196.1", BLOCK_NO },
	{ "192.52.193.1", BLOCK_NO },
	{ "192.88.99.1", BLOCK_SPECIAL },
	{ "192.168.1.1", BLOCK_SPECIAL },
	{ "192.175.48.6", BLOCK_NO },
	{ "198.17.255.255", BLOCK_NO },
	{ "198.18.0.1", BLOCK_SPECIAL },
	{ "198.19.255.255", BLOCK_SPECIAL },
	{ "198.20.0.0", BLOCK_NO },
	{ "198.51.100.7", BLOCK_SPECIAL },
	{ "203.0.113.200", BLOCK_SPECIAL },
	{ "223.255.255.255", BLOCK_NO },
	{ "224.0.0.1", BLOCK_SPECIAL },
	{ "239.255.255.255", BLOCK_SPECIAL },
	{ "240.0.0.1", BLOCK_SPECIAL },
	{ "255.255.255.255", BLOCK_SPECIAL },
	{ "::", BLOCK_SPECIAL },
	{ "::1", BLOCK_SPECIAL },
	{ "::ffff:1.2.3.4", BLOCK_SPECIAL },
	{ "64:ff9b::102:304", BLOCK_SPECIAL },
	{ "100::1", BLOCK_SPECIAL },
	{ "1fff:ffff::", BLOCK_SPECIAL },
	{ "2001::1", BLOCK_SPECIAL },
	{ "2001:2::1", BLOCK_SPECIAL },
	{ "2001:3::1", BLOCK_NO },
	{ "2001:4:112::1", BLOCK_NO },
	{ "2001:4:113::1", BLOCK_SPECIAL },
	{ "2001:1ff:ffff::", BLOCK_SPECIAL },
	{ "2001:200::1", BLOCK_NO },
	{ "2001:db7:ffff::1", BLOCK_NO },
	{ "2001:db8::1", BLOCK_SPECIAL },
	{ "2001:db9::1", BLOCK_NO },
	{ "2002:102:304::1", BLOCK_SPECIAL },
	{ "2003::1", BLOCK_NO },
	{ "2620:4f:8000::1", BLOCK_NO },
	{ "2a00:1450::1", BLOCK_NO },
	{ "3fff:fff::1", BLOCK_SPECIAL },
	{ "3fff:1000::1", BLOCK_NO },
	{ "5f00::1", BLOCK_SPECIAL },
	{ "fc00::1", BLOCK_SPECIAL },
	{ "fe80::1", BLOCK_SPECIAL },
	{ "ff02::1", BLOCK_SPECIAL },
};

static void
registries(void)
{
	struct blocklist bl;

	blocklist_init(&bl);
	blocklist_ready(&bl);
	for (size_t i = 0; i < sizeof(builtin) / sizeof(*builtin); i++) {
		struct addr a = addr(builtin[i].addr);

		ok(blocklist_refuses(&bl, &a) == builtin[i].why, "%s: %s",
		    builtin[i].addr, blocklist_why(builtin[i].why));
	}
	blocklist_free(&bl);
	for (const struct special *s = blocklist_special; s->prefix != NULL;
	    s++) {
		struct prefix p;

		ok(prefix_parse(&p, s->prefix, strlen(s->prefix)) == 0,
		    "%s is a prefix", s->prefix);
	}
}

static char path[] = "/tmp/blocklist.XXXXXX";

static void
put(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		abort();
}

static const struct {
	const char *what, *text, *err;
} files[] = {
	{ "nothing", "", NULL },
	{ "comments and blanks", "# x\n\n  # y\n \t\n", NULL },
	{ "a prefix and an address", "192.0.2.0/24\n1.2.3.4\n", NULL },
	{ "spaces, a comment after, DOS line", " 1.2.3.0/24\t# asked\r\n",
	    NULL },
	{ "no newline at the end", "1.2.3.0/24", NULL },
	{ "IPv6", "2001:db8::/32\n::1\n", NULL },
	{ "a word", "1.2.3.0/24\nexample.net\n", ":2: not a prefix: example" },
	{ "two on a line", "1.2.3.0/24 1.2.4.0/24\n", ":1: not a prefix: " },
	{ "too long a prefix", "1.2.3.0/33\n", ":1: not a prefix: " },
	{ "IPv6 too long", "::/129\n", ":1: not a prefix: " },
	{ "bits beyond the length", "1.2.3.4/24\n", ":1: not a prefix: " },
	{ "no length", "1.2.3.0/\n", ":1: not a prefix: " },
};

static void
loading(void)
{
	struct addr a = addr("8.8.8.8");
	struct blocklist bl;
	char err[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int rc;

		put(files[i].text, strlen(files[i].text));
		blocklist_init(&bl);
		*err = '\0';
		rc = blocklist_load(&bl, path, err);
		ok(files[i].err == NULL ? rc == 0 : rc == -1 &&
		    strstr(err, files[i].err) != NULL &&
		    strncmp(err, path, strlen(path)) == 0,
		    "file with %s: %s", files[i].what,
		    *err == '\0' ? "loaded" : err);
		blocklist_free(&bl);
	}
	put("1.2.3.0/24\0x\n", 13);
	blocklist_init(&bl);
	ok(blocklist_load(&bl, path, err) == -1, "file with a NUL");
	blocklist_free(&bl);

	put("\x1f\x8b\x08\x00\x00", 5);
	blocklist_init(&bl);
	ok(blocklist_load(&bl, path, err) == -1, "cut gzip: %s", err);
	ok(blocklist_load(&bl, "/nonexistent/x", err) == -1 &&
	    strcmp(err, "/nonexistent/x: No such file or directory") == 0,
	    "no such file: %s", err);
	ok(blocklist_load(&bl, "/tmp", err) == -1, "a directory: %s", err);
	blocklist_ready(&bl);
	ok(blocklist_refuses(&bl, &a) == BLOCK_NO, "8.8.8.8 is allowed");
	blocklist_free(&bl);
}

/* What lifts what: a file beats --allow-prefix beats the registries. */
static void
precedence(void)
{
	static const char list[] = "10.1.0.0/16\n8.8.8.0/24\n2a00::/16\n";
	static const struct { const char *addr; enum blockwhy why; } t[] = {
		{ "10.0.0.1", BLOCK_NO },
		{ "10.1.0.1", BLOCK_FILE },
		{ "10.2.0.1", BLOCK_NO },
		{ "10.128.0.1", BLOCK_SPECIAL },
		{ "8.8.7.255", BLOCK_NO },
		{ "8.8.8.0", BLOCK_FILE },
		{ "8.8.8.255", BLOCK_FILE },
		{ "8.8.9.0", BLOCK_NO },
		{ "2a00::1", BLOCK_FILE },
		{ "2a01::1", BLOCK_NO },
		{ "fd00::1", BLOCK_NO },
		{ "fd00:1::1", BLOCK_SPECIAL },
	};
	struct prefix p = { addr("10.0.0.0"), 9 };
	struct blocklist bl;
	char err[256];

	put(list, sizeof(list) - 1);
	blocklist_init(&bl);
	ok(blocklist_load(&bl, path, err) == 0, "list loads");
	blocklist_allow(&bl, &p);
	p = (struct prefix){ addr("fd00::"), 32 };
	blocklist_allow(&bl, &p);
	blocklist_ready(&bl);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct addr a = addr(t[i].addr);

		ok(blocklist_refuses(&bl, &a) == t[i].why, "%s: %s",
		    t[i].addr, blocklist_why(t[i].why));
	}
	blocklist_free(&bl);
}

int
main(void)
{
	int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	close(fd);
	registries();
	loading();
	precedence();
	unlink(path);
	return tap_done();
}
