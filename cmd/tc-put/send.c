/* Requests to where bytes go: with bytes, or for the offset to resume at. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/msg.h"
#include "base/path.h"
#include "put.h"

/* The size of a chunk, unless the profile or --part-size gives it; all but the last are a multiple
 * of CHUNK_UNIT. */
enum { CHUNK = 32 << 20, CHUNK_UNIT = 256 << 10 };

static ssize_t
on_give(void *arg, int64_t at, char *p, size_t n)
{
	struct upload *u = arg;
	const struct buf *text = at < (int64_t)u->form.n ? &u->form : &u->form_end;
	int64_t file_at = at - (int64_t)u->form.n,
		text_at = at < (int64_t)u->form.n ? at : file_at - u->length;
	if (file_at >= 0 && file_at < u->length) {
		size_t most = (int64_t)n < u->length - file_at ? n : (size_t)(u->length - file_at);
		ssize_t got = source_read(&u->source, u->from + file_at, p, most);
		if (got <= 0) {
			u->changed = true; /* it has become shorter, or cannot be read any more */
			return got;
		}
		source_hash(u, u->from + file_at, p, (size_t)got);
		output_bytes(u, u->from + file_at + got, got);
		return got;
	}
	if ((size_t)text_at + n > text->n)
		n = text->n - (size_t)text_at;
	memcpy(p, text->p + text_at, n);
	return (ssize_t)n;
}

/* Return the size of the next chunk. */
static int64_t
chunk(const struct upload *u)
{
	const struct upload_profile *p = u->put->profile;
	int64_t left = u->source.size - u->offset, n = put_options.part_size;
	if (!n)
		n = p->part_size > 0 ? (int64_t)p->part_size : CHUNK;
	if (p->part_max > 0 && n > (int64_t)p->part_max)
		n = (int64_t)p->part_max;
	if (n < (int64_t)p->part_min)
		n = (int64_t)p->part_min;
	n = n < CHUNK_UNIT ? CHUNK_UNIT : n / CHUNK_UNIT * CHUNK_UNIT;
	return n < left ? n : left;
}

void
send_tus_create(const struct upload *u, struct buf *headers)
{
	buf_fmt(headers, "Tus-Resumable: 1.0.0\nUpload-Length: %lld\nUpload-Metadata: filename ",
		(long long)u->source.size);
	base64_encode(headers, path_base(span_of(u->path)));
	buf_str(headers, ",filetype ");
	base64_encode(headers, span_of(u->type));
}

static void
add_lines(struct upload *u, struct buf *lines)
{
	for (char *p = (char *)(uintptr_t)buf_cstr(lines), *end; p && *p;
	     p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		strings_add(&u->headers, mem_dup((struct span){p, (size_t)(end - p)}));
	}
	buf_free(lines);
}

/* Add the profile's headers for requests with bytes. */
static void
add_profile_headers(struct upload *u)
{
	const struct strings *lines = &u->put->profile->headers;
	struct fills f;
	fills_make(u, &f);
	struct template_args args = {.values = f.v, .values_n = f.n};
	for (size_t i = 0; i < lines->n && !u->location; i++) {
		struct buf b = {0};
		struct span fill;
		template_once(lines->v[i], TEMPLATE_NAMES, &args, &b, &fill);
		strings_add(&u->headers, mem_dup(buf_all(&b)));
		buf_free(&b);
	}
	fills_free(&f);
}

/* Make the multipart/form-data (RFC 7578) around the file. */
static void
make_form(struct upload *u)
{
	static const char boundary[] = "----------------------tc-put-7f3a9c52e1";
	const struct upload_profile *p = u->put->profile;
	struct fills f;
	fills_make(u, &f);
	struct template_args args = {.values = f.v, .values_n = f.n};
	for (size_t i = 0; i < p->fields.n; i++) {
		const char *colon = strstr(p->fields.v[i], ": ");
		struct span fill;
		buf_fmt(&u->form, "--%s\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n",
			boundary, (int)(colon - p->fields.v[i]), p->fields.v[i]);
		template_once(colon + 2, TEMPLATE_NAMES, &args, &u->form, &fill);
		buf_str(&u->form, "\r\n");
	}
	buf_fmt(&u->form, "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"",
		boundary, p->field ? p->field : "file");
	for (const char *c = path_base(span_of(u->path)).p; *c; c++) /* as browsers write it */
		if (*c == '"' || *c == '\r' || *c == '\n')
			buf_fmt(&u->form, "%%%02X", *c);
		else
			buf_ch(&u->form, *c);
	buf_fmt(&u->form, "\"\r\nContent-Type: %s\r\n\r\n", u->type);
	buf_fmt(&u->form_end, "\r\n--%s--\r\n", boundary);
	strings_fmt(&u->headers, "Content-Type: multipart/form-data; boundary=%s", boundary);
	fills_free(&f);
}

