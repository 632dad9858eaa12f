/* sendprobes - probe every target read, and say what was sent */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "blocklist.h"
#include "clock.h"
#include "iface.h"
#include "inj.h"
#include "mem.h"
#include "node.h"
#include "opt.h"
#include "origin.h"
#include "priv.h"
#include "rec.h"
#include "sender.h"
#include "sentlog.h"
#include "tmplset.h"

#define COMPLAIN_MAX	5		/* bad lines told about one by one */
#define IDLE_MIN_NS	50000		/* waiting for input */
#define IDLE_MAX_NS	20000000

static const char	*iface_name, *node_text = "local:1", *key_path, *out_path;
static const char	*pcap_path, *mac_text, *run_id, *header;
static struct originopts origin_opts = { .contact = ORIGIN_CONTACT };
static struct optlist	 block_paths, allow_list, gateway_list;
static uint64_t		 rate = 1000, max_targets, attempts = 1, round_no;
static int64_t		 max_time;
static bool		 use_xdp, use_raw, use_qdisc, dry_run, force, quiet;
static bool		 verbose;

static const struct opt opts[] = {
	{ 'i', "interface", OPT_STR, "name", &iface_name, 0, 0,
	    "interface to send from (that of the default route)" },
	{ 'S', "source-ip", OPT_STR, "addr[,addr]", &origin_opts.source, 0, 0,
	    "source addresses, each an origin" },
	{ 'P', "probe", OPT_STR, "type", &origin_opts.type, 0, 0,
	    "probe type, see probes(7) (icmp)" },
	{ 'O', "origin", OPT_LIST, "spec", &origin_opts.list, 0, 0,
	    "origin as src=ADDR,probe=TYPE,sport=N,dport=N,ttl=N; repeatable" },
	{ 0, "source-port", OPT_UINT, "port", &origin_opts.sport, 1, 65535,
	    "source port (the type's)" },
	{ 0, "dest-port", OPT_UINT, "port", &origin_opts.dport, 1, 65535,
	    "destination port (the type's)" },
	{ 't', "ttl", OPT_UINT, "n", &origin_opts.ttl, 1, 255,
	    "time to live (64)" },
	{ 0, "qname", OPT_STR, "name", &origin_opts.qname, 0, 0,
	    "dns: suffix of the name asked; chaos: the name" },
	{ 'r', "rate", OPT_UINT, "pps", &rate, 0, 100000000,
	    "packets per second, 0: as fast as possible (1000)" },
	{ 'q', "attempts", OPT_UINT, "n", &attempts, 1, 254,
	    "probes per target and origin (1)" },
	{ 'N', "node", OPT_STR, "name:number", &node_text, 0, 0,
	    "this node (local:1)" },
	{ 'k', "key-file", OPT_STR, "file", &key_path, 0, 0,
	    "key of the measurement" },
	{ 'b', "blocklist-file", OPT_LIST, "file", &block_paths, 0, 0,
	    "prefixes never to probe; repeatable" },
	{ 0, "allow-prefix", OPT_LIST, "prefix", &allow_list, 0, 0,
	    "probe it though it is special-purpose; repeatable" },
	{ 0, "round", OPT_UINT, "n", &round_no, 0, 255, "round number (0)" },
	{ 0, "run-id", OPT_STR, "id", &run_id, 0, 0,
	    "name of the run, for the metadata" },
	{ 0, "max-targets", OPT_UINT, "n", &max_targets, 1, INT64_MAX,
	    "stop after so many targets" },
	{ 0, "max-time", OPT_SPAN, "time", &max_time, 1, INT64_MAX,
	    "stop after that time" },
	{ 'w', "output-file", OPT_STR, "file", &out_path, 0, 0,
	    "write sent records there, compressed if it ends in .gz" },
	{ 0, "force", OPT_FLAG, NULL, &force, 0, 0,
	    "overwrite files that exist" },
	{ 0, "dry-run", OPT_FLAG, NULL, &dry_run, 0, 0,
	    "send nothing; the records say what would be sent" },
	{ 0, "pcap", OPT_STR, "file", &pcap_path, 0, 0,
	    "write the probes there and send nothing" },
	{ 0, "gateway", OPT_LIST, "addr", &gateway_list, 0, 0,
	    "next hop; one per family" },
	{ 0, "gateway-mac", OPT_STR, "mac", &mac_text, 0, 0,
	    "hardware address of the next hop" },
	{ 0, "contact", OPT_STR, "text", &origin_opts.contact, 0, 0,
	    "opt-out text in the probes, '' for none" },
	{ 0, "xdp", OPT_FLAG, NULL, &use_xdp, 0, 0, "send by AF_XDP" },
	{ 0, "raw", OPT_FLAG, NULL, &use_raw, 0, 0,
	    "send by raw IP sockets; the kernel routes" },
	{ 0, "qdisc", OPT_FLAG, NULL, &use_qdisc, 0, 0,
	    "send through the queueing discipline and local taps" },
	{ 0, "header", OPT_STR, "line", &header, 0, 0,
	    "header of input that has none" },
	{ 0, "quiet", OPT_FLAG, NULL, &quiet, 0, 0, "no progress" },
	{ 'v', "verbose", OPT_FLAG, NULL, &verbose, 0, 0,
	    "print the counts at the end" },
	{ 0 }
};

