/*
 * No hop file may make a view misbehave: the rows of the input, under a
 * header that is always good, in every view, with names and without.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hopfiles.h"
#include "mem.h"
#include "pathgraph.h"
#include "show.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char header[] = "#fsdb -F t hex dst tx rx verdict from kind "
    "rtt_ms rttl replies sites sent_time auth ttl flow attempt qttl qlen mpls "
    "mods qclass rtt_err_ms reply_time src probe icmp dport size options\n";

static void
show_all(struct show *v, const struct paths *p, struct pathgraph *g)
{
	struct pings all = { 0 };

	show_trace(v, p);
	show_box(v, p);
	show_ping(v, p, &all);
	show_fping(v, p, &all);
	show_pings(v, &all);
	show_lb(v, p);
	pathgraph_add(g, p);
	if (all.received > all.sent || all.answered > all.targets)
		abort();
}

static void
show_file(char *path, const struct names *names, bool ext)
{
	char *const paths[] = { path, NULL };
	struct show v = { .names = names, .ascii = ext, .sites = !ext,
	    .ext = ext, .first_ttl = ext, .max_ttl = 30, .gap = ext };
	struct pathgraph g = { 0 };
	struct hopfiles h;
	char why[512];

	if (hopfiles_open(&h, 1, paths, NULL, why) == 0)
		while (hopfiles_next(&h, why) == 1) {
			show_all(&v, &h.paths, &g);
			if (v.out.n > 0 && strlen(v.out.s) != v.out.n)
				abort();
			str_clear(&v.out);
		}
	show_dot(&v, &g);
	show_svg(&v, &g);
	for (size_t i = 0; i < h.n; i++)
		hopfiles_close(&h, i);
	hopfiles_free(&h);
	pathgraph_free(&g);
	lbgraph_free(&v.lb);
	str_free(&v.out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct names names = { 0 };
	struct addr a = addr_from_u32(0x0a000001);
	int fd = memfd_create("hops", 0);
	char path[64];

	if (fd == -1 || write(fd, header, sizeof header - 1) == -1 ||
	    write(fd, p, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	names_set(&names, &a, "<\"&>");
	show_file(path, NULL, true);
	show_file(path, &names, false);
	names_free(&names);
	close(fd);
	return 0;
}
