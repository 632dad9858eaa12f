#include "mem.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
must(void *p)
{
	if (p == NULL)
		errx(3, "out of memory");
	return p;
}

void *
mem_alloc(size_t n)
{
	return must(calloc(1, n == 0 ? 1 : n));
}

void *
mem_array(size_t n, size_t size)
{
	return must(calloc(n == 0 ? 1 : n, size));
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	return must(reallocarray(p, n == 0 ? 1 : n, size));
}

char *
mem_string(const char *s)
{
	return must(strdup(s));
}

char *
mem_format(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		s = NULL;
	va_end(ap);
	return must(s);
}
