#ifndef INTERN_H
#define INTERN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Strings of bytes to small numbers and back: equal strings have the same
 * number, numbers go up from 0 in order of first appearance.  What belongs
 * to a string stands in an array of the caller's, indexed by its number, so
 * this is the suite's hash table as well.  Not locked.
 */
struct intern {
	struct interned {
		uint64_t	 hash;
		const char	*s;	/* NUL-terminated, never moves */
		size_t		 n;
	}		*v;
	size_t		 n, cap;
	uint32_t	*slot;		/* number + 1, 0: free */
	size_t		 nslots;	/* a power of two */
	char		**block;
	size_t		 nblocks, left;
	char		*free;
};

#define INTERN_NONE	UINT32_MAX

/* An intern of zeros is empty and ready. */
uint32_t intern_add(struct intern *, const char *s, size_t n);
uint32_t intern_find(const struct intern *, const char *s, size_t n);
void	 intern_free(struct intern *);

static inline const char *
intern_string(const struct intern *t, uint32_t id)
{
	return t->v[id].s;
}

#endif
