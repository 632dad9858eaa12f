#ifndef RING_H
#define RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Blocks of lines between a tool's thread and a stream's: one producer, one
 * consumer.  The producer fills the block it has, ring_push takes it and
 * gives the next; the consumer looks at ring_front and gives it back with
 * ring_pop.  gzout.c and gzin.c are its two users.
 */
enum { RING_BLOCKS = 8 };

struct block {
	char		*p;		/* cap bytes and one more, for a NUL */
	size_t		 n, cap;
	unsigned	 nrecs;
	int64_t		 since;		/* when its first line came, clock_mono */
};

/* Blocks [tail, head) are full; the producer fills block[head % BLOCKS]. */
struct ring {
	struct block	 block[RING_BLOCKS];
	unsigned long	 head, tail;
	bool		 done;		/* the producer makes no more */
	bool		 stop;		/* the consumer wants no more */
	pthread_mutex_t	 lock;
	pthread_cond_t	 more, less;	/* head moved, tail moved */
	pthread_t	 thread;
};

void	 ring_init(struct ring *, size_t cap);
void	 ring_free(struct ring *);

/*
 * Start the stream's thread with every signal blocked, so that they go to
 * the tool.  Return 0 or an errno.
 */
int	 ring_thread(struct ring *, void *(*)(void *), void *arg);

/* The producer's block is full; the next empty one, NULL if unwanted. */
struct block *ring_push(struct ring *);
void	 ring_done(struct ring *);		/* no more will come */
void	 ring_stop(struct ring *);		/* no more is wanted */

/* Wait for a full block; NULL when there will be none. */
struct block *ring_front(struct ring *);
void	 ring_pop(struct ring *);
bool	 ring_empty(struct ring *);		/* must the consumer wait? */
void	 ring_drain(struct ring *);		/* producer: wait until all is taken */

#endif
