#include "store/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/json.h"

void
job_free(struct job *j)
{
	for (size_t i = 0; i < j->nout; i++) {
		struct output *o = &j->out[i];
		free(o->id);
		free(o->spec);
		free(o->status);
		free(o->path);
		free(o->error_code);
		free(o->error);
	}
	free(j->out);
	free(j->id);
	free(j->status);
	free(j->request);
	free(j->inputs);
	free(j->metadata);
	free(j->key);
	free(j->probe);
	free(j->error_code);
	free(j->error);
	*j = (struct job){0};
}

void
job_text(char **field, const char *text)
{
	char *copy = text ? mem_dup(span_of(text)) : NULL;
	free(*field);
	*field = copy;
}

bool
job_ended(const char *status)
{
	static const char *const end[] = {"completed", "failed", "canceled", "partial"};
	for (size_t i = 0; i < sizeof end / sizeof *end; i++)
		if (strcmp(status, end[i]) == 0)
			return true;
	return false;
}

void
job_settle(struct job *j, int64_t now)
{
	size_t completed = 0, failed = 0, ended = 0;
	const struct output *bad = NULL;
	for (size_t i = 0; i < j->nout; i++) {
		const struct output *o = &j->out[i];
		ended += job_ended(o->status);
		completed += strcmp(o->status, "completed") == 0;
		if (strcmp(o->status, "failed") == 0 && failed++ == 0)
			bad = o;
	}
	j->updated = now;
	if (ended < j->nout) {
		job_text(&j->status, "processing");
		return;
	}
	j->completed = now;
	if (completed == j->nout)
		job_text(&j->status, "completed");
	else if (completed)
		job_text(&j->status, "partial");
	else
		job_text(&j->status, failed ? "failed" : "canceled");
	if (bad) {
		job_text(&j->error_code, bad->error_code);
		job_text(&j->error, bad->error);
	}
}

bool
job_waits(const struct job *j)
{
	struct span v;
	return j->api == API_TRANSCODELY && !j->confirmed &&
	       json_get(span_of(j->request), "delayed_start", &v) == 1 && json_type(v) == JSON_TRUE;
}

void
job_hold(struct job *j, int64_t now)
{
	for (size_t i = 0; i < j->nout; i++)
		if (!job_ended(j->out[i].status))
			job_text(&j->out[i].status, "held");
	job_text(&j->status, "awaiting_confirmation");
	j->updated = now;
}

void
job_release(struct job *j)
{
	for (size_t i = 0; i < j->nout; i++)
		if (strcmp(j->out[i].status, "held") == 0)
			job_text(&j->out[i].status, "pending");
}

void
job_cancel(struct job *j, int64_t now)
{
	for (size_t i = 0; i < j->nout; i++)
		if (!job_ended(j->out[i].status))
			job_text(&j->out[i].status, "canceled");
	job_text(&j->status, "canceled");
	j->updated = j->completed = now;
}