static const struct tool tool = {
	.name = "sendprobes",
	.args = "<targets",
	.summary = "probe every target read, and say what was sent",
	.opts = opts,
};

static volatile sig_atomic_t got_signal, faster, slower;

/* What one run is made of. */
struct run {
	struct node		 node;
	struct key		 key;
	struct blocklist	 block;
	struct iface		 iface;
	struct origin		 origins[ORIGIN_MAX];
	size_t			 norigins;
	struct tmplset		 tmpls;
	struct inj		 inj;
	struct recin		 in;
	struct recout		 out;
	struct sentlog		 log;
	struct sender		 sender;
	char			 host[256];

	uint64_t		 read, targets, bad, special, blocked, other;
	int64_t			 started, reported;
	int64_t			 due_since;	/* moment of due_us 0 */
	uint64_t		 reported_sent;
	bool			 terminal, out_of_time, logging;
};

/* ---- before anything is sent: what can be wrong, exit 2 ---- */

static void
load_blocklist(struct run *r)
{
	char why[256];

	blocklist_init(&r->block);
	for (size_t i = 0; i < block_paths.n; i++)
		if (blocklist_load(&r->block, block_paths.v[i], why) == -1)
			errx(2, "%s", why);
	for (size_t i = 0; i < allow_list.n; i++) {
		const char *s = allow_list.v[i];
		struct prefix p;

		if (prefix_parse(&p, s, strlen(s)) == -1)
			opt_usage(&tool, "not a prefix: %s", s);
		blocklist_allow(&r->block, &p);
	}
	blocklist_ready(&r->block);
}

static void
load_identity(struct run *r)
{
	char why[128];

	if (gethostname(r->host, sizeof(r->host) - 1) == -1)
		r->host[0] = '\0';
	if (node_parse(&r->node, node_text) == -1)
		opt_usage(&tool, "not a node, name:number: %s", node_text);
	if (key_path != NULL) {
		if (key_read(&r->key, key_path, why) == -1)
			errx(2, "%s: %s", key_path, why);
	} else if (dry_run)
		key_random(&r->key);
	else
		opt_usage(&tool, "needs a key (-k): without it nobody can "
		    "know the answers");
}

