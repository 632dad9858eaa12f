#ifndef MEM_H
#define MEM_H

#include <stddef.h>

/*
 * Memory or exit: out of memory is the one failure a library function may
 * end the tool for (exit 3, with a message), because nobody can test a
 * thousand branches that print it.  What is returned is freed by free(3).
 */
void	*mem_alloc(size_t n);				/* zeroed */
void	*mem_array(size_t n, size_t size);		/* zeroed, n * size checked */
void	*mem_grow(void *, size_t n, size_t size);	/* realloc, checked; tail not zeroed */
char	*mem_string(const char *);
char	*mem_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
