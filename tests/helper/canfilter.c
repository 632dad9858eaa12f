/*
 * canfilter - does the kernel take a packet filter?
 *
 * Exits 0 if it does, 1 if it refuses, 2 if it has not answered after ten
 * seconds.  Linux frees filters on the workqueue its allocator of vmalloc
 * space also needs: when thousands are freed at once the two wait for each
 * other, and from then on whoever loads a filter (libpcap, seccomp, sshd)
 * hangs and cannot be killed.  So a child asks, which holds nothing of ours.
 */

#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int
ask(void)
{
	struct sock_filter drop = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog prog = { 1, &drop };
	int null = open("/dev/null", O_RDWR);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	setsid();
	if (chdir("/") == -1)
		return 1;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == 0 ? 0 : 1;
}

int
main(void)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		return 1;
	if (pid == 0)
		_exit(ask());
	for (int i = 0; i < 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		usleep(100000);
	}
	kill(pid, SIGKILL);
	return 2;
}
