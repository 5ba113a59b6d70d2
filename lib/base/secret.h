/* API keys and the secrets of webhooks: from a file or the environment, never from the command line. */
#ifndef TC_BASE_SECRET_H
#define TC_BASE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

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

/*
 * The key in a file, read again: NULL, and nothing said, if there is none that
 * could be used. Caller frees.
 */
char *secret_reload(const char *file);

/*
 * What a command prints, read again: the same. argv ends in NULL, and is found
 * on PATH; it has `timeout` microseconds. Exits 78, with one line, if die is
 * set and it prints no key.
 */
char *secret_command(char *const argv[], int64_t timeout, bool die);

/*
 * Keep a value out of what is shown: `shown` stands in its place from now on.
 * Values of fewer than SECRET_LEAST bytes are words of the language, and stay.
 */
enum { SECRET_LEAST = 6 };
void secret_keep(const char *value, const char *shown);

/* Replace in b the values that secret_keep() was given. */
void secret_hide(struct buf *b);

/* Takes a variable out of the environment, and its value out of where /proc shows it: what we start has no business with it. */
void key_forget(const char *variable);

#endif
