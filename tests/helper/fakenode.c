/*
 * fakenode - stands in for sendprobes and catchreply, by the name it is
 * called; the wire is a directory of sockets, $FAKEWIRE/SITE.
 *
 * Of the targets, by a hash: one in ten is silent, one in seven is anycast
 * itself and answers the site nearest to it, the one that asks; the others
 * answer to one of the $FAKESITES sites.  What is sent to 203.0.113.N is
 * answered to site N.  A datagram to a site where nobody listens is lost.
 *
 * Between us and a target are two to five routers, the second of which is
 * one of two by the flow's number; one in eleven is silent.  What a router
 * says arrives at a site that depends on the router.
 *
 * fakenode truth <addresses: "address site", 0 for silent, any for anycast.
 * fakenode path address sender: "ttl address site" of what answers.
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "key.h"
#include "node.h"
#include "num.h"
#include "origin.h"
#include "rec.h"

struct wire {
	uint32_t	mid;
	uint16_t	node;
	uint16_t	flow;
	uint8_t		ttl, attempt;
	char		probe[16], kind[8];
	int		round;
	struct addr	src, dst, from;
	int64_t		tx_ns, rtt_ns;
};

static const char *key_path, *out_path, *node_text;
static struct originopts origin_opts;
static double rate = 1000;
static int64_t end_ns = INT64_MAX;
static bool prompt;
static int round_no;
static volatile sig_atomic_t stopped;

static void
on_term(int sig)
{
	stopped = sig;
}

/* Options the tests need; the others, pairs, are taken and forgotten. */
static void
options(int argc, char *argv[])
{
	static const char *list[ORIGIN_MAX];

	origin_opts.list.v = list;
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *o = argv[i], *v = argv[i + 1];
		int64_t span;

		if (strcmp(o, "--quotes") == 0)
			i--;
		else if (strcmp(o, "--prompt") == 0)
			prompt = i--;
		else if (strcmp(o, "-k") == 0)
			key_path = v;
		else if (strcmp(o, "-w") == 0)
			out_path = v;
		else if (strcmp(o, "-N") == 0)
			node_text = v;
		else if (strcmp(o, "-O") == 0)
			list[origin_opts.list.n++] = v;
		else if (strcmp(o, "-r") == 0)
			rate = atof(v);
		else if (strcmp(o, "--round") == 0)
			round_no = atoi(v);
		else if ((strcmp(o, "--end") == 0 &&
		    num_parse_span(&span, v + 1, strlen(v + 1)) == 0) ||
		    (strcmp(o, "--max-time") == 0 &&
		    num_parse_span(&span, v, strlen(v)) == 0))
			end_ns = clock_real() + span;
	}
}

static uint32_t
hash(const struct addr *a)
{
	uint32_t h = 2166136261;

	for (int i = 0; i < 16; i++)
		h = (h ^ a->b[i]) * 16777619;
	return h ^ h >> 15;
}

static unsigned
sites(void)
{
	const char *s = getenv("FAKESITES");

	return s == NULL ? 1 : (unsigned)atoi(s);
}

/* The site the answer goes to; 0: there is none. */
static unsigned
catchment(const struct wire *w)
{
	uint32_t h = hash(&w->dst);

	if (h % 10 == 0)
		return 0;
	if (w->src.v == 4 && w->src.b[0] == 203)
		return w->src.b[3];
	if (h % 7 == 0)
		return w->node;
	return h / 70 % sites() + 1;
}

/*
 * Who answers a probe, and how; return the site that hears it, 0 for none.
 * Router addresses are 100.ttl.(flow % 2).n, or bytes 12 to 15 of an IPv6
 * address are.
 */
