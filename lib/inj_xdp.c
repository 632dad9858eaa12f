/*
 * Ethernet frames by AF_XDP (Documentation/networking/af_xdp.rst), sending
 * only, in copy mode: every driver can, and the kernel takes frames while
 * we are in sendto, so what it has not taken can be withdrawn.
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

#define FRAMES		4096		/* that may be under way */
#define FRAME_SIZE	2048
#define RING		2048

/* Frames the kernel takes per sendto; Linux 6.17 on, 32 without. */
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

struct xdp {
	struct xsk_umem		*umem;
	struct xsk_socket	*xsk;
	struct xsk_ring_prod	 tx, fill;
	struct xsk_ring_cons	 done;
	uint8_t			*area;
	uint64_t		 idle[FRAMES];	/* frames free for use */
	unsigned		 nidle;
};

/* Take back frames the driver is done with. */
static void
reclaim(struct xdp *x)
{
	uint32_t at, n = xsk_ring_cons__peek(&x->done, FRAMES, &at);

	for (uint32_t i = 0; i < n; i++)
		x->idle[x->nidle++] =
		    *xsk_ring_cons__comp_addr(&x->done, at + i);
	xsk_ring_cons__release(&x->done, n);
}

/* How far the kernel has come; the ring's own copy is only sometimes so. */
static uint32_t
taken(const struct xdp *x)
{
	return __atomic_load_n(x->tx.consumer, __ATOMIC_ACQUIRE);
}

static int
send_frames(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	struct xdp *x = j->own;
	uint32_t at, want = n - first, start, k, before;
	int e = 0;

	(void)ns;
	reclaim(x);
	if (x->nidle < want)
		want = x->nidle;
	if (want == 0 || xsk_ring_prod__reserve(&x->tx, want, &at) == 0) {
		errno = EAGAIN;
		return -1;
	}
	start = taken(x);
	for (uint32_t i = 0; i < want; i++) {
		uint64_t frame = x->idle[x->nidle - 1 - i];
		struct xdp_desc *d = xsk_ring_prod__tx_desc(&x->tx, at + i);
		size_t len = j->len[first + i] + IFACE_HDRLEN;

		memcpy(x->area + frame, inj_slot(j, first + i) - IFACE_HDRLEN,
		    len);
		*d = (struct xdp_desc){ .addr = frame, .len = (uint32_t)len };
	}
	xsk_ring_prod__submit(&x->tx, want);
	do {
		before = taken(x);
		if (sendto(j->fd[0], NULL, 0, MSG_DONTWAIT, NULL, 0) == -1)
			e = errno;
		k = taken(x) - start;
	} while (k < want && taken(x) != before);
	if (k < want) {
		/* Nobody looks at the ring but in sendto: shorten it. */
		x->tx.cached_prod -= want - k;
		__atomic_store_n(x->tx.producer, x->tx.cached_prod,
		    __ATOMIC_RELEASE);
	}
	x->nidle -= k;
	if (k > 0)
		return (int)k;
	errno = e == 0 ? EAGAIN : e;
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
	setsockopt(j->fd[0], SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget,
	    sizeof(budget));
	for (unsigned i = 0; i < FRAMES; i++)
		x->idle[x->nidle++] = (uint64_t)i * FRAME_SIZE;
	return 0;
}