/* The interface, unless there is none, and the origins. */
static void
find_origins(struct run *r)
{
	static char own[ADDR_STRLEN];
	bool need = origin_opts.source == NULL && origin_opts.list.n == 0;
	struct addr a;
	char why[128];
	int n;

	if (need || iface_name != NULL || (!dry_run && !use_raw))
		if (iface_find(&r->iface, iface_name, 4, why) == -1 &&
		    (iface_name != NULL ||
		    iface_find(&r->iface, NULL, 6, why) == -1))
			errx(2, "%s", why);
	if (need) {
		if (iface_source(&r->iface, 4, &a, why) == -1 &&
		    iface_source(&r->iface, 6, &a, why) == -1)
			errx(2, "%s", why);
		origin_opts.source = addr_string(&a, own);
	}
	if (origin_opts.contact != NULL && *origin_opts.contact == '\0')
		origin_opts.contact = NULL;
	if ((n = origin_parse(r->origins, &origin_opts, why)) == -1)
		opt_usage(&tool, "%s", why);
	r->norigins = (size_t)n;
	if (tmplset_init(&r->tmpls, r->origins, r->norigins, &r->key, why) == -1)
		errx(2, "%s", why);
}

/* Complete the Ethernet header of each family that is used. */
static void
resolve(struct run *r)
{
	uint8_t mac[6];
	char why[128];

	if (mac_text != NULL && iface_parse_mac(mac, mac_text) == -1)
		opt_usage(&tool, "not a hardware address: %s", mac_text);
	for (size_t i = 0; i < r->norigins; i++) {
		const struct addr *src = &r->origins[i].src;
		struct addr gw = { 0 };

		if (src->v == 6 ? r->iface.has6 : r->iface.has4)
			continue;
		for (size_t k = 0; k < gateway_list.n && gw.v != src->v; k++)
			if (addr_parse(&gw, gateway_list.v[k],
			    strlen(gateway_list.v[k])) == -1)
				opt_usage(&tool, "not an address: %s",
				    gateway_list.v[k]);
		if (iface_resolve(&r->iface, src->v, src, gw.v == src->v ?
		    &gw : NULL, mac_text == NULL ? NULL : mac, why) == -1)
			errx(2, "%s", why);
	}
}

static void
open_injector(struct run *r)
{
	const struct iface *iface = r->iface.index == 0 ? NULL : &r->iface;
	bool gz;
	char why[128];
	int rc, fd;

	if (pcap_path != NULL) {
		if ((fd = recout_create(pcap_path, force, &gz)) == -1)
			err(2, "%s", pcap_path);
		if (inj_open_pcap(&r->inj, fd, PROBE_MAX) == -1)
			err(3, "%s", pcap_path);
		return;
	}
	if (dry_run) {
		inj_open_none(&r->inj, PROBE_MAX);
		return;
	}
	for (size_t i = 0; iface != NULL && i < r->norigins; i++)
		if (r->tmpls.base[i].len > iface->mtu)
			errx(2, "%s: probes of %zu bytes are too large",
			    iface->name, r->tmpls.base[i].len);
	if (use_raw || !r->iface.ether) {
		if (use_xdp)
			errx(2, "%s: no Ethernet, so no --xdp", r->iface.name);
		rc = inj_open_raw(&r->inj, iface, PROBE_MAX, why);
	} else {
		resolve(r);
		rc = use_xdp ? inj_open_xdp(&r->inj, iface, PROBE_MAX, why) :
		    inj_open_packet(&r->inj, iface, PROBE_MAX, use_qdisc, why);
	}
	if (rc == -1)
		errx(2, "%s", why);
}

static void
on_signal(int sig)
{
	switch (sig) {
	case SIGUSR1:
		faster++;
		break;
	case SIGUSR2:
		slower++;
		break;
	default:
		if (got_signal != 0)
			_exit(128 + sig);
		got_signal = sig;
	}
}

static void
catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGUSR1, SIGUSR2 };
	struct sigaction sa = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- what the file says about itself ---- */

