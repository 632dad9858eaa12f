/*
 * Names of addresses from the system's resolver, which has no way to say
 * how long it may take.  So threads ask, and what they have not found when
 * the time is over is theirs to throw away.
 */

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "mem.h"
#include "names.h"

enum { THREADS = 16 };

struct job {
	pthread_mutex_t	 lock;
	pthread_cond_t	 done;
	struct addr	*addr;
	char		**name;
	bool		*answered;
	size_t		 n, next, nanswered;
	unsigned	 holders;	/* threads, and who waits */
	bool		 over;		/* nobody waits any more */
};

static char *
ask(const struct addr *a)
{
	union { struct sockaddr sa; struct sockaddr_in in4;
	    struct sockaddr_in6 in6; } u;
	char host[NI_MAXHOST];
	socklen_t len;

	memset(&u, 0, sizeof u);
	if (a->v == 4) {
		u.in4.sin_family = AF_INET;
		memcpy(&u.in4.sin_addr, a->b, 4);
		len = sizeof u.in4;
	} else {
		u.in6.sin6_family = AF_INET6;
		memcpy(&u.in6.sin6_addr, a->b, 16);
		len = sizeof u.in6;
	}
	if (getnameinfo(&u.sa, len, host, sizeof host, NULL, 0,
	    NI_NAMEREQD) != 0)
		return NULL;
	/* Whoever holds the zone chose these bytes; a terminal obeys some. */
	for (char *p = host; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 127)
			*p = '?';
	return mem_string(host);
}

/* Called with the lock, which is released. */
static void
let_go(struct job *j)
{
	bool last = --j->holders == 0;

	pthread_mutex_unlock(&j->lock);
	if (!last)
		return;
	for (size_t i = 0; i < j->n; i++)
		free(j->name[i]);
	free(j->addr);
	free(j->name);
	free(j->answered);
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->done);
	free(j);
}

static void *
work(void *arg)
{
	struct job *j = arg;

	pthread_mutex_lock(&j->lock);
	while (!j->over && j->next < j->n) {
		size_t i = j->next++;
		char *name;

		pthread_mutex_unlock(&j->lock);
		name = ask(&j->addr[i]);
		pthread_mutex_lock(&j->lock);
		j->name[i] = name;
		j->answered[i] = true;
		if (++j->nanswered == j->n)
			pthread_cond_signal(&j->done);
	}
	let_go(j);
	return NULL;
}

static struct job *
begin(const struct addr *a, size_t n)
{
	struct job *j = mem_alloc(sizeof *j);
	pthread_condattr_t attr;

	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->done, &attr);
	pthread_condattr_destroy(&attr);
	j->n = n;
	j->holders = 1;
	j->addr = mem_array(n, sizeof *a);
	memcpy(j->addr, a, n * sizeof *a);
	j->name = mem_array(n, sizeof *j->name);
	j->answered = mem_array(n, sizeof *j->answered);
	return j;
}

void
names_resolve(struct names *t, const struct addr *a, size_t n,
    int64_t limit_ns)
{
	struct job *j;
	struct timespec at;
	pthread_attr_t attr;
	pthread_t id;

	if (n == 0)
		return;
	j = begin(a, n);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += limit_ns / 1000000000;
	at.tv_nsec += limit_ns % 1000000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&j->lock);
	for (unsigned i = 0; i < THREADS && i < n; i++)
		if (pthread_create(&id, &attr, work, j) == 0)
			j->holders++;
	pthread_attr_destroy(&attr);
	while (j->holders > 1 && j->nanswered < n)
		if (pthread_cond_timedwait(&j->done, &j->lock, &at) ==
		    ETIMEDOUT)
			break;
	j->over = true;
	for (size_t i = 0; i < n; i++) {
		t->late += !j->answered[i];
		names_set(t, &a[i], j->name[i]);
	}
	let_go(j);
}
