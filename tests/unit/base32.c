/* Base 32: the vectors of RFC 4648 section 10, both cases, and non-digits. */

#include "base32.h"
#include "hex.h"
#include "tap.h"

static const struct {
	const char	*plain, *coded;
} rows[] = {
	{ "", "" }, { "f", "my" }, { "fo", "mzxq" }, { "foo", "mzxw6" },
	{ "foob", "mzxw6yq" }, { "fooba", "mzxw6ytb" },
	{ "foobar", "mzxw6ytboi" },
};

static const struct {
	const char	*what, *coded;
	size_t		 n;
	int		 want;
} bad[] = {
	{ "either case", "MzXw6YTbOi", 6, 0 },
	{ "a digit there is not", "mzxw1", 3, -1 },
	{ "8", "8zxw6", 3, -1 },
	{ "padding", "my==", 2, -1 },
	{ "a control character", "mzxw\x16", 3, -1 },
	{ "before the letters", "mzx@6", 3, -1 },
	{ "after the letters", "mzx{6", 3, -1 },
	{ "above ASCII", "mzx\xf7""6", 3, -1 },
	{ "spare bits set", "mz", 1, -1 },
	{ "spare bits set at the end of three", "mzxw7", 3, -1 },
};

int
main(void)
{
	uint8_t out[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].plain), k = strlen(rows[i].coded);
		uint8_t *p = exact((const uint8_t *)rows[i].plain, n);
		uint8_t *q = exact((const uint8_t *)rows[i].coded, k);
		uint8_t *o = malloc(k == 0 ? 1 : k);

		base32_encode(p, n, o);
		ok(BASE32_LEN(n) == k && memcmp(o, q, k) == 0, "encode %s",
		    rows[i].plain);
		ok(base32_decode(q, out, n) == 0 && memcmp(out, p, n) == 0,
		    "decode %s", rows[i].coded);
		free(p);
		free(q);
		free(o);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(base32_decode((const uint8_t *)bad[i].coded, out, bad[i].n)
		    == bad[i].want, "%s", bad[i].what);
	return tap_done();
}
