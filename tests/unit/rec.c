/* Every record type, there and back; streams cut, doubled and mended. */

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rec.h"
#include "mem.h"
#include "tap.h"

/* Some value for each type of field. */
static void
set_field(const struct field *f, void *rec, unsigned i)
{
	void *v = (char *)rec + f->off;
	char text[64];

	snprintf(text, sizeof(text), "value-%u", i);
	switch (f->type) {
	case F_time:	*(int64_t *)v = 1700000000123456789 + i; break;
	case F_dur:	*(int64_t *)v = 1234000 * (int64_t)i; break;
	case F_num:	*(int64_t *)v = i; break;
	case F_real:	*(double *)v = i / 4.0; break;
	case F_addr:
	case F_hex:	*(struct addr *)v = addr_from_u32(i << 8 | 1); break;
	case F_prefix: {
		struct addr a = addr_from_u32(i << 8);

		*(struct prefix *)v = addr_block(&a, 24);
		break;
	}
	case F_word:	word_str(v, text); break;
	case F_text:	text_set(v, text, strlen(text)); break;
	}
}

static char *
line_of(const struct rectype *t, const void *rec)
{
	char field[REC_FIELDLEN], *s = mem_string("");

	for (size_t k = 0; k < t->nfields; k++) {
		size_t n = rec_format_field(&t->fields[k], rec, field);
		char *more = mem_format("%s%.*s ", s, (int)n, field);

		free(s);
		s = more;
	}
	return s;
}

static int
temp(void)
{
	char path[] = "/tmp/recXXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	return fd;
}

/* Write n records, a hole in every second; return the file, at its start. */
static int
write_some(const struct rectype *t, unsigned n, bool compress)
{
	struct recout out;
	void *rec = mem_alloc(t->size);
	char *argv[] = { (char[]){ "test" }, NULL };
	int fd = temp();

	recout_open(&out, t, dup(fd), compress, false, NULL);
	recout_meta(&out, "node", "ams:3");
	for (unsigned i = 1; i <= n; i++) {
		rec_clear(t, rec);
		for (size_t k = 0; k < t->nfields; k++)
			if (i % 2 == 1 || k % 2 == 0)
				set_field(&t->fields[k], rec, i);
		recout_write(&out, rec);
	}
	ok(recout_close(&out, NULL, argv) == 0, "%s is written", t->name);
	free(rec);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
test_type(const struct rectype *t, bool compress)
{
	void *rec = mem_alloc(t->size), *want = mem_alloc(t->size);
	struct recin in;
	unsigned i = 0, same = 0;

	ok(recin_open(&in, t, write_some(t, 100, compress), "file", NULL,
	    NULL) == 0, "%s opens", t->name);
	while (recin_read(&in, rec) == 1) {
		i++;
		rec_clear(t, want);
		for (size_t k = 0; k < t->nfields; k++)
			if (i % 2 == 1 || k % 2 == 0)
				set_field(&t->fields[k], want, i);
		char *a = line_of(t, rec), *b = line_of(t, want);
		same += strcmp(a, b) == 0;
		free(a);
		free(b);
	}
	ok(i == 100 && same == 100, "%s comes back: %u of 100", t->name, same);
	ok(recin_close(&in) == 0, "%s ended well", t->name);
	ok(strcmp(meta_get(&in.meta, "node"), "ams:3") == 0 &&
	    in.meta.nprov == 1 && strcmp(in.meta.prov[0], "test") == 0,
	    "%s has its metadata", t->name);
	meta_free(&in.meta);
	free(rec);
	free(want);
}

static int
from_text(const char *s)
{
	int fd = temp();

	(void)!write(fd, s, strlen(s));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

#define H	"#fsdb -F t dst:a score:q block:a\n"

/* Streams: good records, refused ones, does it end well (-2: no header). */
static const struct { const char *s; int good, bad, end; } streams[] = {
	{ H "192.0.2.1\t5\t-\n# end: 1\n", 1, 0, 0 },
	{ H "# end: 0\n", 0, 0, 0 },
	{ H, 0, 0, -1 },
	{ "", 0, 0, -2 },
	{ "nonsense\n", 0, 0, -2 },
	{ "#fsdb -F t score:q\n# end: 0\n", 0, 0, -2 },
	{ "#fsdb -F s dst:a\n# end: 0\n", 0, 0, -2 },
	{ "# a: b\n" H "192.0.2.1\t5\t-\n# end: 1\n", 1, 0, 0 },
	{ "#fsdb -F t dst\n192.0.2.1\n# end: 1\n", 1, 0, 0 },
	{ "#fsdb -F t new:a dst:a\nx\t192.0.2.1\n# end: 1\n", 1, 0, 0 },
	{ H "192.0.2.1\t5\t-\n", 1, 0, -1 },
	{ H "192.0.2.1\t5\t-\n192.0.2.2\t5", 1, 0, -1 },
	{ H "192.0.2.1\t5\t-\n192.0.2.2\t5\t-", 1, 0, -1 },
	{ H "192.0.2.1\t5\t-\n# end: 2\n", 1, 0, -1 },
	{ H "192.0.2.1\t5\t-\n# end: x\n", 1, 0, -1 },
	{ H "192.0.2.1\t5\t-\n# end: 1\n192.0.2.2\t5\t-\n", 2, 0, -1 },
	{ H "192.0.2.1\t5\n192.0.2.2\t5\t-\n# end: 2\n", 1, 1, 0 },
	{ H "192.0.2.1\t5\t-\t9\n# end: 1\n", 0, 1, 0 },
	{ H "192.0.2.1\tx\t-\n# end: 1\n", 0, 1, 0 },
	{ H "nonsense\t5\t-\n\n# end: 2\n", 0, 2, 0 },
	{ H "192.0.2.1\t5\t-\n# end: 1\n" H "192.0.2.2\t6\t-\n# end: 1\n",
	    2, 0, 0 },
	{ H "192.0.2.1\t5\t-\n" H "192.0.2.2\t6\t-\n# end: 1\n", 2, 0, -1 },
	{ H "192.0.2.1\t5\t-\n# end: 1\n#fsdb -F t dst:a\n192.0.2.2\n"
	    "# end: 1\n", 1, 0, -1 },
};

static void
test_streams(void)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct recin in;
		struct target t;
		int good = 0, bad = 0, r;

		r = recin_open(&in, &rec_target, from_text(streams[i].s),
		    "file", NULL, NULL);
		if (r == 0)
			while ((r = recin_read(&in, &t)) == 1 || r == -1)
				r == 1 ? good++ : bad++;
		else
			r = -2;
		int end = recin_close(&in);
		if (streams[i].end == -2)
			ok(r == -2 && end == -1, "stream %zu has no header", i);
		else
			ok(good == streams[i].good && bad == streams[i].bad &&
			    end == streams[i].end, "stream %zu: %d good, "
			    "%d bad, end %d %s", i, good, bad, end, in.err);
		meta_free(&in.meta);
	}
}

