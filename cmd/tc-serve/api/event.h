/* Webhook events: which ones a job asks for, and their content. */
#ifndef TC_SERVE_API_EVENT_H
#define TC_SERVE_API_EVENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/job.h"

struct call;
struct serve;

/*
 * Return true if the job's request asks for events of this type: with
 * webhook_url and webhook_events, by default the final ones.
 */
bool event_requested(const struct job *j, const char *type);

/* Append an id: evt_... */
void event_id(struct buf *out);

/*
 * Append the event, about output o or, if o is NULL, the job. cause is the call
 * that caused it, or NULL.
 */
void event_write(struct buf *out, const struct serve *s, const char *id, const char *type,
		 const struct job *j, const struct output *o, const struct call *cause);

#endif
