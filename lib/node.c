#include "node.h"

#include <string.h>
#include <unistd.h>

#include "num.h"

static int
letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

int
node_parse(struct node *n, const char *s)
{
	char own[300] = "";
	const char *colon;
	size_t len;
	uint64_t u;

	if (s == NULL) {
		if (gethostname(own, sizeof(own) - 3) == -1)
			return -1;
		s = strcat(own, ":1");
	}
	if ((colon = strchr(s, ':')) == NULL)
		return -1;
	len = (size_t)(colon - s);
	if (len == 0 || len >= sizeof(n->name) || !letter_or_digit(s[0]))
		return -1;
	for (size_t i = 0; i < len; i++)
		if (!letter_or_digit(s[i]) && strchr("._-", s[i]) == NULL)
			return -1;
	if (num_parse(&u, colon + 1, strlen(colon + 1), UINT16_MAX) == -1 ||
	    u == 0)
		return -1;
	memcpy(n->name, s, len);
	n->name[len] = '\0';
	n->number = (uint16_t)u;
	return 0;
}
