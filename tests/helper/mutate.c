/*
 * mutate - damage a pcap file's packets, and now and then its headers
 *
 * usage: mutate seed <pcap >pcap
 * Of each packet up to eight bytes are replaced; of every fourth the end is
 * cut off; of every 64th the record header is damaged too.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_HEAD = 24, RECORD_HEAD = 16 };

static uint64_t state;

/* Steele and others' splitmix64. */
static uint32_t
chance(uint32_t n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % n);
}

static uint8_t
odd_byte(uint8_t old)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, 0x3f, 0xc0 };

	switch (chance(3)) {
	case 0:
		return odd[chance(sizeof(odd))];
	case 1:
		return old ^ (uint8_t)(1u << chance(8));
	default:
		return (uint8_t)chance(256);
	}
}

int
main(int argc, char *argv[])
{
	static uint8_t head[FILE_HEAD], rec[RECORD_HEAD], p[65536];
	uint32_t n;

	state = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	if (fread(head, sizeof(head), 1, stdin) != 1)
		return 1;
	fwrite(head, sizeof(head), 1, stdout);
	while (fread(rec, sizeof(rec), 1, stdin) == 1) {
		memcpy(&n, rec + 8, 4);
		if (n > sizeof(p) || fread(p, 1, n, stdin) != n)
			return 1;
		for (uint32_t k = chance(9); k > 0 && n > 0; k--) {
			uint32_t at = chance(2) == 0 ? chance(n) :
			    chance(n < 64 ? n : 64);

			p[at] = odd_byte(p[at]);
		}
		if (chance(4) == 0 && n > 0) {
			n = chance(n);
			memcpy(rec + 8, &n, 4);
		}
		if (chance(64) == 0)
			rec[chance(12)] ^= (uint8_t)(1u << chance(8));
		fwrite(rec, sizeof(rec), 1, stdout);
		fwrite(p, n, 1, stdout);
	}
	return fflush(stdout) == EOF;
}
