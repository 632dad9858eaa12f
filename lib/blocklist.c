#include "blocklist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gz.h"

/*
 * IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC
 * 8190) as of 2025.  The longest row that holds an address decides; what
 * the registry calls globally reachable may be probed, what it calls
 * deprecated or not applicable (6to4, Teredo) may not.  Besides them,
 * multicast, and in IPv6 all that is not global unicast (RFC 4291).
 */
const struct special blocklist_special[] = {
	{ "0.0.0.0/8",		false, "this network" },
	{ "10.0.0.0/8",		false, "private use" },
	{ "100.64.0.0/10",	false, "shared address space" },
	{ "127.0.0.0/8",	false, "loopback" },
	{ "169.254.0.0/16",	false, "link local" },
	{ "172.16.0.0/12",	false, "private use" },
	{ "192.0.0.0/24",	false, "IETF protocol assignments" },
	{ "192.0.2.0/24",	false, "documentation" },
	{ "192.31.196.0/24",	true,  "AS112-v4" },
	{ "192.52.193.0/24",	true,  "AMT" },
	{ "192.88.99.0/24",	false, "6to4 relay anycast, deprecated" },
	{ "192.168.0.0/16",	false, "private use" },
	{ "192.175.48.0/24",	true,  "AS112 direct delegation" },
	{ "198.18.0.0/15",	false, "benchmarking" },
	{ "198.51.100.0/24",	false, "documentation" },
	{ "203.0.113.0/24",	false, "documentation" },
	{ "224.0.0.0/4",	false, "multicast" },
	{ "240.0.0.0/4",	false, "reserved" },

	{ "::/0",		false, "not global unicast" },
	{ "2000::/3",		true,  "global unicast" },
	{ "2001::/23",		false, "IETF protocol assignments" },
	{ "2001:3::/32",	true,  "AMT" },
	{ "2001:4:112::/48",	true,  "AS112-v6" },
	{ "2001:db8::/32",	false, "documentation" },
	{ "2002::/16",		false, "6to4" },
	{ "2620:4f:8000::/48",	true,  "AS112 direct delegation" },
	{ "3fff::/20",		false, "documentation" },
	{ NULL,			false, NULL }
};

void
blocklist_init(struct blocklist *bl)
{
	prefixset_init(&bl->special);
	prefixset_init(&bl->file);
	prefixset_init(&bl->allow);
	for (const struct special *s = blocklist_special; s->prefix != NULL;
	    s++) {
		struct prefix p;

		if (prefix_parse(&p, s->prefix, strlen(s->prefix)) == 0)
			prefixset_add(&bl->special, &p, s->probe);
	}
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One line: 1 with a prefix, 0 without, -1 when it is something else. */
static int
parse_line(const char *s, size_t n, struct prefix *p)
{
	const char *hash = memchr(s, '#', n);

	if (hash != NULL)
		n = (size_t)(hash - s);
	while (n > 0 && blank(s[n - 1]))
		n--;
	while (n > 0 && blank(*s))
		s++, n--;
	if (n == 0)
		return 0;
	return prefix_parse(p, s, n) == -1 ? -1 : 1;
}

static int
load_lines(struct blocklist *bl, struct gzin *gz, const char *path,
    char err[static 256])
{
	unsigned long lineno = 0;
	struct prefix p;
	char *line;
	ssize_t n;
	int got;

	while ((n = gzin_line(gz, &line)) >= 0) {
		lineno++;
		if ((got = parse_line(line, (size_t)n, &p)) == -1) {
			snprintf(err, 256, "%s:%lu: not a prefix: %.60s",
			    path, lineno, line);
			return -1;
		}
		if (got == 1)
			prefixset_add(&bl->file, &p, 1);
	}
	if (n == -2) {
		snprintf(err, 256, "%s: %s", path, gzin_error(gz));
		return -1;
	}
	return 0;
}

int
blocklist_load(struct blocklist *bl, const char *path, char err[static 256])
{
	struct gzin *gz;
	int fd, rc;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		snprintf(err, 256, "%s: %s", path, strerror(errno));
		return -1;
	}
	gz = gzin_open(fd);
	rc = load_lines(bl, gz, path, err);
	gzin_close(gz);
	return rc;
}

void
blocklist_allow(struct blocklist *bl, const struct prefix *p)
{
	prefixset_add(&bl->allow, p, 1);
}

void
blocklist_ready(struct blocklist *bl)
{
	prefixset_seal(&bl->special);
	prefixset_seal(&bl->file);
	prefixset_seal(&bl->allow);
}

enum blockwhy
blocklist_refuses(const struct blocklist *bl, const struct addr *a)
{
	struct prefixhit hit;

	if (prefixset_find(&bl->file, a, NULL))
		return BLOCK_FILE;
	if (prefixset_find(&bl->special, a, &hit) && hit.value == 0 &&
	    !prefixset_find(&bl->allow, a, NULL))
		return BLOCK_SPECIAL;
	return BLOCK_NO;
}

const char *
blocklist_why(enum blockwhy why)
{
	return why == BLOCK_FILE ? "blocklist" :
	    why == BLOCK_SPECIAL ? "special" : "no";
}

void
blocklist_free(struct blocklist *bl)
{
	prefixset_free(&bl->special);
	prefixset_free(&bl->file);
	prefixset_free(&bl->allow);
}
