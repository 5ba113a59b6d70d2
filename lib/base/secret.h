/* API keys and webhook secrets, from a file or the environment, never from the command line. */
#ifndef TC_BASE_SECRET_H
#define TC_BASE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Return the key in text, without trailing white space; `from` names its place
 * in messages. Exit 78 unless it is one word of printable ASCII: anything else
 * would break or end up in another header. The caller frees.
 */
char *secret_check(const char *from, struct span text);

/*
 * Return the user's key: from the file if one is given (NULL: none), else from
 * the environment variable, or NULL if neither is set. Exit 78 if it is not a
 * key. The caller frees.
 */
char *secret_load(const char *file, const char *variable);

/*
 * Return the key that a server accepts: as secret_load(), but of the file only
 * its first line counts.
 */
char *secret_load_line(const char *file, const char *variable);

/*
 * Secrets, any of which is accepted while one is being replaced by another:
 * one per line of a file. Free with keys_free().
 */
struct keys {
	char **v;
	size_t n;
};

/* Load secrets as secret_load() does. n is 0 if nothing is set. */
struct keys keys_find(const char *file, const char *variable);
void keys_free(struct keys *k);

/*
 * Read the key from a file again. Return it, or NULL, without a message, if it
 * is missing or not valid. The caller frees.
 */
char *secret_reload(const char *file);

/*
 * Return the key that a command prints, as secret_reload() does. argv ends
 * with NULL, and is searched for in PATH; the command may take `timeout`
 * microseconds. If die is set and it prints no key, exit 78 with a message.
 */
char *secret_command(char *const argv[], int64_t timeout, bool die);

/*
 * Remove a variable from the environment, and erase its value where /proc
 * shows it, so that no child sees it.
 */
void key_forget(const char *variable);

#endif
