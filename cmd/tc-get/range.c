/*
 * Decides how a response continues the bytes that exist. Only bytes of one
 * version are joined: in doubt, the file starts over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/msg.h"
#include "fetch.h"
#include "set.h"

/* A byte after it still has a number. */
#define NUMBER_MAX (INT64_MAX - 1)

/*
 * Read digits as a number, NUMBER_MAX if it is larger, and move *p past them.
 * Return -1 if there is no digit.
 */
static int64_t
number(const char **p, const char *end)
{
	int64_t n = -1;
	for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
		n = n < 0 ? **p - '0' : n < INT64_MAX / 16 ? n * 10 + (**p - '0') : NUMBER_MAX;
	return n;
}

/*
 * Content-Range: "bytes 5-9/10"; *total is -1 for "*". Return false if it is
 * missing or malformed.
 */
static bool
content_range(const struct http_response *r, int64_t *from, int64_t *to, int64_t *total)
{
	struct span v = http_header(r, "Content-Range");
	const char *p = v.p, *end = v.p + v.n;
	if (v.n < 6 || strncasecmp(p, "bytes ", 6) != 0)
		return false;
	p += 6;
	*from = *to = *total = -1;
	if (p < end && *p == '*') {
		p++;
	} else {
		*from = number(&p, end);
		if (*from < 0 || p == end || *p++ != '-' || (*to = number(&p, end)) < *from)
			return false;
	}
	if (p == end || *p++ != '/')
		return false;
	if (p < end && *p == '*')
		return ++p == end && *from >= 0;
	*total = number(&p, end);
	return p == end && *total >= 0 && *to < *total;
}

/*
 * The same for a 206, whose body must be these bytes and nothing else: neither
 * parts with heads of their own, nor more than it says.
 */
static bool
one_range(const struct http_response *r, int64_t *from, int64_t *to, int64_t *total)
{
	static const char multipart[] = "multipart/";
	struct span type = http_header(r, "Content-Type"),
		    length = http_header(r, "Content-Length");
	const char *p = length.p;
	if (type.n >= sizeof multipart - 1 &&
	    strncasecmp(type.p, multipart, sizeof multipart - 1) == 0)
		return false;
	return content_range(r, from, to, total) && *from >= 0 &&
	       number(&p, length.p + length.n) <= *to - *from + 1;
}

static char *
header_or_null(const struct http_response *r, const char *name)
{
	struct span v = http_header(r, name);
	return v.n ? mem_dup(v) : NULL;
}

static bool
is_weak(const char *etag)
{
	return strncmp(etag, "W/", 2) == 0;
}

/*
 * Return true if nothing that both have shows that they are of different
 * versions. Weak or strong, an ETag is the same text for the same file.
 */
static bool
same_version(const struct version *a, const struct http_response *r)
{
	char *etag = header_or_null(r, "ETag"), *modified = header_or_null(r, "Last-Modified");
	bool same = true;
	if (a->etag && etag)
		same = strcmp(a->etag + 2 * is_weak(a->etag), etag + 2 * is_weak(etag)) == 0;
	if (a->modified && modified)
		same = same && strcmp(a->modified, modified) == 0;
	free(etag);
	free(modified);
	return same;
}

/* Request all of the file next. */
static bool
start_over(struct file *f, const char *why)
{
	struct version none = {.size = -1};
	msg_debug("line %zu: %s: begun anew: %s", f->job->step.item.index + 1, f->path, why);
	f->again = true;
	f->skip_size = -1; /* the file that has the name is another one, and is replaced */
	if (part_begin(&f->part, &none) < 0)
		local_failure(f, errno, "truncate", &f->error);
	f->hash_anew = true;
	f->taken_over = 0;
	return false;
}

static bool
refuse(struct file *f, const char *code, const char *why)
{
	failure_set(&f->error, code, false, "%s", why);
	return false;
}

static bool
too_large(struct file *f, int64_t size)
{
	if (!get_options.max_size || size <= get_options.max_size)
		return false;
	failure_set(&f->error, "rejected", false, "it has %lld byte%s, more than --max-size allows",
		    (long long)size, size == 1 ? "" : "s");
	return true;
}

/* Name the file, now that its type is known. If part of it exists already, request it again. */
static bool
open_named(struct file *f, const struct http_response *r)
{
	struct span ext = name_type_ext(http_header(r, "Content-Type"));
	if (f->path)
		return true;
	if (!set_begin(f, ext, &f->error) || !name_file(f, ext, &f->error))
		return false;
	f->skipped = finish_file_known(f);
	if (f->skipped || !fetch_open(f, &f->error))
		return false;
	f->again = f->named || (!f->playlist && (part_bytes(&f->part) || f->skip_size >= 0));
	return !f->again;
}

