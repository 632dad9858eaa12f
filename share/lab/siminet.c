/*
 * siminet - a simulated Internet that misbehaves to order
 *
 * Takes the probes of several sites, one interface each, and answers for
 * every address: at the site whose catchment the target is in, after a
 * while, twice, from the wrong address, forged, cut, or not at all, as the
 * seed and the rates say.  What happened is written beside it.
 *
 * It shares no code with lib/; see siminet/wire.h.
 */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "siminet/hops.h"
#include "siminet/truth.h"
#include "siminet/world.h"

#define S	INT64_C(1000000000)
#define MS	INT64_C(1000000)
#define LAST	(200 * MS)	/* for probes still on their way */

static volatile sig_atomic_t stop;
static double end_s = 600, idle_s = 10;
static double habit[H_MAX];
static bool topology;
static FILE *graph;
static struct wirekey key = { .dns_sport = 61000, .tcp_sport = 62000,
    .udp_sport = 63000, .ack_sport = 64000 };

enum { O_ANSWER = 256, O_MANY, O_LATE, O_RTT, O_FLIP, O_SAVE, O_SAVEMAX,
    O_REPLAY, O_END, O_IDLE, O_TOPOLOGY, O_GRAPH };

static const struct option options[] = {
	{ "interface",	required_argument, NULL, 'i' },
	{ "seed",	required_argument, NULL, 'e' },
	{ "write",	required_argument, NULL, 'w' },
	{ "fault",	required_argument, NULL, 'f' },
	{ "key",	required_argument, NULL, 'k' },
	{ "answer",	required_argument, NULL, O_ANSWER },
	{ "many",	required_argument, NULL, O_MANY },
	{ "late",	required_argument, NULL, O_LATE },
	{ "rtt",	required_argument, NULL, O_RTT },
	{ "flip-after",	required_argument, NULL, O_FLIP },
	{ "save",	required_argument, NULL, O_SAVE },
	{ "save-max",	required_argument, NULL, O_SAVEMAX },
	{ "replay",	required_argument, NULL, O_REPLAY },
	{ "end",	required_argument, NULL, O_END },
	{ "idle",	required_argument, NULL, O_IDLE },
	{ "topology",	required_argument, NULL, O_TOPOLOGY },
	{ "graph",	required_argument, NULL, O_GRAPH },
	{ "help",	no_argument,	   NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char help[] =
"usage: siminet -i NAME=IFACE,MAC[,WEIGHT] ... [-e seed] [-w truth.tsv]\n"
"           [-f fault=rate,...] ...\n"
"  -i, --interface   a site: its name, the interface here, the site's MAC,\n"
"                    its share of the catchments (1)\n"
"  -e, --seed N      everything random follows from it (1)\n"
"  -w, --write FILE  the truth, one row per probe received\n"
"  -k, --key FILE    check each probe against the key as well (32 hex digits)\n"
"      --answer P    share of targets that answer (0.55)\n"
"      --rtt A-B     round-trip times, ms (1-80); 0-0 answers at once\n"
"      --late MS     the late limit: late answers take half a second more,\n"
"                    and what took that long is late (3000)\n"
"      --many N      answers of a target with the fault \"many\" (3000)\n"
"      --flip-after N  catchments move after so many probes\n"
"      --save FILE   keep answers for a later run\n"
"      --save-max N  but no more than that (10000)\n"
"      --replay FILE those of an earlier run, for the fault \"replayed\"\n"
"      --topology HABIT=RATE,...  routers on the way, with such habits, or\n"
"                    mix; diamond=0: one after the other\n"
"      --graph FILE  the way to each target that was probed\n"
"      --end S       end after so many seconds (600)\n"
"      --idle S      end so long after the last packet (10)\n"
"  -f, --fault NAME=RATE,...  NAME alone: as in \"-f mix\", which is all of\n"
"                    them at these rates:\n";

static void
usage(int status)
{
	FILE *f = status == 0 ? stdout : stderr;

	fputs(help, f);
	for (int i = 0; i < F_MAX; i++)
		fprintf(f, "      %-10s %-7g %s\n", faults[i].name,
		    faults[i].mix, faults[i].help);
	fputs("  habits:\n", f);
	for (int i = 0; i < H_MAX; i++)
		fprintf(f, "      %-10s %-7g %s\n", habits[i].name,
		    habits[i].mix, habits[i].help);
	exit(status);
}

static double
number(const char *s, double max)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(s, &end);
	if (errno != 0 || *s == '\0' || *end != '\0' || !(v >= 0) || v > max)
		errx(2, "not a number from 0 to %g: %s", max, s);
	return v;
}

/* NAME=IFACE,MAC[,WEIGHT] */
static void
add_site(struct world *w, char *arg)
{
	struct site *s = &w->site[w->nsites];
	char *iface = strchr(arg, '='), *mac, *weight;
	uint8_t m[6];
	int n = 0;

	if (w->nsites == SITES_MAX || iface == NULL ||
	    (mac = strchr(iface, ',')) == NULL)
		errx(2, "not a site: %s", arg);
	*iface++ = *mac++ = '\0';
	weight = strchr(mac, ',');
	if (weight != NULL)
		*weight++ = '\0';
	if (strlen(arg) >= sizeof s->name || sscanf(mac,
	    "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &m[0], &m[1], &m[2], &m[3],
	    &m[4], &m[5], &n) != 6 || mac[n] != '\0')
		errx(2, "not a site: %s=%s,%s", arg, iface, mac);
	strcpy(s->name, arg);
	s->weight = weight == NULL ? 1 : number(weight, 1e9);
	s->ring = ring_open(iface, m);
	w->nsites++;
}

static void
set_faults(struct world *w, char *arg)
{
	for (char *p; (p = strsep(&arg, ",")) != NULL;) {
		char *rate = strchr(p, '=');
		bool mix = strcmp(p, "mix") == 0;
		int found = 0;

		if (rate != NULL)
			*rate++ = '\0';
		for (int i = 0; i < F_MAX; i++) {
			if (!mix && strcmp(p, faults[i].name) != 0)
				continue;
			found++;
			w->rate[i] = mix || rate == NULL ? faults[i].mix :
			    number(rate, i < F_FORGED ? 1 : 1000);
		}
		if (found == 0)
			errx(2, "no such fault: %s", p);
	}
}

static void
set_habits(char *arg)
{
	topology = true;
	for (char *p; (p = strsep(&arg, ",")) != NULL;) {
		char *rate = strchr(p, '=');
		bool mix = strcmp(p, "mix") == 0;
		int found = 0;

		if (rate != NULL)
			*rate++ = '\0';
		for (int i = 0; i < H_MAX; i++) {
			if (!mix && strcmp(p, habits[i].name) != 0)
				continue;
			found++;
			habit[i] = mix || rate == NULL ? habits[i].mix :
			    number(rate, 1);
		}
		if (found == 0)
			errx(2, "no such habit: %s", p);
	}
}

static void
set_rtt(struct world *w, char *arg)
{
	char *dash = strchr(arg, '-');

	if (dash == NULL)
		errx(2, "not two numbers: %s", arg);
	*dash++ = '\0';
	w->rtt_min_ns = (int64_t)(number(arg, 60000) * 1e6);
	w->rtt_max_ns = (int64_t)(number(dash, 60000) * 1e6);
	if (w->rtt_max_ns < w->rtt_min_ns)
		errx(2, "the wrong way round: %s-%s", arg, dash);
}

static void
read_key(struct world *w, const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL)
		err(2, "%s", path);
	for (int i = 0; i < 16; i++)
		if (fscanf(f, "%2hhx", &key.b[i]) != 1)
			errx(2, "%s: not 32 hex digits", path);
	fclose(f);
	w->key = &key;
}

