#include "priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN
#endif

/* Asked for by <linux/landlock.h>, whose newer rights old headers lack. */
#define LL_VERSION	1U
#define LL_SCOPES	3U		/* abstract sockets, signals */
#define LL_NET		3U		/* bind and connect TCP */

static int
fail(char err[static 128], const char *what)
{
	snprintf(err, 128, "%s: %s", what, strerror(errno));
	return -1;
}

/* Does an argument end in /dev/fd/N? */
static int
named(char *const argv[], int fd)
{
	char want[32];
	size_t n = (size_t)snprintf(want, sizeof(want), "/dev/fd/%d", fd);

	for (; *argv != NULL; argv++) {
		size_t len = strlen(*argv);

		if (len >= n && strcmp(*argv + len - n, want) == 0)
			return 1;
	}
	return 0;
}

void
priv_closefds(char *const argv[])
{
	DIR *d;
	struct dirent *e;
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
	if ((d = opendir("/proc/self/fd")) == NULL) {
		close_range(3, ~0U, 0);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		fd = atoi(e->d_name);
		if (fd > 2 && fd != dirfd(d) && !named(argv, fd))
			close(fd);
	}
	closedir(d);
}

/*
 * Make an empty directory, remove its name, and make it the root: nothing
 * can be found, and nothing made, in a directory that was removed.
 */
static int
chroot_nowhere(void)
{
	static const char *const where[] = { "/run", "/tmp", "/var/tmp",
	    "/dev/shm" };
	char path[64];
	int rc = -1, fd;

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		snprintf(path, sizeof(path), "%s/castnet.XXXXXX", where[i]);
		if (mkdtemp(path) == NULL)
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rmdir(path);
		if (fd == -1)
			continue;
		rc = fchdir(fd) == -1 || chroot(".") == -1 ? -1 : 0;
		close(fd);
		break;
	}
	return rc;
}

static int
get_caps(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};

	return (int)syscall(SYS_capget, &h, data);
}

static int
has_cap(unsigned cap)
{
	struct __user_cap_data_struct d[2];

	return get_caps(d) == 0 && (d[cap / 32].effective >> cap % 32 & 1);
}

/*
 * Become castnet or nobody.  Return 1 when done, 0 when this root has no
 * other user to become, -1 when it has and could not.
 */
static int
change_user(uid_t uid, gid_t gid)
{
	/* A user namespace may forbid setgroups; the ids still must go. */
	if (setgroups(0, NULL) == -1 && errno != EPERM)
		return -1;
	if (setresgid(gid, gid, gid) == -1) {
		if (errno == EINVAL || !has_cap(CAP_SETGID))
			return 0;
		return -1;
	}
	if (setresuid(uid, uid, uid) == -1) {
		if (errno == EINVAL || !has_cap(CAP_SETUID))
			return 0;
		return -1;
	}
	if (setuid(0) == 0 || setgid(0) == 0 || getuid() != uid ||
	    geteuid() != uid || getgid() != gid || getegid() != gid) {
		errno = EPERM;
		return -1;
	}
	return 1;
}

/* Empty all sets, and see that they are empty. */
static int
drop_caps(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct d[2];

	memset(d, 0, sizeof(d));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &h, d) == -1 || get_caps(d) == -1)
		return -1;
	if ((d[0].effective | d[0].permitted | d[0].inheritable |
	    d[1].effective | d[1].permitted | d[1].inheritable) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/*
 * Deny all that this kernel's Landlock knows, but, if sockets, not those; 1
 * when there is one.
 */
static int
landlock(int sockets)
{
	struct {
		uint64_t fs, net, scoped;
	} attr;
	/* Rights a version of the interface knows, as a number of bits. */
	static const unsigned fs_bits[] = { 0, 13, 14, 15, 15, 16 };
	size_t size = sizeof(attr);
	long abi, fd, rc;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_VERSION);
	if (abi < 1)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.fs = (UINT64_C(1) << fs_bits[abi > 5 ? 5 : abi]) - 1;
	if (abi >= 4 && !sockets)
		attr.net = LL_NET;
	if (abi >= 6)
		attr.scoped = LL_SCOPES;
	if (abi < 6)
		size = abi >= 4 ? 16 : 8;
	fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd == -1)
		return 0;
	rc = syscall(SYS_landlock_restrict_self, fd, 0);
	close((int)fd);
	return rc == 0;
}

static int
drop(int sockets, char err[static 128])
{
	const struct rlimit none = { 0, 0 };
	const struct passwd *pw = NULL;
	uid_t uid = 65534;
	gid_t gid = 65534;
	int done = 0, rc;

	if (geteuid() == 0 || getuid() == 0) {
		if ((pw = getpwnam("castnet")) == NULL || pw->pw_uid == 0)
			pw = getpwnam("nobody");
		if (pw != NULL && pw->pw_uid != 0 && pw->pw_gid != 0)
			uid = pw->pw_uid, gid = pw->pw_gid;
		if (chroot_nowhere() == 0)
			done |= PRIV_CHROOT;
		else if (has_cap(CAP_SYS_CHROOT))
			return fail(err, "cannot change the root directory");
		/* Needs CAP_SETPCAP, so before the user. */
		for (int cap = 0; cap <= CAP_LAST_CAP + 16; cap++)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
		if ((rc = change_user(uid, gid)) == -1)
			return fail(err, "cannot stop being root");
		if (rc == 1)
			done |= PRIV_UID;
	}
	if (drop_caps() == -1)
		return fail(err, "cannot drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return fail(err, "no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    setrlimit(RLIMIT_CORE, &none) == -1)
		return fail(err, "cannot forbid a core dump");
	if (landlock(sockets))
		done |= PRIV_LANDLOCK;
	return done;
}

