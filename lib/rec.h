#ifndef REC_H
#define REC_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "gz.h"
#include "num.h"

/*
 * Records are typed, tab-separated Fsdb lines; see records(5).  A type is
 * described once, in records.def; from there come the structs below, the
 * reader and the writer.
 *
 * A missing value is NUM_NONE in num, time and dur, v == 0 in addresses,
 * n == 0 in words and texts; it is written '-'.
 */
enum ftype {
	F_time,		/* Unix seconds with nine decimals */
	F_dur,		/* milliseconds with decimals */
	F_num,		/* whole number */
	F_real,		/* decimal number, NAN when missing */
	F_addr,		/* IPv4 or IPv6 address */
	F_hex,		/* the same in fixed-width hex */
	F_prefix,	/* ADDR/LEN */
	F_word,		/* name: up to 255 bytes, percent-escaped */
	F_text		/* the same, up to 4095 bytes */
};

typedef int64_t		rec_time;	/* nanoseconds since the Epoch */
typedef int64_t		rec_dur;	/* nanoseconds */
typedef int64_t		rec_num;
typedef double		rec_real;
typedef struct addr	rec_addr;
typedef struct addr	rec_hex;
typedef struct prefix	rec_prefix;
typedef struct { uint8_t n; char s[256]; } rec_word;	/* NUL at s[n] */
typedef struct { uint16_t n; char s[4096]; } rec_text;

#define RECORD(r, doc)			struct r {
#define FIELD(r, t, f, doc)		rec_##t f;
#define OPTIONAL(r, t, f, doc)		rec_##t f;
#define END(r)				};
#include "records.def"
#undef RECORD
#undef FIELD
#undef OPTIONAL
#undef END

/* The numbers of the fields, for recin_split: at_sent_time is 0. */
#define RECORD(r, doc)			enum {
#define FIELD(r, t, f, doc)		at_##r##_##f,
#define OPTIONAL(r, t, f, doc)		at_##r##_##f,
#define END(r)				nfields_##r };
#include "records.def"
#undef RECORD
#undef FIELD
#undef OPTIONAL
#undef END

struct field {
	const char	*name;
	enum ftype	 type;
	int		 optional;
	size_t		 off;
	const char	*doc;
};

struct rectype {
	const char		*name;
	const char		*doc;
	size_t			 size;		/* of the struct */
	const struct field	*fields;
	size_t			 nfields;
};

#define RECORD(r, doc)			extern const struct rectype rec_##r;
#define FIELD(r, t, f, doc)
#define OPTIONAL(r, t, f, doc)
#define END(r)
#include "records.def"
#undef RECORD
#undef FIELD
#undef OPTIONAL
#undef END

extern const struct rectype *const rec_types[];	/* NULL-terminated */

const struct rectype *rec_find(const char *name);
const struct field *rec_field(const struct rectype *, const char *name);
const char	*rec_ftype_name(enum ftype);
/* Fsdb's type letter: d double, q quad integer, a anything. */
char		 rec_fsdb_type(enum ftype);

/* Make every field of a struct of that type missing. */
void	 rec_clear(const struct rectype *, void *rec);

/* One field to text without a NUL (out: REC_FIELDLEN); return the length. */
#define REC_FIELDLEN	4096
size_t	 rec_format_field(const struct field *, const void *rec, char *out);
/* One field from text; return 0 or -1. */
int	 rec_parse_field(const struct field *, void *rec, const char *s, size_t n);

/*
 * Set a word or text from any bytes: what records cannot hold is
 * percent-escaped (RFC 3986 section 2.1), what does not fit is cut at a
 * whole character and 1 returned, otherwise 0.
 */
int	 word_set(rec_word *, const char *s, size_t n);
int	 text_set(rec_text *, const char *s, size_t n);
/* The same for a plain string. */
void	 word_str(rec_word *, const char *s);

/*
 * Metadata: "# key: value" lines.  Within one segment a later value of a key
 * replaces the earlier one (so counters written every second stay one line
 * in memory); values of different segments (nodes) are all kept, identical
 * lines once.
 */
struct meta {
	struct metaline {
		char	*key, *value;
		unsigned segment;
	}	*line;
	size_t	 n, cap;
	char	**prov;			/* provenance: command lines */
	size_t	 nprov;
};

void	 meta_set(struct meta *, unsigned segment, const char *key,
    const char *value);
const char *meta_get(const struct meta *, const char *key);	/* last, or NULL */
void	 meta_free(struct meta *);

#define REC_MAXCOLS	64

/* A stream of records being read. */
struct recin {
	const struct rectype	*type;
	struct gzin		*gz;
	const char		*path;		/* for messages, kept */
	unsigned long		 lineno;	/* of the line just read */
	uint64_t		 nrecs;		/* good records so far */
	uint64_t		 nbad;		/* refused lines so far */
	struct meta		 meta;
	char			 err[256];	/* why the last call failed */

