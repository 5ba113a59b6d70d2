/* The base URL, the headers of every request, and the rate. Private to service.c. */
#ifndef TC_SERVICE_CONNECT_H
#define TC_SERVICE_CONNECT_H

#include "service/service.h"

/* Set s->base_url, which must be https wherever a secret would leave this machine. dry: nothing is
 * sent. Exits 64 or 78. */
void connect_base_url(struct service *s, bool dry);

/* Open s->http with the secret and the profile's headers. Exits 78 if there is no secret, unless it
 * is optional. */
void connect_http(struct service *s, bool secret_optional);

/* Set s->pace from --rate, --rate-file and the profile. alone: no other run is known to begin with
 * this one. Exits 64 or 78. */
void connect_pace(struct service *s, bool alone);
/* Start the program of --rate-cmd, if it is given. Exits 64. */
void connect_rate_command(struct service *s);

#endif
