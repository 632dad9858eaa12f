#ifndef TMPLSET_H
#define TMPLSET_H

#include <stddef.h>

#include "origin.h"
#include "rec.h"

/*
 * Probe templates: one per origin, and further ones for probe records that
 * ask for other ports, type of service, size or options.  Those are made
 * when first asked for; TMPLSET_MORE are kept, after which the oldest makes
 * room.
 */
#define TMPLSET_MORE	4096
#define TMPLSET_HASH	(2 * TMPLSET_MORE)

/* How a probe differs from its origin; 0, -1 or NULL: it does not. */
struct variant {
	uint16_t	 sport, dport, size;
	int16_t		 tos;
	const char	*options;	/* tcpopt_parse */
	size_t		 noptions;
};
#define VARIANT_NONE	((struct variant){ .tos = -1 })

struct tmplset {
	const struct origin	*origins;
	size_t			 n;
	const struct key	*key;
	struct tmpl		*base;			/* n of them */
	struct tmplmore		*more[TMPLSET_MORE];	/* NULL: free */
	uint16_t		 hash[TMPLSET_HASH];	/* 1 + index of more */
	struct tmplmore		*last;			/* found last */
	size_t			 next;			/* to be replaced */
	uint32_t		 made;
};

/*
 * Build those of the origins (kept, as is the key).  Return 0, or -1 with a
 * reason.
 */
int	 tmplset_init(struct tmplset *, const struct origin *, size_t n,
    const struct key *, char err[static 128]);

/* The template of origin i for a variant, NULL if it is not there yet. */
const struct tmpl *tmplset_find(struct tmplset *, size_t i,
    const struct variant *);

/* Will tmplset_make end a template's life?  Send first what uses it. */
bool	 tmplset_full(const struct tmplset *);

/* Make it.  NULL with a reason if there can be none. */
const struct tmpl *tmplset_make(struct tmplset *, size_t i,
    const struct variant *, char err[static 128]);

/*
 * A probe once more, byte for byte, into out; return its length.  The ask is
 * whole: tx_ns, node and round too.  0 with a reason if it cannot have been.
 */
size_t	 tmplset_regen(struct tmplset *, size_t i, const struct ask *,
    const struct variant *, uint8_t out[static PROBE_MAX],
    char err[static 128]);

/* What a probe record asks for; it is to stay as long as the variant. */
struct variant tmplset_variant(const struct probe *rec);

/* What in a probe record cannot be done ("bad ttl"), or NULL. */
const char *tmplset_check(const struct probe *rec);

/* The highest flow number probes of an origin may have. */
int64_t	 tmplset_last_flow(const struct origin *);

void	 tmplset_free(struct tmplset *);

#endif
