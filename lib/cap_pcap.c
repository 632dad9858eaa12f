#include "cap_pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "cur.h"
#include "link.h"
#include "mem.h"

enum {
	SNAPLEN = 4096,			/* a reply larger than that is cut */
	FILEBUF = 1 << 20
};

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

struct cap {
	pcap_t			*pc;
	FILE			*f;		/* a file's, until cap_begin */
	int			 fd;
	bool			 live, whole;	/* whole: a filter for files */
	struct bpf_program	 filter;
	int			 link;
	int64_t			 unit_ns;	/* of tv_usec */
	struct capdump		*dump;
	cap_fn			*fn;
	void			*arg;
	int			 passed;
	char			 err[CAP_ERRLEN];
};

struct capdump {
	FILE		*f;
	pcap_dumper_t	*d;
	int		 link;
	uint64_t	 bytes;
	int		 error;
};

static struct cap *
fail(struct cap *c, const char *what, const char *why,
    char err[static CAP_ERRLEN])
{
	snprintf(err, CAP_ERRLEN, "%s: %s", what, why);
	cap_close(c);
	return NULL;
}

/* Everything that must be said before the socket exists. */
static int
activate(pcap_t *pc, uint64_t ring, int retire_ms)
{
	int rc;

	pcap_set_snaplen(pc, SNAPLEN);
	pcap_set_promisc(pc, 0);
	pcap_set_timeout(pc, retire_ms);
	pcap_set_buffer_size(pc, ring > INT32_MAX ? INT32_MAX : (int)ring);
	pcap_set_tstamp_precision(pc, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(pc);
	return rc > 0 ? 0 : rc;
}

struct cap *
cap_open_live(const char *iface, const char *filter, uint64_t ring,
    int retire_ms, char err[static CAP_ERRLEN])
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct cap *c = mem_alloc(sizeof(*c));
	int rc, one = 1;

	c->live = true;
	if ((c->pc = pcap_create(iface, why)) == NULL)
		return fail(c, iface, why, err);
	if ((rc = activate(c->pc, ring, retire_ms)) != 0)
		return fail(c, iface, *pcap_geterr(c->pc) != '\0' ?
		    pcap_geterr(c->pc) : pcap_statustostr(rc), err);
	c->fd = pcap_fileno(c->pc);
	c->link = pcap_datalink(c->pc);
	if (!link_known(c->link))
		return fail(c, iface, "unknown link type", err);
	if (pcap_compile(c->pc, &c->filter, filter, 1,
	    PCAP_NETMASK_UNKNOWN) == -1 ||
	    pcap_setfilter(c->pc, &c->filter) == -1 ||
	    pcap_setnonblock(c->pc, 1, why) == -1)
		return fail(c, iface, pcap_geterr(c->pc), err);
	/* An old kernel without the first leaves it to the filter. */
	(void)setsockopt(cap_fd(c), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
	    sizeof(one));
	if (setsockopt(cap_fd(c), SOL_SOCKET, SO_LOCK_FILTER, &one,
	    sizeof(one)) == -1)
		return fail(c, iface, strerror(errno), err);
	c->unit_ns = pcap_get_tstamp_precision(c->pc) ==
	    PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	(void)cap_drops(c);		/* before the filter was on */
	return c;
}

struct cap *
cap_open_file(const char *path, char err[static CAP_ERRLEN])
{
	struct cap *c = mem_alloc(sizeof(*c));
	int fd;

	fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) :
	    open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || (c->f = fdopen(fd, "r")) == NULL)
		return fail(c, path, strerror(errno), err);
	setvbuf(c->f, NULL, _IOFBF, FILEBUF);
	c->fd = fd;
	return c;
}

int
cap_fd(const struct cap *c)
{
	return c->fd;
}

static int
failed(struct cap *c, const char *why)
{
	snprintf(c->err, sizeof(c->err), "%s", why);
	return -1;
}

int
cap_begin(struct cap *c, const char *filter)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *raw;
	int rc;

	if (c->live)
		return 0;
	c->pc = pcap_fopen_offline_with_tstamp_precision(c->f,
	    PCAP_TSTAMP_PRECISION_NANO, why);
	if (c->pc == NULL)
		return failed(c, why);
	c->f = NULL;			/* pcap_close closes it */
	c->unit_ns = 1;
	c->link = pcap_datalink(c->pc);
	if (!link_known(c->link))
		return failed(c, "unknown link type");
	if ((raw = pcap_open_dead(DLT_RAW, SNAPLEN)) == NULL)
		return failed(c, "no memory");
	rc = pcap_compile(raw, &c->filter, filter, 1, PCAP_NETMASK_UNKNOWN);
	if (rc == -1)
		failed(c, pcap_geterr(raw));
	pcap_close(raw);
	c->whole = rc == 0;
	return rc;
}

