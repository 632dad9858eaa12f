#ifndef ORIGIN_H
#define ORIGIN_H

#include "opt.h"
#include "probe.h"

/*
 * The origins of a run, as sendprobes and catchreply are told them: one
 * per address of -S with -P and the port options, or one per -O, which
 * says the same in one word:
 *
 *	src=192.0.2.1,probe=dns,sport=61000,dport=53,ttl=64,qname=invalid
 *
 * An -O without src gives none; the others fall back on the options.
 */
struct originopts {
	const char	*source;	/* -S: ADDR[,ADDR...], NULL: none */
	const char	*type;		/* -P, NULL: icmp */
	uint64_t	 sport, dport;	/* 0: the type's default */
	uint64_t	 ttl;		/* 0: 64 */
	const char	*qname;		/* kept, as in struct origin */
	const char	*contact;	/* kept */
	struct optlist	 list;		/* -O */
};

#define ORIGIN_MAX	64

/* The opt-out text of probes when --contact does not give another. */
#define ORIGIN_CONTACT	"castnet anycast measurement; to opt out write to " \
			"the whois contact of the source address"

/*
 * Parse into out[ORIGIN_MAX].  Return how many, at least 1, or -1 with a
 * reason: no address, unknown key, type or number, the same (src, probe)
 * twice, -S and -O together.
 */
int	 origin_parse(struct origin *out, const struct originopts *,
    char err[static 128]);

/*
 * The same, complete, with spaces for the commas, as the metadata of files
 * has it; a NUL at the end.  Return out.
 */
#define ORIGIN_STRLEN	512
char	*origin_string(const struct origin *, char out[static ORIGIN_STRLEN]);

/*
 * And back: the origins of the run whose metadata that is, with its contact
 * text, whatever node they are of; each once.  Return how many, or -1 with
 * a reason.  What they point at is never freed.
 */
struct meta;
int	 origin_recall(struct origin out[static ORIGIN_MAX],
    const struct meta *, char err[static 128]);

#endif
