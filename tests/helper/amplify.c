/*
 * amplify - does a UDP listener ever send more than it was sent?
 *
 * usage: amplify address port packets seed
 *
 * Sends packets as an attacker would who cannot read the answers: STAMP
 * requests whole, cut, with extensions that lie about their length, messages
 * of every type with cookies that are guessed, and noise.  Exits 0 if no
 * packet brought back more bytes than it had, and all of them together
 * neither.
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t rng;

static unsigned
dice(unsigned n)
{
	rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(rng >> 33) % n;
}

static size_t
make(uint8_t *p)
{
	/* Bodies of the messages of conntest(7), by type. */
	static const unsigned body[] = { 0, 88, 88, 40, 40, 20, 8, 128, 128,
	    28, 28 };
	size_t n = dice(300);

	for (size_t i = 0; i < 300; i++)
		p[i] = (uint8_t)dice(256);
	switch (dice(4)) {
	case 0:			/* noise */
		break;
	case 1:			/* STAMP: extensions with lengths that lie */
		for (size_t at = 44; at + 4 < 300; at += 4 + dice(60)) {
			p[at] = 0x80;
			p[at + 1] = (uint8_t)(dice(2) ? 252 : dice(8));
			p[at + 2] = (uint8_t)(dice(8) ? 0 : dice(256));
			p[at + 3] = (uint8_t)dice(64);
		}
		break;
	default: {		/* a message, usually well formed */
		unsigned type = dice(12);

		memcpy(p, "cnt1\0\0\0\0\1", 9);
		p[9] = (uint8_t)type;
		p[10] = p[11] = p[12] = p[13] = p[14] = 0;
		p[15] = type <= 10 ? (uint8_t)body[type] : (uint8_t)dice(256);
		memset(p + 40, 0, 64);		/* a name that is allowed */
		if (dice(4) != 0)
			n = 16 + p[15];
	}
	}
	return n;
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint64_t sent = 0, back = 0, worse = 0, answers = 0;
	uint8_t p[512], q[65536];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(2, "usage: amplify address port packets seed");
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	rng = (uint64_t)atoi(argv[4]);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(2, "socket");
	for (int i = 0; i < atoi(argv[3]); i++) {
		struct pollfd w = { .fd = fd, .events = POLLIN };
		size_t n = make(p), got = 0;

		if (send(fd, p, n, 0) == -1)
			err(2, "send");
		sent += n;
		/* Most are not answered: wait for those that should be. */
		while (poll(&w, 1, i % 64 == 0 ? 20 : 0) == 1) {
			ssize_t r = recv(fd, q, sizeof(q), MSG_DONTWAIT);

			if (r <= 0)
				break;
			got += (size_t)r;
			answers++;
		}
		back += got;
		worse += back > sent;
	}
	sleep(1);
	for (ssize_t r; (r = recv(fd, q, sizeof(q), MSG_DONTWAIT)) > 0;
	    answers++)
		back += (size_t)r;
	printf("sent %llu bytes, %llu came back in %llu answers\n",
	    (unsigned long long)sent, (unsigned long long)back,
	    (unsigned long long)answers);
	return worse > 0 || back > sent || answers == 0;
}