/* Judge a 206: it must begin no later than where our bytes end, in the same version. */
static bool
judge_partial(struct file *f, const struct http_response *r)
{
	struct part *p = &f->part;
	int64_t from, to, total;
	if (f->asked_from < 0)
		return refuse(f, "bad_response", "HTTP 206 to a request for all of it");
	if (!one_range(r, &from, &to, &total))
		return start_over(f, "the answer does not say which bytes it has");
	if (f->skip_size >= 0) /* what has the name already is not the same */
		return start_over(f, "what is there has another size");
	if (from > p->have)
		return start_over(f, "the answer begins later than it was asked to");
	if (total >= 0 && p->version.size >= 0 && total != p->version.size)
		return start_over(f, "it has another size now");
	if (total < 0 && (p->version.size < 0 || to >= p->version.size) && !p->version.etag &&
	    !p->version.modified)
		return start_over(f, "nothing says that it is the same file");
	if (!same_version(&p->version, r))
		return start_over(f, "it is another version now");
	if (total >= 0)
		p->version.size = total;
	if (p->version.size >= 0 && too_large(f, p->version.size))
		return false;
	if (from < p->have) {
		if (part_cut(p, from) < 0)
			return local_failure(f, errno, "truncate", &f->error), false;
		f->hash_anew = f->hash_anew || from < f->hashed || f->hashing;
		f->taken_over = from < f->taken_over ? from : f->taken_over;
	}
	f->ends = to + 1;
	return true;
}

/* Judge a 200: all of the file, from its beginning. */
static bool
judge_whole(struct file *f, const struct http_response *r)
{
	struct span length = http_header(r, "Content-Length");
	const char *p = length.p;
	struct version v = {.size = number(&p, length.p + length.n)};
	if (http_header(r, "Transfer-Encoding").n)
		v.size = -1;
	if (f->skip_size >= 0 && v.size == f->skip_size) {
		f->skipped = true;
		return false;
	}
	if (v.size >= 0 && too_large(f, v.size))
		return false;
	v.etag = header_or_null(r, "ETag");
	v.modified = header_or_null(r, "Last-Modified");
	if (f->part.have && f->asked_from > 0)
		msg_debug("line %zu: %s: the server sends all of it again",
			  f->job->step.item.index + 1, f->path);
	f->hash_anew = true;
	f->taken_over = 0;
	f->ends = v.size >= 0 ? v.size : INT64_MAX;
	if (part_begin(&f->part, &v) < 0)
		return local_failure(f, errno, "make room for", &f->error), false;
	return true;
}

bool
range_holds(struct file *f, int64_t end)
{
	return end <= f->ends || start_over(f, "the answer has more bytes than it says");
}

void
range_write_failed(struct file *f, int err)
{
	if (err != PART_CHANGED) {
		local_failure(f, err, "write", &f->error);
		return;
	}
	f->meddled = true;
	start_over(f, file_meddled);
}

/* Return true if the file can be fetched in pieces. */
static bool
can_split(const struct file *f, const struct http_response *r)
{
	const struct version *v = &f->part.version;
	struct span ranges = http_header(r, "Accept-Ranges");
	bool told = r->status == 206 ||
		    (ranges.n == 5 && strncasecmp(ranges.p, "bytes", ranges.n) == 0);
	return told && v->size >= 0 && v->etag && !is_weak(v->etag);
}

static bool
is_encoded(const struct http_response *r)
{
	struct span encoding = http_header(r, "Content-Encoding");
	return encoding.n && !(encoding.n == 8 && strncasecmp(encoding.p, "identity", 8) == 0);
}

enum range_piece
range_judge_piece(struct file *f, const struct http_response *r, int64_t from)
{
	int64_t first, last, total;
	if (r->status != 200 && r->status != 206)
		return PIECE_FAILED;
	if (!same_version(&f->part.version, r)) {
		start_over(f, "it is another version now");
		return PIECE_CHANGED;
	}
	if (r->status != 206 || is_encoded(r) || !one_range(r, &first, &last, &total) ||
	    first != from || total != f->part.version.size)
		return PIECE_IGNORED;
	return PIECE_FITS;
}

bool
range_judge(struct file *f, const struct http_response *r)
{
	struct span encoding = http_header(r, "Content-Encoding");
	f->begun = true;
	if (is_encoded(r)) {
		failure_set(&f->error, "bad_response", false,
			    "it was sent compressed (%.*s), which was not asked for",
			    (int)encoding.n, encoding.p);
		return false;
	}
	if (!open_named(f, r))
		return false;
	if (f->playlist)
		return set_judge(f, r);
	if (!(r->status == 206 ? judge_partial(f, r) : judge_whole(f, r)))
		return false;
	expect_read(&f->expect, r, r->status != 206);
	f->can_split = can_split(f, r);
	return true;
}

bool
range_is_whole(struct file *f, const struct http_response *r)
{
	int64_t from, to, total;
	if (!content_range(r, &from, &to, &total) || from >= 0)
		total = -1;
	if (f->skip_size >= 0) {
		if (total == f->skip_size)
			f->skipped = true;
		else
			start_over(f, "what is there has another size");
		return false;
	}
	if (f->asked_from <= 0 || total != f->part.have ||
	    (f->part.version.size >= 0 && total != f->part.version.size) ||
	    !same_version(&f->part.version, r)) {
		start_over(f, "there is no such range");
		return false;
	}
	f->part.version.size = total;
	expect_read(&f->expect, r, false);
	return true;
}
