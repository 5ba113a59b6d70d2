#include "flow/finish.h"

#include <string.h>

enum { MEMBER_BYTES = 24 }; /* more than most members' names and punctuation */

/* Return how long the result will be, mostly. */
static size_t
room(const struct record *r, const struct json_member *all, size_t n)
{
	size_t sum = r->line.n + MEMBER_BYTES * (n + 2); /* index, input */
	for (size_t i = 0; i < n; i++)
		sum += all[i].value.n;
	return sum;
}

void
item_finish(struct flow *f, struct item *it, const struct record *r, const struct json_member *set,
	    size_t n, const struct failure *error)
{
	struct buf out = {0}, err = {0};
	struct json_member all[MEMBERS_MAX + 2]; /* and ok, error */
	size_t total = 0;
	bool fresh = r->kind != RECORD_RECORD;
	if (error)
		failure_json(&err, error);
	all[total++] = (struct json_member){"ok", span_of(error ? "false" : "true")};
	for (size_t i = 0; i < n && i < MEMBERS_MAX; i++)
		all[total++] = set[i];
	if (error)
		all[total++] = (struct json_member){"error", buf_all(&err)};
	else if (r->error.n && !r->ok)
		all[total++] = (struct json_member){"error", {"", 0}}; /* no error is left */
	buf_room(&out, room(r, all, total));
	if (fresh) {
		json_open(&out);
		json_int(&out, "index", (long long)it->index);
		if (r->value.n)
			json_raw(&out, "input", r->value);
		else
			json_str(&out, "input", r->line);
		for (size_t i = 0; i < total; i++)
			if (all[i].value.p)
				json_raw(&out, all[i].name, all[i].value);
		json_close(&out);
	} else {
		json_splice(&out, r->line, all, total);
	}
	flow_done(f, it, buf_all(&out), error ? failure_outcome(error) : OUTCOME_OK);
	buf_free(&err);
	buf_free(&out);
}

void
item_pass_through(struct flow *f, struct item *it, const struct record *r)
{
	flow_done(f, it, r->line, record_outcome(r->error));
}

/* Return whether a bad line can be called by its text: not if it looks like a piece of JSON. */
static bool
is_name(struct span line)
{
	return line.n && !strchr("{}[]\", \t", *line.p) && !memchr(line.p, '\0', line.n);
}

void
item_reject(struct flow *f, struct item *it, const struct record *r)
{
	struct failure e = {0};
	struct record as_text = *r;
	struct buf why = {0}, source = {0};
	record_problem(&why, r);
	failure_set(&e, "invalid_input", false, "line %zu: %s", it->index + 1, buf_cstr(&why));
	if (is_name(it->line) || json_type(it->line) == JSON_OBJECT)
		item_source(&source, it);
	reasons_say(&f->reasons, it->index + 1, buf_all(&source), buf_all(&why), NULL);
	buf_free(&source);
	buf_free(&why);
	if (r->value.n && json_type(r->value) == JSON_OBJECT)
		as_text.kind = RECORD_OBJECT; /* it parsed: keep it as a value */
	item_finish(f, it, &as_text, NULL, 0, &e);
	failure_free(&e);
}

void
item_report(struct flow *f, const struct item *it, struct span reason, const char *id)
{
	struct buf source = {0};
	item_source(&source, it);
	reasons_say(&f->reasons, it->index + 1, buf_all(&source), reason, id);
	buf_free(&source);
}

bool
item_read_job(struct flow *f, struct item *it, struct record *r, const char *provider, bool blocked,
	      char **id)
{
	record_read(r, it);
	if (r->kind == RECORD_RECORD && !r->ok && !record_goes_on(r, blocked)) {
		item_pass_through(f, it, r);
		return false;
	}
	record_id(r, provider, id);
	if (r->kind == RECORD_BAD)
		item_reject(f, it, r);
	return r->kind != RECORD_BAD;
}
