/* The options column: what it means in bytes, what it is refused for. */

#include "tcpopt.h"

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "tap.h"

static const struct {
	const char	*text;
	const char	*again;		/* its one text; NULL: refused */
	const char	*bytes;		/* or why */
	uint8_t		 flags;
} rows[] = {
	{ "MSS(1460)", "MSS(1460)", "020405b4", 0 },
	{ "MSS", "MSS(1460)", "020405b4", 0 },
	{ "MSS(1)", "MSS(1)", "02040001", 0 },
	{ "MSS(65535)", "MSS(65535)", "0204ffff", 0 },
	{ "WSCALE(7)", "WSCALE(7)", "03030700", 0 },
	{ "WSCALE", "WSCALE(7)", "03030700", 0 },
	{ "WSCALE(0)", "WSCALE(0)", "03030000", 0 },
	{ "WSCALE(14)", "WSCALE(14)", "03030e00", 0 },
	{ "SACKP", "SACKP", "04020000", 0 },
	{ "TS", "TS", "080a00000000000000000000", 0 },
	{ "MPCAPABLE", "MPCAPABLE", "1e040101", 0 },
	{ "NONE", "NONE", "", 0 },
	{ "ECE", "NONE/ECE", "", TCPOPT_ECE },
	{ "CWR/ECE", "NONE/ECE/CWR", "", TCPOPT_ECE | TCPOPT_CWR },
	{ "NONE/CWR", "NONE/CWR", "", TCPOPT_CWR },
	{ "ECE/MSS(536)/CWR", "MSS(536)/ECE/CWR", "02040218",
	    TCPOPT_ECE | TCPOPT_CWR },
	{ "MSS(1460)/WSCALE(7)/SACKP/TS/ECE/CWR/MPCAPABLE",
	    "MSS(1460)/WSCALE(7)/SACKP/TS/MPCAPABLE/ECE/CWR",
	    "020405b40303070402080a00000000000000001e04010100",
	    TCPOPT_ECE | TCPOPT_CWR },
	{ "TS/SACKP/MSS(1400)", "TS/SACKP/MSS(1400)",
	    "080a0000000000000000040202040578", 0 },
	{ "", NULL, "no such TCP option: ", 0 },
	{ "MSS/", NULL, "no such TCP option: ", 0 },
	{ "/MSS", NULL, "no such TCP option: ", 0 },
	{ "mss", NULL, "no such TCP option: mss", 0 },
	{ "MS", NULL, "no such TCP option: MS", 0 },
	{ "MSS)", NULL, "no such TCP option: MSS)", 0 },
	{ "MSSS", NULL, "no such TCP option: MSSS", 0 },
	{ "SACKP/FOO/TS", NULL, "no such TCP option: FOO", 0 },
	{ "MSS(", NULL, "value out of range: MSS(", 0 },
	{ "MSS()", NULL, "value out of range: MSS()", 0 },
	{ "MSS(0)", NULL, "value out of range: MSS(0)", 0 },
	{ "MSS(65536)", NULL, "value out of range: MSS(65536)", 0 },
	{ "MSS(-1)", NULL, "value out of range: MSS(-1)", 0 },
	{ "MSS(1460", NULL, "value out of range: MSS(1460", 0 },
	{ "MSS(14)60)", NULL, "value out of range: MSS(14)60)", 0 },
	{ "WSCALE(15)", NULL, "value out of range: WSCALE(15)", 0 },
	{ "SACKP()", NULL, "takes no value: SACKP()", 0 },
	{ "TS(1)", NULL, "takes no value: TS(1)", 0 },
	{ "SACKP/SACKP", NULL, "given twice: SACKP", 0 },
	{ "MSS(1)/MSS(2)", NULL, "given twice: MSS(2)", 0 },
	{ "ECE/CWR/ECE", NULL, "given twice: ECE", 0 },
	{ "NONE/SACKP", NULL, "NONE beside an option: NONE", 0 },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].text), len;
		char why[128] = "";
		char *s = (char *)exact((const uint8_t *)rows[i].text, n);
		char text[TCPOPT_STRLEN], twice[TCPOPT_STRLEN];
		struct tcpopt o, o2;
		uint8_t *want;
		int rc = tcpopt_parse(&o, s, n, why);

		free(s);
		if (rows[i].again == NULL) {
			ok(rc == -1 && strcmp(why, rows[i].bytes) == 0,
			    "'%s' is refused: %s", rows[i].text, why);
			continue;
		}
		want = unhex(rows[i].bytes, &len);
		ok(rc == 0 && o.given && o.flags == rows[i].flags &&
		    o.n == len && memcmp(o.b, want, len) == 0,
		    "'%s' is %s", rows[i].text, rows[i].bytes);
		free(want);
		n = tcpopt_format(&o, text);
		ok(n == strlen(text) && strcmp(text, rows[i].again) == 0,
		    "and again '%s'", text);
		rc = tcpopt_parse(&o2, text, n, why);
		tcpopt_format(&o2, twice);
		ok(rc == 0 && strcmp(text, twice) == 0 && o2.n == o.n &&
		    memcmp(o2.b, o.b, o.n) == 0 && o2.flags == o.flags &&
		    (o.ts == 0 || memcmp(o.b + o.ts - 2, "\x08\x0a", 2) == 0),
		    "which means the same");
	}
	struct tcpopt none = { .given = false };
	char text[TCPOPT_STRLEN];
	ok(tcpopt_format(&none, text) == 0 && text[0] == '\0',
	    "nothing given has no text");
	return tap_done();
}
