/*
 * rxrate - the rate at which packets arrive at an interface
 *
 * usage: rxrate interface packets
 *
 * Reads the interface's counter fifty times a second until so many packets
 * have come, or none for three seconds, and prints how many came and the
 * rate between the first and the last tenth of them: without start-up and
 * end of what sends them.  Says "ready" on standard error first.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

#define PERIOD_NS	20000000
#define IDLE_NS		(3 * NS_PER_S)
#define MAX		65536		/* samples: 20 minutes */

static struct { int64_t at; unsigned long long n; } sample[MAX];

/* /proc/net/dev is that of our own network namespace. */
static unsigned long long
packets(const char *iface)
{
	char line[512], name[64];
	unsigned long long n;
	FILE *f = fopen("/proc/self/net/dev", "r");

	if (f == NULL)
		err(2, "/proc/self/net/dev");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, " %63[^:]: %*u %llu", name, &n) == 2 &&
		    strcmp(name, iface) == 0) {
			fclose(f);
			return n;
		}
	errx(2, "no interface %s", iface);
}

int
main(int argc, char *argv[])
{
	const struct timespec period = { .tv_nsec = PERIOD_NS };
	unsigned long long first, want, total;
	size_t n = 0, lo = 0, hi = 0;
	int64_t moved = 0;

	if (argc != 3)
		errx(2, "usage: rxrate interface packets");
	want = strtoull(argv[2], NULL, 10);
	first = packets(argv[1]);
	fputs("ready\n", stderr);
	while (n < MAX) {
		sample[n].at = clock_mono();
		sample[n].n = packets(argv[1]) - first;
		if (n == 0 || sample[n].n != sample[n - 1].n)
			moved = sample[n].at;
		if (sample[n].n >= want ||
		    (sample[n].n > 0 && sample[n].at - moved > IDLE_NS))
			break;
		if (sample[n].n > 0 || n == 0)
			n++;
		nanosleep(&period, NULL);
	}
	total = sample[n].n;
	while (lo < n && sample[lo].n < total / 10)
		lo++;
	hi = lo;
	while (hi < n && sample[hi].n < total - total / 10)
		hi++;
	if (hi == lo)
		errx(1, "too few samples");
	printf("%llu %.0f\n", total, (double)(sample[hi].n - sample[lo].n) *
	    1e9 / (double)(sample[hi].at - sample[lo].at));
	return 0;
}
