/*
 * ${NAME} in a profile's base URL, paths, bodies and headers: the value of an
 * environment variable, which goes to the service and is shown nowhere.
 */
#ifndef TC_SERVICE_VARIABLES_H
#define TC_SERVICE_VARIABLES_H

#include "service/profile.h"

/* What a value may consist of in the base URL. */
#define VARIABLE_HOST_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define VARIABLE_HOST_WORDS "letters, digits, '.', '-' and '_'"

/* Where a text is used, which says how a value is escaped in it. */
enum variable_place { VARIABLE_HOST, VARIABLE_PATH, VARIABLE_JSON, VARIABLE_HEADER };

/*
 * Append text with the values of its variables. shown: for people, with the
 * names of secret and unset variables in place of their values. samples: with
 * the sample value of each unset variable, because nothing leaves this machine.
 * Return NULL, or the name of the first variable without a value (borrowed from
 * p), which is appended as ${NAME}.
 */
const char *variables_fill(const struct profile *p, const char *text, enum variable_place place,
			   bool shown, bool samples, struct buf *out);

/*
 * Fill in the variables of the profile's calls. Exit 78 with one line if one has
 * no value.
 */
void variables_fill_calls(struct profile *p, bool samples);

/* Report that the variable has no value, and exit 78. */
void variables_missing(const struct profile *p, const char *name) __attribute__((noreturn));

/* Keep the values of secret variables out of messages and records from now on. */
void variables_hide(const struct profile *p);

/* Hide a key likewise; of "user:password" the whole and the password. */
void variables_hide_key(const char *key);

#endif