static FILE *
create(const char *path)
{
	FILE *f = fopen(path, "wx");

	if (f == NULL)
		err(2, "%s", path);
	setvbuf(f, NULL, _IOFBF, 1 << 18);
	return f;
}

static uint64_t
whole(const char *s, double max)
{
	return (uint64_t)number(s, max);
}

static void
set_option(struct world *w, int c)
{
	switch (c) {
	case 'i': add_site(w, optarg); break;
	case 'e': w->seed = whole(optarg, 1e15); break;
	case 'w': w->truth = create(optarg); break;
	case 'f': set_faults(w, optarg); break;
	case 'k': read_key(w, optarg); break;
	case O_ANSWER: w->answer = number(optarg, 1); break;
	case O_MANY: w->many = (unsigned)whole(optarg, 1e6); break;
	case O_LATE: w->late_ns = (int64_t)whole(optarg, 1e6) * MS; break;
	case O_RTT: set_rtt(w, optarg); break;
	case O_FLIP: w->flip_after = whole(optarg, 1e12); break;
	case O_SAVE: w->save = create(optarg); break;
	case O_SAVEMAX: w->save_max = whole(optarg, 1e7); break;
	case O_REPLAY: world_replay(w, optarg); break;
	case O_TOPOLOGY: set_habits(optarg); break;
	case O_GRAPH: graph = create(optarg); break;
	case O_END: end_s = number(optarg, 1e6); break;
	case O_IDLE: idle_s = number(optarg, 1e6); break;
	case 'h': usage(0); break;
	default: usage(2);
	}
}

