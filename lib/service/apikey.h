/*
 * The API key of a service: where it is found, how it is sent, and how it is
 * renewed once it has expired.
 */
#ifndef TC_SERVICE_APIKEY_H
#define TC_SERVICE_APIKEY_H

#include "service/service.h"

/*
 * Return the key that the user has given, or NULL; from the file, the
 * variables, the command, or the default. Caller frees.
 */
char *apikey_find(const struct profile *p, const char *file);

/*
 * Find the key and send it with every request. Exit 78 if no key is found,
 * unless it is optional.
 */
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
