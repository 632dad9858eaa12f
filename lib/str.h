#ifndef STR_H
#define STR_H

#include <stddef.h>

/*
 * Text that grows: what a module formats and a tool writes.  A str of zeros
 * is empty and ready; s is NULL until the first byte, NUL-terminated after.
 */
struct str {
	char	*s;
	size_t	 n, cap;
};

void	 str_put(struct str *, const char *s, size_t n);
void	 str_add(struct str *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void	 str_free(struct str *);

static inline void
str_clear(struct str *t)
{
	t->n = 0;
}

#endif
