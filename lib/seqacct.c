#include "seqacct.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void
seqacct_init(struct seqacct *a, unsigned log2_window)
{
	*a = (struct seqacct){ .window = UINT64_C(1) << log2_window };
	a->bits = mem_array(a->window / 64, sizeof(*a->bits));
	a->arrival = mem_array(SEQACCT_RING, sizeof(*a->arrival));
}

void
seqacct_free(struct seqacct *a)
{
	free(a->bits);
	free(a->arrival);
	sketch_free(&a->burst_lens);
	memset(a, 0, sizeof(*a));
}

static bool
has(const struct seqacct *a, uint64_t s)
{
	return a->bits[s % a->window / 64] >> s % 64 & 1;
}

static void
mark(struct seqacct *a, uint64_t s, bool on)
{
	uint64_t *w = &a->bits[s % a->window / 64], bit = UINT64_C(1) << s % 64;

	*w = on ? *w | bit : *w & ~bit;
}

static void
end_run(struct seqacct *a)
{
	if (a->run == 0)
		return;
	a->bursts++;
	if (a->run > a->burst_max)
		a->burst_max = a->run;
	sketch_add(&a->burst_lens,
	    a->run > INT64_MAX ? INT64_MAX : (int64_t)a->run, 1);
	a->run = 0;
}

/* Settle numbers that are in the window, up to its head. */
static void
settle_window(struct seqacct *a, uint64_t upto)
{
	for (; a->settled < upto; a->settled++) {
		if (has(a, a->settled)) {
			end_run(a);
			continue;
		}
		a->run++;
		a->lost++;
	}
}

/* Move the window's head; what falls out of the window is settled. */
static void
advance(struct seqacct *a, uint64_t head)
{
	uint64_t tail = head > a->window ? head - a->window : 0;

	settle_window(a, tail < a->head ? tail : a->head);
	if (a->settled < tail) {	/* numbers the window never held */
		a->run += tail - a->settled;
		a->lost += tail - a->settled;
		a->settled = tail;
	}
	if (head - a->head >= a->window)
		memset(a->bits, 0, a->window / 8);
	else
		for (uint64_t s = a->head; s < head; s++)
			mark(a, s, false);
	a->head = head;
}

/* How many new packets ago came the first one with a higher number? */
static uint64_t
extent(const struct seqacct *a, uint64_t s)
{
	uint64_t i = a->arrivals > SEQACCT_RING ? a->arrivals - SEQACCT_RING : 0;

	while (i < a->arrivals && a->arrival[i % SEQACCT_RING] <= s)
		i++;
	return a->arrivals - i;
}

static void
count_new(struct seqacct *a, uint64_t s)
{
	mark(a, s, true);
	a->rcvd++;
	if (s < a->high) {
		uint64_t e = extent(a, s);

		a->reord++;
		if (e > a->extent_max)
			a->extent_max = e;
	} else
		a->high = s + 1;
	a->arrival[a->arrivals++ % SEQACCT_RING] = s;
}

enum seqkind
seqacct_add(struct seqacct *a, uint32_t seq)
{
	int32_t ahead = (int32_t)(seq - (uint32_t)a->head);
	bool reord;
	uint64_t s;

	if (ahead < 0 && (uint64_t)-(int64_t)ahead > a->head) {
		a->old++;
		return SEQ_OLD;
	}
	s = a->head + (uint64_t)(int64_t)ahead;
	if (s >= a->head)
		advance(a, s + 1);
	if (s + a->window < a->head) {
		a->old++;
		return SEQ_OLD;
	}
	if (has(a, s)) {
		a->dup++;
		return SEQ_DUP;
	}
	reord = s < a->high;
	count_new(a, s);
	if (s < a->settled) {
		a->late++;
		a->lost--;
		return SEQ_LATE;
	}
	return reord ? SEQ_REORD : SEQ_NEW;
}

void
seqacct_settle(struct seqacct *a, uint64_t upto)
{
	if (upto > a->head)
		advance(a, upto);
	settle_window(a, upto);
}

void
seqacct_end(struct seqacct *a, uint64_t sent)
{
	seqacct_settle(a, sent > a->head ? sent : a->head);
	end_run(a);
}
