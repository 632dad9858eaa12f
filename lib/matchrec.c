#include "matchrec.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"

void
matchkey_set(uint8_t key[static MATCHKEY_LEN], const struct addr *a)
{
	memcpy(key, a->b, 4);
	key[4] = a->v == 6;
	memcpy(key + 5, a->b + 4, 12);
}

struct addr
matchkey_addr(const uint8_t key[static MATCHKEY_LEN])
{
	struct addr a = { .v = key[4] ? 6 : 4 };

	memcpy(a.b, key, 4);
	memcpy(a.b + 4, key + 5, 12);
	return a;
}

void
matchnames_init(struct matchnames *t)
{
	memset(t, 0, sizeof *t);
	pthread_mutex_init(&t->lock, NULL);
	t->number = mem_array(MATCH_MAXNAMES + 1, sizeof *t->number);
	t->numbered = mem_array(MATCH_MAXNAMES + 1, sizeof *t->numbered);
	for (size_t i = 0; i <= MATCH_MAXNAMES; i++)
		t->number[i] = INTERN_NONE;
}

void
matchnames_free(struct matchnames *t)
{
	pthread_mutex_destroy(&t->lock);
	intern_free(&t->node);
	intern_free(&t->type);
	intern_free(&t->txt);
	intern_free(&t->key);
	intern_free(&t->ext);
	intern_free(&t->options);
	intern_free(&t->how);
	free(t->origin);
	free(t->number);
	free(t->numbered);
}

static long
add(struct matchnames *t, struct intern *in, const char *s, size_t n)
{
	uint32_t id;

	pthread_mutex_lock(&t->lock);
	id = intern_add(in, s, n);
	pthread_mutex_unlock(&t->lock);
	return id < MATCH_MAXNAMES ? (long)id : -1;
}

long
matchnames_node(struct matchnames *t, const char *s, size_t n)
{
	return add(t, &t->node, s, n);
}

uint32_t
matchnames_add(struct matchnames *t, struct intern *in, const void *s,
    size_t n)
{
	uint32_t id;

	pthread_mutex_lock(&t->lock);
	id = intern_add(in, s, n);
	pthread_mutex_unlock(&t->lock);
	return id + 1;
}

long
matchnames_origin(struct matchnames *t, const struct addr *src,
    const char *type, size_t n)
{
	char key[sizeof *src + 256];
	uint32_t id;

	if (n > 255)
		return -1;
	memcpy(key, src, sizeof *src);
	memcpy(key + sizeof *src, type, n);
	pthread_mutex_lock(&t->lock);
	id = intern_add(&t->key, key, sizeof *src + n);
	if (id == t->norigins) {
		t->origin = mem_grow(t->origin, ++t->norigins,
		    sizeof *t->origin);
		t->origin[id].src = *src;
		t->origin[id].type = intern_add(&t->type, type, n);
	}
	pthread_mutex_unlock(&t->lock);
	return id < MATCH_MAXNAMES ? (long)id : -1;
}

int
matchnames_number(struct matchnames *t, const char *value)
{
	const char *colon = strrchr(value, ':');
	uint64_t number;
	long id;

	if (colon == NULL || colon == value || num_parse(&number, colon + 1,
	    strlen(colon + 1), MATCH_MAXNAMES) == -1 || number == 0)
		return -1;
	if ((id = matchnames_node(t, value, (size_t)(colon - value))) == -1)
		return -1;
	if (t->number[number] != INTERN_NONE &&
	    t->number[number] != (uint32_t)id)
		return -2;
	t->number[number] = (uint32_t)id;
	t->numbered[id] = 1;
	return 0;
}

static int
cmp_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
cmp_names(const struct matchnames *t, const struct intern *in, uint32_t a,
    uint32_t b)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&t->lock;
	const char *x, *y;

	if (a == b)
		return 0;
	pthread_mutex_lock(lock);
	x = intern_string(in, a);
	y = intern_string(in, b);
	pthread_mutex_unlock(lock);
	return strcmp(x, y);
}

static int
cmp_origins(const struct matchnames *t, uint16_t a, uint16_t b)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&t->lock;
	struct matchorigin x, y;
	int c;

	if (a == b)
		return 0;
	pthread_mutex_lock(lock);
	x = t->origin[a];
	y = t->origin[b];
	pthread_mutex_unlock(lock);
	c = addr_cmp(&x.src, &y.src);
	return c != 0 ? c : cmp_names(t, &t->type, x.type, y.type);
}

