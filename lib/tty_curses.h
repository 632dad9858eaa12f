#ifndef TTY_CURSES_H
#define TTY_CURSES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A full-screen terminal, by ncurses: standard output, with the keys of
 * /dev/tty, because standard input is for records.  Only what differs from
 * the screen before is sent, so that it does not flicker, over ssh either.
 */
enum tty_key {
	TTY_NONE = -1, TTY_UP = 0x1000, TTY_DOWN, TTY_LEFT, TTY_RIGHT,
	TTY_PGUP, TTY_PGDN, TTY_HOME, TTY_END, TTY_RESIZE
};

enum tty_look { TTY_PLAIN, TTY_BOLD, TTY_REVERSE };

/* Return 0, or -1 with a reason: no terminal, or an unknown one. */
int	 tty_open(char err[static 128]);

/* The terminal as it was; may be called twice. */
void	 tty_close(void);

/* A key (a character or the above), after at most ms. */
int	 tty_key(int ms);

void	 tty_size(size_t *lines, size_t *columns);
void	 tty_clear(void);
void	 tty_put(size_t line, size_t column, enum tty_look, const char *, size_t n);
void	 tty_show(void);

#endif
