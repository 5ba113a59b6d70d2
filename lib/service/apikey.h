/* The key of a service: where it is found, how it is sent, and another one when it has run out. */
#ifndef TC_SERVICE_APIKEY_H
#define TC_SERVICE_APIKEY_H

#include "service/service.h"

/* Return the key that the user has given, or NULL; by the file, the variables, the command, the
 * default. Caller frees. */
char *apikey_find(const struct profile *p, const char *file);

/* Find the key and have it go with every request. Exits 78 if there is none, unless optional. */
void apikey_start(struct service *s, bool optional);

/*
 * Look for another key where the refused one came from, a file or a command.
 * Return true if there is one; every request has it from now on.
 */
bool apikey_renew(struct service *s);

/* Report that there is no key, and where it was looked for. */
void apikey_missing(const struct profile *p);

void apikey_free(struct service *s);

#endif
