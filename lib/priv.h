#ifndef PRIV_H
#define PRIV_H

#include <stddef.h>

/*
 * Giving privilege up, for tools that open raw sockets and then read what
 * others send.  The order that works:
 *
 *	priv_closefds(argv);		first thing in main
 *	...				options, key, sockets, output files
 *	priv_drop(err);			before any thread is made
 *	...				threads (recout_open), memory, signals
 *	priv_confine(fds, n, err);	then read the first byte of input
 *
 * After priv_drop nothing can be opened by name: what loads at run time
 * (names, time zones, locales) must have been used before.
 */

/*
 * Close every descriptor we inherited but 0, 1, 2 and those an argument
 * names as /dev/fd/N.  Of 0, 1, 2 those that are closed become /dev/null, so
 * that no file opened later is written to as standard error.
 */
void	 priv_closefds(char *const argv[]);

/* What priv_drop could do beyond what it must do. */
enum {
	PRIV_UID	= 1,	/* another user and group, no groups */
	PRIV_CHROOT	= 2,	/* in an empty directory that has no name */
	PRIV_LANDLOCK	= 4	/* no file, bind, connect, or signal outside */
};

/*
 * Give up root and all capabilities for good: an empty root directory, the
 * user castnet or nobody, empty capability sets (bounding and ambient too),
 * no_new_privs, not dumpable, no core, Landlock.  Started without root there
 * is no chroot and no other user; as root of a user namespace that maps
 * nobody else, or without CAP_SETUID, the user stays: without capabilities
 * root is nobody.  Return what was done, or -1 with a reason.
 */
int	 priv_drop(char err[static 128]);

/* The same for who goes on to open, bind and connect sockets. */
int	 priv_drop_sockets(char err[static 128]);

/* What a descriptor may be used for once confined. */
enum {
	PRIV_READ	= 1,	/* read, readv, lseek */
	PRIV_WRITE	= 2,	/* write, writev, fsync, fdatasync, lseek */
	PRIV_SEND	= 4,	/* send, sendto, sendmsg, sendmmsg */
	PRIV_RECV	= 8,	/* recv, recvfrom, recvmsg */
	PRIV_SOCKOPT	= 16,	/* getsockopt, getsockname, SIOCGIFFLAGS */
	PRIV_STATFS	= 32	/* fstatfs, fstatvfs */
};

struct privfd {
	int		fd;
	unsigned	may;
};

/*
 * From here on, for every thread: poll, the clock, anonymous memory that is
 * never executable, futexes, exit, and the descriptors named, each for what
 * it may do (standard error may always be written to).  Opening a file or
 * looking at one fails with EACCES; anything else ends the process with
 * SIGSYS.  Return 0, or -1 with a reason.
 */
int	 priv_confine(const struct privfd *, size_t n, char err[static 128]);

/*
 * The same, and beyond it any use of TCP and UDP sockets, epoll, and files
 * that are only in memory.
 */
int	 priv_confine_sockets(const struct privfd *, size_t n,
    char err[static 128]);

#endif
