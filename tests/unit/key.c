/*
 * Keys: SipHash against its published vectors, the fingerprint against
 * SHA-256's, and every way a key may be given.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key.h"
#include "siphash.h"
#include "tap.h"

/*
 * From the reference implementation (vectors_sip64): SipHash-2-4 of the
 * bytes 00 01 02 ... of length 0 to 63, under the key 00 01 ... 0f.
 */
static const uint64_t vectors[64] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
	0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
	0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
	0xa129ca6149be45e5, 0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794,
	0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd, 0xbed65cf21aa2ee98,
	0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3,
	0x2f2e6163076bcfad, 0xde4daaaca71dc9a5, 0xa6a2506687956571,
	0xad87a3535c49ef28, 0x32d892fad841c342, 0x7127512f72f27cce,
	0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d,
	0x9abfd8766a33735c, 0x0e3ea96b5304a7d0, 0xad0c42d6fc585992,
	0x187306c89bc215a9, 0xd4a60abcf3792b95, 0xf935451de4f21df2,
	0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72,
	0xa192d576b245165a, 0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f,
	0x7fa8220ba3b2ecea, 0x245731c13ca42499, 0xb78dbfaf3a8d83bd,
	0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57,
	0x958a324ceb064572,
};

#define HEX "000102030405060708090a0b0c0d0e0f"
static const char raw[] = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17";

static void
test_siphash(void)
{
	uint8_t key[16];
	int same = 0, inl = 0;

	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (size_t n = 0; n < 64; n++) {
		uint8_t *p = malloc(n == 0 ? 1 : n);

		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)i;
		same += siphash(key, p, n) == vectors[n];
		inl += siphash_inline(key, p, n) == vectors[n];
		free(p);
	}
	ok(same == 64, "SipHash-2-4 gives the 64 published values (%d)", same);
	ok(inl == 64, "and so does the inline one (%d)", inl);
}

static void
test_set(void)
{
	struct key a, b;
	char print[KEY_PRINTLEN];
	static const uint8_t zero[16];

	/* printf '\0\1...\17' | sha256sum */
	ok(key_set(&a, (const uint8_t *)raw) == 0, "a key is a key");
	key_fingerprint(&a, print);
	ok(strcmp(print, "be45cb2605bf36be") == 0, "fingerprint %s", print);
	ok(a.mid == (uint32_t)(siphash(a.b, "castnet mid", 11) >> 32),
	    "the measurement id is derived from it");
	ok(key_set(&b, zero) == -1, "sixteen zero bytes are no key");
	key_random(&a);
	key_random(&b);
	ok(memcmp(a.b, b.b, 16) != 0 && a.mid != b.mid, "two draws differ");
}

struct row {
	const char	*what;
	const char	*text;
	size_t		 n;
	int		 file;		/* good as a file */
	int		 pipe;		/* good from a descriptor */
	const char	*rest;		/* what is left to read there */
};

static const struct row rows[] = {
	{ "16 raw bytes", raw, 16, 0, 0, "" },
	{ "32 hex digits", HEX, 32, 0, 0, "" },
	{ "hex and newline", HEX "\n", 33, 0, 0, "" },
	{ "hex, newline, records", HEX "\nabc\n", 37, -1, 0, "abc\n" },
	{ "raw, records", "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17abc\n", 20,
	    -1, 0, "abc\n" },
	{ "upper case hex", "000102030405060708090A0B0C0D0E0F", 32, 0, 0, "" },
	{ "nothing", "", 0, -1, -1, "" },
	{ "15 bytes", raw, 15, -1, -1, "" },
	{ "31 hex digits", HEX, 31, -1, -1, "" },
	{ "31 hex digits and newline",
	    "000102030405060708090a0b0c0d0e0\n", 32, -1, -1, "" },
	{ "no hex at 17", "0001020304050607x8090a0b0c0d0e0f", 32, -1, -1, "" },
	{ "33 hex digits", HEX "1", 33, -1, -1, "" },
	{ "hex, CR, LF", HEX "\r\n", 34, -1, -1, "\n" },
	{ "zeros in hex", "00000000000000000000000000000000", 32, -1, -1, "" },
};

static void
check_file(const struct row *r, const char *path)
{
	struct key k;
	char err[128] = "";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int wrote = write(fd, r->text, r->n) == (ssize_t)r->n;

	close(fd);
	int got = key_read(&k, path, err);
	ok(wrote && got == r->file && (got == -1) == (err[0] != '\0') &&
	    (got == -1 || memcmp(k.b, raw, 16) == 0), "file: %s: %s", r->what,
	    err);
}

static void
check_pipe(const struct row *r)
{
	struct key k;
	char err[128] = "", path[32], rest[64];
	int fds[2];

	if (pipe(fds) == -1 || write(fds[1], r->text, r->n) != (ssize_t)r->n)
		abort();
	close(fds[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	int got = key_read(&k, path, err);
	ssize_t n = read(fds[0], rest, sizeof(rest));

	ok(got == r->pipe && (got == -1 || memcmp(k.b, raw, 16) == 0),
	    "descriptor: %s: %s", r->what, err);
	ok(n == (ssize_t)strlen(r->rest) &&
	    memcmp(rest, r->rest, strlen(r->rest)) == 0,
	    "descriptor: %s: the rest is left", r->what);
	close(fds[0]);
}

static void
test_read(void)
{
	char dir[] = "/tmp/castnet-key.XXXXXX", path[64], err[128];
	struct key k;

	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/key", dir);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_file(&rows[i], path);
		check_pipe(&rows[i]);
	}
	unlink(path);
	ok(key_read(&k, path, err) == -1, "no such file: %s", err);
	ok(key_read(&k, dir, err) == -1, "a directory: %s", err);
	ok(key_read(&k, "/dev/fd/x", err) == -1, "/dev/fd/x: %s", err);
	ok(key_read(&k, "/dev/fd/999", err) == -1, "closed: %s", err);
	rmdir(dir);
}

int
main(void)
{
	test_siphash();
	test_set();
	test_read();
	return tap_done();
}
