/* attack - what a sandboxed tool must not be able to do, one by one */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "priv.h"

static int	udp = -1;	/* may send, nothing else */
static int	other = -1;	/* a socket that may do nothing */
static int	file = -1;	/* a file that may be written */
static int	status = -1;	/* our own, in /proc */
static int	limits = -1;
static void	*page;		/* writable memory */

/* Each returns what the call returned; -1 with errno when refused. */
static long
run_exec(void)
{
	char *const argv[] = { (char *)"true", NULL };

	return execv("/bin/true", argv);
}

static long
run_thread(void)
{
	return syscall(SYS_clone, 0x10900, NULL, NULL, NULL, NULL);
}

static long
run_connect(void)
{
	struct sockaddr_in s = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return connect(other, (struct sockaddr *)&s, sizeof(s));
}

static long
run_bind(void)
{
	struct sockaddr_in s = { .sin_family = AF_INET };

	return bind(other, (struct sockaddr *)&s, sizeof(s));
}

static long
send_on(int fd)
{
	struct sockaddr_in s = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return sendto(fd, "x", 1, 0, (struct sockaddr *)&s, sizeof(s));
}

static long
run_setsockopt(void)
{
	int one = 1;

	return setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
}

static long
run_ifname(void)
{
	struct ifreq r = { .ifr_ifindex = 1 };

	return ioctl(udp, SIOCGIFNAME, &r);
}

static long
run_capset(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct d[2];

	memset(d, 0, sizeof(d));
	return syscall(SYS_capset, &h, d);
}

static long
run_seccomp(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog p = { 1, &allow };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p);
}

static long
run_rwx(void)
{
	return (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long
run_map_file(void)
{
	return (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
}

static long
run_peek(void)
{
	char c;
	struct { void *p; size_t n; } here = { &c, 1 }, there = { page, 1 };

	return syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

/* The system call numbers of the other two ABIs of this processor. */
static long
run_x32(void)
{
#ifdef __x86_64__
	return syscall(0x40000000 + SYS_getppid);
#else
	raise(SIGSYS);
	return 0;
#endif
}

static long
run_i386(void)
{
#ifdef __x86_64__
	long rc;

	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L) : "memory");
	return rc;
#else
	raise(SIGSYS);
	return 0;
#endif
}


static pthread_barrier_t before, after;

/* A thread made before the filter went on must be under it as well. */
static void *
earlier(void *arg)
{
	pthread_barrier_wait(&before);
	pthread_barrier_wait(&after);
	(void)!socket(AF_INET, SOCK_STREAM, 0);
	return arg;
}

static long
run_earlier(void)
{
	pthread_barrier_wait(&after);
	sleep(5);
	return 0;
}

/* name, what should become of it, the call */
#define ATTACKS(A)							\
	A(exec, "dies", run_exec())					\
	A(fork, "dies", syscall(SYS_fork))				\
	A(vfork, "dies", syscall(SYS_vfork))				\
	A(clone, "dies", run_thread())					\
	A(clone3, "dies", syscall(SYS_clone3, page, 64))		\
	A(earlier_thread, "dies", run_earlier())			\
	A(socket, "dies", socket(AF_INET, SOCK_STREAM, 0))		\
	A(socket_packet, "dies", socket(AF_PACKET, SOCK_RAW, 0))	\
	A(socketpair, "dies", socketpair(AF_UNIX, SOCK_STREAM, 0, page)) \
	A(connect, "dies", run_connect())				\
	A(bind, "dies", run_bind())					\
	A(listen, "dies", listen(other, 1))				\
	A(send_elsewhere, "dies", send_on(other))			\
	A(send_as_write, "dies", write(udp, "x", 1))			\
	A(read_unnamed, "dies", read(file, page, 1))			\
	A(write_unnamed, "dies", write(other, "x", 1))			\
	A(setsockopt, "dies", run_setsockopt())				\
	A(getsockopt, "dies", getsockopt(other, SOL_SOCKET, SO_ERROR,	\
	    page, (socklen_t *)page + 1))				\
	A(ifname, "dies", run_ifname())					\
	A(ptrace, "dies", ptrace(PTRACE_TRACEME, 0, NULL, NULL))	\
	A(peek, "dies", run_peek())					\
	A(kill, "dies", kill(getppid(), 0))				\
	A(kill_all, "dies", kill(-1, 0))				\
	A(setuid, "dies", setuid(0))					\
	A(setgid, "dies", setgid(0))					\
	A(setgroups, "dies", setgroups(0, NULL))			\
	A(capset, "dies", run_capset())					\
	A(prctl, "dies", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))		\
	A(rlimit, "dies", syscall(SYS_setrlimit, RLIMIT_CORE, page))	\
	A(personality, "dies", syscall(SYS_personality, 0x0400000))	\
	A(rwx, "dies", run_rwx())					\
	A(map_file, "dies", run_map_file())				\
	A(mprotect, "dies", mprotect(page, 4096, PROT_READ | PROT_EXEC)) \
	A(memfd, "dies", syscall(SYS_memfd_create, "x", 0))		\
	A(bpf, "dies", syscall(SYS_bpf, 0, page, 64))			\
	A(io_uring, "dies", syscall(SYS_io_uring_setup, 8, page))	\
	A(userfaultfd, "dies", syscall(SYS_userfaultfd, 0))		\
	A(perf, "dies", syscall(SYS_perf_event_open, page, 0, -1, -1, 0)) \
	A(keyctl, "dies", syscall(SYS_keyctl, 0, 0, 0))			\
	A(seccomp, "dies", run_seccomp())				\
	A(unshare, "dies", unshare(CLONE_NEWUSER))			\
	A(setns, "dies", setns(0, 0))					\
	A(mount, "dies", mount("none", "/", "tmpfs", 0, NULL))		\
	A(chroot, "dies", chroot("/"))					\
	A(chdir, "dies", chdir(".."))					\
	A(unlink, "dies", unlink("/etc/passwd"))			\
	A(rename, "dies", rename("/a", "/b"))				\
	A(mkdir, "dies", mkdir("/a", 0700))				\
	A(symlink, "dies", symlink("/a", "/b"))				\
	A(chmod, "dies", fchmod(file, 0777))				\
	A(truncate, "dies", ftruncate(file, 0))				\
	A(dup, "dies", dup(udp))					\
	A(pidfd, "dies", syscall(SYS_pidfd_open, getppid(), 0))		\
	A(shm, "dies", syscall(SYS_shmget, 0, 4096, 01600))		\
	A(module, "dies", syscall(SYS_init_module, page, 0, ""))	\
	A(reboot, "dies", syscall(SYS_reboot, 0, 0, 0, NULL))		\
	A(unknown, "dies", syscall(100000))				\
	A(x32, "dies", run_x32())					\
	A(i386, "dies", run_i386())					\
	A(open, "refused", open("/etc/passwd", O_RDONLY))		\
	A(open_self, "refused", open("/proc/self/mem", O_RDWR))		\
	A(create, "refused", open("made", O_RDWR | O_CREAT, 0600))	\
	A(stat, "refused", access("/", F_OK))				\
	A(readlink, "refused", readlink("/proc/self/exe", page, 64))	\
	A(fcntl_dup, "refused", fcntl(udp, F_DUPFD, 20))

#define A(name, how, expr)						\
	static long do_##name(void) { return (long)(expr); }
ATTACKS(A)
#undef A

static const struct {
	const char	*name, *how;
	long		(*run)(void);
} attacks[] = {
#define A(name, how, expr)	{ #name, how, do_##name },
	ATTACKS(A)
#undef A
};

static void
prepare(void)
{
	char path[] = "/tmp/attack.XXXXXX";

	udp = socket(AF_INET, SOCK_DGRAM, 0);
	other = socket(AF_INET, SOCK_DGRAM, 0);
	file = mkstemp(path);
	status = open("/proc/self/status", O_RDONLY);
	limits = open("/proc/self/limits", O_RDONLY);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (udp == -1 || other == -1 || file == -1 || status == -1 ||
	    limits == -1 || page == MAP_FAILED)
		err(2, "cannot prepare");
	unlink(path);
}

static void
start_thread(void)
{
	pthread_t t;

	pthread_barrier_init(&before, NULL, 2);
	pthread_barrier_init(&after, NULL, 2);
	if (pthread_create(&t, NULL, earlier, NULL) != 0)
		errx(2, "no thread");
	pthread_barrier_wait(&before);
}

/* What the tools need must go on working. */
static int
live(void)
{
	struct statfs fs;
	struct timespec t = { 0, 1000 };
	int e;
	socklen_t n = sizeof(e);
	void *m = malloc(1 << 22);

	if (m == NULL || (m = realloc(m, 1 << 23)) == NULL)
		return -1;
	free(m);
	if (nanosleep(&t, NULL) == -1 || fstatfs(file, &fs) == -1 ||
	    write(file, "x", 1) != 1 || fdatasync(file) == -1 ||
	    getsockopt(udp, SOL_SOCKET, SO_ERROR, &e, &n) == -1 ||
	    send_on(udp) != 1)
		return -1;
	return puts("alive") == EOF || fflush(stdout) == EOF ? -1 : 0;
}

/* What the kernel says we are: for tests to look at. */
static long
show(int fd)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));

	return n <= 0 ? -1 : write(STDOUT_FILENO, text, (size_t)n);
}