static unsigned
answer(struct wire *w)
{
	uint32_t h = hash(&w->dst);
	size_t at = w->dst.v == 4 ? 0 : 12;

	w->from = w->dst;
	if (w->ttl > 2 + h % 4) {
		snprintf(w->kind, sizeof(w->kind), "%s",
		    strcmp(w->probe, "udp") == 0 ? "unreach" :
		    strcmp(w->probe, "icmp") == 0 ? "echo" : "rst");
		return catchment(w);
	}
	snprintf(w->kind, sizeof(w->kind), "ttl");
	w->from.b[at] = 100;
	w->from.b[at + 1] = w->ttl;
	w->from.b[at + 2] = w->ttl == 2 ? w->flow % 2 : 0;
	w->from.b[at + 3] = (uint8_t)(h % 200);
	return (h + w->ttl) % 11 == 0 ? 0 : hash(&w->from) % sites() + 1;
}

static int
truth(void)
{
	char line[80];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct wire w = { .node = UINT16_MAX };
		unsigned site;

		line[strcspn(line, "\n")] = 0;
		if (addr_parse(&w.dst, line, strlen(line)) == -1)
			errx(2, "not an address: %s", line);
		site = catchment(&w);
		if (site == UINT16_MAX)
			printf("%s any\n", line);
		else
			printf("%s %u\n", line, site);
	}
	return 0;
}

/* Lines "ttl address site" of what answers the first flow of udp probes. */
static int
path(const char *dst, const char *tx)
{
	static const char *const sites_of[] = { "", "ams", "sin", "lax" };
	struct wire w = { .src = { .v = 4, .b = { 192, 0, 2, 1 } },
	    .probe = "udp" };
	char from[ADDR_STRLEN];

	if (addr_parse(&w.dst, dst, strlen(dst)) == -1)
		errx(2, "not an address: %s", dst);
	for (w.node = 1; w.node < 3 && strcmp(tx, sites_of[w.node]) != 0;)
		w.node++;
	for (w.ttl = 1; w.ttl <= 8; w.ttl++) {
		unsigned site = answer(&w);

		if (site > 0)
			printf("%u %s %s\n", w.ttl,
			    addr_string(&w.from, from), sites_of[site]);
	}
	return 0;
}

