/*
 * udpshim - a UDP path that misbehaves to order, and tells the truth
 *
 * usage: udpshim listen-port server-port truth-file [name=value ...]
 *
 * Forwards what comes to 127.0.0.1:listen-port to 127.0.0.1:server-port and
 * back, for one client at a time.  Names, for each direction, up- or down-:
 *
 *	drop, dup, late	percent of packets dropped, doubled, held back
 *	delay, by	microseconds each packet takes; those held back more
 *
 * and seed; skew (milliseconds) and ppm, by which the server's clock in
 * STAMP replies is set apart and drifts; rebind (seconds), after which the
 * server sees another port of the client.
 *
 * On SIGTERM the truth is written: of STAMP packets, by direction, how many
 * came, were delivered, lost, doubled and reordered, bursts, delays.  None of
 * the product's code is used for it.
 */

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UP, DOWN, MAX = 2048, QUEUE = 8192, SEQS = 1 << 20 };

struct packet {
	int64_t		due, came;
	uint64_t	order;
	size_t		n;
	uint8_t		p[MAX];
};

static struct way {
	unsigned	 drop, dup, late;	/* percent */
	int64_t		 delay, by;		/* ns */
	uint64_t	 rng;
	struct packet	*q[QUEUE];		/* sorted by due, order */
	unsigned	 n;
	uint64_t	 order;

	/* the truth */
	uint64_t	 came, delivered, dups, reord, high;
	uint8_t		*seen;
	int64_t		*took;			/* by number: ns, of the first */
} way[2];

static int64_t skew, start, rebind;
static double ppm;
static volatile sig_atomic_t over;

