/* Ethernet frames by AF_PACKET (packet(7)), a batch per system call. */

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "inj.h"
#include "mem.h"

#ifndef PACKET_QDISC_BYPASS
#define PACKET_QDISC_BYPASS 20
#endif

/* Room for what the driver has not sent yet; the kernel caps it. */
#define SNDBUF	(4 << 20)

struct batch {
	struct mmsghdr	msg[INJ_BATCH];
	struct iovec	iov[INJ_BATCH];
};

static int
send_frames(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	struct batch *b = j->own;

	(void)ns;
	for (unsigned i = first; i < n; i++)
		b->iov[i].iov_len = j->len[i] + IFACE_HDRLEN;
	return sendmmsg(j->fd[0], b->msg + first, n - first, MSG_DONTWAIT);
}

static const struct injkind packet = { "packet", send_frames, NULL };

static int
fail(struct inj *j, const char *what, char err[static 128])
{
	snprintf(err, 128, "%.60s: %s", what, strerror(errno));
	inj_close(j);
	return -1;
}

int
inj_open_packet(struct inj *j, const struct iface *iface, size_t max,
    bool qdisc, char err[static 128])
{
	/* Protocol 0: we send only, so let nothing be queued for us. */
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = iface->index
	};
	const int on = 1, room = SNDBUF;
	struct batch *b;

	inj_init(j, &packet, iface, max);
	inj_slots(j);
	j->fd[0] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (j->fd[0] == -1)
		return fail(j, "packet socket", err);
	if (bind(j->fd[0], (const struct sockaddr *)&to, sizeof(to)) == -1)
		return fail(j, iface->name, err);
	setsockopt(j->fd[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!qdisc && setsockopt(j->fd[0], SOL_PACKET, PACKET_QDISC_BYPASS,
	    &on, sizeof(on)) == -1)
		return fail(j, "PACKET_QDISC_BYPASS", err);

	j->own = b = mem_alloc(sizeof(*b));
	for (unsigned i = 0; i < INJ_BATCH; i++) {
		b->iov[i].iov_base = inj_slot(j, i) - IFACE_HDRLEN;
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}