/* pcap's callback: from the link layer to the IP header. */
static void
each(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct cap *c = (struct cap *)(void *)user;
	struct cur cur = cur_init(bytes, h->caplen);
	enum link_strip rc = link_strip(c->link, &cur);
	struct pcap_pkthdr ip = *h;
	struct cap_packet p;

	if (rc == LINK_OTHER)
		return;
	if (rc == LINK_IP && c->whole) {
		ip.caplen = (bpf_u_int32)cur_left(&cur);
		ip.len = h->len - (h->caplen - ip.caplen);
		if (pcap_offline_filter(&c->filter, &ip, cur.p) == 0)
			return;
	}
	c->passed++;
	if (c->dump != NULL) {
		pcap_dump((u_char *)c->dump->d, h, bytes);
		c->dump->bytes += 16 + h->caplen;
		if (c->dump->error == 0 && ferror(c->dump->f))
			c->dump->error = errno;
	}
	p.ns = (int64_t)h->ts.tv_sec * NS_PER_S +
	    (int64_t)h->ts.tv_usec * c->unit_ns;
	p.p = cur.p;
	p.n = rc == LINK_SHORT ? 0 : cur_left(&cur);
	c->fn(c->arg, &p);
}

int
cap_read(struct cap *c, int max, cap_fn *fn, void *arg)
{
	int rc;

	c->fn = fn;
	c->arg = arg;
	do {
		c->passed = 0;
		rc = pcap_dispatch(c->pc, max, each, (u_char *)(void *)c);
	} while (rc > 0 && c->passed == 0);
	if (rc < 0) {
		failed(c, pcap_geterr(c->pc));
		return -2;
	}
	return rc == 0 && !c->live ? -1 : c->passed;
}

const char *
cap_error(const struct cap *c)
{
	return c->err;
}

uint64_t
cap_drops(struct cap *c)
{
	struct tpacket_stats_v3 s;
	socklen_t n = sizeof(s);

	if (!c->live || getsockopt(cap_fd(c), SOL_PACKET, PACKET_STATISTICS,
	    &s, &n) == -1)
		return 0;
	return s.tp_drops;
}

bool
cap_went_down(struct cap *c)
{
	int e = 0;
	socklen_t n = sizeof(e);

	return getsockopt(cap_fd(c), SOL_SOCKET, SO_ERROR, &e, &n) == 0 &&
	    e == ENETDOWN;
}

void
cap_close(struct cap *c)
{
	if (c == NULL)
		return;
	pcap_freecode(&c->filter);
	if (c->pc != NULL)
		pcap_close(c->pc);
	if (c->f != NULL)
		fclose(c->f);
	free(c);
}

struct capdump *
capdump_open(FILE *f)
{
	struct capdump *d = mem_alloc(sizeof(*d));

	setvbuf(f, NULL, _IOFBF, FILEBUF);
	d->f = f;
	return d;
}

int
cap_dump(struct cap *c, struct capdump *d)
{
	if (d->d != NULL && d->link != c->link)
		return failed(c, "another link type than the files before");
	if (d->d == NULL) {
		d->d = pcap_dump_fopen(c->pc, d->f);
		if (d->d == NULL)
			return failed(c, pcap_geterr(c->pc));
		d->link = c->link;
		d->bytes = 24;
	}
	c->dump = d;
	return 0;
}

int
capdump_fd(const struct capdump *d)
{
	return fileno(d->f);
}

uint64_t
capdump_bytes(const struct capdump *d)
{
	return d->bytes;
}

int
capdump_flush(struct capdump *d)
{
	if (d->error == 0 && (fflush(d->f) == EOF || ferror(d->f)))
		d->error = errno == 0 ? EIO : errno;
	errno = d->error;
	return d->error == 0 ? 0 : -1;
}

int
capdump_close(struct capdump *d)
{
	int e;

	(void)capdump_flush(d);
	e = d->error;
	if (fclose(d->f) == EOF && e == 0)
		e = errno;
	free(d);
	errno = e;
	return e == 0 ? 0 : -1;
}