static void
test_bare(void)
{
	struct recin in;
	struct target t;
	int n = 0, r;

	rec_clear(&rec_target, &t);
	recin_open_bare(&in, &rec_target,
	    from_text("192.0.2.1\n\n# comment\nx\n2001:db8::1"), "file");
	while ((r = recin_read(&in, &t)) != 0)
		n += r == 1 ? 1 : 100;
	ok(n == 102 && recin_close(&in) == 0 && t.dst.v == 6,
	    "bare addresses, one refused");
	meta_free(&in.meta);
	recin_open_bare(&in, &rec_target, from_text(H "192.0.2.1\t5\t-\n"),
	    "file");
	n = 0;
	while (recin_read(&in, &t) == 1)
		n++;
	ok(n == 1 && recin_close(&in) == -1,
	    "a header where bare ones were allowed is obeyed");
	meta_free(&in.meta);
}

static void
test_words(void)
{
	char out[REC_FIELDLEN];
	static rec_word w;
	static rec_text t;

	word_str(&w, "a b\t%\xff-");
	ok(strcmp(w.s, "a%20b%09%25%FF-") == 0, "foreign strings are escaped");
	word_str(&w, "-");
	ok(strcmp(w.s, "%2D") == 0, "a lone hyphen is not a missing value");
	memset(out, ' ', sizeof(out));
	ok(word_set(&w, out, 200) == 1 && w.n == 255 && w.n % 3 == 0,
	    "a word is cut at a whole character");
	ok(text_set(&t, out, 4000) == 1 && t.n == 4095, "so is a text");
	struct meta m = { 0 };
	meta_set(&m, 0, "counts", "a=1");
	meta_set(&m, 0, "counts", "a=2");
	meta_set(&m, 1, "counts", "a=3");
	ok(m.n == 2 && strcmp(m.line[0].value, "a=2") == 0 &&
	    strcmp(meta_get(&m, "counts"), "a=3") == 0,
	    "metadata is replaced within a segment, kept across");
	ok(meta_get(&m, "nothing") == NULL, "unknown metadata is NULL");
	meta_free(&m);
}

int
main(void)
{
	for (size_t i = 0; rec_types[i] != NULL; i++) {
		test_type(rec_types[i], false);
		test_type(rec_types[i], true);
		ok(rec_find(rec_types[i]->name) == rec_types[i],
		    "%s is found", rec_types[i]->name);
	}
	ok(rec_find("nonsense") == NULL, "nonsense is not");
	test_streams();
	test_bare();
	test_words();
	return tap_done();
}