static void
confine(void)
{
	char why[128];
	const struct privfd fds[] = {
		{ STDOUT_FILENO, PRIV_WRITE },
		{ udp, PRIV_SEND | PRIV_SOCKOPT },
		{ file, PRIV_WRITE | PRIV_STATFS },
		{ status, PRIV_READ },
	};

	if (priv_confine(fds, sizeof(fds) / sizeof(fds[0]), why) == -1)
		errx(2, "%s", why);
}

/*
 * usage: attack [bare | drop | filter | both] name
 * Name may also be list, live (what must still work), status, limits and
 * landlock (is there one?).
 */
int
main(int argc, char *argv[])
{
	const size_t n = sizeof(attacks) / sizeof(attacks[0]);
	const char *name = argv[argc - 1], *how = argc > 2 ? argv[1] : "filter";
	char why[128];
	long rc;

	if (argc > 1 && strcmp(name, "list") == 0) {
		for (size_t i = 0; i < n; i++)
			printf("%s %s\n", attacks[i].name, attacks[i].how);
		return 0;
	}
	prepare();
	if ((strcmp(how, "drop") == 0 || strcmp(how, "both") == 0) &&
	    priv_drop(why) == -1)
		errx(2, "%s", why);
	start_thread();
	if (strcmp(how, "filter") == 0 || strcmp(how, "both") == 0)
		confine();
	if (strcmp(name, "landlock") == 0)
		return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1;
	if (strcmp(name, "live") == 0)
		return live() == -1;
	if (strcmp(name, "status") == 0)
		return show(status) == -1;
	if (strcmp(name, "limits") == 0)
		return show(limits) == -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(attacks[i].name, name) == 0) {
			rc = attacks[i].run();
			puts(rc != -1 ? "done" : errno == EACCES ? "refused" :
			    "failed");
			return 0;
		}
	errx(2, "no such attack: %s", name);
}
