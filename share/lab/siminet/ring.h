#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One interface: packets in through a mapped ring with the kernel's times,
 * out in batches.  Functions that can fail print why and exit 2: this is the
 * start of a lab program.
 */
struct ring;

struct ring *ring_open(const char *iface, const uint8_t peer[6]);
void	 ring_close(struct ring *);
int	 ring_fd(const struct ring *);

/* Next packet, from the IP header on, or NULL; good until the next call. */
const uint8_t *ring_next(struct ring *, size_t *len, int64_t *ns);

/*
 * Queue a packet; pad fills it up to Ethernet's 60 bytes with rubbish, as
 * real cards may.  Sent when 64 are queued or by ring_flush.
 */
void	 ring_put(struct ring *, const uint8_t *ip, size_t len, bool pad);
void	 ring_flush(struct ring *);

/* Packets the kernel dropped before we saw them; frames it would not take. */
uint64_t ring_rxdrops(struct ring *);
uint64_t ring_txdrops(const struct ring *);

#endif