static void
put_constants(struct run *r)
{
	char print[KEY_PRINTLEN], text[ORIGIN_STRLEN], name[32];

	if (run_id != NULL)
		recout_meta(&r->out, "run", "%s", run_id);
	recout_meta(&r->out, "node", "%s:%u", r->node.name, r->node.number);
	recout_meta(&r->out, "version", "%s", CASTNET_VERSION);
	recout_meta(&r->out, "host", "%s", r->host);
	recout_meta(&r->out, "interface", "%s %s", r->iface.index == 0 ? "-" :
	    r->iface.name, r->inj.kind->name);
	if (dry_run)
		recout_meta(&r->out, "dry-run", "nothing was sent");
	key_fingerprint(&r->key, print);
	recout_meta(&r->out, "key", "%s", print);
	recout_meta(&r->out, "rate", "%llu", (unsigned long long)rate);
	for (size_t i = 0; i < r->norigins; i++) {
		snprintf(name, sizeof(name), "origin.%zu", i);
		recout_meta(&r->out, name, "%s",
		    origin_string(&r->origins[i], text));
	}
	if (origin_opts.contact != NULL)
		recout_meta(&r->out, "contact", "%s", origin_opts.contact);
}

/* The counts line, without its key. */
static char *
counts_text(const struct run *r)
{
	char *packets = sender_counts(&r->sender.counts), *all;

	all = mem_format("read=%llu targets=%llu refused.bad=%llu "
	    "refused.special=%llu refused.blocklist=%llu refused.origin=%llu "
	    "%s", (unsigned long long)r->read, (unsigned long long)r->targets,
	    (unsigned long long)r->bad, (unsigned long long)r->special,
	    (unsigned long long)r->blocked, (unsigned long long)r->other,
	    packets);
	free(packets);
	return all;
}

static void
put_counts(struct run *r)
{
	char *s = counts_text(r);

	recout_meta(&r->out, "counts", "%s", s);
	free(s);
}

/* What the input said, but for what we say ourselves. */
static void
put_input_meta(struct run *r)
{
	static const char *const ours[] = { "run", "node", "version", "host",
	    "interface", "dry-run", "key", "rate", "contact", "counts" };
	const struct meta *m = &r->in.meta;

	for (size_t i = 0; i < m->n; i++) {
		bool skip = strncmp(m->line[i].key, "origin.", 7) == 0;

		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			skip = skip || strcmp(ours[k], m->line[i].key) == 0;
		if (!skip)
			recout_meta(&r->out, m->line[i].key, "%s",
			    m->line[i].value);
	}
}

/* The columns of sent records that those of the input make worth having. */
static unsigned
extra_columns(const struct recin *in)
{
	static const struct { int at; unsigned bit; } extra[] = {
		{ at_probe_sport, SENTLOG_SPORT },
		{ at_probe_dport, SENTLOG_DPORT },
		{ at_probe_tos, SENTLOG_TOS },
		{ at_probe_size, SENTLOG_SIZE },
		{ at_probe_options, SENTLOG_OPTIONS },
	};
	unsigned bits = 0;

	for (size_t i = 0; i < in->ncols; i++)
		for (size_t k = 0; k < sizeof(extra) / sizeof(extra[0]); k++)
			if (in->col[i] == &rec_probe.fields[extra[k].at])
				bits |= extra[k].bit;
	return bits;
}

/*
 * Begin the sent records: what columns they have is known once the header of
 * the input has been read, or its end.
 */
static void
begin_log(struct run *r)
{
	const char *cols[SENTLOG_COLS];
	unsigned extra;

	if (r->logging)
		return;
	extra = extra_columns(&r->in);
	r->logging = true;
	sentlog_cols(extra, cols);
	sentlog_init(&r->log, &r->out, r->node.name, extra);
	/* Should it fail, so does what is written later. */
	(void)recout_open(&r->out, &rec_sent, -1, false, false, cols);
	put_constants(r);
}

