/* An event: what does it say? */
#ifndef TC_HOOK_EVENT_H
#define TC_HOOK_EVENT_H

#include "service/profile.h"
#include "base/seen.h"

enum event_kind {
	EVENT_NEW,      /* its line was appended */
	EVENT_REPEATED, /* heard before */
	EVENT_OTHER,    /* about something that is no job */
	EVENT_BAD,      /* no event */
};

/*
 * Reads an event; of a new one about a job appends the line, a record with a
 * member event. known: ids of those heard. header_id: what its id is if the
 * body has none; NULL: nothing.
 */
enum event_kind event_parse(const struct profile *p, struct seen *known, const char *header_id, struct span body, struct buf *line);

#endif
