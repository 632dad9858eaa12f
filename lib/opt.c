#include "opt.h"

#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"

enum { OPT_MAX = 64, LONG_ONLY = 256, HELP = 512, VERSION };

static void
print_usage(const struct tool *t, FILE *f)
{
	fprintf(f, "usage: %s", t->name);
	for (const struct opt *o = t->opts; o->name != NULL; o++) {
		fputs(" [", f);
		if (o->letter != 0)
			fprintf(f, "-%c", o->letter);
		else
			fprintf(f, "--%s", o->name);
		if (o->arg != NULL)
			fprintf(f, " %s", o->arg);
		fputs("]", f);
	}
	fprintf(f, "%s%s\n", *t->args == '\0' ? "" : " ", t->args);
}

void
opt_usage(const struct tool *t, const char *fmt, ...)
{
	va_list ap;

	if (fmt != NULL) {
		va_start(ap, fmt);
		vwarnx(fmt, ap);
		va_end(ap);
	}
	print_usage(t, stderr);
	exit(2);
}

/* The bounds of an option in words; "" if it has none. */
static const char *
bounds(const struct opt *o, char *out, size_t cap)
{
	const char *unit = o->type == OPT_SPAN ? " s" : "";
	double scale = o->type == OPT_SPAN ? 1e9 : 1;

	*out = '\0';
	if ((o->min == 0 && o->max == 0) || o->arg == NULL)
		return out;
	if (o->max >= INT64_MAX)
		snprintf(out, cap, "from %.12g%s", (double)o->min / scale, unit);
	else
		snprintf(out, cap, "%.12g to %.12g%s", (double)o->min / scale,
		    (double)o->max / scale, unit);
	return out;
}

static void
print_help(const struct tool *t)
{
	char range[64];

	printf("%s - %s\n", t->name, t->summary);
	print_usage(t, stdout);
	for (const struct opt *o = t->opts; o->name != NULL; o++) {
		char letter[5] = "    ", *left;

		if (o->letter != 0)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		left = mem_format("  %s--%s%s%s", letter, o->name,
		    o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg);
		bounds(o, range, sizeof(range));
		printf("%-34s %s%s%s%s%s\n", left, strlen(left) > 34 ?
		    "\n                                   " : "", o->help,
		    *range ? " (" : "", range, *range ? ")" : "");
		free(left);
	}
	printf("      --help                       this text\n"
	    "      --version                    the version of castnet\n");
}

static void
out_of_bounds(const struct tool *t, const struct opt *o, const char *arg)
{
	static const char *const kinds[] = {
		[OPT_UINT] = "a whole number", [OPT_REAL] = "a number",
		[OPT_SPAN] = "a time such as 250ms, 10s, 15m, 24h",
		[OPT_SIZE] = "a size such as 64K, 10M, 2G",
	};
	char range[64];

	bounds(o, range, sizeof(range));
	opt_usage(t, "--%s: not %s%s%s: %s", o->name, kinds[o->type],
	    *range ? ", " : "", range, arg);
}

static bool
outside(const struct opt *o, double v)
{
	return (o->min != 0 || o->max != 0) &&
	    (v < (double)o->min || v > (double)o->max);
}

static void
set(const struct tool *t, const struct opt *o, const char *arg)
{
	struct optlist *list = o->dest;
	size_t n = arg == NULL ? 0 : strlen(arg);
	uint64_t u;
	int64_t ns;
	double real;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->dest = true;
		return;
	case OPT_STR:
		*(const char **)o->dest = arg;
		return;
	case OPT_LIST:
		list->v = mem_grow(list->v, list->n + 2, sizeof(list->v[0]));
		list->v[list->n++] = arg;
		list->v[list->n] = NULL;
		return;
	case OPT_UINT:
	case OPT_SIZE:
		if ((o->type == OPT_UINT ? num_parse(&u, arg, n, UINT64_MAX) :
		    num_parse_size(&u, arg, n)) == -1 ||
		    ((o->min != 0 || o->max != 0) &&
		    (u < o->min || u > o->max)))
			out_of_bounds(t, o, arg);
		*(uint64_t *)o->dest = u;
		return;
	case OPT_REAL:
		if (num_parse_real(&real, arg, n) == -1 || outside(o, real))
			out_of_bounds(t, o, arg);
		*(double *)o->dest = real;
		return;
	case OPT_SPAN:
		if (num_parse_span(&ns, arg, n) == -1 ||
		    outside(o, (double)ns))
			out_of_bounds(t, o, arg);
		*(int64_t *)o->dest = ns;
		return;
	}
}

void
opt_parse(const struct tool *t, int *argc, char ***argv)
{
	struct option longs[OPT_MAX + 3];
	char shorts[3 * OPT_MAX + 1], *s = shorts;
	size_t n = 0;
	int ch;

	memset(longs, 0, sizeof(longs));
	for (const struct opt *o = t->opts; o->name != NULL; o++, n++) {
		longs[n] = (struct option){ o->name,
		    o->arg != NULL ? required_argument : no_argument, NULL,
		    LONG_ONLY + (int)n };
		if (o->letter != 0)
			*s++ = (char)o->letter;
		if (o->letter != 0 && o->arg != NULL)
			*s++ = ':';
	}
	*s = '\0';
	longs[n] = (struct option){ "help", no_argument, NULL, HELP };
	longs[n + 1] = (struct option){ "version", no_argument, NULL, VERSION };
	while ((ch = getopt_long(*argc, *argv, shorts, longs, NULL)) != -1) {
		const struct opt *o = t->opts;

		if (ch == HELP)
			print_help(t);
		if (ch == VERSION)
			printf("%s (castnet) %s\n", t->name, CASTNET_VERSION);
		if (ch == HELP || ch == VERSION)
			exit(fflush(stdout) == EOF ? 3 : 0);
		if (ch >= LONG_ONLY)
			o += ch - LONG_ONLY;
		else
			while (o->name != NULL && o->letter != ch)
				o++;
		if (ch == '?' || o->name == NULL)
			opt_usage(t, NULL);
		set(t, o, optarg);
	}
	*argc -= optind;
	*argv += optind;
}
