/* Writing records: header, lines, metadata, provenance, the end line. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "rec.h"

char
rec_fsdb_type(enum ftype t)
{
	switch (t) {
	case F_time:
	case F_dur:
	case F_real:
		return 'd';
	case F_num:
		return 'q';
	default:
		return 'a';
	}
}

static int
failed(struct recout *o)
{
	if (o->error == 0)
		o->error = errno == 0 ? EIO : errno;
	errno = o->error;
	return -1;
}

static int
put(struct recout *o, const char *s, size_t n, unsigned nrecs)
{
	if (o->error != 0 || gzout_write(o->gz, s, n, nrecs) == -1)
		return failed(o);
	return 0;
}

void
recout_prepare(struct recout *o, int fd, bool compress, bool sync)
{
	*o = (struct recout){ .gz = gzout_open(fd, compress, sync) };
}

int
recout_open(struct recout *o, const struct rectype *t, int fd, bool compress,
    bool sync, const char *const cols[])
{
	char line[4096];
	int n;

	if (fd != -1)
		recout_prepare(o, fd, compress, sync);
	o->type = t;
	if (cols == NULL)
		for (size_t i = 0; i < t->nfields; i++)
			o->col[o->ncols++] = &t->fields[i];
	else
		for (; *cols != NULL && o->ncols < REC_MAXCOLS; cols++)
			if ((o->col[o->ncols] = rec_field(t, *cols)) != NULL)
				o->ncols++;
	n = snprintf(line, sizeof(line), "#fsdb -F t");
	for (size_t i = 0; i < o->ncols; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s:%c",
		    o->col[i]->name, rec_fsdb_type(o->col[i]->type));
	line[n++] = '\n';
	return put(o, line, (size_t)n, 0);
}

int
recout_write(struct recout *o, const void *rec)
{
	char line[GZ_LINE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < o->ncols; i++) {
		if (n + REC_FIELDLEN + 2 > sizeof(line)) {
			errno = EMSGSIZE;
			return -1;
		}
		n += rec_format_field(o->col[i], rec, line + n);
		line[n++] = '\t';
	}
	line[n - 1] = '\n';
	return recout_line(o, line, n);
}

int
recout_line(struct recout *o, const char *line, size_t n)
{
	if (put(o, line, n, 1) == -1)
		return -1;
	o->nrecs++;
	return 0;
}

/* A comment line; newlines inside would be lines of their own. */
static int
put_comment(struct recout *o, const char *lead, const char *key,
    const char *value)
{
	char *s = mem_format("%s%s%s%s\n", lead, key, *key ? ": " : "", value);
	size_t n = strlen(s);
	int r;

	for (size_t i = 0; i + 1 < n; i++)
		if (s[i] == '\n' || s[i] == '\r')
			s[i] = ' ';
	if (n > GZ_LINE_MAX - 1) {
		n = GZ_LINE_MAX - 1;
		s[n - 1] = '\n';
	}
	r = put(o, s, n, 0);
	free(s);
	return r;
}

int
recout_meta(struct recout *o, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *value = NULL;
	int r;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) == -1)
		value = mem_string("");
	va_end(ap);
	r = put_comment(o, "# ", key, value);
	free(value);
	return r;
}

/* Has an earlier segment the same line? */
static bool
said_before(const struct meta *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(m->line[i].key, m->line[at].key) == 0 &&
		    strcmp(m->line[i].value, m->line[at].value) == 0)
			return true;
	return false;
}

int
recout_copymeta(struct recout *o, const struct meta *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!said_before(m, i) && put_comment(o, "# ",
		    m->line[i].key, m->line[i].value) == -1)
			return -1;
	return 0;
}

int
recout_tick(struct recout *o)
{
	if (o->error != 0 || gzout_tick(o->gz) == -1)
		return failed(o);
	return 0;
}

int
recout_flush(struct recout *o)
{
	if (o->error != 0 || gzout_flush(o->gz) == -1)
		return failed(o);
	return 0;
}

/* The command line as a shell would read it back, near enough to paste. */
static void
put_argv(struct recout *o, char *const argv[])
{
	char *line = mem_string("");
	const char *slash = strrchr(argv[0], '/');

	for (size_t i = 0; argv[i] != NULL; i++) {
		const char *a = i == 0 && slash != NULL ? slash + 1 : argv[i];
		bool plain = *a != '\0' && strpbrk(a, " \t\n\"'\\$&|;<>()*?[]#~`")
		    == NULL;
		char *more = mem_format(plain ? "%s%s%s" : "%s%s'%s'", line,
		    i > 0 ? " " : "", a);

		free(line);
		line = more;
	}
	put_comment(o, "#   | ", "", line);
	free(line);
}

int
recout_close(struct recout *o, const struct meta *m, char *const argv[])
{
	for (size_t i = 0; m != NULL && i < m->nprov; i++)
		put_comment(o, "#   | ", "", m->prov[i]);
	if (argv != NULL)
		put_argv(o, argv);
	recout_meta(o, "end", "%llu", (unsigned long long)o->nrecs);
	if (o->error == 0)
		(void)recout_flush(o);
	if (gzout_close(o->gz) == -1 && o->error == 0)
		o->error = errno;
	o->gz = NULL;
	errno = o->error;
	return o->error == 0 ? 0 : -1;
}

int
recout_create(const char *path, bool force, bool *compress)
{
	size_t n = path == NULL ? 0 : strlen(path);
	int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC;

	*compress = n > 3 && strcmp(path + n - 3, ".gz") == 0;
	if (n == 0 || strcmp(path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(path, flags | (force ? O_TRUNC : O_EXCL), 0644);
}
