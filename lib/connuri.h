#ifndef CONNURI_H
#define CONNURI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What conntest is told: whom to connect to and which tests take turns on
 * the connection, where to listen, which ports to try.
 *
 *	tcp://host:1234?bandwidth&size=5MB&dir=both
 *	udp://[2001:db8::1]:862?interval=10ms&dscp=46
 *	tcp:1234   udp:192.0.2.1:862   tcp:[2001:db8::1]:1234
 *	22,80,8000-8010,udp:53
 */
enum connproto { CONN_TCP, CONN_UDP };

enum {				/* tests, and directions */
	CONN_LATENCY	= 1,
	CONN_BANDWIDTH	= 2,
	CONN_PMTU	= 4,
	CONN_UP		= 1,	/* from us to the peer */
	CONN_DOWN	= 2
};

#define CONN_RATE_MAX	UINT64_MAX	/* rate=max */
#define CONN_ERRLEN	256

struct connuri {
	enum connproto	 proto;
	char		 host[256];	/* name or address; "": any */
	uint16_t	 port;
	char		 name[254];	/* peer in the records */
	unsigned	 tests, dirs;
	int		 family;	/* 0, 4, 6 */
	uint64_t	 size;		/* bytes; 0: the test's own default */
	uint64_t	 rate;		/* bits a second; 0: default */
	int64_t		 interval_ns;	/* between latency packets */
	int64_t		 time_ns;	/* length of a turn; 0: default */
	int64_t		 timeout_ns;	/* later than that is lost */
	int		 dscp, ecn, ttl;	/* -1: the system's */
	bool		 gso;
};

const char *connproto_name(enum connproto);

/* Each returns 0, or -1 with a reason that says what is allowed. */
int	 connuri_parse(struct connuri *, const char *s, size_t n,
    char err[static CONN_ERRLEN]);
int	 connuri_parse_listen(struct connuri *, const char *s, size_t n,
    char err[static CONN_ERRLEN]);

struct connport {
	enum connproto	 proto;
	uint16_t	 port;
};

#define CONN_PORTS_MAX	65536

/* A list of ports into p[max]; return how many, or -1 with a reason. */
int	 connuri_parse_ports(struct connport *p, size_t max, const char *s,
    size_t n, char err[static CONN_ERRLEN]);

#endif
