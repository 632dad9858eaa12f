/* conntest - test the connections between nodes */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "connctx.h"
#include "connuri.h"
#include "mem.h"
#include "node.h"
#include "num.h"
#include "opt.h"
#include "portcheck.h"
#include "priv.h"
#include "rec.h"
#include "tcpclient.h"
#include "tcpserver.h"
#include "udpclient.h"
#include "udpserver.h"

#define RATE_DEFAULT	UINT64_C(1000000000)

static struct optlist	  listens, connects;
static const char	 *ports_text, *node_text, *out_path, *offsets_path;
static const char	 *end_text, *rate_text;
static int64_t		  interval = NS_PER_S, port_wait = 3 * NS_PER_S;
static uint64_t		  turns;
static bool		  force, hist;

static const struct opt opts[] = {
	{ 'l', "listen", OPT_LIST, "PROTO:[ADDR:]PORT", &listens, 0, 0,
	    "take connections there; again for more" },
	{ 'c', "connect", OPT_LIST, "URI", &connects, 0, 0,
	    "tcp://HOST:PORT?OPTIONS or udp://...; again for more" },
	{ 'p', "ports", OPT_STR, "LIST", &ports_text, 0, 0,
	    "which of these ports of the hosts are open" },
	{ 0, "wait", OPT_SPAN, "SPAN", &port_wait, 100 * NS_PER_MS,
	    60 * NS_PER_S, "for an answer from a port; default 3s" },
	{ 0, "turns", OPT_UINT, "N", &turns, 1, 1000000000,
	    "end when every connection has made all its tests N times" },
	{ 0, "end", OPT_STR, "TIME|+SPAN", &end_text, 0, 0,
	    "end then: Unix seconds, or a while from now" },
	{ 0, "interval", OPT_SPAN, "SPAN", &interval, 10 * NS_PER_MS,
	    3600 * NS_PER_S, "between records of a test; default 1s" },
	{ 0, "max-rate", OPT_STR, "RATE", &rate_text, 0, 0,
	    "a listener sends no more bits a second; default 1G, or max" },
	{ 'N', "node", OPT_STR, "NAME:N", &node_text, 0, 0,
	    "our name and number; default this host's name and 1" },
	{ 'w', "output-file", OPT_STR, "FILE", &out_path, 0, 0,
	    "write records there; .gz is compressed" },
	{ 'o', "offsets", OPT_STR, "FILE", &offsets_path, 0, 0,
	    "write clock offsets there, for matchresults -o" },
	{ 0, "hist", OPT_FLAG, NULL, &hist, 0, 0,
	    "write round trips as histograms too, to be merged" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite existing files" },
	{ 0, NULL, OPT_FLAG, NULL, NULL, 0, 0, NULL }
};

static const struct tool tool = {
	.name = "conntest",
	.args = "[host ...]",
	.summary = "test the connections between nodes",
	.opts = opts,
};

struct test {
	struct connctx		 ctx;
	struct recout		 out, offsets;
	struct node		 node;
	struct connuri		*uri, *at;	/* to connect to, to listen on */
	struct connport		*ports;
	int			 nports;
	struct udpclient	**udp;
	struct tcpclient	**tcp;
	struct udpserver	**udps;
	struct tcpserver	**tcps;
	struct portcheck	*check;
	int64_t			 end;		/* CLOCK_MONOTONIC */
	struct evtimer		 tick;
	int			 fd, offsets_fd;
	bool			 gz, offsets_gz;
};

static volatile sig_atomic_t signalled;

static void
on_signal(int sig)
{
	if (signalled != 0)
		_exit(128 + sig);
	signalled = sig;
}

static int64_t
parse_end(const char *s)
{
	int64_t t, now = clock_real(), mono = clock_mono();

	if (s == NULL)
		return INT64_MAX;
	if (*s == '+' ? num_parse_span(&t, s + 1, strlen(s + 1)) == -1 :
	    num_parse_time(&t, s, strlen(s)) == -1)
		opt_usage(&tool, "not a time or +span: %s", s);
	if (*s != '+')
		t -= now;
	if (t <= 0)
		opt_usage(&tool, "already past: %s", s);
	return t > INT64_MAX - mono ? INT64_MAX : mono + t;
}

static uint64_t
parse_max_rate(const char *s)
{
	char uri[128], why[CONN_ERRLEN];
	struct connuri u;

	if (s == NULL)
		return RATE_DEFAULT;
	snprintf(uri, sizeof(uri), "udp://h:1?rate=%s", s);
	if (connuri_parse(&u, uri, strlen(uri), why) == -1)
		opt_usage(&tool, "--max-rate: %s", why);
	return u.rate;
}

/* Steps of main: what is asked, refused before anything is opened. */
static void
set_up(struct test *t, int nhosts)
{
	char why[CONN_ERRLEN];

	if (listens.n + connects.n == 0 && ports_text == NULL)
		opt_usage(&tool, "one of -l, -c and -p is needed");
	if ((ports_text != NULL) != (nhosts > 0))
		opt_usage(&tool, ports_text != NULL ?
		    "ports of which hosts?" : "hosts are for -p");
	if (node_parse(&t->node, node_text) == -1)
		opt_usage(&tool, "not a NAME:NUMBER: %s",
		    node_text == NULL ? "this host" : node_text);
	t->uri = mem_array(connects.n + 1, sizeof(*t->uri));
	t->at = mem_array(listens.n + 1, sizeof(*t->at));
	t->ports = mem_array(CONN_PORTS_MAX, sizeof(*t->ports));
	for (size_t i = 0; i < connects.n; i++)
		if (connuri_parse(&t->uri[i], connects.v[i],
		    strlen(connects.v[i]), why) == -1)
			opt_usage(&tool, "%s: %s", connects.v[i], why);
	for (size_t i = 0; i < listens.n; i++)
		if (connuri_parse_listen(&t->at[i], listens.v[i],
		    strlen(listens.v[i]), why) == -1)
			opt_usage(&tool, "%s: %s", listens.v[i], why);
	if (ports_text != NULL && (t->nports = connuri_parse_ports(t->ports,
	    CONN_PORTS_MAX, ports_text, strlen(ports_text), why)) == -1)
		opt_usage(&tool, "%s", why);
	t->end = parse_end(end_text);
	t->ctx.max_rate = parse_max_rate(rate_text);
	t->ctx.tcp_rate = rate_text == NULL || t->ctx.max_rate ==
	    CONN_RATE_MAX ? 0 : t->ctx.max_rate;
	t->ctx.interval_ns = interval;
	t->ctx.turns = turns;
	t->ctx.hist = hist;
	t->ctx.node = t->node.name;
	if (getrandom(t->ctx.id, sizeof(t->ctx.id), 0) != sizeof(t->ctx.id) ||
	    getrandom(t->ctx.secret, sizeof(t->ctx.secret), 0) !=
	    sizeof(t->ctx.secret))
		err(2, "getrandom");
}

/* The files we write, opened with the rights of whoever started us. */
static void
create_outputs(struct test *t)
{
	t->fd = recout_create(out_path, force, &t->gz);
	if (t->fd == -1)
		err(2, "%s", out_path == NULL ? "stdout" : out_path);
	if (offsets_path == NULL)
		return;
	t->offsets_fd = recout_create(offsets_path, force, &t->offsets_gz);
	if (t->offsets_fd == -1)
		err(2, "%s", offsets_path);
}

static void
open_outputs(struct test *t, int dropped)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	if (recout_open(&t->out, &rec_conn, t->fd, t->gz, false, NULL) == -1)
		err(3, "%s", out_path == NULL ? "stdout" : out_path);
	t->ctx.out = &t->out;
	recout_meta(&t->out, "node", "%s:%u", t->node.name, t->node.number);
	recout_meta(&t->out, "version", "%s", CASTNET_VERSION);
	recout_meta(&t->out, "host", "%s", host);
	recout_meta(&t->out, "confined", "seccomp%s%s%s",
	    dropped & PRIV_UID ? " user" : "",
	    dropped & PRIV_CHROOT ? " chroot" : "",
	    dropped & PRIV_LANDLOCK ? " landlock" : "");
	if (recout_flush(&t->out) == -1)
		err(3, "%s", out_path == NULL ? "stdout" : out_path);
	if (offsets_path == NULL)
		return;
	if (recout_open(&t->offsets, &rec_offset, t->offsets_fd,
	    t->offsets_gz, false, NULL) == -1)
		err(3, "%s", offsets_path);
	t->ctx.offsets = &t->offsets;
	recout_meta(&t->offsets, "node", "%s:%u", t->node.name,
	    t->node.number);
}

