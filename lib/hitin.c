#include "hitin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "u128.h"

static const char *const names[] = {
	[HIT_AUTO] = "auto", [HIT_LIST] = "list", [HIT_FSDB] = "fsdb",
	[HIT_ISI] = "isi", [HIT_PFX2AS] = "pfx2as", [HIT_RANGES] = "ranges",
	[HIT_BGPDUMP] = "bgpdump"
};

static const char fsdb[] = "#fsdb";

/* A piece of a line. */
struct text {
	const char	*s;
	size_t		 n;
};

int
hitin_format(enum hitfmt *fmt, const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0) {
			*fmt = (enum hitfmt)i;
			return 0;
		}
	return -1;
}

const char *
hitin_format_name(enum hitfmt fmt)
{
	return names[fmt];
}

void
hitin_init(struct hitin *h, enum hitfmt fmt)
{
	memset(h, 0, sizeof(*h));
	h->fmt = fmt;
}

void
hitin_free(struct hitin *h)
{
	free(h->header);
	h->header = NULL;
}

/* Say why, ending in a piece of the input made fit to print. */
static int
refuse(struct hitin *h, const char *why, struct text t)
{
	size_t at = (size_t)snprintf(h->err, sizeof(h->err), "%s: ", why);

	for (size_t i = 0; i < t.n && i < 60; i++)
		h->err[at++] = t.s[i] >= ' ' && t.s[i] <= '~' ? t.s[i] : '?';
	h->err[at] = '\0';
	return -1;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Split off the next word; one of no length at the end. */
static struct text
next_word(struct text *rest)
{
	struct text w;

	while (rest->n > 0 && blank(*rest->s))
		rest->s++, rest->n--;
	w = (struct text){ rest->s, 0 };
	while (rest->n > 0 && !blank(*rest->s))
		rest->s++, rest->n--, w.n++;
	return w;
}

/* Split off what comes before the next separator, or the rest. */
static struct text
next_field(struct text *rest, char sep)
{
	const char *end = memchr(rest->s, sep, rest->n);
	struct text f = *rest;

	if (end == NULL) {
		*rest = (struct text){ rest->s + rest->n, 0 };
		return f;
	}
	f.n = (size_t)(end - f.s);
	rest->n -= f.n + 1;
	rest->s = end + 1;
	return f;
}

/*
 * The same for CSV (RFC 4180): quotes around a field go, and a separator
 * inside them is text.  A doubled quote stays doubled: no field that has
 * one is used.
 */
static struct text
next_csv(struct text *rest)
{
	struct text f;
	const char *end;

	while (rest->n > 0 && *rest->s == ' ')
		rest->s++, rest->n--;
	if (rest->n == 0 || *rest->s != '"') {
		f = next_field(rest, ',');
		while (f.n > 0 && blank(f.s[f.n - 1]))
			f.n--;
		return f;
	}
	f.s = rest->s + 1;
	end = memchr(f.s, '"', rest->n - 1);
	if (end == NULL)
		end = rest->s + rest->n;
	f.n = (size_t)(end - f.s);
	next_field(rest, '"');
	next_field(rest, '"');
	next_field(rest, ',');
	return f;
}

static bool
is(struct text t, const char *s)
{
	return t.n == strlen(s) && memcmp(t.s, s, t.n) == 0;
}

/* A score: a whole number, maybe negative; "-" is none. */
static int
parse_score(struct text t, int *score)
{
	bool minus = t.n > 0 && *t.s == '-';
	uint64_t u;

	*score = HIT_NOSCORE;
	if (is(t, "-"))
		return 0;
	if (num_parse(&u, t.s + minus, t.n - minus, HIT_MAXSCORE) == -1)
		return -1;
	*score = minus ? -(int)u : (int)u;
	return 0;
}

/*
 * The (first) AS in 13335, AS13335, 13335_4808, {13335,4808}; 0 if it is
 * something else, which is no error: the third column may be a country.
 */
static uint32_t
parse_as(struct text t)
{
	uint64_t as = 0;

	if (t.n > 0 && *t.s == '{')
		t.s++, t.n--;
	if (t.n > 2 && memcmp(t.s, "AS", 2) == 0)
		t.s += 2, t.n -= 2;
	for (size_t i = 0; i < t.n && digit(t.s[i]); i++)
		if ((as = as * 10 + (uint64_t)(t.s[i] - '0')) > UINT32_MAX)
			return 0;
	return (uint32_t)as;
}

static void
set_prefix(struct hit *hit, const struct prefix *p)
{
	unsigned host = 8 * addr_bytes(&p->addr) - p->len;

	hit->lo = p->addr;
	hit->hi = u128_to_addr(u128_ceil(u128_from_addr(&p->addr), host),
	    p->addr.v);
	hit->len = p->len;
}

static int
set_addr(struct hitin *h, struct hit *hit, struct text t)
{
	if (addr_parse(&hit->lo, t.s, t.n) == -1)
		return refuse(h, "not an address", t);
	hit->hi = hit->lo;
	hit->listed = true;
	return 1;
}

static int
parse_prefix(struct hitin *h, struct hit *hit, struct text t)
{
	struct prefix p;

	if (prefix_parse(&p, t.s, t.n) == -1)
		return refuse(h, "not a prefix", t);
	set_prefix(hit, &p);
	return 1;
}

static int
parse_list(struct hitin *h, struct text line, struct hit *hit)
{
	struct text w = next_word(&line), score = next_word(&line);

	if (score.n > 0 && *score.s != '#') {
		if (parse_score(score, &hit->score) == -1)
			return refuse(h, "not a score", score);
		score = next_word(&line);
	}
	if (score.n > 0 && *score.s != '#')
		return refuse(h, "more than an address and its score", score);
	if (memchr(w.s, '/', w.n) != NULL)
		return parse_prefix(h, hit, w);
	return set_addr(h, hit, w);
}

static int
parse_isi(struct hitin *h, struct text line, struct hit *hit)
{
	struct text hex = next_word(&line), score = next_word(&line),
	    ip = next_word(&line);

	(void)hex;		/* of the address, or of its block */
	if (ip.n == 0 || next_word(&line).n > 0)
		return refuse(h, "not three columns", hex);
	if (parse_score(score, &hit->score) == -1)
		return refuse(h, "not a score", score);
	return set_addr(h, hit, ip);
}

static int
parse_pfx2as(struct hitin *h, struct text line, struct hit *hit)
{
	struct text ip = next_word(&line), len = next_word(&line),
	    as = next_word(&line);
	struct prefix p, whole;
	uint64_t bits;

	if (addr_parse(&p.addr, ip.s, ip.n) == -1)
		return refuse(h, "not an address", ip);
	if (num_parse(&bits, len.s, len.n, 8 * addr_bytes(&p.addr)) == -1)
		return refuse(h, "not a prefix length", len);
	if (as.n == 0 || next_word(&line).n > 0)
		return refuse(h, "not three columns", ip);
	whole = addr_block(&p.addr, (uint8_t)bits);
	if (addr_cmp(&whole.addr, &p.addr) != 0)
		return refuse(h, "bits beyond the length", ip);
	if (bits == 0)
		return 0;	/* a default route is not routed space */
	set_prefix(hit, &whole);
	hit->as = parse_as(as);
	return 1;
}

/* A decimal number of up to 128 bits. */
static int
parse_u128(struct u128 *u, struct text t)
{
	static const struct u128 tenth = { UINT64_C(0x1999999999999999),
	    UINT64_C(0x9999999999999999) };

	*u = u128_from(0);
	if (t.n == 0)
		return -1;
	for (size_t i = 0; i < t.n; i++) {
		struct u128 d = u128_from((uint64_t)(t.s[i] - '0')), x;

		if (!digit(t.s[i]) || u128_cmp(*u, tenth) > 0)
			return -1;
		x = u128_add(u128_shl(*u, 3), u128_shl(*u, 1));
		*u = u128_add(x, d);
		if (u128_cmp(*u, x) < 0)
			return -1;
	}
	return 0;
}

/* Two addresses, or two whole numbers: of IPv4 if both fit. */
static int
parse_ends(struct text a, struct text b, struct hit *hit)
{
	struct u128 lo, hi;
	uint8_t v;

	if (addr_parse(&hit->lo, a.s, a.n) == 0)
		return addr_parse(&hit->hi, b.s, b.n);
	if (parse_u128(&lo, a) == -1 || parse_u128(&hi, b) == -1)
		return -1;
	v = hi.hi == 0 && hi.lo <= UINT32_MAX && lo.hi == 0 &&
	    lo.lo <= UINT32_MAX ? 4 : 6;
	hit->lo = u128_to_addr(lo, v);
	hit->hi = u128_to_addr(hi, v);
	return 0;
}

/* Names of columns, as in "start_ip,end_ip" or "network,geoname_id". */
static bool
looks_like_names(struct text t)
{
	return t.n > 0 && !digit(*t.s) && memchr(t.s, ':', t.n) == NULL &&
	    memchr(t.s, '.', t.n) == NULL;
}

static int
parse_range(struct hitin *h, struct text line, struct hit *hit)
{
	struct text a = next_csv(&line), b = next_csv(&line);

	if (memchr(a.s, '/', a.n) != NULL) {
		hit->as = parse_as(b);
		return parse_prefix(h, hit, a);
	}
	if (parse_ends(a, b, hit) == -1) {
		if (h->lines == 1 && looks_like_names(a))
			return 0;
		return refuse(h, "not a range", a);
	}
	if (hit->lo.v != hit->hi.v)
		return refuse(h, "a range of two families", a);
	if (addr_cmp(&hit->lo, &hit->hi) > 0)
		return refuse(h, "range ends before it begins", a);
	hit->as = parse_as(next_csv(&line));
	return 1;
}

/* TYPE|time|B or A|peer|peer AS|prefix|path|...; other rows are no routes. */
static int
parse_bgpdump(struct hitin *h, struct text line, struct hit *hit)
{
	struct text type = next_field(&line, '|'), f[6], path, as;

	for (int i = 0; i < 6; i++)
		f[i] = next_field(&line, '|');
	if ((type.n < 10 || memcmp(type.s, "TABLE_DUMP", 10) != 0) &&
	    (type.n < 6 || memcmp(type.s, "BGP4MP", 6) != 0))
		return refuse(h, "not a line of bgpdump -m", type);
	if (is(f[1], "W") || is(f[1], "STATE"))
		return 0;
	if (!is(f[1], "B") && !is(f[1], "A"))
		return refuse(h, "not a line of bgpdump -m", f[1]);
	if (memchr(f[4].s, '/', f[4].n) == NULL)
		return refuse(h, "not a prefix", f[4]);
	if (parse_prefix(h, hit, f[4]) == -1)
		return -1;
	if (hit->len == 0)
		return 0;	/* a default route is not routed space */
	path = f[5];
	for (as = (struct text){ "", 0 }; ; ) {
		struct text w = next_word(&path);

		if (w.n == 0)
			break;
		as = w;
	}
	hit->as = parse_as(as);
	return 1;
}

/* Note a column we can use; the first of several that say the same. */
static void
note_column(struct hitin *h, struct text name, int i)
{
	static const struct { const char *name; size_t off; } known[] = {
		{ "dst", offsetof(struct hitin, addr) },
		{ "ip", offsetof(struct hitin, addr) },
		{ "addr", offsetof(struct hitin, addr) },
		{ "hex_ip", offsetof(struct hitin, hex) },
		{ "hex", offsetof(struct hitin, hex) },
		{ "prefix", offsetof(struct hitin, prefix) },
		{ "score", offsetof(struct hitin, score) },
		{ "asn", offsetof(struct hitin, as) },
		{ "as", offsetof(struct hitin, as) },
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
		int *col = (int *)(void *)((char *)h + known[k].off);

		if (is(name, known[k].name) && *col == -1)
			*col = i;
	}
}

/* The -F of a header: t, s, S, D, C and a character, X and its code. */
static int
set_separator(struct hitin *h, struct text t)
{
	uint64_t code;

	if (is(t, "t"))
		h->sep = '\t';
	else if (is(t, "s") || is(t, "S") || is(t, "D"))
		h->sep = 0;
	else if (t.n == 2 && *t.s == 'C')
		h->sep = t.s[1];
	else if (t.n > 1 && *t.s == 'X' &&
	    num_parse_hex(&code, t.s + 1, t.n - 1, 126) == 0 && code >= ' ')
		h->sep = (char)code;
	else
		return refuse(h, "a separator we do not know", t);
	return 0;
}

/* Read the header; -2 when there is nothing for us below it. */
static int
parse_header(struct hitin *h, const char *line, size_t n)
{
	struct text rest = { line + 5, n - 5 }, w;
	int i = 0;

	h->addr = h->hex = h->prefix = h->score = h->as = -1;
	while ((w = next_word(&rest)).n > 0) {
		const char *colon;

		if (i == 0 && *w.s == '-' && w.n == 2) {
			struct text arg = next_word(&rest);

			if (w.s[1] == 'F' && set_separator(h, arg) == -1)
				return -2;
			continue;
		}
		if ((colon = memchr(w.s, ':', w.n)) != NULL) {
			h->typed = true;
			w.n = (size_t)(colon - w.s);
		}
		note_column(h, w, i++);
	}
	if (h->addr == -1 && h->hex == -1 && h->prefix == -1) {
		refuse(h, "no column dst, ip, hex_ip or prefix",
		    (struct text){ line, n });
		return -2;
	}
	return 0;
}

/* A header: the first, or the same again, as in cat a b. */
static int
read_header(struct hitin *h, const char *line, size_t n)
{
	if (h->fmt == HIT_AUTO)
		h->fmt = HIT_FSDB;
	if (h->fmt != HIT_FSDB)
		return 0;	/* asked to read it as something else */
	if (h->header == NULL) {
		h->header = mem_string(line);
		return parse_header(h, line, n);
	}
	if (strcmp(line, h->header) != 0) {
		refuse(h, "another header in mid-stream",
		    (struct text){ line, n });
		return -2;
	}
	if (h->typed && !h->ended)
		h->cut = true;
	h->ended = false;
	h->seg_lines = 0;
	h->segment++;
	return 0;
}

/* Metadata, provenance and the end of our own records. */
static void
read_comment(struct hitin *h, const char *line, size_t n)
{
	const char *colon = strstr(line, ": ");
	uint64_t count;
	char *key;

	if (strncmp(line, "#   | ", 6) == 0) {
		h->meta.prov = mem_grow(h->meta.prov, h->meta.nprov + 1,
		    sizeof(char *));
		h->meta.prov[h->meta.nprov++] = mem_string(line + 6);
		return;
	}
	if (strncmp(line, "# ", 2) != 0 || colon == NULL)
		return;
	if (strncmp(line, "# end: ", 7) == 0) {
		if (num_parse(&count, line + 7, n - 7, UINT64_MAX) == -1 ||
		    count != h->seg_lines)
			h->cut = true;
		h->ended = true;
		return;
	}
	key = mem_string(line + 2);
	key[colon - line - 2] = '\0';
	meta_set(&h->meta, h->segment, key, colon + 2);
	free(key);
}

static int
parse_fsdb(struct hitin *h, struct text line, struct hit *hit)
{
	struct text addr = { "", 0 }, hex = addr, prefix = addr, whole = line;

	if (h->header == NULL) {
		refuse(h, "no #fsdb header before", line);
		return -2;
	}
	for (int i = 0; line.n > 0; i++) {
		struct text f = h->sep == 0 ? next_word(&line) :
		    next_field(&line, h->sep);

		if (is(f, "-"))
			continue;
		if (i == h->addr)
			addr = f;
		else if (i == h->hex)
			hex = f;
		else if (i == h->prefix)
			prefix = f;
		else if (i == h->as)
			hit->as = parse_as(f);
		else if (i == h->score && parse_score(f, &hit->score) == -1)
			return refuse(h, "not a score", f);
	}
	if (addr.n > 0)
		return set_addr(h, hit, addr);
	if (prefix.n > 0)
		return parse_prefix(h, hit, prefix);
	if (hex.n == 0)
		return refuse(h, "no address", whole);
	if (addr_parse_hex(&hit->lo, hex.s, hex.n) == -1)
		return refuse(h, "not an address in hex", hex);
	hit->hi = hit->lo;
	hit->listed = true;
	return 1;
}

/* What a first line of data looks like. */
static enum hitfmt
guess(struct text line)
{
	struct text all = line, w[3];
	struct addr a;
	uint64_t u;
	int score;

	if (memchr(line.s, '|', line.n) != NULL)
		return HIT_BGPDUMP;
	for (int i = 0; i < 3; i++)
		w[i] = next_word(&line);
	if (w[2].n > 0 && next_word(&line).n == 0) {
		if (addr_parse(&a, w[0].s, w[0].n) == 0 &&
		    num_parse(&u, w[1].s, w[1].n, 128) == 0)
			return HIT_PFX2AS;
		if (addr_parse_hex(&a, w[0].s, w[0].n) == 0 &&
		    parse_score(w[1], &score) == 0)
			return HIT_ISI;
	}
	if (memchr(all.s, ',', all.n) != NULL)
		return HIT_RANGES;
	return HIT_LIST;
}

static int
parse_line(struct hitin *h, struct text line, struct hit *hit)
{
	switch (h->fmt) {
	case HIT_FSDB:
		return parse_fsdb(h, line, hit);
	case HIT_ISI:
		return parse_isi(h, line, hit);
	case HIT_PFX2AS:
		return parse_pfx2as(h, line, hit);
	case HIT_RANGES:
		return parse_range(h, line, hit);
	case HIT_BGPDUMP:
		return parse_bgpdump(h, line, hit);
	case HIT_AUTO:
	case HIT_LIST:
		break;
	}
	return parse_list(h, line, hit);
}

int
hitin_line(struct hitin *h, const char *s, size_t n, bool whole,
    struct hit *hit)
{
	struct text line = { s, n };

	if (n >= sizeof(fsdb) - 1 && memcmp(s, fsdb, sizeof(fsdb) - 1) == 0)
		return read_header(h, s, n);
	if (n > 0 && *s == '#') {
		if (h->typed)
			read_comment(h, s, n);
		return 0;
	}
	while (line.n > 0 && blank(line.s[line.n - 1]))
		line.n--;
	if (line.n == 0)
		return 0;
	if (h->ended)
		h->cut = true;
	if (h->typed && !whole)
		return 0;	/* half a line may look like a whole one */
	if (h->fmt == HIT_AUTO)
		h->fmt = guess(line);
	h->lines++;
	h->seg_lines++;
	*hit = (struct hit){ .score = HIT_NOSCORE, .len = -1 };
	return parse_line(h, line, hit);
}

int
hitin_end(struct hitin *h)
{
	if (!h->typed || (h->ended && !h->cut))
		return 0;
	snprintf(h->err, sizeof(h->err), "%s", h->ended ?
	    "damaged: lines missing or doubled" :
	    "cut short: no \"# end:\" line");
	return -1;
}
