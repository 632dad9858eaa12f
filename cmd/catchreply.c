/* catchreply - catch the answers to our probes */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cap_pcap.h"
#include "clock.h"
#include "hold.h"
#include "ifwatch.h"
#include "key.h"
#include "mem.h"
#include "node.h"
#include "num.h"
#include "opt.h"
#include "origin.h"
#include "pkt.h"
#include "priv.h"
#include "probe.h"
#include "rec.h"
#include "replyline.h"

enum {
	BATCH = 1024,			/* packets between looks at the clock */
	TICK_MS = 100,
	RETIRE_MS = 50,			/* see cap_open_live */
	PROMPT_MS = 10,			/* both, with --prompt */
	FDS_MAX = 16
};

#define RING_DEFAULT	(UINT64_C(128) << 20)

static struct originopts  where;
static struct optlist	  files;
static const char	 *iface, *node_text, *key_path;
static const char	 *out_path, *pcap_path, *run_id, *end_text;
static uint64_t		  ring, max_bytes, disk_floor = 16 << 20;
static uint64_t		  max_node, max_attempt;
static bool		  wide, nosum, force, sync_disk, prompt, quiet, verbose;
static bool		  quotes;

static const struct opt opts[] = {
	{ 'i', "interface", OPT_STR, "IFACE", &iface, 0, 0,
	    "catch on this interface" },
	{ 'f', "file", OPT_LIST, "PCAP", &files, 0, 0,
	    "read a pcap file instead; again for more" },
	{ 'S', "source-ip", OPT_STR, "ADDR[,ADDR]", &where.source, 0, 0,
	    "our addresses, to which answers come" },
	{ 'P', "probe", OPT_STR, "TYPE", &where.type, 0, 0,
	    "probe type, see probes(7); default icmp" },
	{ 0, "source-port", OPT_UINT, "N", &where.sport, 1, 65535,
	    "first source port of the probes" },
	{ 0, "dest-port", OPT_UINT, "N", &where.dport, 1, 65535,
	    "destination port of the probes" },
	{ 0, "qname", OPT_STR, "NAME", &where.qname, 0, 0,
	    "name asked for, as sendprobes" },
	{ 't', "ttl", OPT_UINT, "N", &where.ttl, 1, 255,
	    "refuse answers to probes with another time to live" },
	{ 'O', "origin", OPT_LIST, "SPEC", &where.list, 0, 0,
	    "src=,probe=,sport=,dport=,ttl=,qname=; again for more" },
	{ 'N', "node", OPT_STR, "NAME:N", &node_text, 0, 0,
	    "our name and number; default this host's name and 1" },
	{ 'k', "key-file", OPT_STR, "FILE", &key_path, 0, 0,
	    "key of the run; without it matchresults -k authenticates" },
	{ 0, "max-node", OPT_UINT, "N", &max_node, 1, 65535,
	    "highest node number of the run: others are forged" },
	{ 0, "max-attempt", OPT_UINT, "N", &max_attempt, 1, 254,
	    "highest attempt of the run: others are forged" },
	{ 'w', "output-file", OPT_STR, "FILE", &out_path, 0, 0,
	    "write records there; .gz is compressed" },
	{ 0, "pcap", OPT_STR, "FILE", &pcap_path, 0, 0,
	    "keep the packets too" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite existing files" },
	{ 0, "sync", OPT_FLAG, NULL, &sync_disk, 0, 0,
	    "have the disk confirm about every second" },
	{ 0, "end", OPT_STR, "TIME|+SPAN", &end_text, 0, 0,
	    "stop then: Unix seconds, or a while from now" },
	{ 0, "max-bytes", OPT_SIZE, "SIZE", &max_bytes, 1, INT64_MAX,
	    "stop when that much is written" },
	{ 0, "disk-floor", OPT_SIZE, "SIZE", &disk_floor, 0, INT64_MAX,
	    "stop when less is free beside the output; default 16M" },
	{ 0, "buffer", OPT_SIZE, "SIZE", &ring, 1 << 20, INT32_MAX,
	    "the kernel's packet buffer; default 128M or less" },
	{ 0, "prompt", OPT_FLAG, NULL, &prompt, 0, 0,
	    "have replies in the file at once, not within a second" },
	{ 0, "wide", OPT_FLAG, NULL, &wide, 0, 0,
	    "look at all packets to our addresses, count foreign ones" },
	{ 0, "quotes", OPT_FLAG, NULL, &quotes, 0, 0,
	    "record what ICMP errors quote, for matchresults --hops -k" },
	{ 0, "ignore-checksums", OPT_FLAG, NULL, &nosum, 0, 0,
	    "take packets whose transport checksum is wrong" },
	{ 0, "run-id", OPT_STR, "ID", &run_id, 0, 0,
	    "name of the run, for the metadata" },
	{ 'v', "verbose", OPT_FLAG, NULL, &verbose, 0, 0,
	    "say what is filtered and how we are confined" },
	{ 0, "quiet", OPT_FLAG, NULL, &quiet, 0, 0,
	    "no progress line" },
	{ 0, NULL, OPT_FLAG, NULL, NULL, 0, 0, NULL }
};

static const struct tool tool = {
	.name = "catchreply",
	.args = "",
	.summary = "catch the answers to our probes",
	.opts = opts,
};

/* One catch: what it looks for, what it wrote, why it ends. */
struct catch {
	struct expect		 expect;
	struct origin		 origins[ORIGIN_MAX];
	struct key		 key;
	struct node		 node;
	char			 filter[8192];
	struct cap		*cap;		/* live, or file being read */
	struct cap		**file;
	struct ifwatch		 watch;
	struct recout		 out;
	struct replyline	 line;
	struct capdump		*dump;
	int			 disk_fd;	/* the output; -1: no file */
	struct answer		 answer;
	char			 text[REPLYLINE_MAX];

	uint64_t		 packets, replies, kdrops, ifdrops, linkdowns;
	uint64_t		 rejects[REJ_MAX], kinds[KIND_OTHER + 1];
	bool			 was_up;
	int64_t			 end_ns;	/* no packet after that */
	bool			 past;		/* one of those was seen */
	const char		*ended;		/* why; NULL: goes on */
	int			 error;		/* errno of a failed write */
	uint64_t		 shown;		/* replies at last progress */
};

static volatile sig_atomic_t signalled;

static void
on_signal(int sig)
{
	if (signalled != 0)
		_exit(128 + sig);
	signalled = sig;
}

/* The hot path: one packet from its IP header on. */
static void
on_packet(void *arg, const struct cap_packet *p)
{
	struct catch *c = arg;
	struct answer *a = &c->answer;
	enum reject why;
	size_t n;

	if (p->ns > c->end_ns) {
		c->past = true;
		return;
	}
	c->packets++;
	why = probe_match(&c->expect, cur_init(p->p, p->n), p->ns, a);
	if (why != REJ_OK) {
		c->rejects[why]++;
		return;
	}
	n = replyline_format(&c->line, a, p->ns, c->text);
	if (c->error == 0 && recout_line(&c->out, c->text, n) == -1)
		c->error = errno;
	c->replies++;
	c->kinds[a->kind]++;
}

static void
put_counts(struct catch *c)
{
	char s[2048];
	size_t n;

	n = (size_t)snprintf(s, sizeof(s), "packets=%llu replies=%llu "
	    "kdrops=%llu ifdrops=%llu linkdowns=%llu",
	    (unsigned long long)c->packets, (unsigned long long)c->replies,
	    (unsigned long long)c->kdrops, (unsigned long long)c->ifdrops,
	    (unsigned long long)c->linkdowns);
	for (int i = REJ_OK + 1; i < REJ_MAX; i++)
		n += (size_t)snprintf(s + n, sizeof(s) - n, " %s=%llu",
		    reject_name((enum reject)i),
		    (unsigned long long)c->rejects[i]);
	for (int i = 0; i <= KIND_OTHER; i++)
		if (c->kinds[i] > 0)
			n += (size_t)snprintf(s + n, sizeof(s) - n,
			    " kind.%s=%llu", kind_name((enum kind)i),
			    (unsigned long long)c->kinds[i]);
	if (recout_meta(&c->out, "counts", "%s", s) == -1)
		c->error = errno;
}

/* When the link went and came, as far as we were told. */
static void
watch_link(struct catch *c)
{
	uint64_t downs = c->watch.downs;
	char t[NUM_STRLEN];
	int n = (int)num_format_time(clock_real(), t);

	ifwatch_hear(&c->watch);
	if (c->watch.fd == -1)
		return;
	if (c->watch.downs != downs)
		recout_meta(&c->out, "linkdown", "%.*s", n, t);
	if (c->watch.up && !c->was_up)
		recout_meta(&c->out, "linkup", "%.*s", n, t);
	c->was_up = c->watch.up;
	c->linkdowns = c->watch.downs;
	c->ifdrops = ifwatch_drops(&c->watch);
	if (c->watch.gone && c->ended == NULL)
		c->ended = "interface gone";
}

static void
show_progress(struct catch *c, int64_t seconds, int64_t since_ns)
{
	uint64_t bad = 0;

	for (int i = REJ_OK + 1; i < REJ_MAX; i++)
		bad += c->rejects[i];
	fprintf(stderr, "\rcatchreply: %lld:%02lld  %llu replies, %.0f/s  "
	    "%llu refused  %llu dropped  %llu bytes",
	    (long long)(seconds / 60), (long long)(seconds % 60),
	    (unsigned long long)c->replies,
	    since_ns == 0 ? 0. : (double)(c->replies - c->shown) * 1e9 /
	    (double)since_ns, (unsigned long long)bad,
	    (unsigned long long)(c->kdrops + c->ifdrops),
	    (unsigned long long)gzout_bytes(c->out.gz));
	if (c->end_ns != INT64_MAX)
		fprintf(stderr, "  %lld s left", (long long)((c->end_ns -
		    clock_real()) / NS_PER_S));
	fputs("\033[K", stderr);
	c->shown = c->replies;
}

static int
retire_ms(void)
{
	return prompt ? PROMPT_MS : RETIRE_MS;
}

static int
tick_ms(void)
{
	return prompt ? PROMPT_MS : TICK_MS;
}

static bool
disk_low(const struct catch *c)
{
	struct statvfs v;

	return c->disk_fd != -1 && fstatvfs(c->disk_fd, &v) == 0 &&
	    (uint64_t)v.f_bavail * v.f_frsize < disk_floor;
}

/* About every second: counters into the file, and is there still room? */
static void
each_second(struct catch *c)
{
	c->kdrops += cap_drops(c->cap);
	ifwatch_ask(&c->watch);
	watch_link(c);
	put_counts(c);
	if (c->dump != NULL && capdump_flush(c->dump) == -1)
		c->error = errno;
	if (c->ended == NULL && disk_low(c))
		c->ended = "disk floor";
}

static void
each_tick(struct catch *c)
{
	if (recout_tick(&c->out) == -1)
		c->error = errno;
	if (c->ended != NULL)
		return;
	if (signalled != 0)
		c->ended = signalled == SIGINT ? "SIGINT" : "SIGTERM";
	else if (clock_real() > c->end_ns)
		c->ended = "end time";
	else if (max_bytes != 0 && gzout_bytes(c->out.gz) +
	    (c->dump == NULL ? 0 : capdump_bytes(c->dump)) >= max_bytes)
		c->ended = "max bytes";
}

/* Wait for packets, news of the link, a signal, or the next tick. */
static void
wait_for_packets(struct catch *c)
{
	struct pollfd p[2] = { { .fd = cap_fd(c->cap), .events = POLLIN },
	    { .fd = c->watch.fd, .events = POLLIN } };

	if (poll(p, 2, tick_ms()) <= 0)
		return;
	if ((p[0].revents & POLLERR) != 0 && cap_went_down(c->cap) &&
	    c->watch.fd == -1)
		c->linkdowns++;
	if (p[1].revents != 0)
		watch_link(c);
}

/*
 * Once it ends, what the kernel still holds from before that moment is
 * ours: go on until a later packet shows, or nothing comes for longer than
 * the kernel keeps packets back.
 */
static bool
drained(struct catch *c, int got, int64_t now, int64_t *ended_at)
{
	int64_t drain_ns = 4 * retire_ms() * NS_PER_MS;

	if (c->error != 0)
		return true;
	if (c->ended == NULL)
		return false;
	if (*ended_at == 0) {
		*ended_at = now;
		if (clock_real() < c->end_ns)
			c->end_ns = clock_real();
	}
	return c->past || (got == 0 && now - *ended_at > drain_ns) ||
	    now - *ended_at > 10 * NS_PER_S;
}

/* Because the interface is gone?  The news may come a moment later. */
static void
capture_failed(struct catch *c)
{
	struct pollfd p = { .fd = c->watch.fd, .events = POLLIN };

	warnx("%s: %s", iface, cap_error(c->cap));
	for (int i = 0; i < 10 && c->watch.fd != -1 && c->ended == NULL; i++) {
		(void)poll(&p, 1, TICK_MS);
		watch_link(c);
	}
	if (c->ended == NULL)
		c->ended = "capture failed";
}

static void
catch_live(struct catch *c)
{
	bool progress = !quiet && isatty(STDERR_FILENO);
	int64_t start = clock_mono(), tick = start, second = start, now;
	int64_t ended_at = 0;
	int got;

	for (;;) {
		got = cap_read(c->cap, BATCH, on_packet, c);
		now = clock_mono();
		if (got < 0) {
			capture_failed(c);
			break;
		}
		if (now - tick >= tick_ms() * NS_PER_MS) {
			tick = now;
			each_tick(c);
		}
		if (now - second >= NS_PER_S) {
			each_second(c);
			if (progress)
				show_progress(c, (now - start) / NS_PER_S,
				    now - second);
			second = now;
		}
		if (drained(c, got, now, &ended_at))
			break;
		if (got == 0)
			wait_for_packets(c);
	}
	if (progress)
		fputc('\n', stderr);
	c->kdrops += cap_drops(c->cap);
	ifwatch_ask(&c->watch);
	watch_link(c);
}

/* Return how many files could not be read to their end. */
static unsigned
catch_files(struct catch *c)
{
	unsigned bad = 0;
	int got;

	for (size_t i = 0; i < files.n && c->ended == NULL && c->error == 0;
	    i++) {
		c->cap = c->file[i];
		got = cap_begin(c->cap, c->filter);
		if (got == 0 && c->dump != NULL)
			got = cap_dump(c->cap, c->dump);
		if (got == -1)
			got = -2;
		while (got >= 0 && c->ended == NULL && c->error == 0) {
			got = cap_read(c->cap, BATCH, on_packet, c);
			each_tick(c);
		}
		if (got == -2) {
			warnx("%s: %s", files.v[i], cap_error(c->cap));
			bad++;
		}
	}
	return bad;
}

/* "+90s" or Unix seconds; exits if it is neither, or past. */
static int64_t
parse_end(const char *s)
{
	int64_t t, now = clock_real();

	if (s == NULL)
		return INT64_MAX;
	if (*s == '+' ? num_parse_span(&t, s + 1, strlen(s + 1)) == -1 :
	    num_parse_time(&t, s, strlen(s)) == -1)
		opt_usage(&tool, "not a time or +span: %s", s);
	if (*s == '+')
		t = t > INT64_MAX - now ? INT64_MAX : now + t;
	if (t <= now)
		opt_usage(&tool, "already past: %s", s);
	return t;
}

/* Steps of main: options into what is expected. */
static void
set_up(struct catch *c)
{
	char why[128];
	int n;

	if ((iface == NULL) == (files.n == 0))
		opt_usage(&tool, "one of -i and -f is needed");
	if (files.n > 0 && (end_text != NULL || ring != 0))
		opt_usage(&tool, "--end and --buffer are for interfaces");
	if (node_parse(&c->node, node_text) == -1)
		opt_usage(&tool, "not a NAME:NUMBER: %s",
		    node_text == NULL ? "this host" : node_text);
	c->end_ns = parse_end(end_text);
	if ((n = origin_parse(c->origins, &where, why)) == -1)
		opt_usage(&tool, "%s", why);
	if (key_path != NULL && key_read(&c->key, key_path, why) == -1)
		errx(2, "%s: %s", key_path, why);
	c->expect = (struct expect){ .origins = c->origins, .n = (size_t)n,
	    .key = key_path == NULL ? NULL : &c->key,
	    .max_node = (uint16_t)max_node, .ttl = (uint8_t)where.ttl,
	    .max_attempt = (uint8_t)max_attempt, .nosum = nosum };
	if (probe_filter(&c->expect, wide, c->filter, sizeof(c->filter)) == -1)
		errx(2, "too many origins for one filter");
}

/* The kernel's buffer: as asked, or 128 MiB, or little of a small machine. */
static uint64_t
ring_size(void)
{
	uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE) / 32;

	return ring != 0 ? ring : all < RING_DEFAULT ? all : RING_DEFAULT;
}

