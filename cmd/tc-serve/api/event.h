/* Webhook events: who asks for which, and what is in them. */
#ifndef TC_SERVE_API_EVENT_H
#define TC_SERVE_API_EVENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/job.h"

struct call;
struct serve;

/* True if the job's request asks for events of this type: webhook_url, and webhook_events, else the ends of jobs. */
bool event_wanted(const struct job *j, const char *type);

/* Appends an id: evt_... */
void event_id(struct buf *out);

/*
 * Appends the event: about output o, or the job if o is NULL. cause is the
 * call that made it happen, NULL if none did.
 */
void event_write(struct buf *out, const struct serve *s, const char *id, const char *type, const struct job *j,
	const struct output *o, const struct call *cause);

#endif
