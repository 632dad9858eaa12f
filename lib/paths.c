#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

const struct pathrow paths_norow = {
	.sent = NUM_NONE, .reply = NUM_NONE, .rtt = NUM_NONE,
	.rtt_err = NUM_NONE, .replies = -1, .rttl = -1, .rtos = -1,
	.qttl = -1, .qtos = -1, .qlen = -1, .round = -1, .sport = -1,
	.dport = -1, .tos = -1, .size = -1,
};

/* Room for one more in an array that grows by doubling. */
#define ROOM(array, n, cap) do {					\
	if ((n) == (cap)) {						\
		(cap) = (cap) == 0 ? 64 : (cap) * 2;			\
		(array) = mem_grow((array), (cap), sizeof *(array));	\
	}								\
} while (0)

uint32_t
paths_word(struct paths *p, const char *s, size_t n)
{
	if (p->names.n == 0)
		intern_add(&p->names, "-", 1);
	return n == 0 ? 0 : intern_add(&p->names, s, n);
}

const char *
paths_name(const struct paths *p, uint32_t word)
{
	return word == 0 ? "-" : intern_string(&p->names, word);
}

uint32_t
paths_keep(struct paths *p, const char *s, size_t n)
{
	uint32_t at = (uint32_t)p->ntext;

	if (n == 0 || p->ntext + n + 1 > UINT32_MAX)
		return 0;
	while (p->ntext + n + 1 > p->captext) {
		p->captext = p->captext * 2 + 4096;
		p->text = mem_grow(p->text, p->captext, 1);
	}
	memcpy(p->text + at, s, n);
	p->text[at + n] = '\0';
	p->ntext += n + 1;
	return at;
}

const char *
paths_text(const struct paths *p, uint32_t text)
{
	return text == 0 ? "-" : p->text + text;
}

void
paths_begin(struct paths *p, const struct addr *dst)
{
	p->dst = *dst;
	p->nrows = p->ncells = p->ntraces = p->nsets = p->doubled = 0;
	p->ntext = 0;
	paths_keep(p, "-", 1);
}

int
paths_addrow(struct paths *p, const struct pathrow *r)
{
	if (p->nrows == PATHS_MAXROWS) {
		errno = ENOBUFS;
		return -1;
	}
	ROOM(p->row, p->nrows, p->caprows);
	p->row[p->nrows++] = *r;
	return 0;
}

