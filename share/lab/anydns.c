/*
 * anydns - answer DNS queries on every address of a network namespace
 *
 * usage: anydns NAME
 *
 * A name server for the lab's edge networks, in which the kernel takes
 * packets for whole prefixes: answers leave from the address that was asked.
 * Class IN, type A: 192.0.2.53.  Class CH, type TXT, hostname.bind or
 * id.server: NAME.  Other names of class CH are refused, other types of
 * class IN have no answer.  It goes to the background once it can answer.
 *
 * Not one line is shared with castnet itself, so that both cannot be wrong
 * together.
 */

#include <sys/socket.h>

#include <netinet/in.h>

#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	BATCH = 64,
	MSG = 512,
	HDR = 12,
	TYPE_A = 1, TYPE_TXT = 16, TYPE_OPT = 41,
	CLASS_IN = 1, CLASS_CH = 3,
	FORMERR = 1, NOTIMP = 4, REFUSED = 5
};

struct slot {
	struct sockaddr_storage		peer;
	struct iovec			iov;
	_Alignas(struct cmsghdr) char ctl[CMSG_SPACE(
	    sizeof(struct in6_pktinfo))];
	uint8_t				b[2 * MSG];
};

static struct slot slots[BATCH];
static struct mmsghdr msgs[BATCH];

static unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The end of the name at p, or NULL: cut short, too long, or compressed. */
static const uint8_t *
skip_name(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (p < end && *p != 0) {
		if (*p > 63 || end - p <= *p || p - start > 254)
			return NULL;
		p += 1 + *p;
	}
	return p < end ? p + 1 : NULL;
}

static bool
is_name(const uint8_t *p, const uint8_t *end, const char *wire)
{
	size_t n = strlen(wire) + 1;

	return (size_t)(end - p) == n &&
	    strncasecmp((const char *)p, wire, n) == 0;
}

/* Append a resource record for the question's name; return the new end. */
static uint8_t *
add_rr(uint8_t *p, unsigned type, unsigned class, unsigned ttl,
    const void *data, size_t n)
{
	put16(p, 0xc000 | HDR);
	put16(p + 2, type);
	put16(p + 4, class);
	put16(p + 6, 0);
	put16(p + 8, ttl);
	put16(p + 10, (unsigned)n);
	memcpy(p + 12, data, n);
	return p + 12 + n;
}

/* Make the query of n bytes at b its own answer; return its size, 0: none. */
static size_t
answer(uint8_t *b, size_t n, const char *name)
{
	static const uint8_t opt[] = { 0, 0, TYPE_OPT, 4, 208, 0, 0, 0, 0, 0, 0 };
	const uint8_t *q;
	uint8_t *p, txt[256];
	unsigned type, class, rcode = 0, answers = 0, edns = 0;
	size_t len;

	if (n < HDR || n > MSG || b[2] & 0x80)
		return 0;
	q = skip_name(b + HDR, b + n);
	if (b[2] & 0x78 || get16(b + 4) != 1 || q == NULL || b + n - q < 4) {
		rcode = b[2] & 0x78 ? NOTIMP : FORMERR;
		put16(b + 4, 0);
		p = b + HDR;
	} else {
		type = get16(q);
		class = get16(q + 2);
		p = b + (q - b) + 4;
		if (b + n - p >= 11 && p[0] == 0 && get16(p + 1) == TYPE_OPT)
			edns = 1;
		if (class == CLASS_CH &&
		    !is_name(b + HDR, q, "\10hostname\4bind") &&
		    !is_name(b + HDR, q, "\2id\6server"))
			rcode = REFUSED;
		else if (class == CLASS_CH && type == TYPE_TXT) {
			len = strnlen(name, 255);
			txt[0] = (uint8_t)len;
			memcpy(txt + 1, name, len);
			p = add_rr(p, TYPE_TXT, CLASS_CH, 0, txt, len + 1);
			answers = 1;
		} else if (class == CLASS_IN && type == TYPE_A) {
			p = add_rr(p, TYPE_A, CLASS_IN, 60, "\300\0\2\65", 4);
			answers = 1;
		}
	}
	if (edns) {
		memcpy(p, opt, sizeof opt);
		p += sizeof opt;
	}
	b[2] = (uint8_t)(0x80 | (b[2] & 0x79) | 0x04);
	b[3] = (uint8_t)(0x80 | rcode);
	put16(b + 6, answers);
	put16(b + 8, 0);
	put16(b + 10, edns);
	return (size_t)(p - b);
}

/* A socket for port 53 of every address, those of AnyIP routes included. */
static int
open_socket(int family)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(53) };
	struct sockaddr_in a4 = { .sin_family = AF_INET,
	    .sin_port = htons(53) };
	int s, on = 1, size = 4 << 20;
	bool v6 = family == AF_INET6;

	if ((s = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0)) == -1)
		err(2, "socket");
	if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1)
		warn("SO_RCVBUFFORCE");
	if (v6 ? setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) ||
	    setsockopt(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) ||
	    setsockopt(s, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) :
	    setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof on))
		err(2, "setsockopt");
	if (bind(s, v6 ? (void *)&a6 : (void *)&a4,
	    v6 ? sizeof a6 : sizeof a4) == -1)
		err(2, "bind to port 53");
	return s;
}

/*
 * Answer from the address that was asked, by whatever way leads back: the
 * control message of the query is used for the answer, without its interface.
 */
static void
aim(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct in_pktinfo p4;
	struct in6_pktinfo p6;

	if (c == NULL)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&p4, CMSG_DATA(c), sizeof p4);
		p4.ipi_spec_dst = p4.ipi_addr;
		p4.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &p4, sizeof p4);
	} else if (c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&p6, CMSG_DATA(c), sizeof p6);
		p6.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &p6, sizeof p6);
	}
}

static void
serve(int s, const char *name)
{
	int n, sent, keep = 0;
	size_t len;

	for (int i = 0; i < BATCH; i++) {
		slots[i].iov = (struct iovec){ slots[i].b, MSG };
		msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &slots[i].peer,
		    .msg_namelen = sizeof slots[i].peer,
		    .msg_iov = &slots[i].iov, .msg_iovlen = 1,
		    .msg_control = slots[i].ctl,
		    .msg_controllen = sizeof slots[i].ctl };
	}
	if ((n = recvmmsg(s, msgs, BATCH, MSG_DONTWAIT, NULL)) <= 0)
		return;
	for (int i = 0; i < n; i++) {
		struct mmsghdr m = msgs[i];

		len = answer(m.msg_hdr.msg_iov->iov_base, m.msg_len, name);
		if (len == 0)
			continue;
		m.msg_hdr.msg_iov->iov_len = len;
		aim(&m.msg_hdr);
		msgs[keep++] = m;
	}
	for (int i = 0; i < keep; i += sent < 1 ? 1 : sent)
		sent = sendmmsg(s, msgs + i, (unsigned)(keep - i), 0);
}

int
main(int argc, char *argv[])
{
	struct pollfd fds[2];

	if (argc != 2) {
		warnx("usage: anydns NAME");
		return 2;
	}
	fds[0] = (struct pollfd){ open_socket(AF_INET), POLLIN, 0 };
	fds[1] = (struct pollfd){ open_socket(AF_INET6), POLLIN, 0 };
	if (daemon(0, 0) == -1)
		err(2, "daemon");
	for (;;) {
		if (poll(fds, 2, -1) == -1)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents != 0)
				serve(fds[i].fd, argv[1]);
	}
}