static void
open_sources(struct catch *c)
{
	char why[CAP_ERRLEN];

	c->watch.fd = -1;
	if (iface == NULL) {
		c->file = mem_array(files.n, sizeof(*c->file));
		for (size_t i = 0; i < files.n; i++) {
			c->file[i] = cap_open_file(files.v[i], why);
			if (c->file[i] == NULL)
				errx(2, "%s", why);
		}
		return;
	}
	c->cap = cap_open_live(iface, c->filter, ring_size(), retire_ms(), why);
	if (c->cap == NULL)
		errx(2, "%s", why);
	if (ifwatch_open(&c->watch, iface) == -1 && strcmp(iface, "any") != 0)
		warn("%s: link downs and interface drops not known", iface);
	c->was_up = c->watch.up;
	for (size_t i = 0; i < c->expect.n; i++) {
		const struct origin *o = &c->origins[i];
		uint16_t lo, hi;
		unsigned bad;

		probe_bind_range(o, &lo, &hi);
		/* TCP: the kernel resets what it does not know anyway. */
		if (probe_proto(o->probe, o->src.v) != PROTO_UDP ||
		    (bad = hold_ports(&o->src, lo, hi)) == 0)
			continue;
		warn("%u of ports %u to %u not held, the kernel may answer "
		    "replies with port unreachable", bad, lo, hi);
	}
}

