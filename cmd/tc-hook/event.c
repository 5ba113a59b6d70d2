#include "event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "jobend.h"
#include "json.h"

/* The part of "t=1700000000,v1=0123,v1=4567" that is called name, after `after`; p NULL: there is none. */
static struct span
part(const char *header, const char *name, const char *after)
{
	size_t n = strlen(name);
	for (const char *p = after ? after : header; *p;) {
		while (*p == ' ' || *p == ',')
			p++;
		size_t length = strcspn(p, ", ");
		if (length > n && strncmp(p, name, n) == 0 && p[n] == '=')
			return (struct span){p + n + 1, length - n - 1};
		p += length;
	}
	return (struct span){0};
}

/* Wall time of the seconds since 1970 in digits, -1 if they are none. */
static int64_t
signed_at(struct span digits)
{
	int64_t seconds = 0;
	if (!digits.n || digits.n > 11)
		return -1;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return -1;
		seconds = 10 * seconds + (digits.p[i] - '0');
	}
	return seconds * SECOND;
}

const char *
event_forged(const struct profile *p, struct span secret, const char *signature, struct span body, int64_t now,
	     int64_t tolerance)
{
	struct buf text = {0}, good = {0};
	struct span given = span_of(signature ? signature : "");
	if (!p->hook_header)
		return NULL;
	if (!given.n)
		return "it is not signed";
	if (p->hook_time) {
		struct span digits = part(signature, p->hook_time, NULL);
		int64_t at = signed_at(digits);
		if (at < 0)
			return "its signature has no time";
		if (at > now + tolerance || at < now - tolerance)
			return "its signature is too old, or of a clock that is far off";
		buf_span(&text, digits);
		buf_ch(&text, '.');
		given = part(signature, p->hook_signature, NULL);
	}
	buf_span(&text, body);
	sha256_hmac_hex(&good, secret, buf_all(&text));
	bool same = false;
	/* while a secret is changed there is one signature for each */
	while (!same && given.p) {
		same = digest_same(buf_all(&good), given);
		given = p->hook_time ? part(signature, p->hook_signature, given.p + given.n) : (struct span){0};
	}
	buf_free(&text);
	buf_free(&good);
	return same ? NULL : "its signature is not made with our secret";
}

/* The job that the event is about, or an empty span. */
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
		if (type && strncmp(type, p->hook_types.v[i], strlen(p->hook_types.v[i])) == 0)
			return true;
	return p->hook_types.n == 0;
}

/* The event's own id and type, as an object. */
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
write_line(struct buf *line, const struct profile *p, const char *event, const char *type, const char *id, struct span job)
{
	struct buf what = {0}, one = {0}, error = {0};
	struct failure e = {0};
	bool known;
	char *status = profile_find(&p->status, job);
	enum state state = status ? profile_state(p, status, &known) : STATE_RUNNING;
	json_oneline(&one, job);
	json_open(line);
	json_bool(line, "ok", !jobend_failure(&e, p, state, job));
	json_str(line, "provider", span_of(p->name));
	json_str(line, "id", span_of(id));
	if (status) {
		json_str(line, "status", span_of(status));
		json_str(line, "state", span_of(state_word(state)));
	}
	json_raw(line, "job", buf_all(&one));
	if (e.code) {
		fail_json(&error, &e);
		json_raw(line, "error", buf_all(&error));
	}
	write_event(&what, event, type);
	json_raw(line, "event", buf_all(&what));
	json_close(line);
	buf_ch(line, '\n');
	buf_free(&what);
	buf_free(&one);
	buf_free(&error);
	fail_free(&e);
	free(status);
}

enum event_kind
event_read(const struct profile *p, struct seen *known, struct span body, struct buf *line)
{
	enum event_kind kind = EVENT_NEW;
	body = json_body(body);
	if (json_check_loose(body, NULL) || json_type(body) != JSON_OBJECT)
		return EVENT_BAD;
	struct span job = job_in(p, body);
	char *event = profile_find(&p->hook_event, body), *type = profile_find(&p->hook_type, body);
	char *id = job.n ? profile_find(&p->id, job) : NULL;
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
