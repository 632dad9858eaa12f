/*
 * mkmmdb - a small MaxMind DB (format 2.0) on standard output
 *
 * 1.0.0.0/22 is an AS and a place as MaxMind writes them, 2.0.0.0/16 as
 * ip-location-db does, 2001:db8::/32 has a country and nothing else.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NODES = 512, EMPTY = -1 };

static long node[NODES][2];	/* EMPTY, a node, or -2 - offset of data */
static long nnodes = 1;
static uint8_t data[4096];
static size_t ndata;

static void
byte(unsigned b)
{
	data[ndata++] = (uint8_t)b;
}

static void
string(const char *s)
{
	byte(2U << 5 | (unsigned)strlen(s));
	while (*s != '\0')
		byte((unsigned char)*s++);
}

static void
number(unsigned type, uint64_t v, unsigned bytes)
{
	if (type > 7) {
		byte(bytes);
		byte(type - 7);
	} else
		byte(type << 5 | bytes);
	while (bytes-- > 0)
		byte((unsigned)(v >> 8 * bytes & 255));
}

static void
map(unsigned n)
{
	byte(7U << 5 | n);
}

static void
real(double d)
{
	uint64_t v;

	memcpy(&v, &d, sizeof v);
	number(3, v, 8);
}

/* The data written last is that of a prefix of 128 bits. */
static void
insert(const uint8_t a[16], int len, size_t at)
{
	long n = 0;

	for (int i = 0; i < len; i++) {
		int bit = a[i / 8] >> (7 - i % 8) & 1;

		if (i == len - 1) {
			node[n][bit] = -2 - (long)at;
			return;
		}
		if (node[n][bit] == EMPTY)
			node[n][bit] = nnodes++;
		n = node[n][bit];
	}
}

static void
put_tree(void)
{
	for (long i = 0; i < nnodes; i++)
		for (int k = 0; k < 2; k++) {
			long v = node[i][k];

			v = v == EMPTY ? nnodes : v < EMPTY ?
			    nnodes + 16 + (-2 - v) : v;
			putchar((int)(v >> 16 & 255));
			putchar((int)(v >> 8 & 255));
			putchar((int)(v & 255));
		}
}

static void
put_metadata(void)
{
	ndata = 0;
	map(9);
	string("node_count");
	number(6, (uint64_t)nnodes, 4);
	string("record_size");
	number(5, 24, 2);
	string("ip_version");
	number(5, 6, 2);
	string("database_type");
	string("Test");
	string("languages");
	byte(0);
	byte(11 - 7);
	string("binary_format_major_version");
	number(5, 2, 2);
	string("binary_format_minor_version");
	number(5, 0, 2);
	string("build_epoch");
	number(9, 1, 8);
	string("description");
	map(0);
	fwrite("\xab\xcd\xefMaxMind.com", 1, 14, stdout);
	fwrite(data, 1, ndata, stdout);
}

int
main(void)
{
	static const uint8_t one[16] = { [12] = 1 }, two[16] = { [12] = 2 };
	static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	static const char zero[16];
	size_t at = 0;

	memset(node, 0xff, sizeof node);
	map(5);
	string("autonomous_system_number");
	number(6, 64500, 4);
	string("autonomous_system_organization");
	ndata -= 31;			/* what string wrote: over 28, two bytes of length */
	byte(2U << 5 | 29);
	byte(30 - 29);
	for (const char *s = "autonomous_system_organization"; *s; s++)
		byte((unsigned char)*s);
	string("Ex, Inc.");
	string("country");
	map(1);
	string("iso_code");
	string("NL");
	string("city");
	map(1);
	string("names");
	map(1);
	string("en");
	string("Den Haag");
	string("location");
	map(2);
	string("latitude");
	real(52.07);
	string("longitude");
	real(4.3);
	insert(one, 96 + 22, at);
	at = ndata;
	map(4);
	string("city");
	string("Rio");
	string("country_code");
	string("BR");
	string("latitude");
	real(-22.9);
	string("longitude");
	real(-43.2);
	insert(two, 96 + 16, at);
	at = ndata;
	map(1);
	string("country_code");
	string("DE");
	insert(six, 32, at);
	put_tree();
	fwrite(zero, 1, sizeof zero, stdout);
	fwrite(data, 1, ndata, stdout);
	put_metadata();
	return fflush(stdout) == EOF;
}
