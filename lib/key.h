#ifndef KEY_H
#define KEY_H

#include <stddef.h>
#include <stdint.h>

/*
 * The key of a measurement: 16 random bytes.  It goes from the orchestrator
 * over ssh's stdin to a file descriptor and nowhere else.
 */
struct key {
	uint8_t		b[16];
	uint32_t	mid;		/* measurement id, on the wire: SipHash(key, "castnet mid") */
};

/*
 * Read a key from a file, "-" (standard input) or /dev/fd/N: 16 raw bytes,
 * or 32 hex digits with or without a newline.  From "-" or /dev/fd/N
 * exactly the key (and its newline) is consumed, so records may follow, and
 * the descriptor stays open.  A file may hold nothing else.
 * Return 0, or -1 with a reason in err.
 */
int	 key_read(struct key *, const char *path, char err[static 128]);
void	 key_random(struct key *);			/* getrandom(2) */

/* Return 0, or -1 for the key of 16 zero bytes, which nobody drew. */
int	 key_set(struct key *, const uint8_t b[static 16]);

/* First 16 hex digits of its SHA-256, with a NUL. */
#define KEY_PRINTLEN	17
void	 key_fingerprint(const struct key *, char out[static KEY_PRINTLEN]);

/* SipHash-2-4, 64 bits (Aumasson and Bernstein, 2012); inline: siphash.h. */
uint64_t siphash(const uint8_t key[static 16], const void *p, size_t n);

#endif