static void
confine(const struct test *t)
{
	struct privfd fds[2] = { { t->fd, PRIV_WRITE },
	    { t->offsets_fd, PRIV_WRITE } };
	char why[128];

	if (priv_confine_sockets(fds, offsets_path == NULL ? 1 : 2, why) == -1)
		errx(2, "%s", why);
}

/* Listeners and connections, all of them, before any test begins. */
static void
open_all(struct test *t, char *const hosts[])
{
	char why[CONN_ERRLEN];

	t->udp = mem_array(connects.n + 1, sizeof(*t->udp));
	t->tcp = mem_array(connects.n + 1, sizeof(*t->tcp));
	t->udps = mem_array(listens.n + 1, sizeof(*t->udps));
	t->tcps = mem_array(listens.n + 1, sizeof(*t->tcps));
	for (size_t i = 0; i < listens.n; i++) {
		if (t->at[i].proto == CONN_UDP)
			t->udps[i] = udpserver_open(&t->ctx, &t->at[i]);
		else
			t->tcps[i] = tcpserver_open(&t->ctx, &t->at[i]);
		if (t->udps[i] == NULL && t->tcps[i] == NULL)
			err(2, "%s", listens.v[i]);
	}
	for (size_t i = 0; i < connects.n; i++) {
		if (t->uri[i].proto == CONN_UDP)
			t->udp[i] = udpclient_open(&t->ctx, &t->uri[i], why);
		else
			t->tcp[i] = tcpclient_open(&t->ctx, &t->uri[i], why);
		if (t->udp[i] == NULL && t->tcp[i] == NULL)
			errx(2, "%s: %s", connects.v[i], why);
	}
	if (t->nports > 0 && (t->check = portcheck_open(&t->ctx, hosts,
	    t->ports, (unsigned)t->nports, port_wait, why)) == NULL)
		errx(2, "%s", why);
}

