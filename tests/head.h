/* The head of an HTTP request, as the tests' servers read it. */
#ifndef TESTS_HEAD_H
#define TESTS_HEAD_H

#include <string.h>
#include <strings.h>

#include "base/buf.h"

/* Return the value of the first header of that name, or NULL. The caller frees it. */
static inline char *
head_value(const char *head, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = strchr(head, '\n'); p; p = strchr(p, '\n')) {
		p++;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			p += strspn(p, " ");
			return mem_dup((struct span){p, strcspn(p, "\r\n")});
		}
	}
	return NULL;
}

#endif
