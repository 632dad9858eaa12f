#ifndef EXPORT_PCAP_H
#define EXPORT_PCAP_H

#include "key.h"
#include "origin.h"
#include "rec.h"
#include "str.h"
#include "tmplset.h"

/*
 * Probes and replies as packets again, in a capture file: raw IP with
 * nanoseconds (draft-ietf-opsawg-pcap).
 *
 * A probe is made from its sent record, the key and the origins that the
 * metadata names, and is what was sent byte for byte.  Of replies there is
 * what the records have: whole packets where catchreply had no key; else
 * echo replies, which return the probe, and ICMP errors whose quote was
 * kept, without their extensions and with an IPID of 0.  Others are counted.
 */
struct pcapexport {
	struct str	 out;
	struct meta	 meta;		/* a part of the files' */
	struct key	 key;
	struct origin	 *origins;
	struct tmplset	 set;
	bool		 ready;
	struct {
		uint64_t	 probes, replies;
		uint64_t	 unmade;	/* probes that cannot be made */
		uint64_t	 unkept;	/* replies nothing was kept of */
	}		 n;
	char		 err[128];	/* why the last one was not made */
};

/* Zeroed; learn from the metadata of each file. */
void	 pcapexport_learn(struct pcapexport *, const struct meta *);

/*
 * Then begin: the file's header.  Return 0, or -1 with .err: no origins, or
 * ones that contradict each other.
 */
int	 pcapexport_open(struct pcapexport *, const struct key *);
void	 pcapexport_sent(struct pcapexport *, const struct sent *);
void	 pcapexport_reply(struct pcapexport *, const struct reply *);
void	 pcapexport_free(struct pcapexport *);

#endif
