#ifndef TARGETLINE_H
#define TARGETLINE_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/*
 * A target record as text with its newline: dst, score (CANDS_NOSCORE:
 * missing) and the block of that length, ten times as fast as recout_write.
 * Return its length, less than TARGET_LINE.
 */
#define TARGET_LINE	(2 * ADDR_STRLEN + 32)
size_t	 target_line(char out[static TARGET_LINE], const struct addr *,
    int score, uint8_t block);

#endif
