#include "matchmeta.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* "name=n name=n ...": add each n; what is not of that form is passed over. */
static void
sum(struct counter *c, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, " "), eq = strcspn(s, "=");
		uint64_t u;

		if (eq < n && num_parse(&u, s + eq + 1, n - eq - 1,
		    UINT64_MAX) == 0) {
			size_t had = c->name.n;
			uint32_t id = intern_add(&c->name, s, eq);

			if (c->name.n > had) {
				c->n = mem_grow(c->n, had + 1, sizeof *c->n);
				c->n[id] = 0;
			}
			c->n[id] += u;
		}
		s += n;
		s += strspn(s, " ");
	}
}

/* Numbers of nodes: "name:number", or several with spaces between. */
static int
learn_nodes(struct matchnames *names, const char *s, char err[static 128])
{
	char one[300];

	for (size_t n; *s != '\0'; s += n, s += strspn(s, " ")) {
		if ((n = strcspn(s, " ")) >= sizeof one)
			continue;
		memcpy(one, s, n);
		one[n] = '\0';
		if (matchnames_number(names, one) == -2) {
			snprintf(err, 128, "node %.64s: the number is "
			    "another node's", one);
			return -1;
		}
	}
	return 0;
}

/* The name of the node a segment comes from, "" if it does not say. */
static void
segment_node(const struct meta *m, unsigned segment, char out[static 256])
{
	*out = '\0';
	for (size_t i = 0; i < m->n; i++)
		if (m->line[i].segment == segment &&
		    strcmp(m->line[i].key, "node") == 0)
			snprintf(out, 256, "%.*s", (int)strcspn(
			    m->line[i].value, ":"), m->line[i].value);
}

static int
add_line(struct matchmeta *t, struct counter *c, const struct metaline *l,
    const char *node, struct matchnames *names, char err[static 128])
{
	const char *key = meta_get(&t->all, "key");

	if (strcmp(l->key, "counts") == 0) {
		sum(c, l->value);
		return 0;
	}
	if (strcmp(l->key, "key") == 0 && key != NULL &&
	    strcmp(key, l->value) != 0) {
		snprintf(err, 128, "of another run: key %.32s, not %.32s",
		    l->value, key);
		return -1;
	}
	if (strcmp(l->key, "node") == 0 || strcmp(l->key, "nodes") == 0) {
		if (intern_find(&t->nodes, l->value, strlen(l->value)) ==
		    INTERN_NONE)
			intern_add(&t->nodes, l->value, strlen(l->value));
		return learn_nodes(names, l->value, err);
	}
	meta_set(&t->all, 0, l->key, l->value);
	t->owner = mem_grow(t->owner, t->nlines + 1, sizeof *t->owner);
	t->owner[t->nlines].node = mem_string(node);
	t->owner[t->nlines].key = mem_string(l->key);
	t->owner[t->nlines++].value = mem_string(l->value);
	return 0;
}

int
matchmeta_add(struct matchmeta *t, const struct meta *m,
    const struct rectype *type, struct matchnames *names,
    char err[static 128])
{
	struct counter *c = type == &rec_sent ? &t->sent : &t->reply;
	char node[256];

	for (size_t i = 0; i < m->n; i++) {
		segment_node(m, m->line[i].segment, node);
		if (add_line(t, c, &m->line[i], node, names, err) == -1)
			return -1;
	}
	for (size_t i = 0; i < m->nprov; i++) {
		size_t k = 0;

		while (k < t->all.nprov &&
		    strcmp(t->all.prov[k], m->prov[i]) != 0)
			k++;
		if (k < t->all.nprov)
			continue;
		t->all.prov = mem_grow(t->all.prov, t->all.nprov + 1,
		    sizeof *t->all.prov);
		t->all.prov[t->all.nprov++] = mem_string(m->prov[i]);
	}
	return 0;
}