	/* rec.c's own */
	char			*header;	/* a copy, to compare later ones */
	size_t			 ncols;
	const struct field	*col[REC_MAXCOLS];	/* NULL: skip it */
	unsigned		 segment;
	uint64_t		 seg_recs;	/* lines since the header */
	int			 ended, cut, bare;
};

/*
 * Start reading from fd (taken over; 0 is left open).  Reads up to the
 * header line.  header: a header line for input that has none, or NULL.
 * want: columns to parse, NULL-terminated names, or NULL for all; columns
 * we do not know are skipped, a FIELD wanted and not found is an error, an
 * OPTIONAL one stays missing.  Return 0, or -1 with .err, after which only
 * recin_close may be called.
 *
 * recin_open_bare: as recin_open, but input whose first line is not a
 * header is taken as bare first columns (addresses), and needs no end line.
 */
int	 recin_open(struct recin *, const struct rectype *, int fd,
    const char *path, const char *header, const char *const want[]);

/*
 * Start the stream's thread without reading a byte, before a sandbox goes
 * on; then call recin_open with fd -1 and the same struct.
 */
void	 recin_prepare(struct recin *, int fd);

/*
 * As recin_open, for input that may be of several types: take the first of
 * types[] (NULL-terminated) whose FIELDs are all there, and return its
 * index.  wants[i], if wants is not NULL, is what recin_open calls want.
 */
int	 recin_open_any(struct recin *, const struct rectype *const types[],
    int fd, const char *path, const char *const *const wants[]);

/*
 * As recin_open, for tools that take any records (types[]: rec_types): the
 * type that knows most of the columns, of equals the first.  in->type and
 * the first in->ncols of in->col tell the caller; NULL: a column not known.
 */
int	 recin_open_best(struct recin *, const struct rectype *const types[],
    int fd, const char *path, const char *header);

int	 recin_open_bare(struct recin *, const struct rectype *, int fd,
    const char *path);

/*
 * Read one record into *rec, a struct of the stream's type: wanted fields
 * are set, others untouched (missing, if rec_clear was called once before).
 * Return 1 for a record; 0 at the end of the stream; -1 for a bad line
 * (.err says why without file and line; go on with the next); -2 when
 * nothing more can be read (.err: damaged gzip, different header).
 */
int	 recin_read(struct recin *, void *rec);

/*
 * As recin_read, but without parsing, for tools that know the columns: v has
 * an element per field of the type, and those wanted are pointed into the
 * line, good until the next call; columns the input does not have are left
 * as they are.  No column is empty.  recin_refuse: the record just read
 * turned out bad.
 */
struct span { const char *s; size_t n; };
int	 recin_split(struct recin *, struct span v[]);
void	 recin_refuse(struct recin *);

/* No waiting needed for the next line? */
int	 recin_ready(struct recin *);

/*
 * Release all but .meta (the caller's, by meta_free) and .err.  Return 0,
 * or -1 with .err if the stream was cut: no "# end:" line, or not that many
 * records.
 */
int	 recin_close(struct recin *);

/* A stream of records being written. */
struct recout {
	const struct rectype	*type;
	struct gzout		*gz;
	uint64_t		 nrecs;
	int			 error;		/* errno of the first failure */
	const struct field	*col[REC_MAXCOLS];
	size_t			 ncols;
};

/*
 * Start writing to fd (taken over): the header line.  cols: the columns in
 * order, or NULL for all.  Each returns 0, or -1 with errno; after a
 * failure every later call fails as well.
 */
int	 recout_open(struct recout *, const struct rectype *, int fd,
    bool compress, bool sync, const char *const cols[]);

/*
 * Start the stream's thread without writing a byte, before a sandbox goes
 * on; then call recout_open with fd -1 and the same struct.
 */
void	 recout_prepare(struct recout *, int fd, bool compress, bool sync);
int	 recout_write(struct recout *, const void *rec);
/* A record as formatted text with its newline: for fast paths that know the columns. */
int	 recout_line(struct recout *, const char *line, size_t n);
int	 recout_meta(struct recout *, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Copy metadata that was read; provenance is kept for recout_close. */
int	 recout_copymeta(struct recout *, const struct meta *);
int	 recout_tick(struct recout *);
int	 recout_flush(struct recout *);
/*
 * The end: provenance (of what was read, then this tool's argv when not
 * NULL) and "# end: N"; then closed.
 */
int	 recout_close(struct recout *, const struct meta *, char *const argv[]);

/*
 * Open the output named by -w: NULL or "-" is a copy of standard output,
 * NAME.gz is to be compressed.  A file is made new (O_EXCL, O_NOFOLLOW,
 * 0644) unless force.  Return the fd, or -1 with errno.
 */
int	 recout_create(const char *path, bool force, bool *compress);

#endif