/* Is it time to end?  And records go out at least this often. */
static void
on_tick(void *arg, int64_t now)
{
	struct test *t = arg;

	if (signalled != 0 || now >= t->end)
		t->ctx.ending = true;
	t->ctx.clock_error = connctx_clock_error();
	if (t->ctx.error == 0 && (recout_tick(&t->out) == -1 ||
	    (t->ctx.offsets != NULL && recout_tick(&t->offsets) == -1)))
		t->ctx.error = errno;
	evtimer_set(&t->ctx.loop, &t->tick, now + 50 * NS_PER_MS);
}

static void
run(struct test *t)
{
	/* A listener without tests of its own, or without an end, serves on. */
	bool serve = listens.n > 0 && (turns == 0 || connects.n == 0);

	(void)connctx_cpu(&t->ctx);
	while (t->ctx.error == 0 && (t->ctx.busy > 0 ||
	    (serve && !t->ctx.ending)))
		if (evloop_turn(&t->ctx.loop) == -1)
			err(3, "epoll");
}

static void
close_all(struct test *t)
{
	for (size_t i = 0; i < connects.n; i++) {
		if (t->udp[i] != NULL)
			udpclient_close(t->udp[i]);
		if (t->tcp[i] != NULL)
			tcpclient_close(t->tcp[i]);
	}
	for (size_t i = 0; i < listens.n; i++) {
		if (t->udps[i] != NULL)
			udpserver_close(t->udps[i]);
		if (t->tcps[i] != NULL)
			tcpserver_close(t->tcps[i]);
	}
	if (t->check != NULL)
		portcheck_close(t->check);
}

static int
finish(struct test *t, char *const argv[])
{
	bool bad = false;

	if (t->ctx.loop.packets > 0)
		recout_meta(&t->out, "cpu", "%lld ns a packet of %llu",
		    (long long)connctx_cpu_total(&t->ctx),
		    (unsigned long long)t->ctx.loop.packets);
	if (signalled != 0)
		recout_meta(&t->out, "interrupted", "%s",
		    signalled == SIGINT ? "SIGINT" : "SIGTERM");
	if (t->ctx.offsets != NULL &&
	    recout_close(&t->offsets, NULL, argv) == -1) {
		warn("%s", offsets_path);
		bad = true;
	}
	if (recout_close(&t->out, NULL, argv) == -1) {
		warn("%s", out_path == NULL ? "stdout" : out_path);
		bad = true;
	}
	if (bad || t->ctx.error != 0)
		return 3;
	if (signalled != 0)
		return 128 + signalled;
	return t->ctx.failures > 0;
}

int
main(int argc, char *argv[])
{
	static struct test t;
	struct sigaction sa = { .sa_handler = on_signal };
	char *const *argv0 = argv;
	char why[128];
	int dropped;

	priv_closefds(argv);
	opt_parse(&tool, &argc, &argv);
	set_up(&t, argc);
	if (evloop_open(&t.ctx.loop) == -1)
		err(2, "epoll");
	create_outputs(&t);
	open_all(&t, argv);
	if ((dropped = priv_drop_sockets(why)) == -1)
		errx(2, "%s", why);

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	open_outputs(&t, dropped);
	t.tick = (struct evtimer){ .fire = on_tick, .arg = &t };
	on_tick(&t, clock_mono());
	confine(&t);
	run(&t);
	close_all(&t);
	return finish(&t, (char *const *)argv0);
}
