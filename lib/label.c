#include "label.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "rec.h"

static char *
as_word(const char *s, size_t n)
{
	rec_word w;

	word_set(&w, n == 0 ? "stdin" : s, n == 0 ? 5 : n);
	return mem_string(w.s);
}

/* The length without that ending, unless that is all there is. */
static size_t
without(const char *s, size_t n, const char *ending)
{
	size_t k = strlen(ending);

	return n > k && memcmp(s + n - k, ending, k) == 0 ? n - k : n;
}

char *
label_of(const char *operand, const char **path)
{
	const char *eq = strchr(operand, '='), *slash;
	size_t n;

	*path = operand;
	if (eq != NULL && eq != operand && access(operand, F_OK) == -1) {
		*path = eq + 1;
		return as_word(operand, (size_t)(eq - operand));
	}
	if (strcmp(operand, "-") == 0)
		return as_word("", 0);
	if ((slash = strrchr(operand, '/')) != NULL)
		operand = slash + 1;
	n = strlen(operand);
	n = without(operand, n, ".gz");
	return as_word(operand, without(operand, n, ".fsdb"));
}
