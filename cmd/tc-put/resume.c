/* Uploads in the ledger: what earlier runs did, and what this one does. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "put.h"
#include "json/json.h"

/* Return true for a done line whose source has not expired. */
static bool
holds(const struct ledger_found *found)
{
	return found->type == LEDGER_DONE && ledger_expires(found->line) > clock_wall();
}

/* Take over the hash of what was sent, if the line has one. */
static void
take_sum(struct upload *u, struct span line)
{
	char *sum = json_text_of(line, "sha256");
	for (size_t i = 0; sum && sum[i] && i < 64; i++)
		u->source.sha256[i] = sum[i];
	free(sum);
}

static void
take_done(struct upload *u, struct span line)
{
	struct span v;
	free(u->url);
	u->url = json_text_of(line, "url");
	u->id = json_text_of(line, "id");
	u->status = json_text_of(line, "status");
	u->expires = ledger_expires(line);
	if (json_get(line, "job", &v) == 1)
		json_oneline(&u->job, v);
	take_sum(u, line);
}

bool
resume_known(struct upload *u)
{
	struct ledger *l = u->put->service.ledger;
	struct ledger_found found;
	if (!l || !u->key || !ledger_find(l, LEDGER_ITEM, span_of(u->key), &found) ||
	    !holds(&found))
		return false;
	take_done(u, found.line);
	return true;
}

/* Return the generation of the upload whose source has expired, which a new one follows; 0: none.
 */
static unsigned
expired_generation(const struct upload *u)
{
	struct ledger_found found;
	bool there = ledger_find(u->put->service.ledger, LEDGER_ITEM, span_of(u->key), &found);
	return there && found.type == LEDGER_DONE && !holds(&found) ? found.gen : 0;
}

static void
part_key(struct buf *out, const struct upload *u, size_t n)
{
	buf_fmt(out, "%s\n%zu", u->key, n);
}

/* Take over the ETags of the parts that were sent, each from a line of its own. */
static void
take_parts(struct upload *u)
{
	struct remote *r = &u->remote;
	struct ledger *l = u->put->service.ledger;
	remote_plan(r, u->source.size, r->part_size);
	for (size_t i = 0; i < r->parts_n; i++) {
		struct ledger_found found;
		struct buf key = {0}, at = {0};
		struct span v;
		part_key(&key, u, i + 1);
		buf_fmt(&at, "/etags/%zu", i + 1);
		char *upload = ledger_find(l, LEDGER_UPLOAD, buf_all(&key), &found)
				       ? json_text_of(found.line, "upload")
				       : NULL;
		if (upload && r->upload && strcmp(upload, r->upload) == 0 &&
		    json_at(found.line, buf_cstr(&at), &v)) {
			r->parts[i].etag = json_text(v);
			u->offset += i + 1 < r->parts_n
					     ? r->part_size
					     : u->source.size - (int64_t)i * r->part_size;
		}
		free(upload);
		buf_free(&key);
		buf_free(&at);
	}
}

/* Take over the upload that an earlier run began. */
static void
take_remote(struct upload *u)
{
	struct remote *r = &u->remote;
	struct ledger_found found;
	struct span v;
	if (!ledger_find(u->put->service.ledger, LEDGER_UPLOAD, span_of(u->key), &found) ||
	    found.gen != u->claim.gen || json_get(found.line, "begun", &v) != 1)
		return;
	remote_free(r);
	r->begun = true;
	r->id = json_text_of(found.line, "id");
	r->upload = json_text_of(found.line, "upload");
	r->url = json_text_of(found.line, "session");
	r->expires = ledger_expires(found.line);
	r->session = json_get(found.line, "resumable", &v) == 1;
	u->given = u->source.size; /* for all that is known */
	r->sent = json_get(found.line, "sent", &v) == 1;
	if (r->sent)
		take_sum(u, found.line);
	r->part_size = json_count_of(found.line, "part_size", 0);
	if (u->kind == UPLOAD_PARTS && r->part_size > 0)
		take_parts(u);
	else if (u->kind == UPLOAD_PARTS)
		remote_free(r);
}

