#include "key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "owned.h"

enum { KEY_FILE_MAX = 4096 };

char *
key_checked(const char *from, struct span text)
{
	while (text.n && strchr(" \t\r\n", text.p[text.n - 1]))
		text.n--;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			msg_die(EXIT_BAD_CONFIG, "the key in %s has a space or a control character in it", from);
	if (!text.n)
		msg_die(EXIT_BAD_CONFIG, "the key in %s is empty", from);
	return mem_dup(text);
}

/* The key in a file that is ours alone. */
static char *
from_file(const char *path)
{
	struct buf b = {0};
	if (owned_read_secret(&b, "key file", path, KEY_FILE_MAX) < 0)
		msg_die(EXIT_BAD_CONFIG, "key file %s: %s", path, strerror(errno));
	char *key = key_checked(path, buf_all(&b));
	buf_free(&b);
	return key;
}

char *
key_find(const char *file, const char *variable)
{
	if (file)
		return from_file(file);
	const char *v = getenv(variable);
	return v && *v ? key_checked(variable, span_of(v)) : NULL;
}
