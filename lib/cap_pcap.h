#ifndef CAP_PCAP_H
#define CAP_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Packets in, from an interface or from pcap files; libpcap is named only
 * in cap_pcap.c.
 *
 * Live: a TPACKET_V3 ring with nanosecond times, never promiscuous, without
 * our own outgoing packets, the kernel filter locked.  Reading never waits:
 * poll cap_fd.  Needs cap_net_raw to open and nothing afterwards.
 *
 * From files (pcap, pcapng, "-" for standard input): opened by cap_open_file
 * with whatever rights we have then, not one byte read before cap_begin.
 */
struct cap;

struct cap_packet {
	int64_t		 ns;		/* arrival */
	const uint8_t	*p;		/* from the IP header on */
	size_t		 n;		/* captured; 0: cut in the link header */
};

typedef void cap_fn(void *arg, const struct cap_packet *);

#define CAP_ERRLEN	256

/*
 * retire_ms: how long the kernel may keep a packet before it shows; each
 * such time takes a block of the ring.  Return NULL with a reason in err.
 */
struct cap *cap_open_live(const char *iface, const char *filter,
    uint64_t ring, int retire_ms, char err[static CAP_ERRLEN]);
struct cap *cap_open_file(const char *path, char err[static CAP_ERRLEN]);

/* Live: to poll and getsockopt.  A file: to read. */
int	 cap_fd(const struct cap *);

/*
 * Before the first cap_read of a file: read its header.  The filter is what
 * a live capture's kernel would apply; it sees packets from the IP header
 * on.  Return 0, or -1 (cap_error).
 */
int	 cap_begin(struct cap *, const char *filter);

/*
 * Hand up to max packets to fn; they live until it returns.  Return how
 * many the filter let through, 0 when there are none now, -1 at the end of
 * a file, -2 on an error (cap_error), after which nothing more will come.
 */
int	 cap_read(struct cap *, int max, cap_fn *fn, void *arg);
const char *cap_error(const struct cap *);

/*
 * Live: packets dropped since last asked, because the ring was full; and
 * how often poll's POLLERR said the interface went down.
 */
uint64_t cap_drops(struct cap *);
bool	 cap_went_down(struct cap *);

void	 cap_close(struct cap *);

/*
 * A pcap file with nanoseconds into which captures put each packet they
 * read from cap_dump on, all of one link type.  f: kept, closed by
 * capdump_close.  Failures to write show in flush and close: 0, or -1 with
 * errno.
 */
struct capdump;
struct capdump *capdump_open(FILE *f);
/* Return 0, or -1 (cap_error). */
int	 cap_dump(struct cap *, struct capdump *);
int	 capdump_fd(const struct capdump *);
uint64_t capdump_bytes(const struct capdump *);
int	 capdump_flush(struct capdump *);
int	 capdump_close(struct capdump *);

#endif
