#include "sentset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "rec.h"
#include "u128.h"

/* Sorted by address and origin, so those of an address stand together. */
struct sent4 {
	uint32_t	a;
	uint32_t	origin;
};

struct sent6 {
	struct u128	a;
	uint32_t	origin;
};

int
sentset_origin(struct sentset *s, const struct addr *src, const char *probe,
    size_t n)
{
	struct intern *t = &s->origin[src->v == 6];
	char key[16 + 256];
	uint32_t id;

	if (n > 256)
		n = 256;
	memcpy(key, src->b, 16);
	memcpy(key + 16, probe, n);
	id = intern_find(t, key, 16 + n);
	if (id == INTERN_NONE && t->n >= SENTSET_ORIGINS)
		return -1;
	return (int)intern_add(t, key, 16 + n);
}

void
sentset_add(struct sentset *s, const struct addr *dst, int origin)
{
	if (dst->v == 4) {
		if (s->n4 == s->cap4) {
			s->cap4 = s->cap4 * 2 + 1024;
			s->v4 = mem_grow(s->v4, s->cap4, sizeof(*s->v4));
		}
		s->v4[s->n4++] = (struct sent4){ addr_u32(dst),
		    (uint32_t)origin };
		return;
	}
	if (s->n6 == s->cap6) {
		s->cap6 = s->cap6 * 2 + 1024;
		s->v6 = mem_grow(s->v6, s->cap6, sizeof(*s->v6));
	}
	s->v6[s->n6++] = (struct sent6){ u128_from_addr(dst),
	    (uint32_t)origin };
}

/* Do probes from there of that type concern us? */
static bool
heeds(const struct sentheed *h, const struct addr *src, const char *probe,
    size_t n)
{
	if (h->src.v != 0 && addr_cmp(src, &h->src) != 0)
		return false;
	return h->probe == NULL || (strlen(h->probe) == n &&
	    memcmp(h->probe, probe, n) == 0);
}

static bool
heeds_node(const struct sentheed *h, const rec_word *node)
{
	return h->node == NULL || (strcspn(h->node, ":") == node->n &&
	    memcmp(node->s, h->node, node->n) == 0);
}

static int
add_record(struct sentset *s, const struct sentheed *h, const struct sent *r)
{
	int origin;

	if (r->src.v != r->dst.v || !heeds_node(h, &r->node) ||
	    !heeds(h, &r->src, r->probe.s, r->probe.n))
		return 0;
	origin = sentset_origin(s, &r->src, r->probe.s, r->probe.n);
	if (origin == -1)
		return -1;
	sentset_add(s, &r->dst, origin);
	return 0;
}

/* "origin.0: src=... probe=...": one that nothing may be sent from yet. */
static int
add_origins(struct sentset *s, const struct sentheed *h, const struct meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const char *src = strstr(m->line[i].value, "src=");
		const char *probe = strstr(m->line[i].value, "probe=");
		struct addr a;
		size_t n;

		if (strncmp(m->line[i].key, "origin", 6) != 0 ||
		    src == NULL || probe == NULL || addr_parse(&a, src + 4,
		    strcspn(src + 4, " ")) == -1)
			continue;
		n = strcspn(probe + 6, " ");
		if (heeds(h, &a, probe + 6, n) &&
		    sentset_origin(s, &a, probe + 6, n) == -1)
			return -1;
	}
	return 0;
}

static int
load(struct sentset *s, const struct sentheed *h, struct recin *in,
    uint64_t *bad, char err[static 256])
{
	struct sent r;
	int got;

	rec_clear(&rec_sent, &r);
	while ((got = recin_read(in, &r)) == 1 || got == -1) {
		if (got == -1 && (*bad)++ == 0)
			snprintf(err, 256, "%s:%lu: %.200s", in->path,
			    in->lineno, in->err);
		if (got == 1 && add_record(s, h, &r) == -1)
			return -1;
	}
	return add_origins(s, h, &in->meta);
}

int
sentset_load(struct sentset *s, const char *path, const struct sentheed *h,
    uint64_t *bad, char err[static 256])
{
	static const char *const want[] = { "node", "probe", "src", "dst",
	    NULL };
	struct recin in;
	int fd, rc;

	*bad = 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		snprintf(err, 256, "%s: %s", path, strerror(errno));
		return -1;
	}
	if ((rc = recin_open(&in, &rec_sent, fd, path, NULL, want)) == -1) {
		/* A sender may be killed before its first line is written. */
		if (in.lineno == 0)
			rc = 1;
		snprintf(err, 256, "%s: %.200s", path, in.err);
	} else if ((rc = load(s, h, &in, bad, err)) == -1)
		snprintf(err, 256, "%s: more than %d origins", path,
		    SENTSET_ORIGINS);
	if (recin_close(&in) == -1 && rc == 0) {
		snprintf(err, 256, "%s: %.200s", path, in.err);
		rc = 1;
	}
	meta_free(&in.meta);
	return rc == 0 && *bad > 0 ? 1 : rc;
}

static int
cmp4(const void *va, const void *vb)
{
	const struct sent4 *a = va, *b = vb;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->origin < b->origin ? -1 : a->origin > b->origin;
}

static int
cmp6(const void *va, const void *vb)
{
	const struct sent6 *a = va, *b = vb;
	int c = u128_cmp(a->a, b->a);

	if (c != 0)
		return c;
	return a->origin < b->origin ? -1 : a->origin > b->origin;
}

/* Sort and drop doubles; return how many are left. */
static size_t
sort(void *p, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	char *v = p;
	size_t to = 0;

	if (n == 0)
		return 0;
	qsort(v, n, size, cmp);
	for (size_t i = 1; i < n; i++)
		if (cmp(v + to * size, v + i * size) != 0 && ++to != i)
			memcpy(v + to * size, v + i * size, size);
	return to + 1;
}

void
sentset_ready(struct sentset *s)
{
	s->n4 = sort(s->v4, s->n4, sizeof(*s->v4), cmp4);
	s->n6 = sort(s->v6, s->n6, sizeof(*s->v6), cmp6);
}

/* How many origins stand behind this address? */
static size_t
count4(const struct sentset *s, uint32_t a)
{
	size_t lo = 0, hi = s->n4, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v4[mid].a < a)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < s->n4 && s->v4[lo + n].a == a)
		n++;
	return n;
}

static size_t
count6(const struct sentset *s, struct u128 a)
{
	size_t lo = 0, hi = s->n6, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u128_cmp(s->v6[mid].a, a) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < s->n6 && u128_cmp(s->v6[lo + n].a, a) == 0)
		n++;
	return n;
}

bool
sentset_done(const struct sentset *s, const struct addr *dst)
{
	size_t origins = s->origin[dst->v == 6].n;

	if (origins == 0)
		return false;
	return (dst->v == 4 ? count4(s, addr_u32(dst)) :
	    count6(s, u128_from_addr(dst))) == origins;
}

void
sentset_free(struct sentset *s)
{
	intern_free(&s->origin[0]);
	intern_free(&s->origin[1]);
	free(s->v4);
	free(s->v6);
	memset(s, 0, sizeof(*s));
}
