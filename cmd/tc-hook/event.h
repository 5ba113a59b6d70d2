/* Parses an event and makes its record. */
#ifndef TC_HOOK_EVENT_H
#define TC_HOOK_EVENT_H

#include "base/seen.h"
#include "service/profile.h"

enum event_kind {
	EVENT_NEW,      /* its line was appended */
	EVENT_REPEATED, /* received before */
	EVENT_OTHER,    /* not about a job */
	EVENT_BAD,      /* not an event */
};

/*
 * Parse an event. If it is new and about a job, append its line to *line: a
 * record with a member event. known: ids of the events received so far.
 * header_id: the event's id if the body has none, or NULL.
 */
enum event_kind event_parse(const struct profile *p, struct seen *known, const char *header_id,
			    struct span body, struct buf *line);

#endif