void
matchmeta_free(struct matchmeta *t)
{
	meta_free(&t->all);
	for (size_t i = 0; i < t->nlines; i++) {
		free(t->owner[i].node);
		free(t->owner[i].key);
		free(t->owner[i].value);
	}
	free(t->owner);
	intern_free(&t->nodes);
	intern_free(&t->sent.name);
	intern_free(&t->reply.name);
	free(t->sent.n);
	free(t->reply.n);
}

static int
write_sum(const struct counter *c, const char *key, struct recout *out)
{
	char *line = mem_string("");
	int r;

	if (c->name.n == 0) {
		free(line);
		return 0;
	}
	for (size_t i = 0; i < c->name.n; i++) {
		char *more = mem_format("%s%s%s=%" PRIu64, line, i > 0 ?
		    " " : "", intern_string(&c->name, (uint32_t)i), c->n[i]);

		free(line);
		line = more;
	}
	r = recout_meta(out, key, "%s", line);
	free(line);
	return r;
}

static bool
same_everywhere(const struct matchmeta *t, const char *key, const char *value)
{
	for (size_t i = 0; i < t->nlines; i++)
		if (strcmp(t->owner[i].key, key) == 0 &&
		    strcmp(t->owner[i].value, value) != 0)
			return false;
	return true;
}

static int
write_nodes(const struct matchmeta *t, struct recout *out)
{
	char *line = mem_string("");
	int r;

	for (size_t i = 0; i < t->nodes.n; i++) {
		char *more = mem_format("%s%s%s", line, i > 0 ? " " : "",
		    intern_string(&t->nodes, (uint32_t)i));

		free(line);
		line = more;
	}
	r = *line == '\0' ? 0 : recout_meta(out, "nodes", "%s", line);
	free(line);
	return r;
}

/* What all files say alike is one line; otherwise each node has its own. */
int
matchmeta_write(const struct matchmeta *t, struct recout *out)
{
	struct meta m = { 0 };
	int r;

	for (size_t i = 0; i < t->nlines; i++) {
		char *key = same_everywhere(t, t->owner[i].key,
		    t->owner[i].value) || *t->owner[i].node == '\0' ?
		    mem_string(t->owner[i].key) :
		    mem_format("%s.%s", t->owner[i].key, t->owner[i].node);

		meta_set(&m, 0, key, t->owner[i].value);
		free(key);
	}
	r = recout_copymeta(out, &m);
	meta_free(&m);
	if (r == -1 || write_nodes(t, out) == -1 ||
	    write_sum(&t->sent, "sent.counts", out) == -1)
		return -1;
	return write_sum(&t->reply, "reply.counts", out);
}

void
matchmeta_reject(struct matchcounts *n, const uint64_t by[REJ_MAX],
    uint64_t total)
{
	n->replies += total;
	n->foreign += by[REJ_FOREIGN];
	n->cut += by[REJ_SHORT];
	n->badsum += by[REJ_BADSUM];
	n->badform += by[REJ_BADFORM];
	n->fragment += by[REJ_FRAGMENT];
	n->forged += by[REJ_FORGED];
	n->future += by[REJ_FUTURE];
}

int
matchmeta_counts(const struct matchcounts *n, uint64_t badlines,
    struct recout *out)
{
	return recout_meta(out, "counts", ""
#define X(member, name, doc) name "=%" PRIu64 " "
	    MATCH_COUNTS(X)
#undef X
	    "badlines=%" PRIu64,
#define X(member, name, doc) n->member,
	    MATCH_COUNTS(X)
#undef X
	    badlines);
}

int
matchmeta_rtts(const struct matchrtts *n, struct recout *out)
{
	return recout_meta(out, "rtt", "own=%" PRIu64 " offset=%" PRIu64
	    " unknown=%" PRIu64 " impossible=%" PRIu64, n->own, n->offset,
	    n->unknown, n->impossible);
}

void
matchmeta_print(const struct matchcounts *n, FILE *f)
{
#define X(member, name, doc)						\
	if (n->member > 0)						\
		fprintf(f, "%-12s %12" PRIu64 "  %s\n", name, n->member, doc);
	MATCH_COUNTS(X)
#undef X
}
