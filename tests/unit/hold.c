/*
 * Ports that are held: what is sent to them is dropped in silence, where an
 * unheld port makes the kernel answer "port unreachable".
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hold.h"
#include "tap.h"

enum { LO = 41000, N = 200, SENT = 2000 };

/* Send to a port of ours; how many times did it say it is unreachable? */
static int
refused(const char *text, uint16_t port)
{
	struct sockaddr_in s4 = { .sin_family = AF_INET,
	    .sin_port = htons(port) };
	struct sockaddr_in6 s6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port) };
	int v6 = strchr(text, ':') != NULL, n = 0;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, text, &s4.sin_addr);
	inet_pton(AF_INET6, text, &s6.sin6_addr);
	if ((v6 ? connect(fd, (struct sockaddr *)&s6, sizeof(s6)) :
	    connect(fd, (struct sockaddr *)&s4, sizeof(s4))) == -1) {
		close(fd);
		return -1;
	}
	for (int i = 0; i < SENT; i++)
		n += send(fd, "sixteen bytes ..", 16, 0) == -1 &&
		    errno == ECONNREFUSED;
	close(fd);
	return n;
}

static void
test_family(const char *text)
{
	struct addr a;

	addr_parse(&a, text, strlen(text));
	int before = refused(text, LO);
	if (before == -1) {
		ok(1, "%s # SKIP no such address here", text);
		return;
	}
	ok(before > 0, "%s: an unheld port is unreachable", text);
	ok(hold_ports(&a, LO, LO + N - 1) == 0, "%s: %d ports are held", text,
	    N);
	ok(hold_ports(&a, LO, LO + 9) == 0, "%s: and once more", text);
	ok(refused(text, LO) == 0 && refused(text, LO + N - 1) == 0,
	    "%s: %d packets each to the first and last are dropped in silence",
	    text, SENT);
	ok(refused(text, LO + N) > 0, "%s: the port after them is not held",
	    text);
}

int
main(void)
{
	test_family("127.0.0.1");
	test_family("::1");
	return tap_done();
}
