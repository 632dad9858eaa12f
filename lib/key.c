#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>
#include <sha2.h>
#include <unistd.h>

#include "num.h"
#include "siphash.h"

uint64_t
siphash(const uint8_t key[static 16], const void *p, size_t n)
{
	return siphash_inline(key, p, n);
}

int
key_set(struct key *k, const uint8_t b[static 16])
{
	static const char mid[] = "castnet mid";
	unsigned any = 0;

	for (size_t i = 0; i < sizeof(k->b); i++)
		any |= k->b[i] = b[i];
	k->mid = (uint32_t)(siphash(k->b, mid, sizeof(mid) - 1) >> 32);
	return any == 0 ? -1 : 0;
}

void
key_random(struct key *k)
{
	uint8_t b[16];
	ssize_t n;

	do {
		n = getrandom(b, sizeof(b), 0);
	} while (n != sizeof(b) || key_set(k, b) == -1);
	explicit_bzero(b, sizeof(b));
}

void
key_fingerprint(const struct key *k, char out[static KEY_PRINTLEN])
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX c;

	SHA256Init(&c);
	SHA256Update(&c, k->b, sizeof(k->b));
	SHA256Final(sum, &c);
	for (size_t i = 0; i < (KEY_PRINTLEN - 1) / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

/* Read until n bytes are there or the input ends; return how many, or -1. */
static ssize_t
read_full(int fd, uint8_t *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, p + got, n - got);

		if (r == 0)
			break;
		if (r > 0)
			got += (size_t)r;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)got;
}

static int
hex_bytes(uint8_t *out, const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n; i += 2) {
		uint64_t v;

		if (num_parse_hex(&v, (const char *)s + i, 2, 0xff) == -1)
			return -1;
		out[i / 2] = (uint8_t)v;
	}
	return 0;
}

/*
 * Sixteen bytes that are all hex digits are taken for the first half of a
 * key in hex: of raw keys one in 10^17 looks so.  whole: nothing may follow.
 */
static const char *
read_key(struct key *k, int fd, int whole)
{
	uint8_t b[33] = { 0 }, raw[16];		/* what is not read is no digit */
	ssize_t n = read_full(fd, b, 16);

	if (n == -1)
		return strerror(errno);
	if (n < 16)
		return "key is shorter than 16 bytes";
	if (hex_bytes(raw, b, 16) == -1) {
		memcpy(raw, b, 16);
	} else {
		n = read_full(fd, b + 16, 17);
		if (n == -1)
			return strerror(errno);
		if (hex_bytes(raw, b, 32) == -1)
			return "key in hex is not 32 hex digits";
		if (n == 17 && b[32] != '\n')
			return "something follows the key";
	}
	if (whole && read_full(fd, b, 1) != 0)
		return "something follows the key";
	if (key_set(k, raw) == -1)
		return "key is all zero";
	return NULL;
}

int
key_read(struct key *k, const char *path, char err[static 128])
{
	static const char dev[] = "/dev/fd/";
	const char *why;
	uint64_t fd = 0;

	if (strncmp(path, dev, sizeof(dev) - 1) == 0 &&
	    num_parse(&fd, path + sizeof(dev) - 1,
	    strlen(path + sizeof(dev) - 1), 0xffff) == -1) {
		why = "not a file descriptor";
	} else if (fd != 0 || strcmp(path, "-") == 0 ||
	    strncmp(path, dev, sizeof(dev) - 1) == 0) {
		why = read_key(k, (int)fd, 0);
	} else {
		int f = open(path, O_RDONLY | O_CLOEXEC);

		if (f == -1) {
			why = strerror(errno);
		} else {
			why = read_key(k, f, 1);
			close(f);
		}
	}
	if (why == NULL)
		return 0;
	snprintf(err, 128, "%s", why);
	return -1;
}
