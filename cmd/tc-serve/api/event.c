#include "api/event.h"

#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "base/clock.h"
#include "base/space.h"
#include "http/call.h"
#include "http/sign.h"
#include "json/json.h"

/* "*", "job.*" or the type itself. */
static bool
asks_for(const char *word, const char *type)
{
	const char *star = strchr(word, '*');
	return star ? strncmp(word, type, (size_t)(star - word)) == 0 : strcmp(word, type) == 0;
}

bool
event_requested(const struct job *j, const char *type)
{
	static const char *const ends[] = {"job.succeeded", "job.failed", "job.canceled"};
	struct span v, list, key;
	bool wanted = false;
	if (j->api != API_TRANSCODELY || json_get(span_of(j->request), "webhook_url", &v) != 1)
		return false;
	if (json_get(span_of(j->request), "webhook_events", &list) != 1 || span_trim(list).n <= 2) {
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			wanted = wanted || strcmp(type, ends[i]) == 0;
		return wanted;
	}
	for (struct json_iter it = json_each(list); !wanted && json_next(&it, &key, &v);) {
		char *word = json_text(v);
		wanted = word && asks_for(word, type);
		free(word);
	}
	return wanted;
}

void
event_id(struct buf *out)
{
	buf_str(out, "evt_");
	random_hex(out, 12);
}

static void
or_null(struct buf *out, const char *name, const char *text)
{
	if (text)
		json_str(out, name, span_of(text));
	else
		json_raw(out, name, span_of("null"));
}

void
event_write(struct buf *out, const struct serve *s, const char *id, const char *type,
	    const struct job *j, const struct output *o, const struct call *cause)
{
	struct call c = {.serve = (struct serve *)(uintptr_t)s};
	struct buf object = {0}, data = {0}, request = {0};
	const char *key = cause ? call_header(cause, "Idempotency-Key") : NULL;
	if (cause && strstr(type, ".created"))
		key = j->key; /* it may be in the body */
	if (o)
		transcodely_output(&c, &object, j, o, false);
	else
		transcodely_job(&c, &object, j, false);
	proto_sorted(&data, buf_all(&object));
	json_open(&request);
	or_null(&request, "id", cause ? cause->request_id : NULL);
	or_null(&request, "idempotency_key", key);
	json_close(&request);
	json_open(out);
	json_str(out, "id", span_of(id));
	json_str(out, "object", span_of("event"));
	json_str(out, "api_version", span_of("2026-05-03"));
	transcodely_time(out, "created", clock_wall());
	json_str(out, "type", span_of(type));
	json_raw(out, "data", buf_all(&data));
	json_int(out, "pending_webhooks", 1);
	json_raw(out, "request", buf_all(&request));
	json_close(out);
	buf_free(&object);
	buf_free(&data);
	buf_free(&request);
}