static void
deliver(int fd, const struct wire *w, unsigned site)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char dir[80];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/%u", getenv("FAKEWIRE"), site);
	if ((d = opendir(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(to.sun_path, sizeof(to.sun_path), "%.80s/%.20s", dir,
		    e->d_name);
		/* nobody may be there any more: so be it */
		(void)sendto(fd, w, sizeof(*w), 0, (void *)&to, sizeof(to));
	}
	closedir(d);
}

static rec_num
given(rec_num n, rec_num otherwise)
{
	return n == NUM_NONE ? otherwise : n;
}

static void
probe_all(int fd, const struct key *key, const struct node *node,
    const struct origin *origin, int norigins, struct recin *in,
    struct recout *out)
{
	struct probe t;
	struct sent s;
	int64_t next = clock_mono();

	rec_clear(&rec_probe, &t);
	rec_clear(&rec_sent, &s);
	word_str(&s.node, node->name);
	while (!stopped && clock_real() < end_ns && recin_read(in, &t) > 0)
		for (int i = 0; i < norigins; i++) {
			struct wire w = { .mid = key->mid,
			    .node = node->number, .src = origin[i].src,
			    .dst = t.dst,
			    .ttl = (uint8_t)given(t.ttl, 64),
			    .flow = (uint16_t)given(t.flow, 0),
			    .attempt = (uint8_t)given(t.attempt, 0) };
			unsigned site;

			snprintf(w.probe, sizeof(w.probe), "%s",
			    probe_name(origin[i].probe));
			if (w.src.v != t.dst.v || (t.probe.n > 0 &&
			    strcmp(t.probe.s, w.probe) != 0))
				continue;
			site = answer(&w);
			s.time = w.tx_ns = clock_real();
			w.rtt_ns = NS_PER_MS * (1 + (hash(&t.dst) >> 8 ^
			    site * 7) % 100);
			s.src = w.src;
			s.dst = w.dst;
			s.ttl = w.ttl;
			s.round = w.round = round_no;
			s.flow = w.flow;
			s.attempt = w.attempt;
			word_str(&s.probe, w.probe);
			deliver(fd, &w, site);
			recout_write(out, &s);
			recout_tick(out);
			next += (int64_t)(1e9 / rate);
			if (next > clock_mono())
				nanosleep(&(struct timespec){ .tv_nsec =
				    (next - clock_mono()) % NS_PER_S }, NULL);
		}
}

static void
catch_all(int fd, const struct key *key, const struct node *node,
    struct recout *out)
{
	struct pollfd p = { fd, POLLIN, 0 };
	struct reply r;
	struct wire w;

	rec_clear(&rec_reply, &r);
	word_str(&r.node, node->name);
	word_str(&r.auth, "mac64");
	while (!stopped && clock_real() < end_ns) {
		poll(&p, 1, 50);
		while (recv(fd, &w, sizeof(w), MSG_DONTWAIT) == sizeof(w)) {
			if (w.mid != key->mid)
				continue;
			r.time = w.tx_ns + w.rtt_ns;
			r.from = w.from;
			r.dst = w.dst;
			word_str(&r.kind, w.kind);
			r.ttl = w.ttl;
			r.round = w.round;
			r.flow = w.flow;
			r.attempt = w.attempt;
			r.to = w.src;
			r.tx = w.node;
			r.tx_time = w.tx_ns;
			word_str(&r.probe, w.probe);
			recout_write(out, &r);
		}
		if (prompt)
			recout_flush(out);
		recout_tick(out);
	}
}

int
main(int argc, char *argv[])
{
	bool catcher = strstr(argv[0], "catchreply") != NULL, gz;
	bool out_of_time = false;
	static struct origin origin[ORIGIN_MAX];
	struct sockaddr_un me = { .sun_family = AF_UNIX };
	struct recout out;
	struct node node;
	struct recin in;
	struct key key;
	char why[128];
	int fd, out_fd, n;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", catcher ? "catchreply" : "sendprobes",
		    CASTNET_VERSION);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "truth") == 0)
		return truth();
	if (argc == 4 && strcmp(argv[1], "path") == 0)
		return path(argv[2], argv[3]);
	options(argc, argv);
	signal(SIGTERM, on_term);
	if (node_parse(&node, node_text) == -1 ||
	    key_read(&key, key_path, why) == -1 ||
	    (n = origin_parse(origin, &origin_opts, why)) == -1)
		errx(2, "%s", why);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (catcher) {
		snprintf(me.sun_path, sizeof(me.sun_path), "%s/%u",
		    getenv("FAKEWIRE"), node.number);
		mkdir(me.sun_path, 0755);
		snprintf(me.sun_path + strlen(me.sun_path), 20, "/%d",
		    (int)getpid());
		if (bind(fd, (void *)&me, sizeof(me)) == -1)
			err(2, "%s", me.sun_path);
	}
	if ((out_fd = recout_create(out_path, false, &gz)) == -1 ||
	    recout_open(&out, catcher ? &rec_reply : &rec_sent, out_fd, gz,
	    false, NULL) == -1)
		err(3, "%s", out_path);
	recout_meta(&out, "node", "%s:%u", node.name, node.number);
	recout_flush(&out);
	if (catcher) {
		catch_all(fd, &key, &node, &out);
		unlink(me.sun_path);
	} else {
		if (recin_open_bare(&in, &rec_probe, 0, "stdin") == -1)
			errx(2, "%s", in.err);
		probe_all(fd, &key, &node, origin, n, &in, &out);
		recout_copymeta(&out, &in.meta);
		out_of_time = clock_real() >= end_ns;
		if (out_of_time)
			recout_meta(&out, "interrupted", "max-time");
		if (!stopped && !out_of_time && recin_close(&in) == -1)
			warnx("%s", in.err);
	}
	if (recout_close(&out, NULL, argv) == -1)
		err(3, "%s", out_path);
	return stopped ? 128 + stopped : out_of_time;
}