int
priv_drop(char err[static 128])
{
	return drop(0, err);
}

int
priv_drop_sockets(char err[static 128])
{
	return drop(1, err);
}

/* Harmless whatever the arguments. */
static const int always[] = {
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64),
	SCMP_SYS(close), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(nanosleep), SCMP_SYS(sched_yield), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(gettid),
	/* A thread just made may not have come to these yet. */
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
#ifdef WITH_ASAN
	SCMP_SYS(sigaltstack), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
#endif
};

/* libc tries these and goes on without; so may an attacker, in vain. */
static const int refused[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(uname), SCMP_SYS(fcntl),
};

/* What a descriptor may be used for, and by which calls. */
static const struct {
	unsigned may;
	int	 call;
} uses[] = {
	{ PRIV_READ,	SCMP_SYS(read) },
	{ PRIV_READ,	SCMP_SYS(readv) },
	{ PRIV_READ,	SCMP_SYS(lseek) },
	{ PRIV_WRITE,	SCMP_SYS(write) },
	{ PRIV_WRITE,	SCMP_SYS(writev) },
	{ PRIV_WRITE,	SCMP_SYS(fsync) },
	{ PRIV_WRITE,	SCMP_SYS(fdatasync) },
	{ PRIV_WRITE,	SCMP_SYS(lseek) },
	{ PRIV_SEND,	SCMP_SYS(sendto) },
	{ PRIV_SEND,	SCMP_SYS(sendmsg) },
	{ PRIV_SEND,	SCMP_SYS(sendmmsg) },
	{ PRIV_RECV,	SCMP_SYS(recvfrom) },
	{ PRIV_RECV,	SCMP_SYS(recvmsg) },
	{ PRIV_SOCKOPT,	SCMP_SYS(getsockopt) },
	{ PRIV_SOCKOPT,	SCMP_SYS(getsockname) },
	{ PRIV_STATFS,	SCMP_SYS(fstatfs) },
};

/* Of whoever may have sockets, on any descriptor. */
static const int network[] = {
	SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen),
	SCMP_SYS(accept4), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(recvmmsg_time64),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(clock_adjtime64),
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static int
allow_memory(scmp_filter_ctx ctx)
{
	int rc;

	/* mmap: anonymous, not executable; mprotect: never executable. */
	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect),
		    1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* stdio and progress lines ask whether it is a terminal, how wide. */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, TCGETS, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ, 0));
	return rc;
}

static int
allow_fd(scmp_filter_ctx ctx, int fd, unsigned may)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(uses); i++)
		if ((may & uses[i].may) != 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
			    uses[i].call, 1,
			    SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)fd, 0));
	/* libpcap asks for it once the interface went down. */
	if (rc == 0 && (may & PRIV_SOCKOPT) != 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
		    SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)fd, 0),
		    SCMP_A1(SCMP_CMP_EQ, SIOCGIFFLAGS, 0));
	return rc;
}

static int
allow_network(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(network); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, network[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket),
		    1, SCMP_A0(SCMP_CMP_EQ, AF_INET, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket),
		    1, SCMP_A0(SCMP_CMP_EQ, AF_INET6, 0));
	return rc;
}

static int
build_filter(scmp_filter_ctx ctx, const struct privfd *fds, size_t n,
    int sockets)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(always); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, always[i], 0);
	for (size_t i = 0; rc == 0 && i < COUNT(refused); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), refused[i],
		    0);
	if (rc == 0)
		rc = allow_memory(ctx);
	if (rc == 0)
		rc = allow_fd(ctx, 2, PRIV_WRITE);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = allow_fd(ctx, fds[i].fd, fds[i].may);
	if (rc == 0 && sockets)
		rc = allow_network(ctx);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
		    SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_load(ctx);
	return rc;
}

static int
confine(const struct privfd *fds, size_t n, int sockets,
    char err[static 128])
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (ctx == NULL) {
		errno = ENOMEM;
		return fail(err, "seccomp");
	}
	rc = build_filter(ctx, fds, n, sockets);
	seccomp_release(ctx);
	if (rc != 0) {
		errno = -rc;
		return fail(err, "seccomp");
	}
	return 0;
}

int
priv_confine(const struct privfd *fds, size_t n, char err[static 128])
{
	return confine(fds, n, 0, err);
}

int
priv_confine_sockets(const struct privfd *fds, size_t n,
    char err[static 128])
{
	return confine(fds, n, 1, err);
}

#ifdef WITH_ASAN
/* A leak check at exit would want to clone and ptrace. */
int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return 1;
}
#endif
