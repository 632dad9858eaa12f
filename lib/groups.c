#include "groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { CHUNK = 4000 };		/* of a text column, at most 4095 */

uint64_t
group_block(const struct addr *a, uint8_t len4, uint8_t len6)
{
	uint64_t u = 0;

	if (a->v != 6)
		return UINT64_MAX << 32 | (len4 == 0 ? 0 :
		    addr_u32(a) & UINT32_MAX << (32 - len4));
	for (int i = 0; i < 8; i++)
		u = u << 8 | a->b[i];
	return len6 == 0 ? 0 : len6 >= 64 ? u : u & UINT64_MAX << (64 - len6);
}

int
block_parse(const char *s, uint64_t max6, uint8_t *len4, uint8_t *len6)
{
	size_t n = strcspn(s, ",");
	uint64_t u;

	if (num_parse(&u, s, n, 32) == -1)
		return -1;
	*len4 = (uint8_t)u;
	if (s[n] == '\0')
		return 0;
	if (num_parse(&u, s + n + 1, strlen(s + n + 1), max6) == -1)
		return -1;
	*len6 = (uint8_t)u;
	return 0;
}

void
tally_add(struct tally *t, uint64_t block, uint64_t load)
{
	if (t->n > 0 && t->last == block)
		return;
	if (t->n++ == 0) {
		t->first = block;
		t->first_load = load;
	}
	t->load += load;
	t->last = block;
}

void
tally_merge(struct tally *t, const struct tally *next)
{
	if (next->n == 0)
		return;
	if (t->n == 0) {
		*t = *next;
		return;
	}
	t->n += next->n;
	t->load += next->load;
	if (t->last == next->first) {
		t->n--;
		t->load -= next->first_load;
	}
	t->last = next->last;
}

struct group *
groups_get(struct groups *t, const char *key, size_t n)
{
	size_t had = t->key.n;
	uint32_t id = intern_add(&t->key, key, n);

	if (t->key.n > had) {
		if (had == t->cap) {
			t->cap = t->cap == 0 ? 16 : t->cap * 2;
			t->g = mem_grow(t->g, t->cap, sizeof *t->g);
		}
		memset(&t->g[id], 0, sizeof *t->g);
	}
	return &t->g[id];
}

void
groups_site(struct groups *t, struct group *g, const char *s, size_t n)
{
	uint16_t id = (uint16_t)intern_add(&t->site, s, n);
	size_t i = 0;

	while (i < g->nsites && g->site[i] < id)
		i++;
	if (i < g->nsites && g->site[i] == id)
		return;
	g->site = mem_grow(g->site, g->nsites + 1, sizeof *g->site);
	memmove(g->site + i + 1, g->site + i,
	    (g->nsites++ - i) * sizeof *g->site);
	g->site[i] = id;
}

void
groups_free(struct groups *t)
{
	for (size_t i = 0; i < t->key.n; i++) {
		sketch_free(&t->g[i].rtt);
		free(t->g[i].site);
	}
	free(t->g);
	intern_free(&t->key);
	intern_free(&t->site);
}

/* ---- partial records ---- */

/*
 * The key's columns are separated by tabs here and by commas there; commas
 * and percent signs of their own are escaped, and so is a lone '-', which
 * would be a missing value.
 */
static int
escape(rec_text *out, const struct interned *key)
{
	char *p = out->s, *end = out->s + sizeof out->s - 4;

	for (size_t i = 0; i < key->n && p < end; i++) {
		char c = key->s[i];

		if (c == ',' || c == '%' || (c == '-' && key->n == 1))
			p += sprintf(p, "%%%02X", (unsigned)c);
		else
			*p++ = c == '\t' ? ',' : c;
	}
	*p = '\0';
	out->n = (uint16_t)(p - out->s);
	return p < end ? 0 : -1;
}

/* Return the length, or -1: an escape that escape does not write. */
static long
unescape(const rec_text *in, char *out)
{
	char *p = out;

	for (size_t i = 0; i < in->n; i++) {
		uint64_t c;

		if (in->s[i] != '%') {
			*p++ = in->s[i] == ',' ? '\t' : in->s[i];
			continue;
		}
		if (in->n - i < 3 ||
		    num_parse_hex(&c, in->s + i + 1, 2, 255) == -1 ||
		    (c != ',' && c != '%' && c != '-'))
			return -1;
		*p++ = (char)c;
		i += 2;
	}
	return p - out;
}

