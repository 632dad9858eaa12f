#ifndef WHEEL_H
#define WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packets waiting for their time, in slots of a tenth of a millisecond. */
#define WHEEL_TICK	INT64_C(100000)

struct ev {
	struct ev	*next;
	int64_t		 due;		/* ns since the Epoch */
	void		*plan;		/* the caller's */
	unsigned	 copies;	/* still to go out */
	int64_t		 gap;		/* between copies */
	int		 site;		/* -1: the target's catchment then */
	int		 role;
	bool		 pad;
	size_t		 len;
	uint8_t		 ip[];
};

struct wheel;

struct wheel *wheel_new(int64_t now);
/* The wheel owns ev from now on. */
void	 wheel_add(struct wheel *, struct ev *);
size_t	 wheel_waiting(const struct wheel *);
/*
 * Take the next one that is due, or NULL; it is the caller's to add again or
 * to free.
 */
struct ev *wheel_take(struct wheel *, int64_t now);
/* Take any, due or not. */
struct ev *wheel_any(struct wheel *);

#endif
