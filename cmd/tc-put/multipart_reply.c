/* The responses to requests of S3's multipart upload that carry no part. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/hash.h"
#include "base/xml.h"
#include "put.h"

/* Return the text of an element that has no children, unescaped, or NULL. The caller frees it. */
static char *
element(struct span body, const char *name)
{
	static const char *const escapes[][2] = {
		{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}};
	struct span found = xml_text(body, name);
	if (!found.p)
		return NULL;
	struct buf out = {0};
	char *text = mem_dup(found);
	for (const char *p = text; *p;) {
		size_t i = 0;
		while (i < 5 && !str_starts(p, escapes[i][0]))
			i++;
		buf_ch(&out, i < 5 ? *escapes[i][1] : *p);
		p += i < 5 ? strlen(escapes[i][0]) : 1;
	}
	free(text);
	return buf_take(&out);
}

static void
on_created(struct upload *u, const struct http_response *r)
{
	struct remote *m = &u->remote;
	struct failure e = {0};
	char *id = element(buf_all(&r->body), "UploadId");
	if (id && *id) {
		free(m->upload);
		m->upload = id;
		remote_plan(m, u->source.size, multipart_part_size(u->source.size));
		step_started(u);
		return;
	}
	free(id);
	refusal_say(u, &e, r, "bad_response", false);
	buf_str(&e.message, ": no UploadId in it");
	step_fail(u, &e);
	failure_free(&e);
}

/* Read the result of the finish from the body: S3 sends 200 before it knows. */
static void
on_finished(struct upload *u, const struct http_response *r)
{
	struct failure e = {0};
	char *code = element(buf_all(&r->body), "Code");
	char *text = mem_dup(buf_all(&r->body));
	bool whole = strstr(text, "<CompleteMultipartUploadResult");
	free(text);
	refusal_say(u, &e, r, "unavailable", true);
	if (whole && !code)
		output_done(u);
	else if (code && strcmp(code, "NoSuchUpload") == 0)
		step_go(u, PHASE_GET); /* or the response that said so was lost */
	else if (code &&
		 (strncmp(code, "InvalidPart", 11) == 0 || strcmp(code, "EntityTooSmall") == 0))
		step_restart(u, &e);
	else
		refusal_retry(u, &e, -1);
	failure_free(&e);
	free(code);
}

/*
 * Append the ETag that an object of these parts has: the MD5 of the parts'
 * MD5s. Return false if an ETag is not an MD5.
 */
static bool
whole_etag(const struct upload *u, struct buf *out)
{
	struct hash *h = hash_new(HASH_MD5);
	struct hash_sums sums = {0};
	bool good = true;
	for (size_t i = 0; good && i < u->remote.parts_n; i++) {
		const char *etag = u->remote.parts[i].etag;
		unsigned char md5[16];
		size_t n = etag ? strspn(etag + (*etag == '"'), "0123456789abcdef") : 0;
		good = n == 2 * sizeof md5;
		for (size_t k = 0; good && k < sizeof md5; k++) {
			char hex[3] = {etag[2 * k + (*etag == '"')],
				       etag[2 * k + 1 + (*etag == '"')], '\0'};
			md5[k] = (unsigned char)strtoul(hex, NULL, 16);
		}
		if (good)
			hash_add(h, md5, sizeof md5);
	}
	hash_end(h, &sums);
	hash_free(h);
	buf_ch(out, '"');
	digest_hex(out, sums.md5, sizeof sums.md5);
	buf_fmt(out, "-%zu\"", u->remote.parts_n);
	return good && sums.kinds & HASH_MD5;
}

/* The upload is gone: check whether it became the object. */
static void
on_object(struct upload *u, const struct http_response *r)
{
	struct failure e = {0};
	struct buf etag = {0};
	struct span is = http_header(r, "ETag");
	bool same = r->status == 200 && whole_etag(u, &etag) && span_is(is, buf_cstr(&etag));
	failure_set(&e, "unavailable", true, "%s: its upload is gone, and %s", u->path,
		    r->status == 404 ? "there is no object" : "the object has other content");
	if (same)
		output_done(u);
	else
		step_restart(u, &e);
	failure_free(&e);
	buf_free(&etag);
}

void
multipart_reply(struct upload *u, const struct http_response *r)
{
	bool good = r->status >= 200 && r->status < 300;
	if (u->phase == PHASE_ABORT)
		step_fail(u, &u->error);
	else if (u->phase == PHASE_GET && (good || r->status == 404))
		on_object(u, r);
	else if (u->phase == PHASE_FINISH && (good || r->status == 404 || r->status == 400))
		on_finished(u, r);
	else if (u->phase == PHASE_CREATE && good)
		on_created(u, r);
	else
		refusal_of(u, r);
}
