#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static void
room(struct str *t, size_t n)
{
	if (t->cap - t->n > n)
		return;
	t->cap = (t->n + n) * 2 + 64;
	t->s = mem_grow(t->s, t->cap, 1);
}

void
str_put(struct str *t, const char *s, size_t n)
{
	room(t, n);
	memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = '\0';
}

void
str_add(struct str *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	room(t, 128);
	va_start(ap, fmt);
	n = vsnprintf(t->s + t->n, t->cap - t->n, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= t->cap - t->n) {
		room(t, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(t->s + t->n, t->cap - t->n, fmt, ap);
		va_end(ap);
	}
	t->n += (size_t)n;
}

void
str_free(struct str *t)
{
	free(t->s);
	*t = (struct str){ 0 };
}
