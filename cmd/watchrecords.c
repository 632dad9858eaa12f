/* watchrecords - a live table of a stream of records */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "opt.h"
#include "rec.h"
#include "tty_curses.h"
#include "watchtab.h"

#define WIDTH	4096
#define BURST		20000		/* records between two looks at the keys */

static const char *by, *show, *sort_by;
static bool reverse, plain, leave;
static int64_t every = NS_PER_S;

static const struct opt opts[] = {
	{ 0, "by", OPT_STR, "columns", &by, 0, 0,
	    "columns that tell the rows apart (by the type of the records)" },
	{ 0, "columns", OPT_STR, "columns", &show, 0, 0,
	    "columns to show beside these (all)" },
	{ 0, "sort", OPT_STR, "column", &sort_by, 0, 0,
	    "sort by that column (the first)" },
	{ 0, "reverse", OPT_FLAG, NULL, &reverse, 0, 0, "the other way round" },
	{ 0, "every", OPT_SPAN, "time", &every, 100 * NS_PER_MS,
	    3600 * NS_PER_S, "draw, or print, so often (1s)" },
	{ 0, "plain", OPT_FLAG, NULL, &plain, 0, 0,
	    "print lines, as without a terminal" },
	{ 0, "leave", OPT_FLAG, NULL, &leave, 0, 0,
	    "leave at the end of the input" },
	{ 0 }
};

static const struct tool tool = {
	.name = "watchrecords",
	.args = "[file]",
	.summary = "show the last record of each key, live",
	.opts = opts,
};

static volatile sig_atomic_t got_signal;

struct watch {
	struct recin	 in;
	struct watchtab	 table;
	void		*rec;
	uint64_t	 bad;
	bool		 ended, broken, paused, help;
	size_t		 top, skip;	/* first row shown, columns hidden */
	int64_t		 drawn;
};

static void
on_signal(int sig)
{
	got_signal = sig;
}

static void
catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
}

/* ---- input ---- */

