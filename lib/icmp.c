#include "icmp.h"

#include <stdio.h>
#include <string.h>

static bool
is_error(uint8_t family, uint8_t type)
{
	if (family == 6)			/* RFC 4443, section 2.1 */
		return type >= 1 && type <= 4;
	return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

/* RFC 4884 section 7: version 2; a checksum of 0 was not computed. */
static bool
good_ext(struct cur c, bool need_sum)
{
	struct cur all = c;
	size_t n = cur_left(&c);
	uint8_t version = cur_u8(&c) >> 4;

	cur_skip(&c, 1);
	uint16_t sum = cur_u16(&c);
	if (c.bad || version != 2)
		return false;
	if (sum == 0)
		return !need_sum;
	return pkt_fold(pkt_sum(cur_bytes(&all, n), n)) == 0xffff;
}

/*
 * RFC 4884 sections 4 and 5: the quote ends, padded with zeros, where a
 * length field in the ICMP header says (in words of 4 bytes, ICMPv6 8); for
 * those who left it zero and added extensions all the same, after 128 bytes
 * (section 5.5), which only a checksum can tell from a long quote.
 */
static void
split(struct icmp *m, struct cur c, size_t quoted)
{
	struct cur rest = c, q;
	size_t n = quoted == 0 ? 128 : quoted;

	m->quote = c;
	m->ext = (struct cur){ .p = c.end, .end = c.end };
	q = cur_split(&rest, n);
	if (!good_ext(rest, quoted == 0))
		return;
	m->quote = q;
	m->ext = rest;
}

enum pkt_error
icmp_parse(struct icmp *m, uint8_t family, struct cur c)
{
	*m = (struct icmp){ .type = cur_u8(&c), .code = cur_u8(&c) };
	cur_skip(&c, 2);			/* checksum */
	uint8_t byte4 = cur_u8(&c), byte5 = cur_u8(&c);
	cur_skip(&c, 2);			/* of the rest of the header */
	if (c.bad)
		return PKT_SHORT;
	m->error = is_error(family, m->type);
	if (!m->error)
		return PKT_OK;
	if (family == 6 && (m->type == 1 || m->type == 3))
		split(m, c, byte4 * 8u);
	else if (family == 4 && (m->type == 3 || m->type >= 11))
		split(m, c, byte5 * 4u);
	else
		m->quote = c, m->ext = (struct cur){ .p = c.end, .end = c.end };
	return PKT_OK;
}

/* Append to out unless it does not fit; entries are comma-separated. */
static void
append(char *out, size_t cap, const char *s)
{
	size_t n = strlen(out), k = strlen(s);

	if (n + (n > 0) + k + 1 > cap)
		return;
	if (n > 0)
		out[n++] = ',';
	memcpy(out + n, s, k + 1);
}

/* RFC 4950: label stack entries of RFC 3032. */
static void
format_mpls(struct cur c, char *out, size_t cap)
{
	char s[32];

	while (cur_left(&c) >= 4) {
		uint32_t v = cur_u32(&c);

		snprintf(s, sizeof(s), "%u:%u:%u:%u", v >> 12, v >> 9 & 7,
		    v >> 8 & 1, v & 255);
		append(out, cap, s);
	}
}

/* RFC 5837 section 4.3: a counted name, padded; the count counts itself. */
static void
interface_name(struct cur *c, char out[static 64])
{
	uint8_t n = cur_u8(c);
	struct cur name = cur_split(c, n - 1u);	/* 0 wraps: never so many */
	size_t k = 0;

	if (n > 64 || n % 4 != 0)
		c->bad = true;
	while (!c->bad && cur_left(&name) > 0) {
		uint8_t ch = cur_u8(&name);

		if (ch == 0)
			break;
		out[k++] = (char)(ch <= ' ' || ch >= 127 || ch == '|' ||
		    ch == ',' || ch == '%' ? '_' : ch);
	}
	out[k] = '\0';
}

/* RFC 5837 section 4. */
static void
format_interface(struct cur c, uint8_t ctype, char *out, size_t cap)
{
	static const char *const roles[] = { "in", "sub", "out", "next" };
	char index[16] = "", name[64] = "", mtu[16] = "", s[256];
	char text[ADDR_STRLEN] = "";

	if (ctype & 8)
		snprintf(index, sizeof(index), "%u", cur_u32(&c));
	if (ctype & 4) {
		uint16_t afi = cur_u16(&c);
		struct addr a = { .v = afi == 1 ? 4 : 6 };

		if (afi != 1 && afi != 2)
			return;
		cur_skip(&c, 2);		/* reserved */
		cur_copy(&c, a.b, addr_bytes(&a));
		addr_string(&a, text);
	}
	if (ctype & 2)
		interface_name(&c, name);
	if (ctype & 1)
		snprintf(mtu, sizeof(mtu), "%u", cur_u32(&c));
	if (c.bad)
		return;
	snprintf(s, sizeof(s), "%s|%s|%s|%s|%s", roles[ctype >> 6], index,
	    text, name, mtu);
	append(out, cap, s);
}

/* RFC 4884 section 8: objects with a length that counts their header. */
void
icmp_ext_format(struct cur c, char *out, size_t cap)
{
	out[0] = '\0';
	cur_skip(&c, 4);			/* version, checksum: good_ext */
	while (cur_left(&c) >= 4) {
		uint16_t len = cur_u16(&c);
		uint8_t class = cur_u8(&c), ctype = cur_u8(&c);

		/* Less than the header wraps to more than there is. */
		struct cur body = cur_split(&c, len - 4u);
		if (body.bad)
			return;
		if (class == 1 && ctype == 1)
			format_mpls(body, out, cap);
		else if (class == 2)
			format_interface(body, ctype, out, cap);
	}
}