static void
show_progress(struct run *r, int64_t now)
{
	const struct sendcounts *c = &r->sender.counts;
	double s = (double)(now - r->reported) / 1e9;
	uint64_t had = (uint64_t)((double)(c->sent - r->reported_sent) / s);
	uint64_t failed = 0;
	char left[64] = "";

	for (int e = 0; e < SENDER_ERRNOS; e++)
		failed += c->failed[e];
	if (max_targets != 0 && had > 0)
		snprintf(left, sizeof(left), ", %llu s left",
		    (unsigned long long)((max_targets - r->targets) *
		    attempts * r->norigins / had));
	fprintf(stderr, "\r%llu sent, %llu/s of %llu, %llu refused, %llu "
	    "failed%s%s   ", (unsigned long long)c->sent,
	    (unsigned long long)had,
	    (unsigned long long)r->sender.pace.rate,
	    (unsigned long long)(r->bad + r->special + r->blocked + r->other),
	    (unsigned long long)failed, left,
	    r->sender.down ? ", link is down" : "");
}

/* ---- sending ---- */

/* SIGUSR1 and SIGUSR2: 5 % faster, slower. */
static void
change_rate(struct run *r, int64_t now)
{
	uint64_t pps = r->sender.pace.rate;

	for (; faster > 0; faster--)
		pps += pps / 20 > 0 ? pps / 20 : 1;
	for (; slower > 0; slower--)
		pps -= pps / 20 > 0 ? pps / 20 : pps > 1;
	pace_rate(&r->sender.pace, pps, now);
}

/* The sender has a moment, ten times a second or so; false: stop. */
static bool
look_around(void *arg, int64_t now)
{
	struct run *r = arg;

	if (faster > 0 || slower > 0) {
		if (r->sender.pace.rate != 0)
			change_rate(r, now);
		faster = slower = 0;
	}
	if (now - r->reported >= NS_PER_S) {
		if (r->logging)
			put_counts(r);
		if (r->terminal)
			show_progress(r, now);
		r->reported = now;
		r->reported_sent = r->sender.counts.sent;
	}
	if (max_time != 0 && now - r->started >= max_time)
		r->out_of_time = true;
	return (!r->logging || recout_tick(&r->out) == 0) &&
	    got_signal == 0 && !r->out_of_time;
}

/* A line that cannot be used: say so for the first few. */
static void
refuse(struct run *r, const char *why)
{
	if (r->bad++ < COMPLAIN_MAX)
		warnx("%s:%lu: %s", r->in.path, r->in.lineno, why);
	if (r->bad == COMPLAIN_MAX)
		warnx("%s: further such lines are only counted", r->in.path);
}

/* Probe a target from origin i. */
static int
probe_from(struct run *r, size_t i, const struct probe *rec)
{
	const struct origin *o = &r->origins[i];
	struct variant v = tmplset_variant(rec);
	const struct tmpl *t = tmplset_find(&r->tmpls, i, &v);
	struct ask ask = { .dst = rec->dst, .node = r->node.number,
	    .round = (uint8_t)round_no, .ttl = o->ttl == 0 ? 64 : o->ttl };
	char why[128];

	if (t == NULL) {
		if (tmplset_full(&r->tmpls) &&
		    sender_flush(&r->sender) == -1)
			return -1;
		t = tmplset_make(&r->tmpls, i, &v, why);
		if (t == NULL) {
			refuse(r, why);
			return 0;
		}
	}
	if (rec->flow != NUM_NONE) {
		if (rec->flow > tmplset_last_flow(&t->origin)) {
			refuse(r, "bad flow");
			return 0;
		}
		ask.flow = (uint16_t)rec->flow;
	}
	if (rec->ttl != NUM_NONE)
		ask.ttl = (uint8_t)rec->ttl;
	if (rec->attempt != NUM_NONE) {
		ask.attempt = (uint8_t)rec->attempt;
		return sender_add(&r->sender, t, o, &ask);
	}
	for (; ask.attempt < attempts; ask.attempt++)
		if (sender_add(&r->sender, t, o, &ask) == -1)
			return -1;
	return 0;
}

