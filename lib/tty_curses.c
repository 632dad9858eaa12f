#include "tty_curses.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SCREEN *screen;
static FILE *keys;

int
tty_open(char err[static 128])
{
	const char *term = getenv("TERM");

	if (isatty(STDOUT_FILENO) != 1 ||
	    (keys = fopen("/dev/tty", "re")) == NULL) {
		snprintf(err, 128, "no terminal");
		return -1;
	}
	screen = newterm(NULL, stdout, keys);
	if (screen == NULL) {
		fclose(keys);
		snprintf(err, 128, "unknown terminal: %.40s",
		    term == NULL ? "TERM is not set" : term);
		return -1;
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	return 0;
}

void
tty_close(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	fclose(keys);
	screen = NULL;
}

int
tty_key(int ms)
{
	static const struct { int theirs, ours; } names[] = {
		{ ERR, TTY_NONE }, { KEY_UP, TTY_UP }, { KEY_DOWN, TTY_DOWN },
		{ KEY_LEFT, TTY_LEFT }, { KEY_RIGHT, TTY_RIGHT },
		{ KEY_PPAGE, TTY_PGUP }, { KEY_NPAGE, TTY_PGDN },
		{ KEY_HOME, TTY_HOME }, { KEY_END, TTY_END },
		{ KEY_RESIZE, TTY_RESIZE }
	};
	int c;

	timeout(ms);
	c = getch();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].theirs == c)
			return names[i].ours;
	return c < 256 ? c : TTY_NONE;
}

void
tty_size(size_t *lines, size_t *columns)
{
	*lines = LINES > 0 ? (size_t)LINES : 1;
	*columns = COLS > 0 ? (size_t)COLS : 1;
}

void
tty_clear(void)
{
	erase();
}

void
tty_put(size_t line, size_t column, enum tty_look look, const char *s,
    size_t n)
{
	size_t lines, columns;

	tty_size(&lines, &columns);
	if (line >= lines || column >= columns)
		return;
	if (n > columns - column)
		n = columns - column;
	attrset(look == TTY_BOLD ? A_BOLD : look == TTY_REVERSE ? A_REVERSE :
	    A_NORMAL);
	mvaddnstr((int)line, (int)column, s, (int)n);
	attrset(A_NORMAL);
}

void
tty_show(void)
{
	refresh();
}
