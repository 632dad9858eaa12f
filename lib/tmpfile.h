#ifndef TMPFILE_H
#define TMPFILE_H

#include <stddef.h>
#include <sys/types.h>

/* Temporary files without a name: nothing is left behind, whatever happens. */

/* Open one in a directory for reading and writing, or -1 with errno. */
int	 tmpfile_open(const char *dir);

/* Write all n bytes at an offset: 0, or -1 with errno. */
int	 tmpfile_write(int fd, const void *, size_t n, off_t at);

#endif
