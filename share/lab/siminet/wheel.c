/* wheel - a timer wheel; what is due in a later turn waits in its slot */

#include "wheel.h"

#include <err.h>
#include <stdlib.h>

#define SLOTS	65536

struct wheel {
	int64_t		 turn;		/* ticks since the Epoch, now */
	size_t		 n;
	struct ev	*slot[SLOTS];
};

struct wheel *
wheel_new(int64_t now)
{
	struct wheel *w = calloc(1, sizeof *w);

	if (w == NULL)
		err(2, "wheel");
	w->turn = now / WHEEL_TICK;
	return w;
}

void
wheel_add(struct wheel *w, struct ev *e)
{
	int64_t tick = e->due / WHEEL_TICK;
	struct ev **s;

	if (tick < w->turn)
		tick = w->turn;
	s = &w->slot[tick % SLOTS];
	e->next = *s;
	*s = e;
	w->n++;
}

size_t
wheel_waiting(const struct wheel *w)
{
	return w->n;
}

struct ev *
wheel_take(struct wheel *w, int64_t now)
{
	for (;;) {
		for (struct ev **p = &w->slot[w->turn % SLOTS]; *p != NULL;
		    p = &(*p)->next) {
			struct ev *e = *p;

			if (e->due > now)
				continue;
			*p = e->next;
			w->n--;
			return e;
		}
		if (w->turn >= now / WHEEL_TICK)
			return NULL;
		w->turn++;
	}
}

struct ev *
wheel_any(struct wheel *w)
{
	for (; w->n > 0; w->turn++) {
		struct ev **s = &w->slot[w->turn % SLOTS], *e = *s;

		if (e == NULL)
			continue;
		*s = e->next;
		w->n--;
		return e;
	}
	return NULL;
}