static void
parse(struct world *w, int argc, char *argv[])
{
	int c;

	while ((c = getopt_long(argc, argv, "i:e:w:f:k:h", options, NULL))
	    != -1)
		set_option(w, c);
	if (optind != argc || w->nsites == 0)
		usage(2);
	if (graph != NULL && !topology)
		errx(2, "a graph of what: --topology");
	if (topology)
		w->hops = hops_open(habit, graph);
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * S + t.tv_nsec;
}

static void
on_signal(int sig)
{
	(void)sig;
	stop++;
}

/* Take up to a few hundred packets of one site; return how many. */
static unsigned
take(struct world *w, unsigned site)
{
	const uint8_t *ip;
	struct seen s;
	size_t len;
	unsigned n = 0;

	while (n < 256 && (ip = ring_next(w->site[site].ring, &len, &s.rx_ns))
	    != NULL) {
		n++;
		s.site = site;
		if (wire_parse(&s, ip, len))
			world_probe(w, &s);
		else
			w->noise++;
	}
	return n;
}

static void
serve(struct world *w)
{
	struct pollfd pfd[SITES_MAX];
	int64_t now = now_ns(), end = now + (int64_t)(end_s * 1e9);
	int64_t idle = (int64_t)(idle_s * 1e9), quiet;

	for (unsigned i = 0; i < w->nsites; i++)
		pfd[i] = (struct pollfd){ ring_fd(w->site[i].ring), POLLIN, 0 };
	w->last_ns = now;
	while (stop < 2 && now < end) {
		struct timespec nap = { 0, 100 * MS };
		size_t n = 0;

		for (unsigned i = 0; i < w->nsites; i++)
			n += take(w, i);
		now = now_ns();
		n += world_run(w, now);
		if (n > 0)
			continue;
		quiet = now - w->last_ns;
		if (wheel_waiting(w->wheel) > 0)
			nap.tv_nsec = WHEEL_TICK;
		else if ((w->probes > 0 && quiet > idle) ||
		    (stop > 0 && quiet > LAST))
			break;
		ppoll(pfd, w->nsites, &nap, NULL);
	}
}

int
main(int argc, char *argv[])
{
	static struct world w = { .seed = 1, .answer = 0.55, .many = 3000,
	    .late_ns = 3 * S, .rtt_min_ns = 1 * MS, .rtt_max_ns = 80 * MS,
	    .save_max = 10000 };
	struct sigaction sa = { .sa_handler = on_signal };

	parse(&w, argc, argv);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	w.wheel = wheel_new(now_ns());
	if (w.truth != NULL)
		truth_begin(&w);
	fputs("siminet: ready\n", stderr);
	serve(&w);
	world_end(&w);
	for (unsigned i = 0; i < w.nsites; i++)
		ring_close(w.site[i].ring);
	return 0;
}
