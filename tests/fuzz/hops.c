/*
 * Lines of hop files: whatever they hold, what is accepted can be put in
 * order, drawn, and gone on with, and no probe is asked for that was sent.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hopfiles.h"
#include "mda.h"
#include "retrace.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A whole stream: a header with all columns, then the input. */
static void
stream(const uint8_t *p, size_t n, char path[static 64])
{
	int fd = memfd_create("hops", 0);
	FILE *f = fdopen(dup(fd), "w");

	fprintf(f, "#fsdb -F t");
	for (size_t i = 0; i < rec_hop.nfields; i++)
		fprintf(f, " %s", rec_hop.fields[i].name);
	putc('\n', f);
	if (fwrite(p, 1, n, f) != n || fclose(f) == EOF)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
}

/* A set is gone on with: nothing is asked for twice, limits are kept. */
static void
judge(const struct paths *p, const struct pathset *s, struct mda *m,
    const struct pathask *ask)
{
	struct wants w = { 0 };

	for (int both = 0; both < 2; both++) {
		w.n = 0;
		if (both == 0)
			retrace(p, s, ask, &w);
		else
			mda_next(m, p, s, ask, &w);
		wants_limit(&w, s->nrows, 4000);
		for (size_t i = 0; i < w.n; i++) {
			const struct want *x = &w.v[i];
			const struct pathtrace *t = paths_trace(p, s, x->flow);
			const struct pathcell *c = t == NULL ? NULL :
			    paths_cell(p, t, x->ttl);

			if (x->ttl < ask->first || x->ttl > ask->last ||
			    x->attempt > 254 ||
			    (c != NULL && x->attempt < c->next))
				abort();
		}
	}
	if (m->graph.nnodes == 0 || lbgraph_confidence(&m->graph) < 0 ||
	    lbgraph_confidence(&m->graph) > 1)
		abort();
	free(w.v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pathask ask = { .first = 1, .last = 20, .queries = 3, .gap = 4,
	    .confidence = 0.95, .max_flow = 40 };
	char path[64], *paths[] = { path, path }, why[512];
	struct hopfiles h;
	struct mda m = { 0 };

	if (n > 1 << 14)
		return 0;
	stream(p, n, path);
	if (hopfiles_open(&h, n % 2 + 1, paths, NULL, why) == 0) {
		while (hopfiles_next(&h, why) == 1)
			for (size_t i = 0; i < h.paths.nsets; i++) {
				ask.per_trace = !ask.per_trace;
				judge(&h.paths, &h.paths.set[i], &m, &ask);
			}
		for (size_t i = 0; i < h.n; i++)
			hopfiles_close(&h, i);
	}
	hopfiles_free(&h);
	mda_free(&m);
	close(atoi(strrchr(path, '/') + 1));
	return 0;
}