/* Heed wait_us and due_us. */
static int
hold_back(struct run *r, const struct probe *rec)
{
	if (dry_run)
		return 0;
	if (rec->wait_us > 0 &&
	    sender_pause(&r->sender, rec->wait_us * 1000) == -1)
		return -1;
	if (rec->due_us == NUM_NONE)
		return 0;
	if (r->due_since == 0)
		r->due_since = clock_mono() - rec->due_us * 1000;
	return sender_until(&r->sender, r->due_since + rec->due_us * 1000);
}

/* Probe a target from every origin it is meant for. */
static int
probe_target(struct run *r, const struct probe *rec)
{
	const char *why = tmplset_check(rec);
	size_t n = 0;

	if (why != NULL) {
		refuse(r, why);
		return 0;
	}
	switch (blocklist_refuses(&r->block, &rec->dst)) {
	case BLOCK_NO:
		break;
	case BLOCK_SPECIAL:
		r->special++;
		return 0;
	case BLOCK_FILE:
		r->blocked++;
		return 0;
	}
	if (hold_back(r, rec) == -1)
		return -1;
	for (size_t i = 0; i < r->norigins; i++) {
		const struct origin *o = &r->origins[i];

		if (o->src.v != rec->dst.v || (rec->probe.n > 0 &&
		    strcmp(rec->probe.s, probe_name(o->probe)) != 0))
			continue;
		n++;
		if (probe_from(r, i, rec) == -1)
			return -1;
	}
	if (n == 0)
		r->other++;
	else
		r->targets++;
	return 0;
}

/* No input yet: let what is queued go, and do not spin. */
static int
await_input(struct run *r)
{
	int64_t ns = IDLE_MIN_NS;

	if (sender_flush(&r->sender) == -1)
		return -1;
	while (!recin_ready(&r->in)) {
		if (sender_wait(&r->sender, clock_mono() + ns) == -1)
			return -1;
		ns = ns * 2 > IDLE_MAX_NS ? IDLE_MAX_NS : ns * 2;
	}
	return 0;
}

/* Read targets and probe them.  Return 0, or -1 when the input is damaged. */
static int
probe_all(struct run *r)
{
	struct probe rec;
	int got = 0;

	rec_clear(&rec_probe, &rec);
	while (max_targets == 0 || r->targets < max_targets) {
		if (!recin_ready(&r->in) && await_input(r) == -1)
			break;
		got = recin_read(&r->in, &rec);
		begin_log(r);
		if (got == 0 || got == -2)
			break;
		r->read++;
		if (got == -1)
			refuse(r, r->in.err);
		else if (probe_target(r, &rec) == -1)
			break;
	}
	sender_flush(&r->sender);
	return got == -2 ? -1 : 0;
}

/* ---- the end ---- */

/* Tell what did not go well; return the exit status. */
static int
verdict(const struct run *r, int damaged)
{
	const struct sendcounts *c = &r->sender.counts;
	int status = damaged;

	if (r->sender.error != 0) {
		warnx("%s: %s", r->iface.name, strerror(r->sender.error));
		status = 1;
	}
	for (int e = 0; e < SENDER_ERRNOS; e++)
		if (c->failed[e] > 0) {
			warnx("%llu probes could not be sent: %s",
			    (unsigned long long)c->failed[e], strerror(e));
			status = 1;
		}
	if (r->bad + r->special + r->blocked + r->other > 0) {
		warnx("refused: %llu lines, %llu special-purpose addresses, "
		    "%llu blocklisted, %llu without an origin",
		    (unsigned long long)r->bad,
		    (unsigned long long)r->special,
		    (unsigned long long)r->blocked,
		    (unsigned long long)r->other);
		status = 1;
	}
	if (r->out_of_time) {
		warnx("stopped after --max-time");
		status = 1;
	}
	if (got_signal != 0)
		status = 128 + got_signal;
	return status;
}

