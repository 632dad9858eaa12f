#include "pathdiff.h"

#include <stdlib.h>
#include <string.h>

#include "label.h"
#include "mem.h"

const char *
pathdiff_name(enum pathchange c)
{
	static const char *const names[] = { "none", "stable", "changed",
	    "lost", "gained", "silent", "added", "removed" };

	return names[c];
}

static bool
at_target(const struct pathtrace *t, unsigned ttl)
{
	return t->reached != 0 && ttl >= t->reached;
}

/* Did any row of the cell get an answer from there? */
static bool
answered_by(const struct paths *p, const struct pathcell *c,
    const struct addr *a)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (p->row[c->row + i].answered &&
		    addr_cmp(&p->row[c->row + i].from, a) == 0)
			return true;
	return false;
}

static bool
compatible(const struct paths *pa, const struct pathtrace *ta,
    const struct paths *pb, const struct pathtrace *tb, unsigned ttl)
{
	const struct pathcell *a = paths_cell(pa, ta, ttl);
	const struct pathcell *b = paths_cell(pb, tb, ttl);
	bool at_a = at_target(ta, ttl), at_b = at_target(tb, ttl);

	if (at_a && at_b)
		return true;
	if (!at_a && (ttl > ta->end || a == NULL || a->addr.v == 0))
		return true;
	if (!at_b && (ttl > tb->end || b == NULL || b->addr.v == 0))
		return true;
	if (at_a || at_b)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (pa->row[a->row + i].answered &&
		    answered_by(pb, b, &pa->row[a->row + i].from))
			return true;
	return false;
}

enum pathchange
pathdiff(const struct paths *pa, const struct pathtrace *ta,
    const struct paths *pb, const struct pathtrace *tb, unsigned *ttl)
{
	unsigned last = ta->end > tb->end ? ta->end : tb->end;

	for (*ttl = 1; *ttl <= last; ++*ttl)
		if (!compatible(pa, ta, pb, tb, *ttl))
			return PATHDIFF_CHANGED;
	*ttl = 0;
	if (ta->answered == 0 || tb->answered == 0)
		return PATHDIFF_SILENT;
	if ((ta->reached != 0) == (tb->reached != 0))
		return PATHDIFF_STABLE;
	*ttl = ta->reached != 0 ? ta->reached : tb->reached;
	return ta->reached != 0 ? PATHDIFF_LOST : PATHDIFF_GAINED;
}

/* Append to the text if all of it fits. */
static void
append(rec_text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->n + n >= sizeof t->s)
		return;
	memcpy(t->s + t->n, s, n + 1);
	t->n = (uint16_t)(t->n + n);
}

/* Every address once, in the order of the rows. */
static void
append_cell(rec_text *t, const struct paths *p, const struct pathcell *c)
{
	char hop[ADDR_STRLEN + 1] = "|";
	bool some = false;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct pathrow *r = &p->row[c->row + i];
		struct pathcell before = *c;

		before.n = i;
		if (!r->answered || answered_by(p, &before, &r->from))
			continue;
		addr_string(&r->from, hop + 1);
		append(t, some ? hop : hop + 1);
		some = true;
	}
	if (!some)
		append(t, "-");
}

void
pathdiff_text(const struct paths *p, const struct pathtrace *t, rec_text *out)
{
	static const struct pathcell silent;

	out->n = 0;
	out->s[0] = '\0';
	for (unsigned ttl = 1; ttl <= t->end; ttl++) {
		const struct pathcell *c = paths_cell(p, t, ttl);

		if (ttl > 1)
			append(out, ",");
		append_cell(out, p, c == NULL ? &silent : c);
	}
}

const struct pathset *
pathdiff_set(const struct paths *of, const struct pathset *s,
    const struct paths *in)
{
	for (size_t i = 0; i < in->nsets; i++) {
		const struct pathset *t = &in->set[i];

		if (addr_cmp(&t->src, &s->src) == 0 &&
		    strcmp(paths_name(in, t->tx), paths_name(of, s->tx)) == 0 &&
		    strcmp(paths_name(in, t->probe),
		    paths_name(of, s->probe)) == 0)
			return t;
	}
	return NULL;
}

uint64_t
pathdiff_missing(const struct paths *a, const struct paths *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < a->nsets; i++) {
		const struct pathset *s = &a->set[i], *t = b == NULL ? NULL :
		    pathdiff_set(a, s, b);

		for (uint32_t k = 0; k < s->n; k++)
			n += t == NULL || paths_trace(b, t,
			    a->trace[s->trace + k].flow) == NULL;
	}
	return n;
}

/* ---- rounds ---- */

int
pathrounds_open(struct pathrounds *t, size_t n, char *const operands[],
    const char *header, char err[static 512])
{
	*t = (struct pathrounds){ .r = mem_array(n, sizeof *t->r), .n = n };
	for (size_t i = 0; i < n; i++) {
		const char *path;

		t->r[i].label = label_of(operands[i], &path);
		t->r[i].path = mem_string(path);
		if (hopfiles_open(&t->r[i].files, 1, &t->r[i].path, header,
		    err) == -1)
			return -1;
		t->r[i].here = true;		/* so that one is read */
	}
	return 0;
}

int
pathrounds_next(struct pathrounds *t, char err[static 512])
{
	const struct addr *low = NULL;

	for (size_t i = 0; i < t->n; i++) {
		struct pathround *r = &t->r[i];
		int k = 1;

		if (r->here && !r->over &&
		    (k = hopfiles_next(&r->files, err)) == -1)
			return -1;
		r->over = r->over || k == 0;
		if (!r->over && (low == NULL ||
		    addr_cmp(&r->files.paths.dst, low) < 0))
			low = &r->files.paths.dst;
	}
	if (low == NULL)
		return 0;
	t->dst = *low;
	for (size_t i = 0; i < t->n; i++)
		t->r[i].here = !t->r[i].over &&
		    addr_cmp(&t->r[i].files.paths.dst, &t->dst) == 0;
	return 1;
}

void
pathrounds_free(struct pathrounds *t)
{
	for (size_t i = 0; i < t->n; i++) {
		hopfiles_free(&t->r[i].files);
		free(t->r[i].label);
		free(t->r[i].path);
	}
	free(t->r);
}
