#include "node.h"

#include <stdbool.h>
#include <string.h>

#include "num.h"

static bool
letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

int
node_parse(struct node *node, const char *s)
{
	const char *colon = strchr(s, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - s);
	uint64_t number;

	if (n == 0 || n >= NODE_NAMELEN || !letter_or_digit(s[0]) ||
	    num_parse(&number, colon + 1, strlen(colon + 1), UINT16_MAX) == -1 ||
	    number == 0)
		return -1;
	for (size_t i = 1; i < n; i++)
		if (!letter_or_digit(s[i]) && strchr("._-", s[i]) == NULL)
			return -1;
	memcpy(node->name, s, n);
	node->name[n] = '\0';
	node->number = (uint16_t)number;
	return 0;
}
