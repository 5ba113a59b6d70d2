/*
 * --to s3://: a large object in parts, as S3's multipart upload has it. The
 * parts are sent, recorded and resumed like those of /upload/kind parts; this
 * file has what is particular to S3: their URLs, and how an upload begins and
 * ends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/hash.h"
#include "base/xml.h"
#include "put.h"

/* S3's limits, the default part size, and the size from which parts are used. */
#define PART_MIN ((int64_t)5 << 20)
#define PART_SIZE ((int64_t)16 << 20)
#define PARTS_FROM ((int64_t)64 << 20)
enum { PARTS_MAX = 10000 };

bool
multipart_wanted(int64_t size)
{
	int64_t asked = put_options.part_size;
	int64_t from = !asked ? PARTS_FROM : asked > PART_MIN ? asked : PART_MIN;
	return size > from;
}

/* Return the part size: as asked, or larger, in whole MiB, if that would make too many parts. */
static int64_t
part_size(int64_t size)
{
	int64_t n = put_options.part_size ? put_options.part_size : PART_SIZE, mib = 1 << 20,
		least = (size + PARTS_MAX - 1) / PARTS_MAX;
	n = n > PART_MIN ? n : PART_MIN;
	return n >= least ? n : (least + mib - 1) / mib * mib;
}

bool
multipart_is(const struct upload *u)
{
	return u->location && u->kind == UPLOAD_PARTS;
}

bool
multipart_asks(const struct upload *u)
{
	return multipart_is(u) && u->phase != PHASE_SEND;
}

char *
multipart_url(const struct upload *u)
{
	struct buf b = {0};
	buf_str(&b, u->remote.url);
	/* in the order in which they are signed */
	if (u->phase == PHASE_CREATE)
		buf_str(&b, "?uploads=");
	else if (u->phase == PHASE_SEND)
		buf_fmt(&b, "?partNumber=%zu&", u->part + 1);
	else if (u->phase != PHASE_GET)
		buf_ch(&b, '?');
	if (u->phase != PHASE_CREATE && u->phase != PHASE_GET) {
		buf_str(&b, "uploadId=");
		http_escape(&b, span_of(u->remote.upload));
	}
	return buf_take(&b);
}

static void
add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++)
		if (*text == '&' || *text == '<' || *text == '>')
			buf_fmt(b, "&#%d;", *text);
		else
			buf_ch(b, *text);
}

const char *
multipart_prepare(struct upload *u)
{
	const struct remote *r = &u->remote;
	if (u->phase == PHASE_CREATE)
		return "POST";
	if (u->phase != PHASE_FINISH)
		return u->phase == PHASE_GET ? "HEAD" : "DELETE";
	buf_str(&u->form, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < r->parts_n; i++) {
		buf_fmt(&u->form, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		add_escaped(&u->form, r->parts[i].etag);
		buf_str(&u->form, "</ETag></Part>");
	}
	buf_str(&u->form, "</CompleteMultipartUpload>");
	return "POST";
}

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
		remote_plan(m, u->source.size, part_size(u->source.size));
		step_started(u);
		return;
	}
	free(id);
	reply_say(u, &e, r, "bad_response", false);
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
	reply_say(u, &e, r, "unavailable", true);
	if (whole && !code)
		output_done(u);
	else if (code && strcmp(code, "NoSuchUpload") == 0)
		step_go(u, PHASE_GET); /* or the response that said so was lost */
	else if (code &&
		 (strncmp(code, "InvalidPart", 11) == 0 || strcmp(code, "EntityTooSmall") == 0))
		step_restart(u, &e);
	else
		reply_try_again(u, &e, -1);
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
	failure_set(&e, "unavailable", true,
		    "%s: its upload is gone, and the object has other content", u->path);
	if (same)
		output_done(u);
	else
		step_restart(u, &e);
	failure_free(&e);
	buf_free(&etag);
}

void
multipart_answer(struct upload *u, const struct http_response *r)
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
		reply_refused(u, r);
}
