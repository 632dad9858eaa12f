/*
 * Ethernet frames by AF_XDP (Documentation/networking/af_xdp.rst), sending
 * only, in copy mode: every driver can, and the kernel takes frames while
 * we are in sendto and at no other time.
 *
 * What it has not taken stays on its ring, and cannot be withdrawn, for it
 * remembers how much there was; but what those frames hold is still ours to
 * write, and is written anew when they are tried again.
 */

#include <errno.h>
#include <linux/if_xdp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "inj.h"
#include "mem.h"

#define FRAMES		4096		/* that may be under way or filled in */
#define FRAME_SIZE	2048
#define RING		2048
#define LINE		64
#define LINES		7		/* frames begin at so many places */

/*
 * Frames the kernel takes per sendto, Linux 6.17 on.  Before, it was a fixed
 * number, and of a call that reached it the shared index did not tell: then
 * so few are put on the ring that none does.
 */
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif
#define OLD_BUDGET	16

struct xdp {
	struct xsk_umem		*umem;
	struct xsk_socket	*xsk;
	struct xsk_ring_prod	 tx, fill;
	struct xsk_ring_cons	 done;
	uint8_t			*area;
	uint32_t		 cons;		/* how far the kernel has come */
	uint32_t		 pending;	/* frames from there on the ring */
	uint32_t		 budget;	/* frames a call takes */
	uint64_t		 slot[INJ_BATCH];	/* frame of each slot */
	uint64_t		 idle[FRAMES];		/* frames free for use */
	unsigned		 nidle;
};

/*
 * Where in a frame its Ethernet header begins: not at the same place in all,
 * or the beginnings of all would fall into a few sets of the cache.
 */
static uint64_t
begin(uint64_t frame)
{
	return frame + frame / FRAME_SIZE % LINES * LINE + INJ_HEAD -
	    IFACE_HDRLEN;
}

static void
set_slot(struct inj *j, unsigned i, uint64_t frame)
{
	struct xdp *x = j->own;

	x->slot[i] = frame;
	j->slot[i] = x->area + begin(frame) + IFACE_HDRLEN;
}

/* Give a slot a frame; there is one. */
static void
refill(struct inj *j, unsigned i)
{
	struct xdp *x = j->own;

	set_slot(j, i, x->idle[--x->nidle]);
}

/* Take back frames the driver is done with. */
static void
reclaim(struct xdp *x)
{
	uint32_t at, n = xsk_ring_cons__peek(&x->done, FRAMES, &at);

	for (uint32_t i = 0; i < n; i++)
		x->idle[x->nidle++] = *xsk_ring_cons__comp_addr(&x->done,
		    at + i) / FRAME_SIZE * FRAME_SIZE;
	xsk_ring_cons__release(&x->done, n);
}

/*
 * One call; return how many frames the kernel took off the ring, and its
 * errno.  With EBUSY the last of them was refused by the device.  Of that
 * one alone the shared index does not tell.
 */
static uint32_t
kick(struct xdp *x, int fd, int *e)
{
	uint32_t k;

	*e = sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) == -1 ? errno : 0;
	k = __atomic_load_n(x->tx.consumer, __ATOMIC_ACQUIRE) - x->cons;
	if (k > x->pending)		/* already known */
		k = 0;
	if (k == 0 && *e == EBUSY)
		k = 1;
	x->cons += k;
	x->pending -= k;
	return k;
}

/* Put the slots from first on where the kernel has come to, and beyond. */
static int
put_on_ring(struct inj *j, unsigned first, uint32_t want)
{
	struct xdp *x = j->own;
	uint32_t at, more = want > x->pending ? want - x->pending : 0;

	if (more > 0 && xsk_ring_prod__reserve(&x->tx, more, &at) == 0)
		return -1;
	for (uint32_t i = 0; i < want; i++)
		*xsk_ring_prod__tx_desc(&x->tx, x->cons + i) =
		    (struct xdp_desc){ .addr = begin(x->slot[first + i]),
		    .len = (uint32_t)(j->len[first + i] + IFACE_HDRLEN) };
	if (more > 0)
		xsk_ring_prod__submit(&x->tx, more);
	x->pending += more;
	return 0;
}

