/* ring - AF_PACKET: a mapped ring in, sendmmsg(2) out */

#include "ring.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define SLOT		2048
#define BLOCK		(1 << 20)
#define NBLOCKS		64
#define NSLOTS		(NBLOCKS * (BLOCK / SLOT))
#define BATCH		64
#define PATIENCE	2000		/* tries, a tenth of a ms each */

struct ring {
	int		 in, out;
	uint8_t		*map;
	unsigned	 at;		/* slot to read next */
	bool		 held;		/* slot at is the caller's */
	uint64_t	 rxdrops, txdrops;
	unsigned	 n;		/* queued */
	uint8_t		 head[14];	/* Ethernet header of what we send */
	struct mmsghdr	 msg[BATCH];
	struct iovec	 iov[BATCH];
	uint8_t		 frame[BATCH][FRAME_MAX];
};

static int
packet_socket(const char *iface, unsigned short proto)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(proto),
	    .sll_ifindex = (int)if_nametoindex(iface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (ll.sll_ifindex == 0)
		err(2, "%s", iface);
	if (fd == -1 || bind(fd, (struct sockaddr *)&ll, sizeof ll) == -1)
		err(2, "%s: packet socket", iface);
	return fd;
}

static void
set(int fd, int name, int value)
{
	if (setsockopt(fd, SOL_PACKET, name, &value, sizeof value) == -1)
		err(2, "packet socket option %d", name);
}

/* The ring is in place before the socket is bound: nothing is missed. */
static void
open_in(struct ring *r, const char *iface)
{
	struct tpacket_req req = { .tp_block_size = BLOCK,
	    .tp_block_nr = NBLOCKS, .tp_frame_size = SLOT,
	    .tp_frame_nr = NSLOTS };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)if_nametoindex(iface) };

	r->in = packet_socket(iface, 0);
	set(r->in, PACKET_VERSION, TPACKET_V2);
	set(r->in, PACKET_IGNORE_OUTGOING, 1);
	if (setsockopt(r->in, SOL_PACKET, PACKET_RX_RING, &req, sizeof req)
	    == -1)
		err(2, "%s: ring", iface);
	r->map = mmap(NULL, (size_t)BLOCK * NBLOCKS, PROT_READ | PROT_WRITE,
	    MAP_SHARED, r->in, 0);
	if (r->map == MAP_FAILED)
		err(2, "%s: ring", iface);
	if (bind(r->in, (struct sockaddr *)&ll, sizeof ll) == -1)
		err(2, "%s: packet socket", iface);
}

struct ring *
ring_open(const char *iface, const uint8_t peer[6])
{
	struct ring *r = calloc(1, sizeof *r);
	struct ifreq ifr = { 0 };

	if (r == NULL)
		err(2, "%s", iface);
	open_in(r, iface);
	r->out = packet_socket(iface, 0);
	set(r->out, PACKET_QDISC_BYPASS, 1);
	strncpy(ifr.ifr_name, iface, IFNAMSIZ - 1);
	if (ioctl(r->out, SIOCGIFHWADDR, &ifr) == -1)
		err(2, "%s: address", iface);
	memcpy(r->head, peer, 6);
	memcpy(r->head + 6, ifr.ifr_hwaddr.sa_data, 6);
	for (int i = 0; i < BATCH; i++) {
		r->iov[i].iov_base = r->frame[i];
		r->msg[i].msg_hdr.msg_iov = &r->iov[i];
		r->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return r;
}

void
ring_close(struct ring *r)
{
	munmap(r->map, (size_t)BLOCK * NBLOCKS);
	close(r->in);
	close(r->out);
	free(r);
}

int
ring_fd(const struct ring *r)
{
	return r->in;
}

const uint8_t *
ring_next(struct ring *r, size_t *len, int64_t *ns)
{
	for (;;) {
		struct tpacket2_hdr *h = (void *)(r->map +
		    (size_t)r->at * SLOT);
		unsigned type, have;

		if (r->held) {
			__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
			    __ATOMIC_RELEASE);
			r->at = (r->at + 1) % NSLOTS;
			r->held = false;
			continue;
		}
		if ((__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER) == 0)
			return NULL;
		r->held = true;
		have = h->tp_snaplen;
		if (have < 14 || h->tp_len != have)
			continue;
		type = get16((uint8_t *)h + h->tp_mac + 12);
		if (type != ETH_P_IP && type != ETH_P_IPV6)
			continue;
		*len = have - 14;
		*ns = (int64_t)h->tp_sec * 1000000000 + h->tp_nsec;
		return (uint8_t *)h + h->tp_mac + 14;
	}
}

void
ring_put(struct ring *r, const uint8_t *ip, size_t len, bool pad)
{
	uint8_t *f = r->frame[r->n];

	memcpy(f, r->head, 12);
	put16(f + 12, ip[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
	memcpy(f + 14, ip, len);
	len += 14;
	if (pad && len < 60) {
		memset(f + len, 0xdb, 60 - len);
		len = 60;
	}
	r->iov[r->n].iov_len = len;
	if (++r->n == BATCH)
		ring_flush(r);
}

/* A frame the kernel does not take is tried again for a while, then lost. */
void
ring_flush(struct ring *r)
{
	unsigned done = 0, tries = 0;

	while (done < r->n) {
		int got = sendmmsg(r->out, r->msg + done, r->n - done, 0);

		if (got > 0) {
			done += (unsigned)got;
			tries = 0;
		} else if (errno != EINTR && ++tries > PATIENCE) {
			r->txdrops++;
			done++;
			tries = 0;
		} else
			usleep(100);
	}
	r->n = 0;
}

uint64_t
ring_rxdrops(struct ring *r)
{
	struct tpacket_stats st = { 0 };
	socklen_t n = sizeof st;

	if (getsockopt(r->in, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0)
		r->rxdrops += st.tp_drops;	/* cleared by reading */
	return r->rxdrops;
}

uint64_t
ring_txdrops(const struct ring *r)
{
	return r->txdrops;
}
