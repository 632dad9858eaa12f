/*
 * cutquotes - make a router quote 8 bytes of transport, as RFC 792 had it
 *
 * usage: cutquotes IFACE ROUTER [IFACE ROUTER ...]
 *
 * Linux quotes as much as fits.  On the link behind it, at IFACE of the next
 * router, an XDP program cuts the time-exceeded messages of ROUTER (IPv4) to
 * the IP header and 8 bytes and puts lengths and checksums right.  It goes to
 * the background, and the programs live as long as it does.
 *
 * Not one line is shared with castnet itself, so that both cannot be wrong
 * together.
 */

#include <sys/syscall.h>

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <err.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum {
	ETH = 14, IP_LEN = ETH + 2, IP_PROTO = ETH + 9, IP_SUM = ETH + 10,
	IP_SRC = ETH + 12, ICMP = ETH + 20, ICMP_SUM = ICMP + 2,
	QUOTE = 28, CUT = 20 + 8 + QUOTE,
	NINSNS = 160
};

static struct bpf_insn prog[NINSNS];
static int n;

static void
put(uint8_t code, unsigned dst, unsigned src, int off, int imm)
{
	if (n == NINSNS)
		errx(2, "the program is too long");
	prog[n++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15,
	    .src_reg = src & 15, .off = (int16_t)off, .imm = imm };
}

/* Leave the packet alone unless what was loaded equals imm; see link_pass. */
static void
unless(unsigned reg, int imm)
{
	put(BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, imm);
}

/* A sum of 16-bit words, folded and complemented (RFC 1071). */
static void
fold(unsigned sum, unsigned tmp)
{
	for (int i = 0; i < 2; i++) {
		put(BPF_ALU64 | BPF_MOV | BPF_X, tmp, sum, 0, 0);
		put(BPF_ALU64 | BPF_RSH | BPF_K, tmp, 0, 0, 16);
		put(BPF_ALU64 | BPF_AND | BPF_K, sum, 0, 0, 0xffff);
		put(BPF_ALU64 | BPF_ADD | BPF_X, sum, tmp, 0, 0);
	}
	put(BPF_ALU64 | BPF_XOR | BPF_K, sum, 0, 0, 0xffff);
}

/* Is it a time-exceeded message of the router, longer than it should be? */
static void
test(uint32_t router)
{
	put(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put(BPF_LDX | BPF_W | BPF_MEM, 2, 1, 0, 0);	/* data */
	put(BPF_LDX | BPF_W | BPF_MEM, 3, 1, 4, 0);	/* its end */
	put(BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, ETH + CUT + 1);
	put(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 0, 0);
	put(BPF_LDX | BPF_H | BPF_MEM, 5, 2, 12, 0);
	unless(5, htons(0x0800));
	put(BPF_LDX | BPF_B | BPF_MEM, 5, 2, ETH, 0);
	unless(5, 0x45);
	put(BPF_LDX | BPF_B | BPF_MEM, 5, 2, IP_PROTO, 0);
	unless(5, 1);
	put(BPF_LDX | BPF_B | BPF_MEM, 5, 2, ICMP, 0);
	unless(5, 11);
	put(BPF_LDX | BPF_W | BPF_MEM, 5, 2, IP_SRC, 0);
	put(BPF_ALU | BPF_MOV | BPF_K, 4, 0, 0, (int)router);
	put(BPF_JMP | BPF_JNE | BPF_X, 5, 4, 0, 0);
}

/* The new length, and both checksums with it (RFC 1624 eqn. 3 for IP's). */
static void
rewrite(void)
{
	put(BPF_LDX | BPF_H | BPF_MEM, 5, 2, IP_SUM, 0);
	put(BPF_ALU64 | BPF_XOR | BPF_K, 5, 0, 0, 0xffff);
	put(BPF_LDX | BPF_H | BPF_MEM, 0, 2, IP_LEN, 0);
	put(BPF_ALU64 | BPF_XOR | BPF_K, 0, 0, 0, 0xffff);
	put(BPF_ALU64 | BPF_ADD | BPF_X, 5, 0, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, 5, 0, 0, htons(CUT));
	fold(5, 0);
	put(BPF_STX | BPF_H | BPF_MEM, 2, 5, IP_SUM, 0);
	put(BPF_ST | BPF_H | BPF_MEM, 2, 0, IP_LEN, htons(CUT));
	put(BPF_ST | BPF_H | BPF_MEM, 2, 0, ICMP_SUM, 0);
	put(BPF_ALU64 | BPF_MOV | BPF_K, 5, 0, 0, 0);
	for (int at = ICMP; at < ETH + CUT; at += 2) {
		put(BPF_LDX | BPF_H | BPF_MEM, 0, 2, at, 0);
		put(BPF_ALU64 | BPF_ADD | BPF_X, 5, 0, 0, 0);
	}
	fold(5, 0);
	put(BPF_STX | BPF_H | BPF_MEM, 2, 5, ICMP_SUM, 0);
	put(BPF_ALU64 | BPF_SUB | BPF_X, 2, 3, 0, 0);	/* minus its length */
	put(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, ETH + CUT);
	put(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
	put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_xdp_adjust_tail);
}

/* The end, to which every jump leads. */
static void
link_pass(void)
{
	for (int i = 0; i < n; i++)
		if ((prog[i].code & 7) == BPF_JMP &&
		    (prog[i].code & 0xf0) != BPF_CALL)
			prog[i].off = (int16_t)(n - i - 1);
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int
bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

static void
attach(const char *iface, const char *router)
{
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_XDP };
	union bpf_attr link = { 0 };
	struct in_addr a;

	if (inet_pton(AF_INET, router, &a) != 1)
		errx(2, "not an IPv4 address: %s", router);
	n = 0;
	test(a.s_addr);
	rewrite();
	link_pass();
	load.insns = (uintptr_t)prog;
	load.insn_cnt = (uint32_t)n;
	load.license = (uintptr_t)"ISC";
	link.link_create.prog_fd = (uint32_t)bpf(BPF_PROG_LOAD, &load);
	if ((int)link.link_create.prog_fd == -1)
		err(2, "the kernel does not take the program");
	link.link_create.target_ifindex = if_nametoindex(iface);
	link.link_create.attach_type = BPF_XDP;
	link.link_create.flags = XDP_FLAGS_SKB_MODE;
	if (bpf(BPF_LINK_CREATE, &link) == -1)
		err(2, "%s", iface);
}

int
main(int argc, char *argv[])
{
	if (argc < 3 || argc % 2 == 0)
		errx(2, "usage: cutquotes IFACE ROUTER [IFACE ROUTER ...]");
	for (int i = 1; i < argc; i += 2)
		attach(argv[i], argv[i + 1]);
	if (daemon(0, 0) == -1)
		err(2, "daemon");
	for (;;)
		pause();
}
