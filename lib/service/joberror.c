#include "service/joberror.h"

#include <stdlib.h>

bool
job_failure(struct failure *e, const struct profile *p, enum state state, struct span job)
{
	static const struct {
		enum state state;
		const char *code, *what;
	} ends[] = {
		{STATE_PARTIAL, "job_partial", "only some outputs were made"},
		{STATE_FAILED, "job_failed", "the job failed"},
		{STATE_CANCELED, "job_canceled", "the job was canceled"},
		{STATE_BLOCKED, "job_blocked",
		 "the job waits for a confirmation and will not go on by itself"},
	};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (ends[i].state != state)
			continue;
		char *message = profile_find(&p->message, job),
		     *reason = profile_find(&p->code, job);
		const char *next = state == STATE_BLOCKED && p->confirm.method
					   ? ": tc-confirm starts it, tc-cancel cancels it"
					   : "";
		failure_set(e, ends[i].code, false, "%s%s%s%s", ends[i].what, next,
			    message ? ": " : "", message ? message : "");
		if (reason)
			buf_cut(&e->reason, span_of(reason), FAILURE_SAID);
		free(message);
		free(reason);
		return true;
	}
	return false;
}
