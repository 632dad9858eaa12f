/* Pings, as ping(8) and fping(8) sum them up, and where replies came in. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "rec.h"
#include "show.h"

/* Round trips in milliseconds. */
struct times {
	uint64_t	 n;
	double		 min, max, sum, sum2, first;
	double		 err;		/* largest bound, 0: exact */
};

struct site {
	const char	*name;
	size_t		 len;
	uint64_t	 n;
	struct times	 times;		/* of those received here alone */
};

/* What came of the pings of one sender. */
struct sum {
	uint64_t	 sent, received, dup, errors, late, alias;
	struct times	 times;
	rec_time	 begin, end;
	const struct pathrow *error, *other;	/* the first of them */
	struct site	*site;
	size_t		 nsites;
};

/* Squares of differences from the first, so that nothing is lost. */
static void
add_time(struct times *t, const struct pathrow *r)
{
	double ms = (double)r->rtt / 1e6, err = (double)r->rtt_err / 1e6;

	if (t->n++ == 0)
		t->min = t->max = t->first = ms;
	t->min = ms < t->min ? ms : t->min;
	t->max = ms > t->max ? ms : t->max;
	t->sum += ms - t->first;
	t->sum2 += (ms - t->first) * (ms - t->first);
	if (r->rtt_err != NUM_NONE && err > t->err)
		t->err = err;
}

static double
average(const struct times *t)
{
	return t->first + t->sum / (double)t->n;
}

static double
deviation(const struct times *t)
{
	double mean = t->sum / (double)t->n;
	double var = t->sum2 / (double)t->n - mean * mean;

	return var > 0 ? sqrt(var) : 0;
}

static struct site *
site_of(struct sum *s, const char *name, size_t n)
{
	for (size_t i = 0; i < s->nsites; i++)
		if (s->site[i].len == n && memcmp(s->site[i].name, name, n) == 0)
			return &s->site[i];
	s->site = mem_grow(s->site, s->nsites + 1, sizeof *s->site);
	s->site[s->nsites] = (struct site){ .name = name, .len = n };
	return &s->site[s->nsites++];
}

static void
count_sites(struct sum *s, const struct paths *p, const struct pathrow *r)
{
	const char *at;
	struct site *site;

	if (r->rx != 0 || r->sites == 0) {
		at = paths_name(p, r->rx);
		site = site_of(s, at, strlen(at));
		site->n++;
		if (r->rtt != NUM_NONE)
			add_time(&site->times, r);
		return;
	}
	for (at = paths_text(p, r->sites); *at != '\0';) {
		size_t n = strcspn(at, ",");

		site_of(s, at, n)->n++;
		at += n;
		at += *at == ',';
	}
}

static void
count(struct sum *s, const struct paths *p, const struct pathrow *r)
{
	rec_time last = r->reply != NUM_NONE && r->reply > r->sent ? r->reply :
	    r->sent;

	s->sent++;
	if (r->sent != NUM_NONE && (s->sent == 1 || r->sent < s->begin))
		s->begin = r->sent;
	if (show_is(p, r->verdict, "late")) {
		s->late++;
		last = r->sent;
	} else if (r->answered && !r->reached) {
		s->error = s->errors++ == 0 ? r : s->error;
	} else if (show_answer(p, r)) {
		s->received++;
		s->dup += r->replies > 1 ? (uint64_t)r->replies - 1 : 0;
		if (addr_cmp(&r->from, &p->dst) != 0)
			s->other = s->alias++ == 0 ? r : s->other;
		if (r->rtt != NUM_NONE)
			add_time(&s->times, r);
		count_sites(s, p, r);
	}
	if (last > s->end)
		s->end = last;
}

static int
cmp_sites(const void *x, const void *y)
{
	const struct site *a = x, *b = y;
	size_t n = a->len < b->len ? a->len : b->len;
	int c;

	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	c = memcmp(a->name, b->name, n);
	return c != 0 ? c : (a->len > b->len) - (a->len < b->len);
}

static void
sum_up(struct sum *s, const struct paths *p, const struct pathset *set,
    struct pings *all)
{
	*s = (struct sum){ 0 };
	for (uint32_t i = 0; i < set->nrows; i++)
		count(s, p, &p->row[set->row + i]);
	if (s->nsites > 1)
		qsort(s->site, s->nsites, sizeof *s->site, cmp_sites);
	all->sent += s->sent;
	all->received += s->received;
}

static double
percent_lost(uint64_t sent, uint64_t received)
{
	return sent == 0 ? 0 :
	    100.0 * (double)(sent - received) / (double)sent;
}

static void
show_times(struct show *v, const struct times *t, uint64_t of)
{
	str_add(&v->out, "rtt min/avg/max/mdev = ");
	if (t->n == 0) {
		str_add(&v->out, "? ms, known of no reply");
		return;
	}
	str_add(&v->out, "%.3f/%.3f/%.3f/%.3f ms", t->min, average(t), t->max,
	    deviation(t));
	if (t->err > 0)
		str_add(&v->out, " %s%.3f", v->ascii ? "+-" : "\xc2\xb1",
		    t->err);
	if (t->n < of)
		str_add(&v->out, ", known of %ju", (uintmax_t)t->n);
}

