/* API keys and the secrets of webhooks: from a file or the environment, never from the command line. */
#ifndef TC_BASE_SECRET_H
#define TC_BASE_SECRET_H

#include "base/buf.h"

/*
 * The key in text, less the white space behind it; from is what messages call
 * its place. One word of printable ASCII, else exits 78: anything else would
 * end up broken, or in another header. Caller frees.
 */
char *secret_check(const char *from, struct span text);

/*
 * The key that a user has given: in the file if there is one (NULL: none), else
 * in the environment variable. NULL if in neither. Exits 78 for one that is no
 * key. Caller frees.
 */
char *secret_load(const char *file, const char *variable);

/* Secrets of which any will do, while one is changed for another: in the file one a line. Give back with keys_free(). */
struct keys {
	char **v;
	size_t n;
};

/* As secret_load(), for several; none: n is 0. */
struct keys keys_find(const char *file, const char *variable);
void keys_free(struct keys *k);

/* Takes a variable out of the environment, and its value out of where /proc shows it: what we start has no business with it. */
void key_forget(const char *variable);

#endif
