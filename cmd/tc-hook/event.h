/* An event: is it the service's, and what does it say? */
#ifndef TC_EVENT_H
#define TC_EVENT_H

#include <stdint.h>

#include "profile.h"
#include "seen.h"

/*
 * Is this body signed with the secret, as the profile's webhook says? signature
 * is the header's value, NULL if there is none; now is wall time, and a
 * signature may be as far from it as tolerance. NULL, or why not (static).
 */
const char *event_forged(const struct profile *p, struct span secret, const char *signature, struct span body, int64_t now,
			 int64_t tolerance);

enum event_kind {
	EVENT_NEW,      /* its line was appended */
	EVENT_REPEATED, /* heard before */
	EVENT_OTHER,    /* about something that is no job */
	EVENT_BAD,      /* no event */
};

/* Reads an event; of a new one about a job appends the line, a record with a member event. known: ids of those heard. */
enum event_kind event_read(const struct profile *p, struct seen *known, struct span body, struct buf *line);

#endif
