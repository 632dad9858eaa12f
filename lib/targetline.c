#include "targetline.h"

#include "cands.h"
#include "num.h"

static char *
put_u8(char *s, unsigned v)
{
	if (v >= 100)
		*s++ = (char)('0' + v / 100);
	if (v >= 10)
		*s++ = (char)('0' + v / 10 % 10);
	*s++ = (char)('0' + v % 10);
	return s;
}

static char *
put_quad(char *s, uint32_t a)
{
	s = put_u8(s, a >> 24);
	*s++ = '.';
	s = put_u8(s, a >> 16 & 255);
	*s++ = '.';
	s = put_u8(s, a >> 8 & 255);
	*s++ = '.';
	return put_u8(s, a & 255);
}

size_t
target_line(char out[static TARGET_LINE], const struct addr *a, int score,
    uint8_t block)
{
	char *s = out;

	s = a->v == 4 ? put_quad(s, addr_u32(a)) : s + addr_format(a, s);
	*s++ = '\t';
	if (score == CANDS_NOSCORE)
		*s++ = '-';
	else
		s += num_format_int(score, s);
	*s++ = '\t';
	if (a->v == 4) {
		s = put_quad(s, addr_u32(a) & (uint32_t)
		    (UINT64_C(0xffffffff) << (32 - block)));
		*s++ = '/';
		s = put_u8(s, block);
	} else {
		struct prefix p = addr_block(a, block);

		s += prefix_format(&p, s);
	}
	*s++ = '\n';
	return (size_t)(s - out);
}
