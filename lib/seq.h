#ifndef SEQ_H
#define SEQ_H

#include "probe_types.h"

/*
 * Tags in TCP sequence numbers: 32 keyed bits of the connection's four
 * values, with node, ttl and attempt in them.
 */

#define SEQ_FLOWS	1024

static inline uint32_t
seq_state(const struct ask *a)
{
	return (uint32_t)a->node << 16 | ask_state(a);
}

static inline uint32_t
seq_swap(uint32_t s)
{
	return s << 16 | s >> 16;
}

/*
 * Masks between us (first) and a target: of sequence numbers, and of the
 * time stamps of those that have any.
 */
struct seqmask {
	uint32_t	seq, ts;
};
struct seqmask seq_mask(const struct key *, const struct addr *src,
    const struct addr *dst, uint16_t sport, uint16_t dport);

/* The options of an origin's probes, given or not; TSval is still 0. */
void	 seq_options(const struct origin *, struct tcpopt *);

/* A row's body: none, but as many bytes as the options have. */
void	 seq_body(struct buf *, const struct origin *, size_t want);

/* Write source port, numbers, time stamp and checksum; acked or with 0. */
void	 seq_fill(const struct tmpl *, const struct ask *, uint8_t *l4,
    bool acked);

/* A TCP header as far as it is there. */
struct seq {
	uint16_t	sport, dport;
	uint32_t	seq, ack;
	uint8_t		flags;		/* answers only */
	bool		acked;		/* ack is there, and ours if it is a quote */
	bool		stamped;	/* it has a time stamp: */
	uint32_t	ts;
};

enum { SEQ_RST = 4, SEQ_SYN = 2, SEQ_ACK = 16 };

/* Read it; false if its ports are not those of m's origin. */
bool	 seq_parse(struct match *, struct seq *);

/*
 * Judge an answer by a number that was S ^ state (twisted: S swapped ^
 * state), a quoted probe by what it has.
 */
enum reject seq_match(struct match *, const struct seq *, uint32_t value,
    bool twisted);
enum reject seq_match_quoted(struct match *, const struct seq *);

/*
 * What rows share whose probes acknowledge something, and whose answer is a
 * reset that begins there.
 */
void	 seq_fill_acked(const struct tmpl *, const struct ask *,
    const struct mask *, uint8_t *l4);
enum reject seq_match_reset(struct match *);
void	 seq_answer_reset(struct buf *, struct cur c);

#endif