/* The files we write, opened with the rights of whoever started us. */
static int
open_outputs(struct catch *c, bool *gz)
{
	int fd = recout_create(out_path, force, gz), pcap_fd;
	bool pcap_gz;
	FILE *f;

	if (fd == -1)
		err(2, "%s", out_path == NULL ? "stdout" : out_path);
	c->disk_fd = out_path == NULL || disk_floor == 0 ? -1 : fd;
	if (pcap_path == NULL)
		return fd;
	pcap_fd = recout_create(pcap_path, force, &pcap_gz);
	if (pcap_fd == -1 || (f = fdopen(pcap_fd, "w")) == NULL)
		err(2, "%s", pcap_path);
	c->dump = capdump_open(f);
	if (c->cap != NULL && cap_dump(c->cap, c->dump) == -1)
		errx(3, "%s: %s", pcap_path, cap_error(c->cap));
	return fd;
}

static void
put_meta(struct catch *c, int dropped)
{
	char host[256] = "", print[KEY_PRINTLEN], o[ORIGIN_STRLEN];
	struct timex t = { .modes = 0 };
	int clock = adjtimex(&t);

	gethostname(host, sizeof(host) - 1);
	if (run_id != NULL)
		recout_meta(&c->out, "run", "%s", run_id);
	recout_meta(&c->out, "node", "%s:%u", c->node.name, c->node.number);
	if (c->expect.key != NULL) {
		key_fingerprint(&c->key, print);
		recout_meta(&c->out, "key", "%s", print);
	}
	recout_meta(&c->out, "version", "%s", CASTNET_VERSION);
	recout_meta(&c->out, "host", "%s", host);
	if (iface != NULL) {
		recout_meta(&c->out, "interface", "%s", iface);
		recout_meta(&c->out, "clock", "%s maxerror_us=%ld",
		    clock == -1 || clock == TIME_ERROR ? "unsynchronised" :
		    "synchronised", t.maxerror);
	}
	for (size_t i = 0; i < c->expect.n; i++) {
		char key[32];

		snprintf(key, sizeof(key), "origin.%zu", i);
		recout_meta(&c->out, key, "%s", origin_string(&c->origins[i],
		    o));
	}
	recout_meta(&c->out, "filter", "%s", c->filter);
	recout_meta(&c->out, "confined", "seccomp%s%s%s",
	    dropped & PRIV_UID ? " user" : "",
	    dropped & PRIV_CHROOT ? " chroot" : "",
	    dropped & PRIV_LANDLOCK ? " landlock" : "");
}

