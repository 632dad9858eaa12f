#include "ring.h"

#include <signal.h>
#include <stdlib.h>

#include "mem.h"

void
ring_init(struct ring *r, size_t cap)
{
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, NULL);
	pthread_cond_init(&r->less, NULL);
	for (int i = 0; i < RING_BLOCKS; i++) {
		r->block[i].p = mem_alloc(cap + 1);
		r->block[i].cap = cap;
	}
}

void
ring_free(struct ring *r)
{
	for (int i = 0; i < RING_BLOCKS; i++)
		free(r->block[i].p);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->more);
	pthread_cond_destroy(&r->less);
}

struct block *
ring_push(struct ring *r)
{
	struct block *b;
	bool stop;

	pthread_mutex_lock(&r->lock);
	r->head++;
	pthread_cond_signal(&r->more);
	while (r->head - r->tail >= RING_BLOCKS && !r->stop)
		pthread_cond_wait(&r->less, &r->lock);
	stop = r->stop;
	b = &r->block[r->head % RING_BLOCKS];
	pthread_mutex_unlock(&r->lock);
	if (stop)
		return NULL;
	b->n = 0;
	b->nrecs = 0;
	return b;
}

void
ring_done(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->done = true;
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
}

struct block *
ring_front(struct ring *r)
{
	struct block *b = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->head == r->tail && !r->done)
		pthread_cond_wait(&r->more, &r->lock);
	if (r->head != r->tail)
		b = &r->block[r->tail % RING_BLOCKS];
	pthread_mutex_unlock(&r->lock);
	return b;
}

void
ring_pop(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->tail++;
	pthread_cond_broadcast(&r->less);
	pthread_mutex_unlock(&r->lock);
}

bool
ring_empty(struct ring *r)
{
	bool empty;

	pthread_mutex_lock(&r->lock);
	empty = r->head == r->tail && !r->done;
	pthread_mutex_unlock(&r->lock);
	return empty;
}

void
ring_stop(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->less);
	pthread_mutex_unlock(&r->lock);
}

void
ring_drain(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	while (r->head != r->tail)
		pthread_cond_wait(&r->less, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

int
ring_thread(struct ring *r, void *(*run)(void *), void *arg)
{
	sigset_t all, old;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&r->thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e;
}
