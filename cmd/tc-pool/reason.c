/* Reports on stderr why an item failed, from its record. */
#include "pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/tail.h"
#include "flow/finish.h"

enum { LAST_WORDS = 300 };

struct span
reason_without_line(struct span message, size_t number)
{
	struct buf b = {0};
	buf_fmt(&b, "line %zu: ", number);
	size_t n = b.n <= message.n && memcmp(message.p, b.p, b.n) == 0 ? b.n : 0;
	buf_free(&b);
	return (struct span){message.p + n, message.n - n};
}

/*
 * Append the reason that a record gives: its message and, for a command that
 * wrote no record, the end of its stderr.
 */
static void
add_reason(struct buf *out, struct span record, size_t number)
{
	struct span v;
	char *message = json_at(record, "/error/message", &v) ? json_text(v) : NULL;
	char *errors = json_at(record, "/error/stderr", &v) ? json_text(v) : NULL;
	struct span last = errors && !json_at(record, "/value/ok", &v)
				   ? tail_last_line(span_of(errors))
				   : (struct span){0};
	buf_span(out,
		 message ? reason_without_line(span_of(message), number) : span_of("it failed"));
	if (last.n)
		buf_str(out, ": ");
	buf_cut(out, last, LAST_WORDS);
	free(message);
	free(errors);
}

void
reason_say(struct pool *p, const struct job *j, struct span record, const char *hint)
{
	struct buf reason = {0};
	struct span v;
	char *code = json_at(record, "/error/code", &v) ? json_text(v) : NULL;
	bool known = code && (strcmp(code, "not_attempted") == 0 ||
			      (strcmp(code, "interrupted") == 0 && pool_being_stopped(p)));
	char *id = json_at(record, "/value/id", &v) ? json_text(v) : NULL;
	add_reason(&reason, record, j->it.index + 1);
	buf_str(&reason, hint);
	if (!known) /* the user knows what a signal stopped; the tally counts it */
		item_report(&p->flow, &j->it, buf_all(&reason), id);
	buf_free(&reason);
	free(code);
	free(id);
}