/* Everything is open: what may each descriptor still be used for? */
static void
confine(const struct catch *c, int out_fd)
{
	struct privfd *fds = mem_array(files.n + FDS_MAX, sizeof(*fds));
	char why[128];
	size_t n = 0;

	fds[n++] = (struct privfd){ out_fd, PRIV_WRITE | PRIV_STATFS };
	if (c->dump != NULL)
		fds[n++] = (struct privfd){ capdump_fd(c->dump), PRIV_WRITE };
	if (c->watch.fd != -1)
		fds[n++] = (struct privfd){ c->watch.fd,
		    PRIV_SEND | PRIV_RECV };
	if (iface != NULL)
		fds[n++] = (struct privfd){ cap_fd(c->cap), PRIV_SOCKOPT };
	for (size_t i = 0; i < files.n; i++)
		fds[n++] = (struct privfd){ cap_fd(c->file[i]), PRIV_READ };
	if (priv_confine(fds, n, why) == -1)
		errx(2, "%s", why);
	free(fds);
}

/* The end of the output, and what the exit status should say of it all. */
static int
finish(struct catch *c, unsigned bad_files, char *const argv[])
{
	bool early = c->ended != NULL && strcmp(c->ended, "end time") != 0;

	if (signalled != 0)
		recout_meta(&c->out, "interrupted", "%s", c->ended);
	else if (c->ended != NULL)
		recout_meta(&c->out, "ended", "%s", c->ended);
	put_counts(c);
	if (c->dump != NULL && capdump_close(c->dump) == -1) {
		warn("%s", pcap_path);
		c->error = errno;
	}
	if (recout_close(&c->out, NULL, argv) == -1) {
		warn("%s", out_path == NULL ? "stdout" : out_path);
		return 3;
	}
	if (c->error != 0)
		return 3;
	if (c->kdrops + c->ifdrops > 0)
		warnx("%llu packets dropped by the kernel, %llu by the "
		    "interface", (unsigned long long)c->kdrops,
		    (unsigned long long)c->ifdrops);
	if (c->linkdowns > 0)
		warnx("%s went down %llu times", iface,
		    (unsigned long long)c->linkdowns);
	if (signalled != 0)
		return 128 + signalled;
	if (early)
		warnx("ended early: %s", c->ended);
	return early || bad_files > 0 || c->kdrops > 0 || c->ifdrops > 0 ||
	    c->linkdowns > 0;
}