static void
on_signal(int sig)
{
	over = sig;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static unsigned
percent(struct way *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return (unsigned)(w->rng >> 33) % 100;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* A STAMP packet that counts: not one that asks for counters, nor "cnt1". */
static int
counts(const struct packet *k)
{
	if (k->n < 44 || get32(k->p) == 0x636e7431)
		return 0;
	return !(k->n >= 104 && k->p[53] == 252 && (k->p[68] & 1) != 0);
}

static void
insert(struct way *w, struct packet *k)
{
	unsigned i = w->n;

	if (w->n == QUEUE)
		errx(1, "too many packets under way");
	k->order = w->order++;
	while (i > 0 && w->q[i - 1]->due > k->due) {
		w->q[i] = w->q[i - 1];
		i--;
	}
	w->q[i] = k;
	w->n++;
}

static int
open_socket(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), on = 1,
	    room = 4 << 20;

	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		err(1, "port %d", port);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

/* Take packets in: dropped, doubled, held back as the dice say. */
static void
take(struct way *w, int fd, struct sockaddr_in *from)
{
	for (;;) {
		struct packet *k = malloc(sizeof(*k)), *twin;
		char control[128];
		struct iovec v = { k->p, MAX };
		struct msghdr m = { .msg_name = from,
		    .msg_namelen = sizeof(*from), .msg_iov = &v,
		    .msg_iovlen = 1, .msg_control = control,
		    .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &m, 0);
		struct cmsghdr *c;
		struct timespec t;
		unsigned drop = percent(w), dup = percent(w), late = percent(w);

		if (n == -1) {
			free(k);
			return;
		}
		k->n = (size_t)n;
		k->came = now_ns();
		for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_type == SO_TIMESTAMPNS) {
				memcpy(&t, CMSG_DATA(c), sizeof(t));
				k->came = t.tv_sec * INT64_C(1000000000) +
				    t.tv_nsec;
			}
		if (counts(k))
			w->came++;
		if (drop < w->drop) {
			free(k);
			continue;
		}
		k->due = k->came + w->delay + (late < w->late ? w->by : 0);
		insert(w, k);
		if (dup >= w->dup)
			continue;
		twin = malloc(sizeof(*twin));
		*twin = *k;
		insert(w, twin);
	}
}

/* Set the server's clock apart in a reply: octets 4..11 and 16..23. */
static void
shift(uint8_t *p, int64_t at)
{
	int64_t off = skew + (int64_t)((double)(at - start) * ppm * 1e-6);
	uint64_t v = (uint64_t)get32(p) << 32 | get32(p + 4);
	double frac = (double)(off % 1000000000) * 4.294967296;

	v += ((uint64_t)(off / 1000000000) << 32) + (uint64_t)(int64_t)frac;
	for (int i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static void
note(struct way *w, const struct packet *k)
{
	uint32_t seq = get32(k->p);

	if (!counts(k) || seq >= SEQS)
		return;
	if (w->seen[seq]++ > 0) {
		w->dups++;
		return;
	}
	w->took[seq] = now_ns() - k->came;
	w->delivered++;
	if (seq < w->high)
		w->reord++;
	else
		w->high = seq + 1;
}

static void
deliver(struct way *w, int fd, const struct sockaddr_in *to)
{
	int64_t now = now_ns();

	while (w->n > 0 && w->q[0]->due <= now) {
		struct packet *k = w->q[0];

		memmove(w->q, w->q + 1, --w->n * sizeof(w->q[0]));
		if (w == &way[DOWN] && k->n >= 44 &&
		    get32(k->p) != 0x636e7431 && (skew != 0 || ppm != 0)) {
			shift(k->p + 4, k->came);
			shift(k->p + 16, k->came);
		}
		note(w, k);
		(void)sendto(fd, k->p, k->n, 0, (const struct sockaddr *)to,
		    sizeof(*to));
		free(k);
	}
}

static int
cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
tell(FILE *f, const char *name, struct way *w)
{
	uint64_t n = w->came > SEQS ? SEQS : w->came, bursts = 0, longest = 0,
	    run = 0;
	size_t k = 0;

	/* Up all numbers were sent; down likewise, doubles of up included. */
	for (uint64_t i = 0; i < n; i++) {
		if (!w->seen[i]) {
			run++;
			bursts += run == 1;
			longest = run > longest ? run : longest;
			continue;
		}
		run = 0;
		w->took[k++] = w->took[i];
	}
	qsort(w->took, k, sizeof(w->took[0]), cmp);
	fprintf(f, "%s sent %llu rcvd %llu lost %llu dup %llu reord %llu "
	    "bursts %llu burst_max %llu min_us %.3f p50_us %.3f\n", name,
	    (unsigned long long)w->came, (unsigned long long)w->delivered,
	    (unsigned long long)(w->came - w->delivered),
	    (unsigned long long)w->dups, (unsigned long long)w->reord,
	    (unsigned long long)bursts, (unsigned long long)longest,
	    k == 0 ? 0 : (double)w->took[0] / 1e3,
	    k == 0 ? 0 : (double)w->took[k / 2] / 1e3);
}

static void
set(const char *s)
{
	const char *eq = strchr(s, '=');
	struct way *w = strncmp(s, "down-", 5) == 0 ? &way[DOWN] : &way[UP];
	const char *name = strncmp(s, "down-", 5) == 0 ? s + 5 :
	    strncmp(s, "up-", 3) == 0 ? s + 3 : s;
	double v = eq == NULL ? 0 : atof(eq + 1);
	size_t n = eq == NULL ? 0 : (size_t)(eq - name);

	if (n == 4 && memcmp(name, "drop", n) == 0)
		w->drop = (unsigned)v;
	else if (n == 3 && memcmp(name, "dup", n) == 0)
		w->dup = (unsigned)v;
	else if (n == 4 && memcmp(name, "late", n) == 0)
		w->late = (unsigned)v;
	else if (n == 5 && memcmp(name, "delay", n) == 0)
		w->delay = (int64_t)(v * 1e3);
	else if (n == 2 && memcmp(name, "by", n) == 0)
		w->by = (int64_t)(v * 1e3);
	else if (n == 4 && memcmp(name, "seed", n) == 0)
		way[UP].rng ^= (uint64_t)v << 8, way[DOWN].rng ^= (uint64_t)v;
	else if (n == 4 && memcmp(name, "skew", n) == 0)
		skew = (int64_t)(v * 1e6);
	else if (n == 3 && memcmp(name, "ppm", n) == 0)
		ppm = v;
	else if (n == 6 && memcmp(name, "rebind", n) == 0)
		rebind = (int64_t)(v * 1e9);
	else
		errx(2, "not a setting: %s", s);
}

static void
run(int in, int server_port)
{
	struct sockaddr_in client = { 0 }, from, server = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)server_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int out = open_socket(0);

	while (over == 0) {
		struct pollfd p[2] = { { .fd = in, .events = POLLIN },
		    { .fd = out, .events = POLLIN } };
		struct timespec wait = { 0, 100000000 };
		int64_t now = now_ns();

		for (int i = 0; i < 2; i++)
			if (way[i].n > 0) {
				int64_t left = way[i].q[0]->due - now;

				if (left < 0)
					left = 0;
				if (left < wait.tv_nsec)
					wait.tv_nsec = left;
			}
		(void)ppoll(p, 2, &wait, NULL);
		take(&way[UP], in, &client);
		take(&way[DOWN], out, &from);
		deliver(&way[UP], out, &server);
		deliver(&way[DOWN], in, &client);
		if (rebind != 0 && now - start > rebind) {
			close(out);
			out = open_socket(0);
			rebind = 0;
		}
	}
}

int
main(int argc, char *argv[])
{
	struct sigaction sa = { .sa_handler = on_signal };
	FILE *f;
	int in;

	if (argc < 4)
		errx(2, "usage: udpshim listen-port server-port truth-file "
		    "[name=value ...]");
	for (int i = 0; i < 2; i++) {
		way[i].rng = UINT64_C(0x9e3779b97f4a7c15) + (unsigned)i;
		way[i].seen = calloc(SEQS, 1);
		way[i].took = calloc(SEQS, sizeof(int64_t));
	}
	for (int i = 4; i < argc; i++)
		set(argv[i]);
	sigaction(SIGTERM, &sa, NULL);
	in = open_socket(atoi(argv[1]));
	start = now_ns();
	run(in, atoi(argv[2]));
	if ((f = fopen(argv[3], "w")) == NULL)
		err(1, "%s", argv[3]);
	fprintf(f, "clock start %lld.%09lld skew_ms %.6f ppm %.6f\n",
	    (long long)(start / 1000000000), (long long)(start % 1000000000),
	    (double)skew / 1e6, ppm);
	tell(f, "up", &way[UP]);
	tell(f, "down", &way[DOWN]);
	return fclose(f) == EOF;
}
