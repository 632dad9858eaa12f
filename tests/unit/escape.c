/* What is hostile in a field, in each format; and a judge of JSON, judged. */

#include "escape.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tap.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct { const char *s; bool good; } judged[] = {
	{ "{}", true }, { "[1,2]", true }, { " {\"a\":[null,true]} ", true },
	{ "0", true }, { "-0.5e+3", true }, { "\"\\u00e9\xc3\xa9\"", true },
	{ "", false }, { "01", false }, { "1.", false }, { ".5", false },
	{ "+1", false }, { "-", false }, { "1e", false }, { "{\"a\":}", false },
	{ "{a:1}", false }, { "[1,]", false }, { "[1", false },
	{ "\"", false }, { "\"\\x\"", false }, { "\"\\u12g4\"", false },
	{ "\"\n\"", false }, { "\"\xff\"", false }, { "\"\xc0\x80\"", false },
	{ "\"\xed\xa0\x80\"", false }, { "\"\xf4\x90\x80\x80\"", false },
	{ "nul", false }, { "1 2", false }, { "{} x", false },
};

static const struct { const char *s; size_t n; const char *want; } undone[] = {
	{ "plain", 5, "plain" }, { "", 0, "" }, { "a%20b", 5, "a b" },
	{ "%2D", 3, "-" }, { "%2d", 3, "-" }, { "%", 1, "%" }, { "%4", 2, "%4" },
	{ "%zz", 3, "%zz" }, { "%%41", 4, "%A" }, { "%C3%A9", 6, "\xc3\xa9" },
	{ "%C3", 3, "%C3" }, { "%C3%28", 6, "%C3%28" }, { "%00", 3, "%00" },
	{ "a%00%20", 7, "a%00%20" }, { "%FF%20", 6, "%FF%20" },
	{ "%C0%AF", 6, "%C0%AF" }, { "%ED%A0%80", 9, "%ED%A0%80" },
	{ "%F4%90%80%80", 12, "%F4%90%80%80" },
	{ "%F0%9F%98%80", 12, "\xf0\x9f\x98\x80" },
	{ "%2541", 5, "%41" }, { "%0A%22", 6, "\n\"" },
};

static const struct { const char *s; size_t n; const char *want; } json[] = {
	{ "", 0, "\"\"" }, { "a", 1, "\"a\"" }, { "\"", 1, "\"\\\"\"" },
	{ "\\", 1, "\"\\\\\"" }, { "\n\r\t\b\f", 5, "\"\\n\\r\\t\\b\\f\"" },
	{ "\0", 1, "\"\\u0000\"" }, { "\x1f\x7f", 2, "\"\\u001f\\u007f\"" },
	{ "\xc3\xa9", 2, "\"\xc3\xa9\"" }, { "\xff", 1, "\"\\ufffd\"" },
	{ "a\xc3", 2, "\"a\\ufffd\"" }, { "\xc3z", 2, "\"\\ufffdz\"" },
	{ "\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" }, { "/", 1, "\"/\"" },
};

static const struct { const char *s, *want; } numbers[] = {
	{ "0", "0" }, { "-0", "-0" }, { "007", "7" }, { "-007", "-7" },
	{ "000", "0" }, { "1.50", "1.50" }, { "00.5", "0.5" }, { ".5", "0.5" },
	{ "-.5", "-0.5" }, { "5.", "5" }, { "5.e3", "5e3" }, { "1e-9", "1e-9" },
	{ "01E+2", "1E+2" }, { "1700000000.123456789", "1700000000.123456789" },
	{ "", NULL }, { "-", NULL }, { ".", NULL }, { "e5", NULL },
	{ "1e", NULL }, { "1e+", NULL }, { "1.2.3", NULL }, { "1x", NULL },
	{ "+1", NULL }, { "--1", NULL }, { "nan", NULL }, { "0x1", NULL },
};

static const struct { const char *s, *csv, *sql, *label; } fields[] = {
	{ "a", "a", "'a'", "\"a\"" },
	{ "", "", "''", "\"\"" },
	{ "a,b", "\"a,b\"", "'a,b'", "\"a,b\"" },
	{ "\"", "\"\"\"\"", "'\"'", "\"\\\"\"" },
	{ "a\nb", "\"a\nb\"", "'a\nb'", "\"a\\nb\"" },
	{ "a\rb", "\"a\rb\"", "'a\rb'", "\"a\rb\"" },
	{ "'; DROP", "\"'; DROP\"", "'''; DROP'", "\"'; DROP\"" },
	{ "\\", "\\", "'\\'", "\"\\\\\"" },
	{ " a ", "\" a \"", "' a '", "\" a \"" },
};

static bool
is(const struct str *s, const char *want)
{
	return s->n == strlen(want) && memcmp(s->s, want, s->n) == 0;
}

int
main(void)
{
	struct str s = { 0 };

	for (size_t i = 0; i < COUNT(judged); i++)
		ok(json_valid(judged[i].s, strlen(judged[i].s)) ==
		    judged[i].good, "JSON or not, row %zu", i);
	for (size_t i = 0; i < COUNT(undone); i++) {
		char *out = malloc(undone[i].n + 1);
		size_t n = escape_undo(out, undone[i].s, undone[i].n);

		ok(n == strlen(undone[i].want) &&
		    memcmp(out, undone[i].want, n) == 0, "\"%s\" undone",
		    undone[i].s);
		free(out);
	}
	for (size_t i = 0; i < COUNT(json); i++) {
		str_clear(&s);
		escape_json(&s, json[i].s, json[i].n);
		ok(is(&s, json[i].want) && json_valid(s.s, s.n),
		    "JSON string, row %zu", i);
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		int r;

		str_clear(&s);
		r = escape_number(&s, numbers[i].s, strlen(numbers[i].s));
		ok(numbers[i].want == NULL ? r == -1 && s.n == 0 : r == 0 &&
		    is(&s, numbers[i].want) && json_valid(s.s, s.n),
		    "number \"%s\"", numbers[i].s);
	}
	for (size_t i = 0; i < COUNT(fields); i++) {
		size_t n = strlen(fields[i].s);

		str_clear(&s);
		str_put(&s, "", 0);
		escape_csv(&s, fields[i].s, n);
		ok(is(&s, fields[i].csv), "CSV, row %zu", i);
		str_clear(&s);
		escape_sql(&s, '\'', fields[i].s, n);
		ok(is(&s, fields[i].sql), "SQL, row %zu", i);
		str_clear(&s);
		escape_label(&s, fields[i].s, n);
		ok(is(&s, fields[i].label), "label, row %zu", i);
	}
	str_clear(&s);
	escape_sql(&s, '"', "a\"b", 3);
	ok(is(&s, "\"a\"\"b\""), "a name in SQL");
	str_free(&s);
	return tap_done();
}