/* Close everything in order; return the exit status. */
static int
finish(struct run *r, int read_error, char *argv[])
{
	const char *out_name = out_path == NULL ? "stdout" : out_path;
	int damaged = 0, status;
	char *counts;

	if (recin_close(&r->in) == -1 && (read_error == -1 ||
	    (!r->sender.stopped && max_targets == 0))) {
		warnx("%s: %s", r->in.path, r->in.err);
		damaged = 1;
	}
	if (r->terminal) {
		show_progress(r, clock_mono());
		fputc('\n', stderr);
	}
	status = verdict(r, damaged);
	begin_log(r);
	counts = counts_text(r);
	if (verbose)
		warnx("%s", counts);
	put_input_meta(r);
	recout_meta(&r->out, "counts", "%s", counts);
	if (got_signal != 0)
		recout_meta(&r->out, "interrupted", "SIG%s",
		    sigabbrev_np(got_signal));
	if (r->out_of_time)
		recout_meta(&r->out, "interrupted", "max-time");
	free(counts);
	if (recout_close(&r->out, &r->in.meta, argv) == -1) {
		warn("%s", out_name);
		status = 3;
	}
	if (inj_close(&r->inj) == -1 && pcap_path != NULL) {
		warn("%s", pcap_path);
		status = 3;
	}
	return status;
}

/* Open the streams, and from then on do nothing else. */
static void
open_streams(struct run *r, int out, bool compress)
{
	struct privfd fds[8] = { { STDIN_FILENO, PRIV_READ } };
	char why[128];
	size_t n = 1;

	recout_prepare(&r->out, out, compress, false);
	recin_prepare(&r->in, STDIN_FILENO);
	fds[n++] = (struct privfd){ out, PRIV_WRITE };
	fds[n++] = (struct privfd){ gzin_wakefd(r->in.gz),
	    PRIV_READ | PRIV_WRITE };
	for (size_t i = 0; i < 2; i++)
		if (r->inj.fd[i] != -1)
			fds[n++] = (struct privfd){ r->inj.fd[i],
			    pcap_path != NULL ? PRIV_WRITE : PRIV_SEND };
	if (priv_confine(fds, n, why) == -1)
		errx(2, "%s", why);
	if (header != NULL ? recin_open(&r->in, &rec_probe, -1, "stdin",
	    header, NULL) == -1 : recin_open_bare(&r->in, &rec_probe, -1,
	    "stdin") == -1)
		errx(2, "stdin: %s", r->in.err);
}

int
main(int argc, char *argv[])
{
	static struct run r;
	char **whole = argv, why[128];
	bool compress;
	int out, rc;

	priv_closefds(argv);
	opt_parse(&tool, &argc, &argv);
	if (argc != 0)
		opt_usage(&tool, "unexpected: %s", argv[0]);
	dry_run = dry_run || pcap_path != NULL;
	load_identity(&r);
	load_blocklist(&r);
	find_origins(&r);
	open_injector(&r);
	if ((out = recout_create(out_path, force, &compress)) == -1)
		err(2, "%s", out_path == NULL ? "stdout" : out_path);
	r.terminal = !quiet && isatty(STDERR_FILENO) == 1;
	catch_signals();
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	if (priv_drop(why) == -1)
		errx(2, "%s", why);

	open_streams(&r, out, compress);
	r.started = r.reported = clock_mono();
	sender_init(&r.sender, &r.inj, &r.log, dry_run ? 0 : rate,
	    look_around, &r);
	rc = probe_all(&r);
	rc = finish(&r, rc, whole);
	tmplset_free(&r.tmpls);
	blocklist_free(&r.block);
	return rc;
}