/* Replies per receiving site, unless all came in where they were sent. */
static void
show_sites(struct show *v, const struct paths *p, const struct pathset *set,
    const struct sum *s)
{
	const char *tx = paths_name(p, set->tx);

	if (!v->sites && (s->nsites == 0 || (s->nsites == 1 &&
	    strlen(tx) == s->site[0].len &&
	    memcmp(tx, s->site[0].name, s->site[0].len) == 0)))
		return;
	for (size_t i = 0; i < s->nsites; i++) {
		const struct site *at = &s->site[i];

		str_add(&v->out, "at %.*s %ju", (int)at->len, at->name,
		    (uintmax_t)at->n);
		if (s->nsites > 1 && at->times.n > 0) {
			str_add(&v->out, ", ");
			show_times(v, &at->times, at->n);
		}
		str_add(&v->out, "\n");
	}
}

/* What ping(8) says line by line, once: the first of the kind. */
static void
show_odd(struct show *v, const struct paths *p, const struct sum *s)
{
	char text[24];

	if (s->alias > 0) {
		str_add(&v->out, "%ju of the replies from another address: ",
		    (uintmax_t)s->alias);
		show_addr(v, &s->other->from);
		str_add(&v->out, "%s\n", s->alias > 1 ? " first" : "");
	}
	if (s->errors > 0) {
		str_add(&v->out, "first error from ");
		show_addr(v, &s->error->from);
		str_add(&v->out, ": %s%s\n", paths_name(p, s->error->kind),
		    show_error(p, s->error, text));
	}
	if (s->late > 0)
		str_add(&v->out, "%ju came too late, not counted as received\n",
		    (uintmax_t)s->late);
}

static void
show_one(struct show *v, const struct paths *p, const struct pathset *set,
    const struct sum *s)
{
	str_add(&v->out, "%s--- ping ", v->ntargets++ > 0 ? "\n" : "");
	show_to(v, p, set);
	str_add(&v->out, " ---\n%ju packets transmitted, %ju received",
	    (uintmax_t)s->sent, (uintmax_t)s->received);
	if (s->dup > 0)
		str_add(&v->out, ", +%ju duplicates", (uintmax_t)s->dup);
	if (s->errors > 0)
		str_add(&v->out, ", +%ju errors", (uintmax_t)s->errors);
	str_add(&v->out, ", %g%% packet loss, time %.0fms\n",
	    percent_lost(s->sent, s->received),
	    (double)(s->end - s->begin) / 1e6);
	if (s->received > 0) {
		show_times(v, &s->times, s->received);
		str_add(&v->out, "\n");
	}
	show_sites(v, p, set, s);
	show_odd(v, p, s);
}

static void
each(struct show *v, const struct paths *p, struct pings *all,
    void (*show)(struct show *, const struct paths *, const struct pathset *,
    const struct sum *))
{
	uint64_t before = all->received;
	struct sum s;

	for (size_t i = 0; i < p->nsets; i++) {
		sum_up(&s, p, &p->set[i], all);
		show(v, p, &p->set[i], &s);
		free(s.site);
	}
	all->targets++;
	all->answered += all->received > before;
}

void
show_ping(struct show *v, const struct paths *p, struct pings *all)
{
	each(v, p, all, show_one);
}

/* fping's: three digits. */
static void
short_ms(struct show *v, double ms)
{
	str_add(&v->out, "%.*f", ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0,
	    ms);
}

static void
show_line(struct show *v, const struct paths *p, const struct pathset *set,
    const struct sum *s)
{
	show_addr(v, &p->dst);
	str_add(&v->out, " from %s : xmt/rcv/%%loss = %ju/%ju/%.0f%%",
	    paths_name(p, set->tx), (uintmax_t)s->sent,
	    (uintmax_t)s->received, floor(percent_lost(s->sent, s->received)));
	if (s->times.n > 0) {
		str_add(&v->out, ", min/avg/max = ");
		short_ms(v, s->times.min);
		str_add(&v->out, "/");
		short_ms(v, average(&s->times));
		str_add(&v->out, "/");
		short_ms(v, s->times.max);
	}
	if (s->dup > 0)
		str_add(&v->out, ", dup = %ju", (uintmax_t)s->dup);
	for (size_t i = 0; i < s->nsites; i++)
		str_add(&v->out, "%s%.*s %ju", i == 0 ? ", at = " : " ",
		    (int)s->site[i].len, s->site[i].name,
		    (uintmax_t)s->site[i].n);
	str_add(&v->out, "\n");
	v->ntargets++;
}

void
show_fping(struct show *v, const struct paths *p, struct pings *all)
{
	each(v, p, all, show_line);
}

void
show_pings(struct show *v, const struct pings *all)
{
	if (v->ntargets < 2)
		return;
	str_add(&v->out, "\n%ju targets, %ju answered, %ju did not\n"
	    "%ju packets transmitted, %ju received, %g%% packet loss\n",
	    (uintmax_t)all->targets, (uintmax_t)all->answered,
	    (uintmax_t)(all->targets - all->answered), (uintmax_t)all->sent,
	    (uintmax_t)all->received, percent_lost(all->sent, all->received));
}
