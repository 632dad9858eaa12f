#ifndef LABEL_H
#define LABEL_H

/*
 * Operands that name a result file, and the round it is: "path", or
 * "label=path" (unless a file has just that name).  The label of a plain
 * path is its last part without .gz and .fsdb: runs/7/round.3.gz is
 * "round.3".
 * Returns the label, a record word, to be freed with free(3); *path points
 * into the operand.
 */
char	*label_of(const char *operand, const char **path);

#endif