/*
 * Slots [first, first + off) were taken, the last of them for nothing if
 * lost: the others move up to it, as it is next to be tried.
 */
static void
renew(struct inj *j, unsigned first, uint32_t off, bool lost)
{
	struct xdp *x = j->own;
	unsigned at = first + off;

	for (unsigned i = first; i < at; i++)
		refill(j, i);
	for (uint32_t i = 0; lost && i < x->pending; i++, at++) {
		uint64_t frame = x->slot[at];

		set_slot(j, at, x->slot[at - 1]);
		set_slot(j, at - 1, frame);
	}
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int
send_frames(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	struct xdp *x = j->own;
	uint32_t off = 0, k;
	int e = EAGAIN;

	(void)ns;
	do {
		uint32_t want = least(n - first - off, x->budget);

		reclaim(x);
		want = least(want, x->nidle);	/* for the slots */
		if (want == 0 || want < x->pending ||
		    put_on_ring(j, first + off, want) == -1)
			break;
		k = kick(x, j->fd[0], &e);
		renew(j, first + off, k, e == EBUSY);
		off += k;
	} while (k > 0 && (e == 0 || e == EAGAIN) && first + off < n);
	if (e == EBUSY)
		off--;
	if (off > 0)
		return (int)off;
	errno = e == ENETDOWN || e == ENXIO || e == ENODEV || e == EINTR ? e :
	    e == EBUSY ? ENOBUFS : EAGAIN;
	return -1;
}

/*
 * No close of our own: libxdp's would ask the socket for its options, which
 * a confined process may not; closing the descriptor frees all the same.
 */
static const struct injkind xdp = { "xdp", send_frames, NULL };

static int
fail(struct inj *j, const char *what, int e, char err[static 128])
{
	snprintf(err, 128, "%.60s: %s", what, strerror(e));
	inj_close(j);
	return -1;
}

int
inj_open_xdp(struct inj *j, const struct iface *iface, size_t max,
    char err[static 128])
{
	const struct xsk_umem_config uc = { .fill_size = RING,
	    .comp_size = FRAMES, .frame_size = FRAME_SIZE };
	const struct xsk_socket_config sc = { .tx_size = RING,
	    .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
	    .bind_flags = XDP_COPY };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	const int budget = INJ_BATCH;
	struct xdp *x = mem_alloc(sizeof(*x));
	int e;

	inj_init(j, &xdp, iface, max);
	j->own = x;
	if (INJ_HEAD + (LINES - 1) * LINE + max > FRAME_SIZE)
		return fail(j, "frames", EMSGSIZE, err);
	setrlimit(RLIMIT_MEMLOCK, &all);	/* may fail: 8 MiB are usual */
	x->area = mmap(NULL, (size_t)FRAMES * FRAME_SIZE,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (x->area == MAP_FAILED)
		return fail(j, "frames", errno, err);
	if ((e = xsk_umem__create(&x->umem, x->area, (uint64_t)FRAMES *
	    FRAME_SIZE, &x->fill, &x->done, &uc)) != 0)
		return fail(j, "AF_XDP memory", -e, err);
	if ((e = xsk_socket__create(&x->xsk, iface->name, 0, x->umem, NULL,
	    &x->tx, &sc)) != 0)
		return fail(j, "AF_XDP socket", -e, err);
	j->fd[0] = xsk_socket__fd(x->xsk);
	x->budget = setsockopt(j->fd[0], SOL_XDP, XDP_MAX_TX_SKB_BUDGET,
	    &budget, sizeof(budget)) == 0 ? INJ_BATCH : OLD_BUDGET;
	for (unsigned i = 0; i < FRAMES; i++)
		x->idle[x->nidle++] = (uint64_t)i * FRAME_SIZE;
	for (unsigned i = 0; i < INJ_BATCH; i++)
		refill(j, i);
	return 0;
}