static struct addr
block_addr(uint64_t block)
{
	struct addr a = { .v = 6 };

	if (block >> 32 == UINT32_MAX)
		return addr_from_u32((uint32_t)block);
	for (int i = 0; i < 8; i++)
		a.b[i] = (uint8_t)(block >> (56 - 8 * i));
	return a;
}

/* Set one tally's five columns. */
#define SET_TALLY(p, t, blocks_, load_, first_, last_, first_load_) do {	\
	(p)->blocks_ = (rec_num)(t)->n;					\
	(p)->load_ = (rec_num)(t)->load;				\
	(p)->first_ = (p)->last_ = (struct addr){ 0 };			\
	if ((t)->n > 0) {						\
		(p)->first_ = block_addr((t)->first);			\
		(p)->last_ = block_addr((t)->last);			\
	}								\
	(p)->first_load_ = (rec_num)(t)->first_load;			\
} while (0)

static int
write_group(const struct groups *t, size_t i, struct partial *p,
    struct recout *out)
{
	const struct group *g = &t->g[i];
	size_t from = 0, site = 0;

	p->probes = (rec_num)g->probes;
	SET_TALLY(p, &g->all, blocks, load, first, last, first_load);
	SET_TALLY(p, &g->ok, ok_blocks, ok_load, ok_first, ok_last,
	    ok_first_load);
	do {
		p->rtt.n = (uint16_t)sketch_format(&g->rtt, &from, p->rtt.s,
		    CHUNK);
		p->sites.n = 0;
		for (; site < g->nsites; site++) {
			const struct interned *s = &t->site.v[g->site[site]];

			if (p->sites.n + s->n + 1 > CHUNK)
				break;
			if (p->sites.n > 0)
				p->sites.s[p->sites.n++] = ',';
			memcpy(p->sites.s + p->sites.n, s->s, s->n);
			p->sites.n = (uint16_t)(p->sites.n + s->n);
		}
		if (recout_write(out, p) == -1)
			return -1;
		p->probes = p->blocks = p->ok_blocks = 0;
	} while (from < g->rtt.n || site < g->nsites);
	return 0;
}

int
groups_write(const struct groups *t, const char *kind, struct recout *out)
{
	struct partial *p = mem_alloc(sizeof *p);
	int r = 0;

	rec_clear(&rec_partial, p);
	word_str(&p->kind, kind);
	for (size_t i = 0; i < t->key.n && r == 0; i++) {
		r = escape(&p->key, &t->key.v[i]);
		if (r == 0)
			r = write_group(t, i, p, out);
	}
	free(p);
	return r;
}

/* A tally from a file: no number is negative, and a block needs its ends. */
static int
read_tally(struct tally *t, rec_num n, rec_num load, const struct addr *first,
    const struct addr *last, rec_num first_load)
{
	struct tally next = { (uint64_t)n, (uint64_t)load,
	    group_block(first, 32, 64), group_block(last, 32, 64),
	    (uint64_t)first_load };

	if (n < 0)
		return -1;
	if (n == 0)
		return 0;
	if (first->v == 0 || last->v == 0 || first_load < 0 ||
	    load < first_load)
		return -1;
	tally_merge(t, &next);
	return 0;
}

int
groups_read(struct groups *t, const struct partial *p)
{
	char key[sizeof p->key.s];
	const char *s = p->sites.s, *end = s + p->sites.n;
	long len = unescape(&p->key, key);
	struct group *g;

	if (len == -1)
		return -1;
	g = groups_get(t, key, (size_t)len);
	if (p->probes < 0 || read_tally(&g->all, p->blocks, p->load, &p->first,
	    &p->last, p->first_load) == -1 || read_tally(&g->ok, p->ok_blocks,
	    p->ok_load, &p->ok_first, &p->ok_last, p->ok_first_load) == -1 ||
	    sketch_parse(&g->rtt, p->rtt.s, p->rtt.n) == -1)
		return -1;
	g->probes += (uint64_t)p->probes;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma == NULL ? end : comma) - s);

		groups_site(t, g, s, n);
		s += n + 1;
	}
	return 0;
}