enum resume
resume_claim(struct upload *u)
{
	struct service *s = &u->put->service;
	struct buf input = {0};
	if (!s->ledger)
		return RESUME_OURS;
	json_quote(&input, span_of(u->path));
	enum claim what =
		ledger_claim(s->ledger, u->key, buf_all(&input), expired_generation(u), &u->claim);
	buf_free(&input);
	if (what == CLAIM_BUSY)
		return RESUME_BUSY;
	if (what == CLAIM_RECORDED) {
		take_done(u, u->claim.line);
		return RESUME_DONE;
	}
	take_remote(u);
	return RESUME_OURS;
}

static void
write_note(struct upload *u, struct buf *members)
{
	ledger_write(u->put->service.ledger, LEDGER_PUT, u->key, u->claim.gen, buf_all(members));
	buf_free(members);
}

void
resume_note(struct upload *u)
{
	const struct remote *r = &u->remote;
	struct buf b = {0}, time = {0};
	if (!u->put->service.ledger)
		return;
	json_str(&b, "provider", span_of(u->put->service.profile->name));
	json_bool(&b, "begun", true);
	if (r->id)
		json_str(&b, "id", span_of(r->id));
	if (r->upload)
		json_str(&b, "upload", span_of(r->upload));
	if (r->url)
		json_str(&b, "session", span_of(r->url));
	if (r->expires != NEVER) {
		date_rfc3339(&time, r->expires);
		json_str(&b, "expires", buf_all(&time));
	}
	if (r->part_size)
		json_int(&b, "part_size", r->part_size);
	if (r->session)
		json_bool(&b, "resumable", true);
	if (r->sent)
		json_bool(&b, "sent", true);
	if (r->sent && *u->source.sha256)
		json_str(&b, "sha256", span_of(u->source.sha256));
	write_note(u, &b);
	buf_free(&time);
}

void
resume_note_part(struct upload *u)
{
	const struct remote *r = &u->remote;
	struct buf b = {0}, etags = {0}, n = {0};
	if (!u->put->service.ledger)
		return;
	buf_fmt(&n, "%zu", u->part + 1);
	json_open(&etags);
	json_str(&etags, buf_cstr(&n), span_of(r->parts[u->part].etag));
	json_close(&etags);
	json_str(&b, "provider", span_of(u->put->service.profile->name));
	if (r->upload)
		json_str(&b, "upload", span_of(r->upload));
	json_int(&b, "part", (long long)u->part + 1);
	json_raw(&b, "etags", buf_all(&etags));
	write_note(u, &b);
	buf_free(&etags);
	buf_free(&n);
}

void
resume_forget(struct upload *u)
{
	struct buf b = {0};
	if (!u->put->service.ledger || !u->claimed)
		return;
	json_str(&b, "provider", span_of(u->put->service.profile->name));
	write_note(u, &b);
}

void
resume_failed(struct upload *u, const struct failure *e)
{
	struct buf b = {0}, error = {0};
	if (!u->put->service.ledger || !u->claimed)
		return;
	if (!e->temporary && !u->remote.sent)
		resume_forget(u);
	failure_json(&error, e);
	json_raw(&b, "error", buf_all(&error));
	ledger_write(u->put->service.ledger, LEDGER_ENDED, u->key, u->claim.gen, buf_all(&b));
	buf_free(&b);
	buf_free(&error);
}

void
resume_done(struct upload *u)
{
	struct buf b = {0}, time = {0};
	if (!u->put->service.ledger)
		return;
	json_str(&b, "provider", span_of(u->put->service.profile->name));
	if (u->url)
		json_str(&b, "url", span_of(u->url));
	json_int(&b, "size", u->source.size);
	if (*u->source.sha256)
		json_str(&b, "sha256", span_of(u->source.sha256));
	if (u->expires != NEVER) {
		date_rfc3339(&time, u->expires);
		json_str(&b, "expires", buf_all(&time));
	}
	if (u->id)
		json_str(&b, "id", span_of(u->id));
	if (u->status)
		json_str(&b, "status", span_of(u->status));
	if (u->job.n)
		json_raw(&b, "job", buf_all(&u->job));
	ledger_write(u->put->service.ledger, LEDGER_DONE, u->key, u->claim.gen, buf_all(&b));
	buf_free(&b);
	buf_free(&time);
}
