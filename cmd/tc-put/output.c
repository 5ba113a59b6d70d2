/* The end of an item: its record. */
#include "base/bytes.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "put.h"
#include "json/json.h"

static struct span
quoted(struct buf *b, const char *text)
{
	if (text && *text)
		json_quote(b, span_of(text));
	return buf_all(b);
}

/* Set a member, unless the value is empty. */
static void
set(struct json_member *m, size_t *n, const char *name, struct span value)
{
	if (value.n)
		m[(*n)++] = (struct json_member){name, value};
}

enum { TEXTS = 10 };

static void
finish(struct upload *u, bool seconds)
{
	struct service *s = &u->put->service;
	struct buf b[TEXTS] = {0}, time = {0};
	struct json_member m[TEXTS + 1];
	size_t n = 0;
	bool known;
	if (u->id) {
		set(m, &n, "provider", quoted(&b[0], s->profile->name));
		set(m, &n, "id", quoted(&b[1], u->id));
		set(m, &n, "status", quoted(&b[2], u->status));
		set(m, &n, "state",
		    quoted(&b[3],
			   state_name(u->status ? profile_state(s->profile, u->status, &known)
						: STATE_PENDING)));
		set(m, &n, "job", buf_all(&u->job));
	}
	set(m, &n, "url", quoted(&b[4], u->url));
	if (u->type) {
		buf_fmt(&b[5], "%lld", (long long)u->source.size);
		set(m, &n, "size", buf_all(&b[5]));
		set(m, &n, "sha256", quoted(&b[6], u->source.sha256));
		set(m, &n, "type", quoted(&b[7], u->type));
	}
	if (u->expires != NEVER) {
		date_rfc3339(&time, u->expires);
		set(m, &n, "expires", quoted(&b[8], buf_cstr(&time)));
	}
	if (seconds) {
		buf_fmt(&b[9], "%.3f", (double)(clock_now() - u->began) / SECOND);
		set(m, &n, "seconds", buf_all(&b[9]));
	}
	item_finish(&s->flow, &u->step.item, &u->line, m, n, NULL);
	for (size_t i = 0; i < TEXTS; i++)
		buf_free(&b[i]);
	buf_free(&time);
}

void
output_passed(struct upload *u)
{
	u->url = u->path;
	u->path = NULL;
	finish(u, false);
}

void
output_known(struct upload *u)
{
	flow_replayed(&u->step.item);
	/* neither to be sent nor sent by this run */
	if (u->step.item.state != ITEM_NEW)
		u->put->service.flow.counts.files.of -= u->source.size;
	output_bytes(u, 0, 0);
	finish(u, false);
}

void
output_done(struct upload *u)
{
	struct buf size = {0};
	resume_done(u);
	output_bytes(u, u->source.size, 0);
	bytes_show(&size, (double)u->source.size);
	msg_debug("line %zu: %s: %s uploaded", u->step.item.index + 1, u->path, buf_cstr(&size));
	buf_free(&size);
	finish(u, true);
}

void
output_failed(struct upload *u, const struct failure *e)
{
	struct service *s = &u->put->service;
	resume_failed(u, e);
	if (u->step.item.state != ITEM_NEW)
		s->flow.counts.files.of -= u->source.size;
	output_bytes(u, 0, 0);
	service_report_error(s, &u->step.item, NULL, e);
	item_finish(&s->flow, &u->step.item, &u->line, NULL, 0, e);
}

void
output_bytes(struct upload *u, int64_t arrived, int64_t moved)
{
	struct counts *c = &u->put->service.flow.counts;
	c->files.bytes += arrived - u->shown;
	c->files.moved += moved;
	u->shown = arrived;
}
