#ifndef BOXSPEC_H
#define BOXSPEC_H

#include <stdint.h>

#include "rec.h"
#include "tcpopt.h"

/*
 * What a tracebox probe looks like, in one word (mkprobes(1) has the
 * grammar):
 *
 *	IP/DSCP(46)/ECN(1)/TCP/MSS(1460)/WSCALE(7)/SACKP/TS/ECE
 *
 * IP, perhaps with fields, then TCP with options, UDP or ICMP.
 */
struct boxspec {
	uint8_t		v;		/* 4, 6; 0: either */
	const char	*probe;		/* type: syn, udp, icmp */
	uint16_t	dport;		/* 0: the type's */
	uint16_t	size;		/* 0: as needed */
	int16_t		tos;		/* -1: not said */
	char		options[TCPOPT_STRLEN];	/* syn: tcpopt_format */
};

/*
 * Parse.  Return 0, or -1 with a reason that names the element which cannot
 * be.
 */
int	 boxspec_parse(struct boxspec *, const char *, char err[static 128]);

#endif
