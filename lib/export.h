#ifndef EXPORT_H
#define EXPORT_H

#include "intern.h"
#include "join.h"
#include "rec.h"
#include "str.h"

/*
 * Records of any type in other formats, one row at a time: json, csv,
 * geojson and prometheus are rows of export_formats.  The caller opens,
 * hands in the fields of each record as recin_split has them, and takes the
 * text out of .out (and clears it) whenever it likes.
 */
struct export {
	struct str	 out;
	const struct exportformat *how;
	const struct rectype *type;
	const struct field *col[REC_MAXCOLS];	/* what to write, in order */
	size_t		 ncols;
	bool		 raw;		/* leave percent-escapes as they are */
	struct join	*geo;		/* geojson: positions, or NULL */
	char		 err[256];

	/* export.c's and the formats' own */
	void		*scratch;	/* a record, to check fields */
	char		 text[REC_FIELDLEN];
	uint64_t	 nrecs;
	struct intern	 rows;		/* prometheus: labels of samples */
	struct exportsample {
		uint64_t count;
		uint8_t	 n;
		char	 s[63];
	}		*sample;	/* rows x (columns + 1) */
	size_t		 cap;
};

struct exportformat {
	const char	*name;
	const char	*doc;
	/* Can this type be written?  NULL, or why not.  May be NULL. */
	const char	*(*check)(const struct export *);
	void		(*begin)(struct export *);
	void		(*record)(struct export *, const struct span v[]);
	void		(*end)(struct export *);
};

extern const struct exportformat export_json, export_csv, export_geojson,
	export_prometheus;
extern const struct exportformat *const export_formats[];	/* to NULL */

/*
 * Begin.  The caller has set how, type, col, ncols, raw, geo and the rest to
 * zero.  Return 0, or -1 with .err: this format cannot have these columns.
 */
int	 export_open(struct export *);

/*
 * One record: v has an element per field of the type, "-" where there is
 * none.  Return 0, or -1 with .err when a field is not what its type says;
 * then nothing was written.
 */
int	 export_record(struct export *, const struct span v[]);

/* The last bytes are in .out; export_free releases it. */
void	 export_close(struct export *);
void	 export_free(struct export *);

/* For formats: is the field a number in JSON, is it missing, its text. */
bool	 export_is_number(const struct field *);
bool	 export_missing(const struct span *);
struct span export_text(struct export *, const struct field *,
    const struct span *);

/*
 * Append a column's value as JSON: a number, a string or null.
 */
void	 export_value(struct export *, const struct field *,
    const struct span *);

#endif
