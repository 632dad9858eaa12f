/*
 * faultio - run a command whose output fails
 *
 * usage: faultio ENOSPC|EIO|EPIPE|... n command [argument ...]
 *		n bytes are written, the write that goes beyond them is cut
 *		short, every later one fails
 *	  faultio eintr n command ...
 *		every n-th write is interrupted before it wrote anything
 *	  faultio short n command ...
 *		no write takes more than n bytes, most less
 *	  faultio sync n command ...
 *		the n-th fsync or fdatasync and all later fail with EIO
 *	  faultio close n command ...
 *		the n-th close of a descriptor written to fails with EIO
 *
 * All descriptors but standard error and eventfds are meant.  By ptrace, so
 * that it works on any program, whatever it is linked with and however confined: a
 * call that is to fail is turned into sched_yield, which nobody forbids.
 * Exits as the command does (128 + n for signal n), 77 on a machine whose
 * registers are not known here.
 */

#include <elf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define NR(r)		((r)->orig_rax)
#define RESULT(r)	((r)->rax)
#define ARG0(r)		((r)->rdi)
#define ARG2(r)		((r)->rdx)

enum mode { FAIL, EINTR_EACH, SHORT, SYNC, CLOSE };

static enum mode	mode;
static int		code;		/* errno of the failure */
static unsigned long	limit, done;	/* bytes, or calls */
static unsigned long	seed = 1;
static bool		written[1024];	/* descriptors */

static const struct {
	const char	*name;
	int		 value;
} errors[] = {
	{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EPIPE", EPIPE },
	{ "EDQUOT", EDQUOT }, { "EFBIG", EFBIG }, { "EBADF", EBADF },
};

/* A thread of the command: is it in a call, and what is to become of that? */
struct task {
	pid_t	tid;
	bool	inside;
	long	result;		/* instead of the call's; 1: as it is */
};

static struct task tasks[64];

static struct task *
find(pid_t tid)
{
	for (size_t i = 0; i < 64; i++) {
		if (tasks[i].tid == tid || tasks[i].tid == 0) {
			tasks[i].tid = tid;
			return &tasks[i];
		}
	}
	errx(2, "too many threads");
}

/* Decide about a write of *count bytes: its result, or 1 to let it be. */
static long
at_write(unsigned long *count)
{
	switch (mode) {
	case FAIL:
		if (done >= limit)
			return -code;
		if (*count > limit - done)
			*count = limit - done;
		done += *count;
		return 1;
	case EINTR_EACH:
		return ++done % limit == 0 ? -EINTR : 1;
	case SHORT:
		seed = seed * 6364136223846793005ul + 1442695040888963407ul;
		if (*count > 1 + (seed >> 33) % limit)
			*count = 1 + (seed >> 33) % limit;
		return 1;
	default:
		return 1;
	}
}

/* An eventfd or the like: no output. */
static bool
internal(pid_t tid, unsigned long fd)
{
	char path[64], to[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%lu", tid, fd);
	n = readlink(path, to, sizeof(to));
	return n > 11 && memcmp(to, "anon_inode:", 11) == 0;
}

/* About to make a call: cut it short, or replace it. */
static void
entry(struct task *t, struct user_regs_struct *r)
{
	unsigned long nr = NR(r), fd = ARG0(r), count = ARG2(r);

	t->result = 1;
	if (fd == 2 || fd >= 1024)
		return;
	if (nr == SYS_write && count > 0 && !internal(t->tid, fd)) {
		t->result = at_write(&count);
		written[fd] = true;
		ARG2(r) = count;
	} else if ((nr == SYS_fsync || nr == SYS_fdatasync) && mode == SYNC) {
		if (++done >= limit)
			t->result = -EIO;
	} else if (nr == SYS_close && mode == CLOSE && written[fd]) {
		if (++done == limit)
			t->result = -EIO;
	} else {
		return;
	}
	if (t->result < 0)
		NR(r) = SYS_sched_yield;
	ptrace(PTRACE_SETREGS, t->tid, NULL, r);
}

static void
at_call(struct task *t)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &r) == -1)
		return;
	t->inside = !t->inside;
	if (t->inside) {
		entry(t, &r);
	} else if (t->result < 0) {
		RESULT(&r) = (unsigned long)t->result;
		ptrace(PTRACE_SETREGS, t->tid, NULL, &r);
	}
}

/* Until the command itself is gone; return its exit status. */
static int
trace(pid_t pid)
{
	int status, sig;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) != -1) {
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (tid == pid)
				return WIFEXITED(status) ?
				    WEXITSTATUS(status) :
				    128 + WTERMSIG(status);
			find(tid)->tid = -1;
			continue;
		}
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			at_call(find(tid));
			sig = 0;
		} else if (sig == SIGTRAP || sig == SIGSTOP) {
			sig = 0;
		}
		ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)sig);
	}
	return 2;
}

static void
parse(const char *what, const char *n)
{
	limit = strtoul(n, NULL, 10);
	if (strcmp(what, "eintr") == 0)
		mode = EINTR_EACH;
	else if (strcmp(what, "short") == 0)
		mode = SHORT;
	else if (strcmp(what, "sync") == 0)
		mode = SYNC;
	else if (strcmp(what, "close") == 0)
		mode = CLOSE;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(what, errors[i].name) == 0)
			code = errors[i].value;
	if ((mode == FAIL && code == 0) || (mode != FAIL && limit == 0))
		errx(2, "what is %s %s", what, n);
}

int
main(int argc, char *argv[])
{
	long opts = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
	    PTRACE_O_EXITKILL;
	int status;
	pid_t pid;

	if (argc < 4)
		errx(2, "usage: faultio what n command ...");
	parse(argv[1], argv[2]);
	if ((pid = fork()) == -1)
		err(2, "fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[3], argv + 3);
		err(2, "%s", argv[3]);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		errx(2, "cannot trace");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)opts);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	return trace(pid);
}
#else
int
main(void)
{
	return 77;
}
#endif
