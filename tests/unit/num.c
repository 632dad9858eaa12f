/* Tables of numbers, times, spans and sizes, to and from text. */

#include "num.h"

#include <math.h>
#include <string.h>

#include "tap.h"

#define BAD	INT64_C(-424242)

static const struct { const char *s; uint64_t max; int64_t want; } whole[] = {
	{ "0", 9, 0 }, { "7", 9, 7 }, { "10", 9, BAD }, { "", 9, BAD },
	{ "007", 9, 7 }, { "-1", 9, BAD }, { "+1", 9, BAD }, { " 1", 9, BAD },
	{ "1 ", 9, BAD }, { "1x", 9, BAD }, { "0x1", 9, BAD },
	{ "9223372036854775807", INT64_MAX, INT64_MAX },
	{ "9223372036854775808", INT64_MAX, BAD },
	{ "18446744073709551616", UINT64_MAX, BAD },
	{ "99999999999999999999", UINT64_MAX, BAD },
	{ "184467440737095516150", UINT64_MAX, BAD },
};

static const struct { const char *s; int64_t want; } times[] = {
	{ "0", 0 }, { "1", 1000000000 }, { "1.5", 1500000000 },
	{ "1700000000.123456789", 1700000000123456789 },
	{ "1700000000.000000001", 1700000000000000001 },
	{ "-0.5", -500000000 }, { "1.", BAD }, { ".5", BAD }, { "-", BAD },
	{ "", BAD }, { "1.0000000001", BAD }, { "1.5.5", BAD }, { "1e9", BAD },
	{ "9223372036", BAD }, { "9223372034", 9223372034000000000 },
	{ "1,5", BAD },
};

static const struct { const char *s; int64_t want; } spans[] = {
	{ "1", 1000000000 }, { "10s", 10000000000 }, { "250ms", 250000000 },
	{ "1.5s", 1500000000 }, { "15m", 900000000000 },
	{ "24h", 86400000000000 }, { "2d", 172800000000000 }, { "5us", 5000 },
	{ "7ns", 7 }, { "", BAD }, { "s", BAD }, { "-1s", BAD },
	{ "1w", BAD }, { "1 s", BAD }, { "1e99s", BAD }, { "nan", BAD },
};

static const struct { const char *s; int64_t want; } sizes[] = {
	{ "0", 0 }, { "1024", 1024 }, { "64K", 65536 }, { "10M", 10485760 },
	{ "2G", INT64_C(2147483648) }, { "1T", INT64_C(1099511627776) },
	{ "", BAD }, { "K", BAD }, { "1k", BAD }, { "1KB", BAD },
	{ "99999999999G", BAD },
};

static const struct { const char *s; double want; } reals[] = {
	{ "1", 1 }, { "-2.5", -2.5 }, { "1e3", 1000 }, { "1E-2", 0.01 },
	{ "+1", NAN }, { "inf", NAN }, { "nan", NAN }, { "0x10", NAN },
	{ "", NAN }, { "1e999", NAN }, { "e5", NAN }, { "1..2", NAN },
};

static const struct { int64_t ns; const char *time, *ms; } outs[] = {
	{ 0, "0.000000000", "0.000" },
	{ 1, "0.000000001", "0.000" },
	{ 500, "0.000000500", "0.001" },
	{ 1999999, "0.001999999", "2.000" },
	{ -1500000, "-0.001500000", "-1.500" },
	{ -499, "-0.000000499", "0.000" },
	{ 1700000000123456789, "1700000000.123456789", "1700000000123.457" },
	{ NUM_NONE, "-", "-" },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

#define CHECK(table, call) do {						\
	for (size_t i = 0; i < COUNT(table); i++) {			\
		const char *s = table[i].s;				\
		size_t n = strlen(s);					\
		int r = call;						\
		ok(table[i].want == BAD ? r == -1 :			\
		    r == 0 && (int64_t)v == table[i].want,		\
		    #table " \"%s\"", s);				\
	}								\
} while (0)

static bool
is(size_t n, const char *got, const char *want)
{
	return n == strlen(want) && memcmp(got, want, n) == 0;
}

int
main(void)
{
	char out[NUM_STRLEN + 8];

	{ uint64_t v = 0; CHECK(whole, num_parse(&v, s, n, whole[i].max)); }
	{ int64_t v = 0; CHECK(times, num_parse_time(&v, s, n)); }
	{ int64_t v = 0; CHECK(spans, num_parse_span(&v, s, n)); }
	{ uint64_t v = 0; CHECK(sizes, num_parse_size(&v, s, n)); }
	for (size_t i = 0; i < COUNT(reals); i++) {
		double v;
		int r = num_parse_real(&v, reals[i].s, strlen(reals[i].s));

		ok(isnan(reals[i].want) ? r == -1 : r == 0 &&
		    fabs(v - reals[i].want) < 1e-12, "reals \"%s\"", reals[i].s);
	}
	for (size_t i = 0; i < COUNT(outs); i++) {
		int64_t back;

		ok(is(num_format_time(outs[i].ns, out), out, outs[i].time),
		    "%s as a time", outs[i].time);
		ok(outs[i].ns == NUM_NONE || (num_parse_time(&back,
		    outs[i].time, strlen(outs[i].time)) == 0 &&
		    back == outs[i].ns), "%s and back", outs[i].time);
		ok(is(num_format_ms(outs[i].ns, out), out, outs[i].ms),
		    "%s as milliseconds", outs[i].ms);
	}
	/* A leading zero takes the general way, which has to say the same. */
	int differ = 0;
	for (size_t i = 0; i < 20; i++)
		for (int c = 0; c < 256; c++) {
			char text[] = "01700000000.123456789";
			int64_t quick = 0, slow = 0;

			text[i + 1] = (char)c;
			differ += num_parse_time(&quick, text + 1, 20) !=
			    num_parse_time(&slow, text, 21) || quick != slow;
		}
	ok(differ <= 1, "every byte in every place of a time");
	int64_t ms;
	ok(num_parse_ms(&ms, "1.5", 3) == 0 && ms == 1500000, "1.5 ms");
	ok(num_parse_ms(&ms, "0.0000001", 9) == -1, "below a nanosecond");
	ok(is(num_format(UINT64_MAX, out), out, "18446744073709551615"),
	    "largest number");
	ok(is(num_format_int(-17, out), out, "-17"), "negative number");
	uint64_t hex;
	ok(num_parse_hex(&hex, "C0a80001", 8, UINT32_MAX) == 0 &&
	    hex == 0xc0a80001, "hex of either case");
	ok(num_parse_hex(&hex, "0x1", 3, 9) == -1 &&
	    num_parse_hex(&hex, "100", 3, 255) == -1 &&
	    num_parse_hex(&hex, "", 0, 255) == -1, "bad hex");
	return tap_done();
}
