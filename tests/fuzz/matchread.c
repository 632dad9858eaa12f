/*
 * Lines of sent and reply files, replies with packets to authenticate, as
 * results or as hops: whatever they hold, what is accepted can be matched
 * and written.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "hopmods.h"
#include "match.h"
#include "matchout.h"
#include "matchread.h"
#include "mem.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A whole stream: the header of the type, metadata, the input. */
static int
stream(const struct rectype *t, const uint8_t *p, size_t n)
{
	static const char meta[] = "# origin.0: src=192.0.2.1,probe=icmp\n"
	    "# origin.1: src=192.0.2.1,probe=dns\n"
	    "# origin.2: src=2001:db8::1,probe=syn\n";
	int fd = memfd_create("lines", 0), ok;
	FILE *f = fdopen(dup(fd), "w");

	fprintf(f, "#fsdb -F t");
	for (size_t i = 0; i < t->nfields; i++)
		fprintf(f, " %s", t->fields[i].name);
	fprintf(f, "\n%s", meta);
	ok = fwrite(p, 1, n, f) == n;
	if (!ok || fclose(f) == EOF || lseek(fd, 0, SEEK_SET) == -1)
		abort();
	return fd;
}

struct sink {
	struct hopmods	 mods;
	char		 line[MATCHOUT_MAX];
};

static int
write_line(void *arg, const struct match *m, const struct matchprobe *p)
{
	struct sink *s = arg;
	char mods[MODS_MAX] = "-";
	const char *qclass = "-";
	size_t n;

	if (s->mods.ready &&
	    hopmods_compare(&s->mods, m, p, mods, &qclass) == -1)
		abort();
	n = m->names->hops ? matchout_hop(m, p, mods, qclass, s->line) :
	    matchout_line(m, p, true, s->line);
	if (n < 40 || n > MATCHOUT_MAX || s->line[n - 1] != '\n')
		abort();
	return 0;
}

static void
judge(struct matchnames *names, struct matchstore *sent,
    struct matchstore *replies, struct sink *s)
{
	struct match m;

	match_init(&m, names, NS_PER_S, AUTH_NONE);
	m.merge = true;
	if (matchstore_done(sent) == -1 || matchstore_done(replies) == -1 ||
	    match_all(&m, sent, replies, write_line, s) == -1)
		abort();
	if (m.n.sent + m.n.unlogged != m.n.ok + m.n.none + m.n.alias +
	    m.n.multi + m.n.late + m.n.unreach + m.n.resent)
		abort();
	if (m.n.replies != m.n.used + m.n.dup + m.n.weak + m.n.vague + m.n.unsent +
	    m.n.crosstarget + m.n.future)
		abort();
	match_free(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t k[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15 };
	struct matchsort_budget budget = { .limit = SIZE_MAX };
	struct matchnames names;
	struct matchread read;
	struct matchstore store[2];
	struct key key;
	struct sink *s;
	const uint8_t *half, *rest;
	bool hops;

	if (n < 2)
		return 0;
	key_set(&key, k);
	matchnames_init(&names);
	s = mem_alloc(sizeof *s);
	matchread_init(&read, &names, p[0] & 1 ? &key : NULL);
	names.hops = hops = p[0] & 2;
	s->mods.quotes = spool_open("/tmp");
	matchstore_open(&store[0], hops ? &matchpack_hopsent : &matchpack_sent,
	    &names, &budget, "/tmp");
	matchstore_open(&store[1], hops ? &matchpack_hopreply :
	    &matchpack_reply, &names, &budget, "/tmp");
	p++, n--;
	/* Sent lines, a NUL, reply lines. */
	if ((half = memchr(p, 0, n)) == NULL)
		half = p + n;
	rest = half + (half < p + n);
	for (int i = 0; i < 2; i++) {
		const struct rectype *t = i == 0 ? &rec_sent : &rec_reply;
		struct span v[(int)nfields_sent + (int)nfields_reply];
		struct recin in;
		int fd = i == 0 ? stream(t, p, (size_t)(half - p)) :
		    stream(t, rest, (size_t)(p + n - rest)), r;

		read.hops = hops;
		read.quotes = hops ? s->mods.quotes : NULL;
		if (recin_open(&in, t, fd, "input", NULL, NULL) == -1)
			abort();
		while ((r = recin_split(&in, v)) == 1 || r == -1) {
			struct matchsent s = { 0 };
			struct matchreply y = { 0 };

			if (r == -1)
				continue;
			if (i == 0 && matchread_sent(&read, v, &s) == 0)
				matchstore_add(&store[0], &s);
			if (i == 1 && matchread_reply(&read, v, &in.meta, &y)
			    == 0)
				matchstore_add(&store[1], &y);
		}
		recin_close(&in);
		if (i == 0)
			hopmods_learn(&s->mods, &in.meta);
		matchread_free(&read);
		meta_free(&in.meta);
		matchread_init(&read, &names, read.key);
	}
	if (hops && read.key != NULL)
		(void)hopmods_begin(&s->mods, &names, &key);
	judge(&names, &store[0], &store[1], s);
	hopmods_free(&s->mods);
	free(s);
	matchstore_close(&store[0]);
	matchstore_close(&store[1]);
	matchread_free(&read);
	matchnames_free(&names);
	return 0;
}