/* Choose the bytes of the request and its headers. Return the method. */
static const char *
prepare_bytes(struct upload *u)
{
	struct remote *r = &u->remote;
	u->from = u->kind == UPLOAD_PARTS ? (int64_t)u->part * r->part_size : u->offset;
	u->length = u->source.size - u->from;
	switch (u->kind) {
	case UPLOAD_PARTS:
		u->length = u->length < r->part_size ? u->length : r->part_size;
		return "PUT";
	case UPLOAD_RESUMABLE:
		u->length = chunk(u);
		if (u->length)
			strings_fmt(&u->headers, "Content-Range: bytes %lld-%lld/%lld",
				    (long long)u->from, (long long)(u->from + u->length - 1),
				    (long long)u->source.size);
		else
			strings_fmt(&u->headers, "Content-Range: bytes */%lld",
				    (long long)u->source.size);
		return "PUT";
	case UPLOAD_TUS:
		u->length = chunk(u);
		strings_fmt(&u->headers, "Tus-Resumable: 1.0.0");
		strings_fmt(&u->headers, "Content-Type: application/offset+octet-stream");
		strings_fmt(&u->headers, "Upload-Offset: %lld", (long long)u->from);
		return "PATCH";
	case UPLOAD_FORM:
		make_form(u);
		return "POST";
	default:
		strings_fmt(&u->headers, "Content-Type: %s", u->type);
		return "PUT";
	}
}

/* Prepare a request without bytes. Return the method. */
static const char *
prepare_question(struct upload *u)
{
	struct buf lines = {0};
	bool tus = u->kind == UPLOAD_TUS;
	if (multipart_is(u)) {
		if (u->phase == PHASE_CREATE)
			strings_fmt(&u->headers, "Content-Type: %s", u->type);
		return multipart_prepare(u);
	}
	if (u->phase == PHASE_CREATE && tus) {
		send_tus_create(u, &lines);
		add_lines(u, &lines);
		return "POST";
	}
	if (u->phase == PHASE_CREATE) {
		strings_fmt(&u->headers, "x-goog-resumable: start");
		strings_fmt(&u->headers, "Content-Type: %s", u->type);
		strings_fmt(&u->headers, "X-Upload-Content-Length: %lld",
			    (long long)u->source.size);
		return "POST";
	}
	strings_fmt(&u->headers, tus ? "Tus-Resumable: 1.0.0" : "Content-Range: bytes */%lld",
		    (long long)u->source.size);
	return tus ? "HEAD" : "PUT";
}

static char *
request_url(const struct upload *u, bool *ours)
{
	const struct upload_profile *p = u->put->profile;
	const struct remote *r = &u->remote;
	*ours = false;
	if (multipart_is(u))
		return multipart_url(u);
	if (u->kind == UPLOAD_PARTS)
		return mem_dup(span_of(r->parts[u->part].url));
	if (r->url)
		return mem_dup(span_of(r->url));
	struct buf b = {0};
	*ours = true; /* a call of the service's, with its key */
	buf_str(&b, u->put->service.base_url);
	while (b.n && b.p[b.n - 1] == '/')
		b.n--;
	buf_str(&b, p->send.path);
	char *url = mem_dup(buf_all(&b));
	buf_free(&b);
	return url;
}

void
send_request(struct upload *u, void (*done)(void *arg, const struct http_response *r))
{
	struct put *p = u->put;
	bool bytes = u->phase == PHASE_SEND, ours;
	strings_free(&u->headers);
	u->form.n = u->form_end.n = 0;
	u->from = u->length = 0;
	const char *method = bytes ? prepare_bytes(u) : prepare_question(u);
	if (bytes)
		add_profile_headers(u);
	if (u->from + u->length > u->given)
		u->given = u->from + u->length;
	char *url = request_url(u, &ours);
	u->stream = (struct http_stream){
		.arg = u,
		.done = done,
		.stall = put_options.stall,
		.size = u->length + (int64_t)(u->form.n + u->form_end.n),
		.give = strcmp(method, "HEAD") == 0 || strcmp(method, "DELETE") == 0 ? NULL
										     : on_give};
	if (p->bucket)
		bucket_sign(u, &u->stream, &u->headers);
	strings_add(&u->headers, NULL);
	u->stream.headers = (const char *const *)u->headers.v;
	struct http_request q = {
		.method = method, .url = url, .anonymous = !ours, .stream = &u->stream};
	struct span host = http_origin(url);
	msg_debug("line %zu: %s %.*s: %lld bytes from byte %lld", u->step.item.index + 1, method,
		  (int)host.n, host.p, (long long)u->length, (long long)u->from);
	http_send(p->service.http, &q, u);
	free(url);
}
