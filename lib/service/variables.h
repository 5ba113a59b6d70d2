/*
 * ${NAME} in a profile's base URL, paths, bodies and headers: the value of an
 * environment variable, which goes to the service and is shown nowhere.
 */
#ifndef TC_SERVICE_VARIABLES_H
#define TC_SERVICE_VARIABLES_H

#include "service/profile.h"

/* Where a text is used, which says how a value is escaped in it. */
enum variable_place { VARIABLE_HOST, VARIABLE_PATH, VARIABLE_JSON, VARIABLE_HEADER };

/*
 * Append text with the values of its variables. shown: as people may see it,
 * with the names of those that are secret or not set. samples: what is not set
 * has its sample, for nothing leaves this machine. Return NULL, or the name of
 * the first one that has no value (borrowed from p); it then stands as ${NAME}.
 */
const char *variables_fill(const struct profile *p, const char *text, enum variable_place place,
			   bool shown, bool samples, struct buf *out);

/*
 * Put the values into the calls of the profile. Exits 78, with one line, if one
 * of them has none.
 */
void variables_fill_calls(struct profile *p, bool samples);

/* Exit 78: the variable has no value. */
void variables_missing(const struct profile *p, const char *name) __attribute__((noreturn));

/* Keep the values of secret variables out of messages and records from now on. */
void variables_hide(const struct profile *p);

/* The same for a key; "user:password" is one whole and its password. */
void variables_hide_key(const char *key);

#endif
