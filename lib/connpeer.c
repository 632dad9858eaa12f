#include "connpeer.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

/* Soon enough to be there two seconds after a link is. */
#define BACKOFF_MIN	(100 * NS_PER_MS)
#define BACKOFF_MAX	(500 * NS_PER_MS)

int
connpeer_init(struct connpeer *p, const struct connuri *u,
    char err[static CONN_ERRLEN])
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_family = u->family == 6 ? AF_INET6 : u->family == 4 ? AF_INET :
	    AF_UNSPEC }, *list, *a;
	char port[8];
	int rc;

	*p = (struct connpeer){ .backoff_ns = BACKOFF_MIN };
	if (u->name[0] != '\0')
		snprintf(p->name, sizeof(p->name), "%s", u->name);
	else
		snprintf(p->name, sizeof(p->name), strchr(u->host, ':') ==
		    NULL ? "%s:%u" : "[%s]:%u", u->host, u->port);
	snprintf(port, sizeof(port), "%u", u->port);
	if ((rc = getaddrinfo(u->host, port, &hints, &list)) != 0) {
		snprintf(err, CONN_ERRLEN, "%.200s: %s", u->host,
		    gai_strerror(rc));
		return -1;
	}
	for (a = list; a != NULL && p->n < CONNPEER_ADDRS; a = a->ai_next)
		if (a->ai_addrlen <= sizeof(p->addr[0]))
			memcpy(&p->addr[p->n++], a->ai_addr, a->ai_addrlen);
	freeaddrinfo(list);
	return 0;
}

const union sockname *
connpeer_addr(const struct connpeer *p)
{
	return &p->addr[p->at % p->n];
}

int64_t
connpeer_failed(struct connpeer *p)
{
	int64_t wait = p->backoff_ns;

	p->at++;
	p->backoff_ns = wait * 2 > BACKOFF_MAX ? BACKOFF_MAX : wait * 2;
	return wait;
}

void
connpeer_up(struct connpeer *p)
{
	p->backoff_ns = BACKOFF_MIN;
}

void
connpeer_event(struct connctx *c, const struct connpeer *p,
    const struct connuri *u, const char *event, const char *state, int error,
    const char *detail)
{
	uint16_t port;
	struct addr a = sockname_addr(connpeer_addr(p), &port);
	struct conn *r = connctx_begin(c, event, p->name, u->proto, NULL);

	r->addr = a;
	r->port = port;
	r->attempt = p->attempt;
	if (state != NULL)
		word_str(&r->state, state);
	if (error != 0)
		word_str(&r->error, connctx_errname(error));
	if (detail != NULL)
		(void)text_set(&r->detail, detail, strlen(detail));
	connctx_put(c);
}
