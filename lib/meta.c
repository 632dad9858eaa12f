/* Metadata lines of record streams: kept while reading, written again. */

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "rec.h"

void
meta_set(struct meta *m, unsigned segment, const char *key, const char *value)
{
	for (size_t i = m->n; i-- > 0 && m->line[i].segment == segment;)
		if (strcmp(m->line[i].key, key) == 0) {
			if (strcmp(m->line[i].value, value) != 0) {
				free(m->line[i].value);
				m->line[i].value = mem_string(value);
			}
			return;
		}
	if (m->n == m->cap) {
		m->cap = m->cap * 2 + 16;
		m->line = mem_grow(m->line, m->cap, sizeof(m->line[0]));
	}
	m->line[m->n++] = (struct metaline){ mem_string(key),
	    mem_string(value), segment };
}

const char *
meta_get(const struct meta *m, const char *key)
{
	for (size_t i = m->n; i-- > 0;)
		if (strcmp(m->line[i].key, key) == 0)
			return m->line[i].value;
	return NULL;
}

void
meta_free(struct meta *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->line[i].key);
		free(m->line[i].value);
	}
	for (size_t i = 0; i < m->nprov; i++)
		free(m->prov[i]);
	free(m->line);
	free(m->prov);
	*m = (struct meta){ 0 };
}
