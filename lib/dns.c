#include "dns.h"

#include <string.h>

enum { CODE_CONTACT = 65001, CODE_PADDING = 12, UDP_SIZE = 1232 };

void
dns_header(struct buf *b, bool recurse, bool opt)
{
	buf_u16(b, 0);				/* id */
	buf_u16(b, recurse ? 0x0100 : 0);
	buf_u16(b, 1);				/* questions */
	buf_u32(b, 0);				/* answers, authorities */
	buf_u16(b, opt);			/* additional */
}

void
dns_name(struct buf *b, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		if (n == 0 || n > 63) {
			b->bad = true;
			return;
		}
		buf_u8(b, (uint8_t)n);
		buf_copy(b, name, n);
		name += n + (name[n] == '.');
	}
	buf_u8(b, 0);
}

void
dns_question(struct buf *b, uint16_t type, uint16_t class)
{
	buf_u16(b, type);
	buf_u16(b, class);
}

void
dns_opt(struct buf *b, const char *contact, size_t at, size_t want,
    size_t spare)
{
	size_t n = contact == NULL ? 0 : strlen(contact);
	size_t len = contact == NULL ? 0 : n + 4;
	size_t so_far = b->len - at + 11 + len;
	size_t pad = spare == 0 ? 0 : spare + 4;

	if (contact == NULL && want == 0)
		return;
	if (want > so_far) {
		if (want < so_far + (pad == 0 ? 4 : pad)) {
			b->bad = true;		/* no room for the option */
			return;
		}
		pad = want - so_far;
	}
	buf_u8(b, 0);				/* the root */
	buf_u16(b, DNS_OPT);
	buf_u16(b, UDP_SIZE);
	buf_u32(b, 0);				/* extended code, version, flags */
	buf_u16(b, (uint16_t)(len + pad));
	if (contact != NULL) {
		buf_u16(b, CODE_CONTACT);
		buf_u16(b, (uint16_t)n);
		buf_copy(b, contact, n);
	}
	if (pad != 0) {
		buf_u16(b, CODE_PADDING);
		buf_u16(b, (uint16_t)(pad - 4));
		buf_take(b, pad - 4);
	}
}

struct dns
dns_parse(struct cur *c)
{
	struct dns d = { .id = cur_u16(c) };

	d.reply = (cur_u16(c) & 0x8000) != 0;
	d.questions = cur_u16(c);
	d.answers = cur_u16(c);
	cur_skip(c, 4);				/* authorities, additional */
	return d;
}

/* RFC 1035, sections 3.1 and 4.1.4. */
int
dns_skip_name(struct cur *c)
{
	for (;;) {
		uint8_t n = cur_u8(c);

		if (n >> 6 == 3)
			cur_skip(c, 1);		/* a pointer ends a name */
		else if (n >> 6 != 0)
			return -1;
		if (n == 0 || n >> 6 == 3)
			return 0;
		cur_skip(c, n);
	}
}

size_t
dns_find_txt(struct cur c, const struct dns *d, char *out)
{
	for (unsigned i = 0; i < d->questions && !c.bad; i++) {
		if (dns_skip_name(&c) == -1)
			return 0;
		cur_skip(&c, 4);		/* type, class */
	}
	for (unsigned i = 0; i < d->answers && !c.bad; i++) {
		if (dns_skip_name(&c) == -1)
			return 0;
		uint16_t type = cur_u16(&c);
		cur_skip(&c, 6);		/* class, time to live */
		struct cur data = cur_split(&c, cur_u16(&c));
		uint8_t n = cur_u8(&data);

		if (type != DNS_TXT || cur_left(&data) < n)
			continue;
		cur_copy(&data, out, n);
		out[n] = '\0';
		return n;
	}
	return 0;
}

void
dns_answer(struct buf *b, struct cur query, const char *txt)
{
	struct cur c = query;

	buf_u16(b, cur_u16(&c));
	buf_u16(b, cur_u16(&c) | 0x8080);	/* a reply, recursion available */
	buf_u16(b, 1);
	buf_u16(b, txt != NULL);
	buf_u32(b, 0);
	cur_skip(&c, 8);
	struct cur name = c;
	dns_skip_name(&c);
	size_t n = cur_left(&name) - cur_left(&c) + 4;
	buf_copy(b, cur_bytes(&name, n), n);
	if (txt == NULL)
		return;
	buf_u16(b, 0xc00c);			/* the name asked for */
	buf_u16(b, DNS_TXT);
	buf_u16(b, DNS_CH);
	buf_u32(b, 0);
	buf_u16(b, (uint16_t)(strlen(txt) + 1));
	buf_u8(b, (uint8_t)strlen(txt));
	buf_copy(b, txt, strlen(txt));
}
