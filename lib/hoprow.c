#include "hoprow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const char *const verdicts[] = {
	"none", "unreach", "late", "alias", "ok", "multi"
};
static const char *const qclasses[] = { "none", "l3", "l3+8", "part", "full" };

static const char *const wanted[] = {
	"hex", "dst", "tx", "rx", "verdict", "from", "kind", "rtt_ms",
	"replies", "sites", "sent_time", "ttl", "flow", "attempt", "qttl",
	"qlen", "mpls", "mods", "qclass", "rtt_err_ms", "reply_time", "src",
	"probe", "icmp", "dport", "tos", "size", "options", NULL
};

/* Which of the n words; -1: none. */
static int
which(const char *const words[], int n, const rec_word *w)
{
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], w->s) == 0)
			return i;
	return -1;
}

/* Why the record cannot be; NULL: it can. */
static const char *
check(const struct hop *h)
{
	if (h->hex.v == 0)
		return "no target";
	if (which(verdicts, 6, &h->verdict) == -1)
		return "unknown verdict";
	if (h->qclass.n > 0 && which(qclasses, 5, &h->qclass) == -1)
		return "unknown qclass";
	if (h->ttl == NUM_NONE || h->ttl < 1 || h->ttl > 255)
		return "ttl is not 1 to 255";
	if (h->from.v != 0 && h->from.v != h->hex.v)
		return "target and sender are of different families";
	return NULL;
}

/* Read the next good row; over at the end. */
static void
read_row(struct hoprows *t, struct hopfile *f)
{
	const char *why;
	int k;

	while ((k = recin_read(&f->in, f->next)) != 0) {
		if (k == -2)
			break;		/* recin_close tells */
		why = k == -1 ? f->in.err : check(f->next);
		if (why == NULL)
			return;
		t->bad(f->path, f->in.lineno, why);
		if (k == 1)
			recin_refuse(&f->in);
	}
	f->over = true;
}

int
hoprow_open(struct hoprows *t, size_t n, char *const paths[],
    const char *header)
{
	t->nfiles = n;
	t->file = mem_array(n, sizeof *t->file);
	intern_add(&t->names, "-", 1);
	for (size_t i = 0; i < n; i++) {
		struct hopfile *f = &t->file[i];
		int fd = strcmp(paths[i], "-") == 0 ? 0 :
		    open(paths[i], O_RDONLY | O_CLOEXEC);

		f->path = fd == 0 ? "stdin" : paths[i];
		if (fd == -1) {
			snprintf(t->err, sizeof t->err, "%s: %s", f->path,
			    strerror(errno));
			return -1;
		}
		if (recin_open(&f->in, &rec_hop, fd, f->path, header,
		    wanted) == -1) {
			snprintf(t->err, sizeof t->err, "%s: %s", f->path,
			    f->in.err);
			return -1;
		}
		f->next = mem_alloc(sizeof *f->next);
		rec_clear(&rec_hop, f->next);
		read_row(t, f);
	}
	return 0;
}

static int32_t
small(rec_num v)
{
	return v < 0 || v > INT32_MAX ? -1 : (int32_t)v;
}

static uint32_t
name(struct hoprows *t, const rec_word *w)
{
	return w->n == 0 ? 0 : intern_add(&t->names, w->s, w->n);
}

/* The text where the row before has it, if it is the same. */
static uint32_t
text(struct hoprows *t, const char *s, size_t n, uint32_t before)
{
	uint32_t at = (uint32_t)t->text.n;

	if (n == 0)
		return 0;
	if (strcmp(hoprow_text(t, before), s) == 0)
		return before;
	str_put(&t->text, s, n + 1);
	return at;
}

/* type/code */
static void
parse_icmp(struct hoprow *r, const rec_word *w)
{
	const char *slash = memchr(w->s, '/', w->n);
	uint64_t type, code;

	r->icmp_type = r->icmp_code = -1;
	if (slash == NULL || num_parse(&type, w->s, (size_t)(slash - w->s),
	    255) == -1 || num_parse(&code, slash + 1,
	    w->n - (size_t)(slash + 1 - w->s), 255) == -1)
		return;
	r->icmp_type = (int32_t)type;
	r->icmp_code = (int32_t)code;
}

static void
add_row(struct hoprows *t, const struct hop *h)
{
	struct hoprow *r, none = { 0 }, *last;

	if (t->n == t->cap) {
		t->cap = t->cap * 2 + 64;
		t->row = mem_grow(t->row, t->cap, sizeof *t->row);
	}
	last = t->n == 0 ? &none : &t->row[t->n - 1];
	r = &t->row[t->n];
	*r = (struct hoprow){
		.rtt_ns = h->rtt_ms, .rtt_err_ns = h->rtt_err_ms,
		.sent_time = h->sent_time, .reply_time = h->reply_time,
		.src = h->src, .from = h->from,
		.tx = name(t, &h->tx), .rx = name(t, &h->rx),
		.kind = name(t, &h->kind), .probe = name(t, &h->probe),
		.ttl = small(h->ttl), .flow = small(h->flow),
		.attempt = small(h->attempt), .dport = small(h->dport),
		.tos = small(h->tos), .size = small(h->size),
		.replies = small(h->replies), .qttl = small(h->qttl),
		.qlen = small(h->qlen),
		.verdict = (enum hopverdict)which(verdicts, 6, &h->verdict),
		.qclass = h->qclass.n == 0 ? QCLASS_NONE :
		    (enum qclass)which(qclasses, 5, &h->qclass),
	};
	r->sites = text(t, h->sites.s, h->sites.n, last->sites);
	r->mpls = text(t, h->mpls.s, h->mpls.n, last->mpls);
	r->mods = text(t, h->mods.s, h->mods.n, last->mods);
	r->options = text(t, h->options.s, h->options.n, last->options);
	parse_icmp(r, &h->icmp);
	t->n++;
}

