/* What the result of an item's call means. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/utf8.h"
#include "create.h"

enum { BODY_SHOWN = 200 }; /* bytes of a reply in a message */

/* Handle a response that was lost, or that names no job: the service may have made one. */
static void
on_lost(struct create *c, struct job *j, struct failure *lost)
{
	struct failure e = {0};
	if (profile_has_keys(c->service.profile)) {
		failure_copy(&e, lost);
		j->step.may_have_acted = true; /* that the response was accepted has cleared it */
	} else if (reconcile_start(&j->doubt, lost, &e)) {
		return;
	}
	output_error(c, j, &e);
	failure_free(&e);
}

/* Return text percent-decoded, or itself if that would not be text. The caller frees. */
static char *
decoded(struct span text)
{
	struct buf b = {0};
	http_unescape_text(&b, text);
	size_t n = 0, length = 1;
	while (n < b.n && length) {
		length = utf8_length(b.p + n, b.n - n);
		n += (unsigned char)b.p[n] < ' ' ? b.n + 1 : length;
	}
	char *id = mem_dup(n == b.n ? buf_all(&b) : text);
	buf_free(&b);
	return id;
}

/*
 * Return the id in a header: its value, or the last component of the address in
 * it, decoded, as it is encoded again in the path of a call. NULL: none. The
 * caller frees.
 */
static char *
header_id(const struct profile *p, const struct call_result *r)
{
	struct span v = p->create_id_header && r->response
				? http_header(r->response, p->create_id_header)
				: (struct span){0};
	if (!v.n || !memchr(v.p, '/', v.n))
		return v.n ? mem_dup(v) : NULL;
	size_t n = 0;
	while (n < v.n && v.p[n] != '?' && v.p[n] != '#')
		n++;
	v = path_base((struct span){v.p, n});
	return v.n ? decoded(v) : NULL;
}

/* Return the new job's id, from a header, from anywhere in the response, or from the job; NULL:
 * none. Caller frees. */
static char *
created_id(const struct service *s, const struct call_result *r, struct span job)
{
	char *id = header_id(s->profile, r);
	if (!id)
		id = profile_find(&s->profile->create_id, r->doc);
	return id ? id : profile_find(&s->profile->id, job);
}

static void
on_created(struct create *c, struct job *j, const struct call_result *r)
{
	struct service *s = &c->service;
	struct span job = service_job(s, r->doc);
	char *id = created_id(s, r, job);
	if (id) {
		s->flow.counts.created++;
		output_created(c, j, id, job);
	} else {
		struct failure e = {.http = r->status};
		failure_set(&e, "bad_response", false, "HTTP %d, but the reply names no job: %.*s",
			    r->status, (int)(r->doc.n < BODY_SHOWN ? r->doc.n : BODY_SHOWN),
			    r->doc.p);
		on_lost(c, j, &e);
		failure_free(&e);
	}
	free(id);
}

/* Handle a create that failed. A service that refuses the request itself would have shown the job
 * of its key, if there were one. */
static void
on_failed(struct create *c, struct job *j, const struct call_result *r)
{
	bool request_refused =
		strcmp(r->error->code, "rejected") == 0 && (r->status == 400 || r->status == 422);
	j->step.may_have_acted &= !request_refused;
	output_error(c, j, r->error);
}

/* Handle a page of the list, for an item in doubt. */
static void
on_listed(struct create *c, struct job *j, const struct call_result *r)
{
	struct ledger *l = c->service.ledger;
	struct failure e = {0};
	/* between the check and our claim no other process may take the same job */
	if (l)
		ledger_lock(l);
	struct reconcile_match found = reconcile_response(&j->doubt, r, &e);
	c->service.flow.counts.created += found.id && !j->from_earlier_run;
	if (found.id)
		output_created(c, j, found.id, found.job);
	else if (e.code)
		output_error(c, j, &e);
	if (l)
		ledger_unlock(l); /* no effect if something was written, which unlocks too */
	failure_free(&e);
}

void
result_of_call(struct create *c, struct job *j, const struct call_result *r)
{
	if (j->doubt.active)
		on_listed(c, j, r);
	else if (r->kind == CALL_OK)
		on_created(c, j, r);
	else if (r->kind == CALL_LOST)
		on_lost(c, j, r->error);
	else
		on_failed(c, j, r);
}
