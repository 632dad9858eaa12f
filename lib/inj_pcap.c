/*
 * Probes into a capture file instead of a network: raw IP packets with
 * nanoseconds (draft-ietf-opsawg-pcap).
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "inj.h"
#include "mem.h"

#define MAGIC_NS	0xa1b23c4d
#define LINKTYPE_RAW	101
#define SNAPLEN		65535
#define HEAD		16		/* of a packet */

static int
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0) {
			if (k == 0)
				errno = ENOSPC;
			return -1;
		}
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int
write_batch(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	struct buf b = buf_init(j->own, INJ_BATCH * (HEAD + j->max));

	for (unsigned i = first; i < n; i++) {
		buf_u32(&b, (uint32_t)(ns / NS_PER_S));
		buf_u32(&b, (uint32_t)(ns % NS_PER_S));
		buf_u32(&b, (uint32_t)j->len[i]);
		buf_u32(&b, (uint32_t)j->len[i]);
		buf_copy(&b, inj_slot(j, i), j->len[i]);
	}
	if (write_all(j->fd[0], b.p, b.len) == -1)
		return -1;
	return (int)(n - first);
}

static const struct injkind file = { "pcap", write_batch, NULL };

int
inj_open_pcap(struct inj *j, int fd, size_t max)
{
	uint8_t bytes[24];
	struct buf b = buf_init(bytes, sizeof(bytes));

	inj_init(j, &file, NULL, max);
	inj_slots(j);
	j->fd[0] = fd;
	j->own = mem_array(INJ_BATCH, HEAD + j->max);
	buf_u32(&b, MAGIC_NS);
	buf_u16(&b, 2);			/* version 2.4 */
	buf_u16(&b, 4);
	buf_u64(&b, 0);			/* reserved */
	buf_u32(&b, SNAPLEN);
	buf_u32(&b, LINKTYPE_RAW);
	return write_all(fd, bytes, b.len);
}