int
hoprow_next(struct hoprows *t)
{
	const struct addr *low = NULL;

	for (size_t i = 0; i < t->nfiles; i++)
		if (!t->file[i].over && (low == NULL ||
		    addr_cmp(&t->file[i].next->hex, low) < 0))
			low = &t->file[i].next->hex;
	if (low == NULL)
		return 0;
	t->dst = *low;
	t->n = 0;
	str_clear(&t->text);
	str_put(&t->text, "", 1);
	for (size_t i = 0; i < t->nfiles; i++) {
		struct hopfile *f = &t->file[i];

		while (!f->over && addr_cmp(&f->next->hex, &t->dst) == 0) {
			add_row(t, f->next);
			read_row(t, f);
		}
		if (!f->over && addr_cmp(&f->next->hex, &t->dst) < 0) {
			snprintf(t->err, sizeof t->err,
			    "%s:%lu: not sorted by hex", f->path,
			    f->in.lineno);
			return -1;
		}
	}
	return 1;
}

unsigned
hoprow_close(struct hoprows *t)
{
	unsigned bad = 0;

	for (size_t i = 0; i < t->nfiles; i++) {
		struct recin *in = &t->file[i].in;
		bool refused = in->nbad > 0, cut = recin_close(in) == -1;

		if (cut)
			t->bad(t->file[i].path, 0, in->err);
		bad += cut || refused;
	}
	return bad;
}

void
hoprow_free(struct hoprows *t)
{
	for (size_t i = 0; i < t->nfiles; i++) {
		free(t->file[i].next);
		meta_free(&t->file[i].in.meta);
	}
	free(t->file);
	free(t->row);
	intern_free(&t->names);
	str_free(&t->text);
}

const char *
hoprow_meta(const struct hoprows *t, const char *key)
{
	const char *v = NULL;

	for (size_t i = t->nfiles; i-- > 0 && v == NULL;)
		v = meta_get(&t->file[i].in.meta, key);
	return v;
}

static int
cmp_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
cmp_alike(const struct hoprows *t, const struct hoprow *a,
    const struct hoprow *b)
{
	int c;

	if ((c = strcmp(hoprow_name(t, a->tx), hoprow_name(t, b->tx))) != 0 ||
	    (c = addr_cmp(&a->src, &b->src)) != 0 ||
	    (c = strcmp(hoprow_name(t, a->probe),
	    hoprow_name(t, b->probe))) != 0 ||
	    (c = cmp_int(a->dport, b->dport)) != 0 ||
	    (c = cmp_int(a->tos, b->tos)) != 0)
		return c;
	return strcmp(hoprow_text(t, a->options), hoprow_text(t, b->options));
}

static int
cmp_rows(const void *x, const void *y, void *arg)
{
	const struct hoprow *a = x, *b = y;
	int c;

	if ((c = cmp_alike(arg, a, b)) != 0 ||
	    (c = cmp_int(a->flow, b->flow)) != 0 ||
	    (c = cmp_int(a->pass, b->pass)) != 0 ||
	    (c = cmp_int(a->ttl, b->ttl)) != 0 ||
	    (c = cmp_int(a->attempt, b->attempt)) != 0)
		return c;
	return cmp_int(a->sent_time, b->sent_time);
}

bool
hoprow_alike(const struct hoprows *t, const struct hoprow *a,
    const struct hoprow *b)
{
	return cmp_alike(t, a, b) == 0;
}

bool
hoprow_same(const struct hoprows *t, const struct hoprow *a,
    const struct hoprow *b)
{
	return cmp_alike(t, a, b) == 0 && a->flow == b->flow &&
	    a->pass == b->pass;
}

void
hoprow_traces(struct hoprows *t)
{
	uint32_t most = 0;

	for (size_t i = 0; i < t->n; i++)
		t->row[i].pass = 0;
	qsort_r(t->row, t->n, sizeof *t->row, cmp_rows, t);
	for (size_t i = 1; i < t->n; i++) {
		struct hoprow *r = &t->row[i], before = r[-1];
		uint32_t pass = before.pass + 1;

		before.pass = 0;
		if (!hoprow_same(t, &before, r) || r[-1].ttl != r->ttl ||
		    r[-1].attempt != r->attempt)
			continue;
		r->pass = pass;
		most = pass > most ? pass : most;
	}
	if (most > 0)
		qsort_r(t->row, t->n, sizeof *t->row, cmp_rows, t);
}

bool
hoprow_answered(const struct hoprow *r)
{
	return r->from.v != 0 && r->verdict != HOP_NONE &&
	    r->verdict != HOP_LATE;
}

bool
hoprow_reached(const struct hoprows *t, const struct hoprow *r)
{
	return hoprow_answered(r) && (r->verdict != HOP_UNREACH ||
	    addr_cmp(&r->from, &t->dst) == 0);
}
