/* Sorting with and without a temporary file. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "matchsort.h"
#include "tap.h"

struct item {
	uint8_t		key[5];
	uint8_t		pad[3];
	uint64_t	second;
};

static int
cmp_second(const void *x, const void *y, const void *arg)
{
	const struct item *a = x, *b = y;

	(void)arg;
	return (a->second > b->second) - (a->second < b->second);
}

static int
cmp_items(const void *x, const void *y)
{
	int c = memcmp(x, y, 5);

	return c != 0 ? c : cmp_second(x, y, NULL);
}

static uint64_t state;

static uint64_t
draw(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> 33;
}

/* How keys are spread: each is a different path through the sorting. */
static void
make(struct item *v, size_t n, unsigned how)
{
	memset(v, 0, n * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		v[i].second = draw() % 1000;
		v[i].pad[0] = (uint8_t)draw();	/* no part of the key */
		for (int k = 0; k < 5; k++)
			v[i].key[k] = (uint8_t)(how == 0 ? draw() :
			    how == 1 ? (k < 4 ? 0x20 : draw() % 3) :
			    how == 2 ? 7 : draw() % 2 * 255);
	}
}

static int
same_twice(struct matchsort *s, const struct item *v, size_t n)
{
	for (int turn = 0; turn < 2; turn++) {
		size_t i = 0;

		for (const struct item *p; (p = matchsort_next(s)) != NULL; i++)
			if (i >= n || cmp_items(p, &v[i]) != 0)
				return 0;
		if (i != n || matchsort_error(s) != 0 ||
		    matchsort_rewind(s) == -1)
			return 0;
	}
	return 1;
}

static void
test_sort(size_t n, unsigned how, size_t limit)
{
	struct matchsort_budget budget = { .limit = limit };
	struct matchsort *s = matchsort_open(sizeof(struct item), 5,
	    cmp_second, NULL, &budget, "/tmp");
	struct item *v = calloc(n + 1, sizeof *v);
	int added = 1;

	make(v, n, how);
	for (size_t i = 0; i < n; i++) {
		struct item *p = matchsort_add(s);

		added = added && p != NULL && p->second == 0;
		if (p != NULL)
			*p = v[i];
	}
	qsort(v, n, sizeof *v, cmp_items);
	ok(added && matchsort_done(s) == 0 && same_twice(s, v, n),
	    "%zu records, keys of kind %u, in %zu runs", n, how,
	    matchsort_runs(s));
	ok((matchsort_runs(s) > 0) == (n > 4096 && limit < 1 << 20) &&
	    matchsort_count(s) == n, "a file only when memory does not do");
	matchsort_close(s);
	ok(budget.used == 0, "the memory is given back");
	free(v);
}

/* Somebody truncates the temporary file. */
static void
test_cut(void)
{
	struct matchsort_budget budget = { .limit = 1 };
	struct matchsort *s = matchsort_open(sizeof(struct item), 5,
	    cmp_second, NULL, &budget, "/tmp");
	char path[64], name[256];

	for (size_t i = 0; i < 100000; i++) {
		struct item *p = matchsort_add(s);

		p->second = i;
	}
	matchsort_done(s);
	for (int fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t k = readlink(path, name, sizeof name - 1);

		name[k < 0 ? 0 : k] = '\0';
		if (strncmp(name, "/tmp/", 5) == 0 &&
		    strstr(name, "deleted") != NULL && ftruncate(fd, 0) == -1)
			printf("Bail out! ftruncate\n");
	}
	ok(matchsort_rewind(s) == -1 && matchsort_error(s) == EIO &&
	    matchsort_next(s) == NULL, "a temporary file cut short");
	matchsort_close(s);
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 24, 25, 1000, 300000 };
	struct matchsort_budget budget = { .limit = 0 };
	struct matchsort *s;
	int failed = 0;

	for (unsigned how = 0; how < 4; how++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
			test_sort(sizes[i], how, SIZE_MAX);
	for (unsigned how = 0; how < 4; how++)
		test_sort(300000, how, 4096);

	test_cut();
	s = matchsort_open(sizeof(struct item), 5, cmp_second, NULL, &budget,
	    "/nonexistent");
	for (int i = 0; i < 100000 && !failed; i++)
		failed = matchsort_add(s) == NULL;
	ok(failed && errno == ENOENT, "no directory for the file");
	ok(matchsort_done(s) == -1 && matchsort_error(s) == ENOENT,
	    "and it stays so");
	matchsort_close(s);
	return tap_done();
}