int
main(int argc, char *argv[])
{
	static struct catch c;
	struct sigaction sa = { .sa_handler = on_signal };
	char *const *argv0 = argv;
	char why[128];
	unsigned bad = 0;
	bool gz;
	int fd, dropped;

	priv_closefds(argv);
	opt_parse(&tool, &argc, &argv);
	if (argc != 0)
		opt_usage(&tool, "no operands are taken: %s", argv[0]);
	set_up(&c);
	open_sources(&c);
	fd = open_outputs(&c, &gz);
	if ((dropped = priv_drop(why)) == -1)
		errx(2, "%s", why);

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (recout_open(&c.out, &rec_reply, fd, gz, sync_disk,
	    replyline_cols) == -1)
		err(3, "%s", out_path == NULL ? "stdout" : out_path);
	if (prompt)
		gzout_age(c.out.gz, PROMPT_MS * NS_PER_MS);
	replyline_init(&c.line, c.node.name);
	c.line.quotes = quotes;
	put_meta(&c, dropped);
	if (recout_flush(&c.out) == -1)
		err(3, "%s", out_path == NULL ? "stdout" : out_path);
	if (verbose)
		warnx("filter: %s", c.filter);
	confine(&c, fd);

	if (iface != NULL)
		catch_live(&c);
	else
		bad = catch_files(&c);
	return finish(&c, bad, (char *const *)argv0);
}
