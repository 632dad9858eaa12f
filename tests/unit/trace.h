#ifndef TRACE_H
#define TRACE_H

#include <string.h>

#include "paths.h"

static const struct addr trace_dst = { 4, { 192, 0, 2, 1 } };

/*
 * Add a trace: at each ttl from 1 on a letter, which is a router that says
 * time exceeded, or unreachable if ! follows; D is the destination, '.'
 * silence; a blank: nothing was sent; [ab]: several attempts.
 */
static inline void
trace_add(struct paths *p, const char *s, unsigned flow, const char *tx)
{
	struct pathrow r = paths_norow;
	bool many = false;

	r.flow = (uint16_t)flow;
	r.tx = paths_word(p, tx, strlen(tx));
	r.ttl = 1;
	for (; *s != '\0'; s++) {
		const char *kind = s[1] == '!' ? "unreach" : "ttl";

		if (*s == '[' || *s == ']') {
			many = *s == '[';
			r.attempt = 0;
			r.ttl = (uint8_t)(r.ttl + !many);
			continue;
		}
		r.answered = *s != '.';
		r.reached = *s == 'D';
		r.from = !r.answered ? (struct addr){ 0 } : r.reached ? trace_dst :
		    (struct addr){ 4, { 10, 0, 0, (uint8_t)*s } };
		r.kind = paths_word(p, kind, strlen(kind));
		if (*s != ' ')
			paths_addrow(p, &r);
		s += s[1] == '!';
		r.ttl = (uint8_t)(r.ttl + !many);
		r.attempt = (uint8_t)(r.attempt + many);
	}
}

#endif
