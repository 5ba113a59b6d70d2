/* Secrets that must not appear in any output. */
#ifndef TC_BASE_HIDE_H
#define TC_BASE_HIDE_H

#include "base/buf.h"

/*
 * Keep a value out of all output: `shown` replaces it from now on. Values
 * shorter than SECRET_LEAST bytes are ordinary words, and are not replaced.
 */
enum { SECRET_LEAST = 6 };
void secret_keep(const char *value, const char *shown);

/* Replace in b the values that secret_keep() was given. */
void secret_hide(struct buf *b);

#endif
