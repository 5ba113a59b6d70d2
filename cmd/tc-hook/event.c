#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "base/hide.h"
#include "service/joberror.h"
#include "json/json.h"

/* Return the job that the event is about, or an empty span. */
static struct span
job_in(const struct profile *p, struct span body)
{
	struct span v;
	for (size_t i = 0; i < p->hook_job.n; i++)
		if (json_at(body, p->hook_job.v[i], &v) && json_type(v) == JSON_OBJECT)
			return v;
	return (struct span){0};
}

static bool
about_a_job(const struct profile *p, const char *type)
{
	for (size_t i = 0; i < p->hook_types.n; i++)
		if (type && str_starts(type, p->hook_types.v[i]))
			return true;
	return p->hook_types.n == 0;
}

/* Append the event's own id and type, as an object. */
static void
write_event(struct buf *out, const char *event, const char *type)
{
	json_open(out);
	if (event)
		json_str(out, "id", span_of(event));
	if (type)
		json_str(out, "type", span_of(type));
	json_close(out);
}

static void
write_line(struct buf *line, const struct profile *p, const char *event, const char *type,
	   const char *id, struct span job)
{
	struct buf what = {0}, one = {0}, error = {0};
	struct failure e = {0};
	bool known;
	char *status = profile_find(&p->status, job);
	enum state state = status ? profile_state(p, status, &known) : STATE_RUNNING;
	json_oneline(&one, job);
	secret_hide(&one);
	json_open(line);
	json_bool(line, "ok", !job_failure(&e, p, state, job));
	json_str(line, "provider", span_of(p->name));
	json_str(line, "id", span_of(id));
	if (status) {
		json_str(line, "status", span_of(status));
		json_str(line, "state", span_of(state_name(state)));
	}
	json_raw(line, "job", buf_all(&one));
	if (e.code) {
		failure_json(&error, &e);
		json_raw(line, "error", buf_all(&error));
	}
	write_event(&what, event, type);
	json_raw(line, "event", buf_all(&what));
	json_close(line);
	buf_ch(line, '\n');
	buf_free(&what);
	buf_free(&one);
	buf_free(&error);
	failure_free(&e);
	free(status);
}

enum event_kind
event_parse(const struct profile *p, struct seen *known, const char *header_id, struct span body,
	    struct buf *line)
{
	enum event_kind kind = EVENT_NEW;
	body = json_body(body);
	if (json_check_loose(body, NULL) || json_type(body) != JSON_OBJECT)
		return EVENT_BAD;
	struct span job = job_in(p, body);
	char *event = profile_find(&p->hook_event, body), *type = profile_find(&p->hook_type, body);
	if (!event && header_id)
		event = mem_dup(span_of(header_id));
	char *id = job.n ? profile_find(&p->hook_id, body) : NULL;
	if (job.n && !id)
		id = profile_find(&p->id, job);
	if (!id || !about_a_job(p, type))
		kind = EVENT_OTHER;
	else if (event && !seen_add(known, span_of(event)))
		kind = EVENT_REPEATED;
	else
		write_line(line, p, event, type, id, job);
	free(event);
	free(type);
	free(id);
	return kind;
}
