#include "flow/failure.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/hide.h"
#include "json/json.h"

void
failure_set(struct failure *e, const char *code, bool temporary, const char *fmt, ...)
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
failure_free(struct failure *e)
{
	buf_free(&e->message);
	buf_free(&e->reason);
	*e = (struct failure){0};
}

void
failure_copy(struct failure *to, const struct failure *from)
{
	struct buf message = to->message, reason = to->reason;
	*to = *from;
	to->message = message;
	to->reason = reason;
	to->message.n = to->reason.n = 0;
	buf_span(&to->message, buf_all(&from->message));
	buf_span(&to->reason, buf_all(&from->reason));
}

void
failure_json(struct buf *out, const struct failure *e)
{
	struct buf whole = {0}, message = {0}, reason = {0};
	json_open(out);
	json_str(out, "code", span_of(e->code));
	buf_span(&whole, buf_all(&e->message));
	secret_hide(&whole);
	buf_cut(&message, buf_all(&whole), FAILURE_MAX);
	json_str(out, "message", buf_all(&message));
	buf_span(&reason, buf_all(&e->reason));
	secret_hide(&reason);
	if (e->http)
		json_int(out, "http", e->http);
	json_bool(out, "temporary", e->temporary);
	if (e->retry_after > 0)
		json_int(out, "retry_after", (e->retry_after + SECOND - 1) / SECOND);
	if (reason.n)
		json_str(out, "reason", buf_all(&reason));
	json_close(out);
	buf_free(&whole);
	buf_free(&message);
	buf_free(&reason);
}

enum outcome
failure_outcome(const struct failure *e)
{
	if (strcmp(e->code, "not_attempted") == 0)
		return OUTCOME_NOT_ATTEMPTED;
	return e->temporary ? OUTCOME_TEMPORARY : OUTCOME_FAILED;
}
