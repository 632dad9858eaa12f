#ifndef OPT_H
#define OPT_H

#include <stddef.h>
#include <stdint.h>

/*
 * One command-line option.  A tool's options are one table: opt_parse sets
 * *dest from it; usage, --help and shell completion print it, and "make
 * check" compares it with the tool's manual page.
 */
enum opttype {
	OPT_FLAG,	/* bool */
	OPT_UINT,	/* uint64_t, min to max */
	OPT_REAL,	/* double, min to max */
	OPT_SPAN,	/* int64_t nanoseconds from 250ms 10s 15m 24h; min, max in ns */
	OPT_SIZE,	/* uint64_t bytes from 64K 10M 2G; min, max */
	OPT_STR,	/* const char * */
	OPT_LIST	/* struct optlist: may be given several times */
};

struct optlist {
	const char	**v;
	size_t		 n;
};

struct opt {
	int		 letter;	/* 0: long name only */
	const char	*name;		/* long name, required */
	enum opttype	 type;
	const char	*arg;		/* name of the argument, NULL for a flag */
	void		*dest;
	uint64_t	 min, max;	/* bounds, both 0: none */
	const char	*help;
};

struct tool {
	const char		*name;
	const char		*args;		/* operands, for the usage line */
	const char		*summary;
	const struct opt	*opts;		/* ends with name NULL */
};

#define CASTNET_VERSION	"0.1"

/*
 * Parse the options (getopt_long); advance argc and argv past them.  A
 * usage error prints a line and exits 2; --help prints the options with
 * their ranges and exits 0, --version likewise.
 */
void	 opt_parse(const struct tool *, int *argc, char ***argv);

/* Print the message (unless NULL) and the usage line, exit 2. */
void	 opt_usage(const struct tool *, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

#endif
