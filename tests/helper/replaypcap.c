/*
 * replaypcap - send the packets of a capture again, to the neighbour
 *
 * usage: replaypcap FILE IFACE PPS
 * Each IP packet of FILE leaves IFACE in a frame to the hardware address
 * that the neighbour of a pathlab link has.  Prints how many were sent.
 */

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <err.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
open_packet(const char *iface, unsigned char mac[6])
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET };
	struct ifreq ifr = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", iface);
	if (fd == -1 || ioctl(fd, SIOCGIFHWADDR, &ifr) == -1)
		err(2, "%s", iface);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	a.sll_ifindex = (int)if_nametoindex(iface);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1)
		err(2, "%s", iface);
	return fd;
}

int
main(int argc, char *argv[])
{
	char why[PCAP_ERRBUF_SIZE];
	unsigned char frame[2048];
	struct pcap_pkthdr *h;
	const unsigned char *p;
	struct timespec gap = { 0 };
	pcap_t *in;
	size_t skip, n = 0;
	int fd;

	if (argc != 4 || atoi(argv[3]) <= 0)
		errx(2, "usage: replaypcap FILE IFACE PPS");
	if ((in = pcap_open_offline(argv[1], why)) == NULL)
		errx(2, "%s", why);
	skip = pcap_datalink(in) == DLT_EN10MB ? 14 : 0;
	fd = open_packet(argv[2], frame + 6);
	/* The ends of a link are 02:00:01:xx:xx:0a and :0b. */
	memcpy(frame, frame + 6, 6);
	frame[5] ^= 0x0a ^ 0x0b;
	gap.tv_nsec = 1000000000L / atoi(argv[3]);
	while (pcap_next_ex(in, &h, &p) == 1) {
		if (h->caplen <= skip || h->caplen > sizeof frame - 14 ||
		    h->caplen != h->len)
			continue;
		memcpy(frame + 14, p + skip, h->caplen - skip);
		frame[12] = p[skip] >> 4 == 4 ? 0x08 : 0x86;
		frame[13] = p[skip] >> 4 == 4 ? 0x00 : 0xdd;
		if (write(fd, frame, 14 + h->caplen - skip) == -1)
			err(1, "%s", argv[2]);
		n++;
		nanosleep(&gap, NULL);
	}
	pcap_close(in);
	printf("%zu\n", n);
	return n == 0;
}
