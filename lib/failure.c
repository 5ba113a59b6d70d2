#include "failure.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

void
fail_set(struct failure *e, const char *code, bool temporary, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	e->code = code;
	e->temporary = temporary;
	e->message.n = 0;
	buf_vfmt(&e->message, fmt, ap);
	va_end(ap);
}

void
fail_free(struct failure *e)
{
	buf_free(&e->message);
	buf_free(&e->reason);
	*e = (struct failure){0};
}

void
fail_json(struct buf *out, const struct failure *e)
{
	json_open(out);
	json_str(out, "code", span_of(e->code));
	json_str(out, "message", buf_all(&e->message));
	if (e->http)
		json_int(out, "http", e->http);
	json_bool(out, "temporary", e->temporary);
	if (e->retry_after > 0)
		json_int(out, "retry_after", (e->retry_after + SECOND - 1) / SECOND);
	if (e->reason.n)
		json_str(out, "reason", buf_all(&e->reason));
	json_close(out);
}

enum outcome
fail_outcome(const struct failure *e)
{
	if (strcmp(e->code, "not_attempted") == 0)
		return OUTCOME_NOT_ATTEMPTED;
	return e->temporary ? OUTCOME_TEMPORARY : OUTCOME_FAILED;
}

bool
fail_of_job(struct failure *e, const struct profile *p, enum state state, struct span job)
{
	static const struct {
		enum state state;
		const char *code, *what;
	} ends[] = {
		{STATE_PARTIAL, "job_partial", "only some outputs were made"},
		{STATE_FAILED, "job_failed", "the job failed"},
		{STATE_CANCELED, "job_canceled", "the job was canceled"},
		{STATE_BLOCKED, "job_blocked", "the job waits for a confirmation and will not go on by itself"},
	};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (ends[i].state != state)
			continue;
		char *message = profile_find(&p->message, job), *reason = profile_find(&p->code, job);
		fail_set(e, ends[i].code, false, "%s%s%s", ends[i].what, message ? ": " : "", message ? message : "");
		if (reason)
			buf_str(&e->reason, reason);
		free(message);
		free(reason);
		return true;
	}
	return false;
}