/* Copied under the lock: reading goes on, and may move what is interned. */
static struct matchhow
how(const struct matchnames *t, uint32_t id, char options[static 256])
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&t->lock;
	struct matchhow h = { 0 };

	options[0] = '\0';
	pthread_mutex_lock(lock);
	if (id != 0)
		memcpy(&h, t->how.v[id - 1].s, sizeof h);
	if (h.options != 0)
		memcpy(options, intern_string(&t->options, h.options - 1),
		    t->options.v[h.options - 1].n + 1);
	pthread_mutex_unlock(lock);
	return h;
}

static int
cmp_hows(const struct matchnames *t, uint32_t a, uint32_t b)
{
	char xo[256], yo[256];
	struct matchhow x, y;
	int c;

	if (a == b)
		return 0;
	x = how(t, a, xo);
	y = how(t, b, yo);
	if ((c = x.sport - y.sport) != 0 || (c = x.dport - y.dport) != 0 ||
	    (c = x.size - y.size) != 0 || (c = x.tos - y.tos) != 0 ||
	    (c = x.has - y.has) != 0)
		return c;
	return strcmp(xo, yo);
}

int
matchsent_cmp(const void *x, const void *y, const void *names)
{
	const struct matchsent *a = x, *b = y;
	const struct matchnames *t = names;
	int c;

	if ((c = cmp_origins(t, a->origin, b->origin)) != 0 ||
	    (t->hops && ((c = a->ttl - b->ttl) != 0 ||
	    (c = a->flow - b->flow) != 0)) ||
	    (c = a->attempt - b->attempt) != 0 ||
	    (c = cmp_i64(a->time, b->time)) != 0 ||
	    (c = cmp_names(t, &t->node, a->node, b->node)) != 0 ||
	    (c = a->ttl - b->ttl) != 0 || (c = a->flow - b->flow) != 0 ||
	    (c = a->round - b->round) != 0 ||
	    (c = a->has_round - b->has_round) != 0)
		return c;
	return cmp_hows(t, a->how, b->how);
}

/* Numbers + 1 of strings, 0: none, which comes first. */
static int
cmp_maybe(const struct matchnames *t, const struct intern *in, uint32_t a,
    uint32_t b)
{
	if (a == b)
		return 0;
	return a == 0 ? -1 : b == 0 ? 1 : cmp_names(t, in, a - 1, b - 1);
}

int
matchreply_cmp(const void *x, const void *y, const void *names)
{
	const struct matchreply *a = x, *b = y;
	const struct matchnames *t = names;
	int c;

	if ((c = cmp_i64(a->time, b->time)) != 0 ||
	    (c = cmp_i64(a->tx_time, b->tx_time)) != 0 ||
	    (c = memcmp(a->from, b->from, MATCHKEY_LEN)) != 0 ||
	    (c = cmp_origins(t, a->origin, b->origin)) != 0 ||
	    (c = cmp_names(t, &t->node, a->node, b->node)) != 0 ||
	    (c = a->tx - b->tx) != 0 || (c = a->has - b->has) != 0 ||
	    (c = a->kind - b->kind) != 0 || (c = a->auth - b->auth) != 0 ||
	    (c = a->ttl - b->ttl) != 0 || (c = a->attempt - b->attempt) != 0 ||
	    (c = a->flow - b->flow) != 0 || (c = a->round - b->round) != 0 ||
	    (c = a->rttl - b->rttl) != 0 ||
	    (c = a->icmp_type - b->icmp_type) != 0 ||
	    (c = a->icmp_code - b->icmp_code) != 0)
		return c;
	return cmp_maybe(t, &t->txt, a->txt, b->txt);
}

int
matchhop_cmp(const void *x, const void *y, const void *names)
{
	const struct matchreply *a = x, *b = y;
	const struct matchnames *t = names;
	int c = matchreply_cmp(a, b, t);

	if (c != 0 || (c = a->qlen - b->qlen) != 0 ||
	    (c = a->qttl - b->qttl) != 0 || (c = a->qtos - b->qtos) != 0 ||
	    (c = a->rtos - b->rtos) != 0 || (c = a->qhas - b->qhas) != 0 ||
	    (c = cmp_maybe(t, &t->ext, a->ext, b->ext)) != 0)
		return c;
	return (a->quote > b->quote) - (a->quote < b->quote);
}
