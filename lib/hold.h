#ifndef HOLD_H
#define HOLD_H

#include <stdint.h>

#include "addr.h"

/*
 * Bind UDP ports [lo, hi] of an address, each with next to no room for
 * packets, which nobody reads, so that the kernel does not answer replies to
 * our probes with "port unreachable".  Several runs may hold the same ports.  The sockets
 * stay open until the process ends.  The limit on open files is raised as
 * far as it goes; some are left for the rest of the program.  Return how
 * many of them could not be bound, with errno of the first.
 */
unsigned hold_ports(const struct addr *, uint16_t lo, uint16_t hi);

#endif