static void
open_input(struct watch *w, const char *path)
{
	int fd = STDIN_FILENO;
	char why[128];

	if (path != NULL && strcmp(path, "-") != 0 &&
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(2, "%s", path);
	path = fd == STDIN_FILENO ? "stdin" : path;
	if (recin_open_best(&w->in, rec_types, fd, path, NULL) == -1)
		errx(2, "%s: %s", path, w->in.err);
	w->rec = calloc(1, w->in.type->size);
	if (w->rec == NULL)
		err(3, NULL);
	rec_clear(w->in.type, w->rec);
	if (watchtab_init(&w->table, w->in.type, w->in.col, w->in.ncols, by,
	    show, why) == -1)
		errx(2, "%s: %s", path, why);
	w->table.reverse = reverse;
	for (size_t k = 0; sort_by != NULL; k++) {
		if (k == w->table.ncols)
			errx(2, "%s: no column %s is shown", path, sort_by);
		if (strcmp(w->table.col[k].name, sort_by) == 0) {
			w->table.sort = k;
			break;
		}
	}
}

/* Take what is there, but not for too long; true: there was something. */
static bool
take(struct watch *w)
{
	unsigned n = 0;

	while (!w->ended && !w->paused && n < BURST && recin_ready(&w->in)) {
		int r = recin_read(&w->in, w->rec);

		n++;
		if (r == 1)
			watchtab_add(&w->table, w->rec);
		else if (r == -1)
			w->bad++;
		else {
			w->ended = true;
			w->broken = r == -2;
		}
	}
	return n > 0;
}

/* ---- the screen ---- */

static void
draw_status(const struct watch *w, size_t line, size_t columns)
{
	const struct watchtab *t = &w->table;
	char s[256];
	int n = snprintf(s, sizeof(s), "%s: %llu records, %zu rows%s%s  "
	    "sorted by %s%s  ? for help, q to quit", w->in.type->name,
	    (unsigned long long)w->in.nrecs, t->nrows,
	    w->ended ? ", ended" : "", w->paused ? ", paused" : "",
	    t->col[t->sort].name, t->reverse ? " down" : "");

	if (n < 0)
		return;
	for (; (size_t)n < columns && (size_t)n < sizeof(s) - 1; n++)
		s[n] = ' ';
	tty_put(line, 0, TTY_REVERSE, s, (size_t)n);
}

static void
draw_help(void)
{
	static const char *const text[] = {
		"  < >      sort by the column to the left, to the right",
		"  r        sort the other way round",
		"  arrows, page up and down, home, end: move about",
		"  p        pause, and go on",
		"  ?        this, and away with it",
		"  q        quit",
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		tty_put(i + 2, 0, TTY_PLAIN, text[i], strlen(text[i]));
}

static void
draw(struct watch *w)
{
	struct watchtab *t = &w->table;
	size_t lines, columns, at, width, n;
	char line[WIDTH];

	tty_size(&lines, &columns);
	watchtab_sort(t);
	tty_clear();
	draw_status(w, 0, columns);
	n = watchtab_head(t, w->skip, line, sizeof(line));
	tty_put(1, 0, TTY_BOLD, line, n);
	at = watchtab_at(t, t->sort, w->skip, &width);
	if (at + width <= n)
		tty_put(1, at, TTY_REVERSE, line + at, width);
	if (w->top + (lines > 2 ? lines - 2 : 1) > t->nrows)
		w->top = t->nrows + 2 > lines ? t->nrows + 2 - lines : 0;
	for (size_t i = 0; !w->help && i + 2 < lines && w->top + i < t->nrows;
	    i++) {
		n = watchtab_line(t, w->top + i, w->skip, line, sizeof(line));
		tty_put(i + 2, 0, TTY_PLAIN, line, n);
	}
	if (w->help)
		draw_help();
	tty_show();
}

/* What a key asks for; false: leave. */
static bool
obey(struct watch *w, int key)
{
	struct watchtab *t = &w->table;
	size_t lines, columns, page;

	tty_size(&lines, &columns);
	page = lines > 3 ? lines - 3 : 1;
	switch (key) {
	case 'q':	return false;
	case '<':	t->sort -= t->sort > 0; break;
	case '>':	t->sort += t->sort + 1 < t->ncols; break;
	case 'r':	t->reverse = !t->reverse; break;
	case 'p':	w->paused = !w->paused; break;
	case '?':	w->help = !w->help; break;
	case TTY_UP:	w->top -= w->top > 0; break;
	case TTY_DOWN:	w->top++; break;
	case TTY_PGUP:	w->top -= w->top > page ? page : w->top; break;
	case TTY_PGDN:	w->top += page; break;
	case TTY_HOME:	w->top = 0; break;
	case TTY_END:	w->top = t->nrows; break;
	case TTY_LEFT:	w->skip -= w->skip > 0; break;
	case TTY_RIGHT:	w->skip += t->nkeys + w->skip + 1 < t->ncols; break;
	default:	break;
	}
	return true;
}

static void
watch_screen(struct watch *w)
{
	bool dirty = true;

	while (got_signal == 0 && !(w->ended && leave)) {
		bool more = take(w);
		int64_t now = clock_mono();
		int key = tty_key(more ? 0 : 50);

		if (key != TTY_NONE && !obey(w, key))
			break;
		if (now - w->drawn >= every) {
			if (!w->paused)
				watchtab_rate(&w->table, now);
			w->drawn = now;
			dirty = true;
		}
		if (dirty || key != TTY_NONE)
			draw(w);
		dirty = false;
	}
}

/* ---- lines ---- */

static int
print_changed(struct watch *w, bool head)
{
	struct watchtab *t = &w->table;
	char line[WIDTH];
	size_t n;

	watchtab_sort(t);
	for (size_t i = 0; i < t->nrows; i++) {
		if (!watchtab_changed(t, i))
			continue;
		if (head) {
			n = watchtab_head(t, 0, line, sizeof(line));
			while (n > 0 && line[n - 1] == ' ')
				n--;
			printf("%.*s\n", (int)n, line);
			head = false;
		}
		n = watchtab_line(t, i, 0, line, sizeof(line));
		while (n > 0 && line[n - 1] == ' ')
			n--;
		printf("%.*s\n", (int)n, line);
	}
	return fflush(stdout);
}

static int
watch_lines(struct watch *w)
{
	const struct timespec nap = { .tv_nsec = 50 * NS_PER_MS };

	w->drawn = clock_mono();
	while (got_signal == 0 && !w->ended) {
		int64_t now;

		if (!take(w))
			nanosleep(&nap, NULL);
		now = clock_mono();
		if (now - w->drawn < every && !w->ended)
			continue;
		watchtab_rate(&w->table, now);
		w->drawn = now;
		if (print_changed(w, true) == EOF)
			return -1;
	}
	return print_changed(w, true);
}

/* ---- the end ---- */

static int
finish(struct watch *w)
{
	bool whole = w->ended || got_signal == 0;
	int status = got_signal != 0 ? 128 + got_signal : 0;

	if (w->broken) {
		warnx("%s:%lu: %s", w->in.path, w->in.lineno, w->in.err);
		status = 1;
	}
	if (recin_close(&w->in) == -1 && w->ended && !w->broken) {
		warnx("%s: %s", w->in.path, w->in.err);
		status = whole ? 1 : status;
	}
	if (w->bad > 0) {
		warnx("%s: %llu bad lines", w->in.path,
		    (unsigned long long)w->bad);
		status = status == 0 ? 1 : status;
	}
	if (w->table.others > 0)
		warnx("%llu records of further keys were not shown",
		    (unsigned long long)w->table.others);
	meta_free(&w->in.meta);
	watchtab_free(&w->table);
	free(w->rec);
	return status;
}

int
main(int argc, char *argv[])
{
	static struct watch w;
	char why[128];

	opt_parse(&tool, &argc, &argv);
	if (argc > 1)
		opt_usage(&tool, "one file only");
	open_input(&w, argc == 1 ? argv[0] : NULL);
	catch_signals();
	if (plain || tty_open(why) == -1) {
		if (watch_lines(&w) == EOF)
			err(3, "stdout");
		return finish(&w);
	}
	catch_signals();		/* ncurses has its own */
	watch_screen(&w);
	tty_close();
	return finish(&w);
}
