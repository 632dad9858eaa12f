/* The table of watchrecords: keys, counts, order, what fits. */

#include "watchtab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tap.h"

static const struct field *cols[REC_MAXCOLS];
static size_t ncols;

static void
take_columns(const struct rectype *type)
{
	ncols = type->nfields;
	for (size_t i = 0; i < ncols; i++)
		cols[i] = &type->fields[i];
}

static void
add(struct watchtab *t, const char *rx, const char *verdict, const char *rtt)
{
	static struct result r;

	rec_clear(&rec_result, &r);
	word_str(&r.rx, rx);
	word_str(&r.verdict, verdict);
	rec_parse_field(rec_field(&rec_result, "rtt_ms"), &r, rtt, strlen(rtt));
	watchtab_add(t, &r);
}

static bool
line_is(struct watchtab *t, size_t i, const char *want)
{
	char line[1024];
	size_t n = watchtab_line(t, i, 0, line, sizeof(line));

	while (n > 0 && line[n - 1] == ' ')
		line[--n] = '\0';
	if (strcmp(line, want) == 0)
		return true;
	printf("# \"%s\", not \"%s\"\n", line, want);
	return false;
}

static void
check_table(void)
{
	struct watchtab t;
	char err[128], text[64];
	size_t width;

	ok(watchtab_init(&t, &rec_result, cols, ncols, "rx", "verdict,rtt_ms",
	    err) == 0 && t.ncols == 5, "a key, counts, two columns");
	add(&t, "fra", "ok", "20");
	add(&t, "ams", "ok", "3.5");
	add(&t, "nyc", "none", "-");
	add(&t, "fra", "late", "100.25");
	watchtab_sort(&t);
	ok(t.nrows == 3, "a row per key");
	ok(line_is(&t, 0, "ams        1      -  ok         3.500") &&
	    line_is(&t, 1, "fra        2      -  late     100.250") &&
	    line_is(&t, 2, "nyc        1      -  none           -"),
	    "the last record of each, sorted");
	watchtab_rate(&t, t.rated + 2 * NS_PER_S);
	ok(line_is(&t, 1, "fra        2    1.0  late     100.250"),
	    "records a second");
	t.sort = 4;
	t.reverse = true;
	watchtab_sort(&t);
	ok(line_is(&t, 0, "fra        2    1.0  late     100.250") &&
	    line_is(&t, 1, "ams        1    0.5  ok         3.500") &&
	    line_is(&t, 2, "nyc        1    0.5  none           -"),
	    "numbers by value, the missing last either way");
	ok(watchtab_changed(&t, 0) && !watchtab_changed(&t, 0),
	    "changed once");
	add(&t, "fra", "ok", "1");
	ok(watchtab_changed(&t, 0) && watchtab_changed(&t, 1) &&
	    !watchtab_changed(&t, 1), "and again when a record comes");
	ok(watchtab_line(&t, 0, 0, text, 6) == 5 && strcmp(text, "fra  ") == 0,
	    "cut to the room there is");
	ok(watchtab_at(&t, 3, 2, &width) == 5 && width == 7 &&
	    watchtab_at(&t, 1, 2, &width) == 5 && width == 0,
	    "columns after the key are hidden on the left");
	watchtab_free(&t);
}

static void
check_names(void)
{
	struct watchtab t;
	char err[128];

	ok(watchtab_init(&t, &rec_result, cols, ncols, NULL, NULL, err) == 0 &&
	    t.nkeys == 2 && t.ncols == ncols + 2, "usual key, all columns");
	watchtab_free(&t);
	ok(watchtab_init(&t, &rec_result, cols, ncols, "rx,nonsense", NULL,
	    err) == -1 && strcmp(err, "no column nonsense in the input") == 0,
	    "no such key");
	watchtab_free(&t);
	ok(watchtab_init(&t, &rec_result, cols, ncols, "rx", "what", err) ==
	    -1, "no such column");
	watchtab_free(&t);
	ok(watchtab_init(&t, &rec_result, cols, 0, NULL, NULL, err) == -1,
	    "no columns at all");
	watchtab_free(&t);
}

/* More keys than there is room for, hostile text, long text. */
static void
check_limits(void)
{
	static const char hostile[] = "a\033[2Jb";
	static struct result r;
	struct watchtab t;
	char err[128], line[1024];

	watchtab_init(&t, &rec_result, cols, ncols, "rx", "sites", err);
	for (unsigned i = 0; i < WATCHTAB_ROWS + 7; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		add(&t, name, "ok", "-");
	}
	ok(t.nrows == WATCHTAB_ROWS && t.others == 7,
	    "what there is no room for is counted");
	rec_clear(&rec_result, &r);
	memcpy(r.rx.s, hostile, sizeof(hostile));
	r.rx.n = sizeof(hostile) - 1;
	memset(r.sites.s, 'x', 100);
	r.sites.n = 100;
	watchtab_free(&t);
	watchtab_init(&t, &rec_result, cols, ncols, "rx", "sites", err);
	watchtab_add(&t, &r);
	watchtab_sort(&t);
	watchtab_line(&t, 0, 0, line, sizeof(line));
	ok(strncmp(line, "a?[2Jb ", 7) == 0, "nothing controls the terminal");
	ok(strstr(line, "xxx~") != NULL && strchr(line, '~') - strstr(line,
	    "xxx") == WATCHTAB_WIDTH - 1, "a long text is cut and says so");
	watchtab_free(&t);
}

int
main(void)
{
	take_columns(&rec_result);
	check_table();
	check_names();
	check_limits();
	return tap_done();
}
