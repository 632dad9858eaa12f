#include "inj.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

/*
 * Slots are an odd number of cache lines apart: the beginnings of slots that
 * are a power of two apart would all fall into the same few sets.
 */
#define LINE	64

void
inj_init(struct inj *j, const struct injkind *kind, const struct iface *iface,
    size_t max)
{
	*j = (struct inj){ .kind = kind, .iface = iface, .fd = { -1, -1 },
	    .max = max };
}

void
inj_slots(struct inj *j)
{
	size_t room = ((INJ_HEAD + j->max + LINE - 1) / LINE | 1) * LINE;

	j->slots = mem_array(INJ_BATCH, room);
	for (unsigned i = 0; i < INJ_BATCH; i++)
		j->slot[i] = j->slots + i * room + INJ_HEAD;
}

void
inj_put(struct inj *j, unsigned i, size_t len)
{
	uint8_t *ip = inj_slot(j, i);

	j->len[i] = len;
	if (j->iface != NULL && j->iface->ether)
		memcpy(ip - IFACE_HDRLEN, ip[0] >> 4 == 6 ? j->iface->hdr6 :
		    j->iface->hdr4, IFACE_HDRLEN);
}

static int
forget(struct inj *j, unsigned first, unsigned n, int64_t ns)
{
	(void)j;
	(void)ns;
	return (int)(n - first);
}

void
inj_open_none(struct inj *j, size_t max)
{
	static const struct injkind none = { "none", forget, NULL };

	inj_init(j, &none, NULL, max);
	inj_slots(j);
}

int
inj_close(struct inj *j)
{
	int rc = j->kind->close == NULL ? 0 : j->kind->close(j);

	for (unsigned i = 0; i < 2; i++)
		if (j->fd[i] != -1 && close(j->fd[i]) == -1)
			rc = -1;
	free(j->slots);
	free(j->own);
	*j = (struct inj){ .fd = { -1, -1 } };
	return rc;
}