/* All columns of one row into the scratch record; return 0 or -1. */
static int
parse(struct paths *p, const struct span v[], char err[static 256])
{
	if (p->scratch == NULL) {
		p->scratch = mem_alloc(sizeof *p->scratch);
		rec_clear(&rec_hop, p->scratch);
	}
	for (size_t i = 0; i < rec_hop.nfields; i++) {
		/* A column that this file has not, the one before may have. */
		struct span s = v[i].s == NULL ? (struct span){ "-", 1 } :
		    v[i];

		if (rec_parse_field(&rec_hop.fields[i], p->scratch, s.s,
		    s.n) == -1) {
			snprintf(err, 256, "bad %s: %.*s",
			    rec_hop.fields[i].name,
			    (int)(s.n > 80 ? 80 : s.n), s.s);
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

static bool
within(rec_num n, rec_num min, rec_num max)
{
	return n >= min && n <= max;
}

/* Numbers that no probe has are as good as none. */
static int32_t
number(rec_num n)
{
	return within(n, 0, INT32_MAX) ? (int32_t)n : -1;
}

/* The destination answers with these, whatever its address. */
static bool
is_answer(const char *kind)
{
	return strcmp(kind, "echo") == 0 || strcmp(kind, "dns") == 0 ||
	    strcmp(kind, "rst") == 0 || strcmp(kind, "synack") == 0;
}

int
paths_add(struct paths *p, const struct span v[], char err[static 256])
{
	const struct hop *h;
	struct pathrow r = paths_norow;

	if (parse(p, v, err) == -1)
		return -1;
	h = p->scratch;
	if (!within(h->ttl, 1, PATHS_MAXTTL) ||
	    !within(h->flow, 0, PATHS_MAXFLOW) || !within(h->attempt, 0, 254)) {
		snprintf(err, 256, "no such probe: ttl %lld flow %lld attempt "
		    "%lld", (long long)h->ttl, (long long)h->flow,
		    (long long)h->attempt);
		errno = EINVAL;
		return -1;
	}
	r.from = h->from;
	r.src = h->src;
	r.sent = h->sent_time;
	r.reply = h->reply_time;
	r.rtt = h->rtt_ms;
	r.rtt_err = h->rtt_err_ms;
#define WORD(f)		r.f = paths_word(p, h->f.s, h->f.n)
#define TEXT(f)		r.f = paths_keep(p, h->f.s, h->f.n)
#define NUMBER(f)	r.f = number(h->f)
	WORD(tx); WORD(rx); WORD(probe); WORD(verdict); WORD(kind);
	WORD(auth); WORD(icmp); WORD(qclass); WORD(options);
	TEXT(sites); TEXT(mpls); TEXT(mods); TEXT(txt);
	NUMBER(replies); NUMBER(rttl); NUMBER(rtos); NUMBER(qttl);
	NUMBER(qtos); NUMBER(qlen); NUMBER(round); NUMBER(sport);
	NUMBER(dport); NUMBER(tos); NUMBER(size);
	r.ttl = (uint8_t)h->ttl;
	r.flow = (uint16_t)h->flow;
	r.attempt = (uint8_t)h->attempt;
	r.answered = h->from.v != 0;
	r.reached = r.answered && (is_answer(h->kind.s) ||
	    addr_cmp(&h->from, &p->dst) == 0);
	if (paths_addrow(p, &r) == -1) {
		snprintf(err, 256, "more than %d rows of one target",
		    PATHS_MAXROWS);
		return -1;
	}
	return 0;
}

/* By the names, so that the order of files does not matter. */
static int
cmp_words(const struct paths *p, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(paths_name(p, a), paths_name(p, b));
}

static int
cmp_sets(const struct paths *p, const struct pathrow *a,
    const struct pathrow *b)
{
	int c = cmp_words(p, a->tx, b->tx);

	if (c == 0)
		c = addr_cmp(&a->src, &b->src);
	return c != 0 ? c : cmp_words(p, a->probe, b->probe);
}

static int
cmp_rows(const void *x, const void *y, void *arg)
{
	const struct pathrow *a = x, *b = y;
	int c = cmp_sets(arg, a, b);

	if (c != 0)
		return c;
	if (a->flow != b->flow)
		return a->flow < b->flow ? -1 : 1;
	if (a->ttl != b->ttl)
		return a->ttl < b->ttl ? -1 : 1;
	return (a->attempt > b->attempt) - (a->attempt < b->attempt);
}

/* Of rows that are one probe, one that was answered, and the first so. */
static int
cmp_doubles(const void *x, const void *y, void *arg)
{
	const struct pathrow *a = x, *b = y;
	int c = cmp_rows(x, y, arg);

	if (c != 0)
		return c;
	if (a->answered != b->answered)
		return a->answered ? -1 : 1;
	c = addr_cmp(&a->from, &b->from);
	if (c != 0)
		return c;
	return (a->sent > b->sent) - (a->sent < b->sent);
}

static void
sort_rows(struct paths *p)
{
	size_t n = 0;

	if (p->nrows > 0)
		qsort_r(p->row, p->nrows, sizeof *p->row, cmp_doubles, p);
	for (size_t i = 0; i < p->nrows; i++)
		if (n == 0 || cmp_rows(&p->row[n - 1], &p->row[i], p) != 0)
			p->row[n++] = p->row[i];
	p->doubled = p->nrows - n;
	p->nrows = n;
}

/* What the rows of one cell say. */
static void
fill_cell(const struct paths *p, struct pathcell *c)
{
	for (uint32_t i = c->row; i < c->row + c->n; i++) {
		const struct pathrow *r = &p->row[i];

		c->next = (uint8_t)(r->attempt + 1);
		if (!r->answered)
			continue;
		if (c->answered == 0)
			c->addr = r->from;
		else if (addr_cmp(&c->addr, &r->from) != 0)
			c->several = true;
		if (c->answered < UINT8_MAX)
			c->answered++;
		if (r->reached)
			c->reached = true;
		else if (strcmp(paths_name(p, r->kind), "unreach") == 0)
			c->refused = true;
	}
}

/*
 * The first ttl at which an address came again two or more ttls later; of a
 * path that changes from packet to packet it would say nothing, and of a
 * router that refuses packets of any ttl neither.
 */
static uint8_t
find_loop(const struct pathcell *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (c[i].answered == 0 || c[i].several || c[i].refused)
			continue;
		for (uint32_t k = 0; k < i && c[k].ttl + 2 <= c[i].ttl; k++)
			if (!c[k].several &&
			    addr_cmp(&c[k].addr, &c[i].addr) == 0 &&
			    c[k].answered > 0)
				return c[i].ttl;
	}
	return 0;
}

static void
fill_trace(const struct paths *p, struct pathtrace *t)
{
	const struct pathcell *c = &p->cell[t->cell];

	for (uint32_t i = t->n; i-- > 0;) {
		if (c[i].reached)
			t->reached = c[i].ttl;
		if (c[i].refused && !c[i].reached)
			t->refused = c[i].ttl;
	}
	t->loop = find_loop(c, t->n);
	t->end = c[t->n - 1].ttl;
	if (t->reached != 0) {
		t->end = t->reached;
		t->why = PATH_REACHED;
	} else if (t->refused != 0 && (t->loop == 0 || t->refused < t->loop)) {
		t->end = t->refused;
		t->why = PATH_REFUSED;
	} else if (t->loop != 0) {
		t->end = t->loop;
		t->why = PATH_LOOP;
	}
	for (uint32_t i = 0; i < t->n && c[i].ttl <= t->end; i++)
		if (c[i].answered > 0)
			t->answered = c[i].ttl;
}

static void
add_cell(struct paths *p, uint32_t row, uint32_t n)
{
	struct pathcell *c;

	ROOM(p->cell, p->ncells, p->capcells);
	c = &p->cell[p->ncells++];
	*c = (struct pathcell){ .row = row, .n = n, .flow = p->row[row].flow,
	    .ttl = p->row[row].ttl };
	fill_cell(p, c);
}

/* Rows to cells, cells to traces, traces to sets. */
void
paths_end(struct paths *p)
{
	bool set, trace, cell;

	sort_rows(p);
	for (uint32_t i = 0, from = 0; i < p->nrows; i++) {
		const struct pathrow *r = &p->row[i];

		set = i == 0 || cmp_sets(p, r - 1, r) != 0;
		trace = set || r[-1].flow != r->flow;
		cell = i + 1 == p->nrows || cmp_sets(p, r, r + 1) != 0 ||
		    r[1].flow != r->flow || r[1].ttl != r->ttl;
		if (set) {
			ROOM(p->set, p->nsets, p->capsets);
			p->set[p->nsets++] = (struct pathset){
			    .trace = (uint32_t)p->ntraces, .tx = r->tx,
			    .probe = r->probe, .src = r->src, .row = i };
		}
		if (trace) {
			ROOM(p->trace, p->ntraces, p->captraces);
			p->trace[p->ntraces++] = (struct pathtrace){
			    .cell = (uint32_t)p->ncells, .flow = r->flow };
			p->set[p->nsets - 1].n++;
		}
		p->set[p->nsets - 1].nrows++;
		if (!cell)
			continue;
		add_cell(p, from, i + 1 - from);
		p->trace[p->ntraces - 1].n++;
		from = i + 1;
	}
	for (size_t i = 0; i < p->ntraces; i++)
		fill_trace(p, &p->trace[i]);
}

void
paths_free(struct paths *p)
{
	free(p->row);
	free(p->cell);
	free(p->trace);
	free(p->set);
	free(p->text);
	free(p->scratch);
	intern_free(&p->names);
	*p = (struct paths){ 0 };
}

const struct pathtrace *
paths_trace(const struct paths *p, const struct pathset *s, unsigned flow)
{
	const struct pathtrace *t = p->trace + s->trace;
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t[mid].flow < flow)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && t[lo].flow == flow ? &t[lo] : NULL;
}

const struct pathcell *
paths_cell(const struct paths *p, const struct pathtrace *t, unsigned ttl)
{
	const struct pathcell *c = p->cell + t->cell;

	for (uint32_t i = 0; i < t->n && c[i].ttl <= ttl; i++)
		if (c[i].ttl == ttl)
			return &c[i];
	return NULL;
}
