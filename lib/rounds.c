#include "rounds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"
#include "mem.h"

static uint32_t
state(struct rounds *t, const struct round *r)
{
	struct span v = r->v[at_result_verdict], rx = r->v[at_result_rx];

	if (v.n == 2 && memcmp(v.s, "ok", 2) == 0)
		return STATE_SITE + intern_add(&t->site, rx.s, rx.n);
	return v.n == 5 && memcmp(v.s, "multi", 5) == 0 ? STATE_MULTI :
	    STATE_SILENT;
}

/* Read the next good row; over at the end. */
static void
read_row(struct rounds *t, struct round *r)
{
	int k;

	while ((k = recin_split(&r->in, r->v)) != 0 && k != -2) {
		struct span hex = r->v[at_result_hex];

		if (k != 1)
			continue;
		if (addr_parse_hex(&r->next, hex.s, hex.n) == 0) {
			r->next = addr_block(&r->next, r->next.v == 6 ?
			    t->len6 : t->len4).addr;
			r->next_state = state(t, r);
			return;
		}
		recin_refuse(&r->in);
	}
	r->over = true;
}

int
rounds_open(struct rounds *t, size_t n, char *const operands[],
    const char *header, uint8_t len4, uint8_t len6, char err[static 512])
{
	static const char *const want[] = { "hex", "verdict", "rx", NULL };

	*t = (struct rounds){ .n = n, .len4 = len4, .len6 = len6 };
	t->r = mem_array(n, sizeof *t->r);
	for (size_t i = 0; i < n; i++) {
		struct round *r = &t->r[i];
		int fd;

		r->label = label_of(operands[i], &r->path);
		fd = strcmp(r->path, "-") == 0 ? 0 :
		    open(r->path, O_RDONLY | O_CLOEXEC);
		if (fd == -1) {
			snprintf(err, 512, "%s: %s", r->path, strerror(errno));
			return -1;
		}
		if (recin_open(&r->in, &rec_result, fd, r->path, header,
		    want) == -1) {
			snprintf(err, 512, "%s: %s", r->path, r->in.err);
			return -1;
		}
		read_row(t, r);
	}
	return 0;
}

/* What two rows of one target say together. */
static uint32_t
both(uint32_t a, uint32_t b)
{
	if (a == STATE_ABSENT || a == STATE_SILENT)
		return b;
	return b == STATE_SILENT || a == b ? a : STATE_MULTI;
}

int
rounds_next(struct rounds *t, char err[static 512])
{
	const struct addr *low = NULL;

	for (size_t i = 0; i < t->n; i++)
		if (!t->r[i].over &&
		    (low == NULL || addr_cmp(&t->r[i].next, low) < 0))
			low = &t->r[i].next;
	if (low == NULL)
		return 0;
	t->dst = *low;
	for (size_t i = 0; i < t->n; i++) {
		struct round *r = &t->r[i];

		r->state = STATE_ABSENT;
		while (!r->over && addr_cmp(&r->next, &t->dst) == 0) {
			r->state = both(r->state, r->next_state);
			read_row(t, r);
		}
		if (!r->over && addr_cmp(&r->next, &t->dst) < 0) {
			snprintf(err, 512, "%s:%lu: not sorted by hex", r->path,
			    r->in.lineno);
			return -1;
		}
	}
	return 1;
}

enum change
rounds_change(uint32_t from, uint32_t to)
{
	if (from == STATE_ABSENT || to == STATE_ABSENT)
		return from == to ? CHANGE_NONE : from == STATE_ABSENT ?
		    CHANGE_ADDED : CHANGE_REMOVED;
	if (from == STATE_MULTI || to == STATE_MULTI)
		return CHANGE_MULTI;
	if (from == STATE_SILENT || to == STATE_SILENT)
		return from == to ? CHANGE_SILENT : from == STATE_SILENT ?
		    CHANGE_FROM_SILENT : CHANGE_TO_SILENT;
	return from == to ? CHANGE_STABLE : CHANGE_FLIPPED;
}

const char *
rounds_state(const struct rounds *t, uint32_t s)
{
	return s == STATE_ABSENT ? "absent" : s == STATE_SILENT ? "none" :
	    s == STATE_MULTI ? "multi" : intern_string(&t->site, s - STATE_SITE);
}

void
rounds_free(struct rounds *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->r[i].label);
		meta_free(&t->r[i].in.meta);
	}
	free(t->r);
	intern_free(&t->site);
}
