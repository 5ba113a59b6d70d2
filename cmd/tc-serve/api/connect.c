#include "api/connect.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/connect_detail.h"
#include "api/protojson.h"
#include "api/protojson_value.h"
#include "http/call.h"
#include "http/sign.h"
#include "json/json.h"

static bool
is_connect(const struct call *c)
{
	return str_starts(c->path, "/transcodely.");
}

void
connect_begin(struct call *c)
{
	struct buf id = {0};
	if (!is_connect(c) || c->request_id)
		return;
	buf_str(&id, "req_");
	random_hex(&id, 10);
	c->request_id = buf_take(&id);
}

void
connect_frame(struct buf *out, unsigned char flags, struct span content)
{
	buf_ch(out, (char)flags);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_ch(out, (char)(content.n >> shift & 0xff));
	buf_span(out, content);
}

static void
error(struct call *c, int status, const char *code, const char *domain, const char *message,
      const struct violations *l)
{
	struct buf detail = {0}, text = {0}, end = {0};
	buf_ch(&detail, '[');
	connect_detail(&detail, domain, message, l);
	buf_ch(&detail, ']');
	json_open(&text);
	json_str(&text, "code", span_of(code));
	json_str(&text, "message", span_of(message));
	json_raw(&text, "details", buf_all(&detail));
	json_close(&text);
	if (c->stream) {
		json_open(&end);
		json_raw(&end, "error", buf_all(&text));
		json_close(&end);
		struct buf *out = call_json(c, 200);
		c->type = "application/connect+json";
		connect_frame(out, CONNECT_END, buf_all(&end));
	} else {
		buf_span(call_json(c, status), buf_all(&text));
	}
	call_set(c, "Error-Code", "%s", domain);
	buf_free(&detail);
	buf_free(&text);
	buf_free(&end);
}

void
connect_error(struct call *c, int status, const char *code, const char *domain, const char *fmt,
	      ...)
{
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	error(c, status, code, domain, buf_cstr(&text), &(struct violations){0});
	buf_free(&text);
}

void
connect_violations(struct call *c, const struct violations *l)
{
	struct buf text = {0};
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(&text, "%s%s%s%s", i ? "; " : "", l->v[i].field, *l->v[i].field ? ": " : "",
			l->v[i].what);
	error(c, 400, "invalid_argument", "validation_error", buf_cstr(&text), l);
	buf_free(&text);
}

void
connect_invalid(struct call *c, const char *field, const char *fmt, ...)
{
	struct violations l = {0};
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	violation_add(&l, field, "%s", buf_cstr(&text));
	connect_violations(c, &l);
	violations_free(&l);
	buf_free(&text);
}

/* Return true if the media type, without parameters, is this one. */
static bool
has_type(const struct call *c, const char *type)
{
	const char *h = call_header(c, "Content-Type");
	size_t n = strlen(type);
	return h && strncasecmp(h, type, n) == 0 && (!h[n] || h[n] == ';' || h[n] == ' ');
}

/* Unwrap the one frame of a request that opens a stream. */
static bool
open_frame(struct call *c)
{
	const unsigned char *p = (const unsigned char *)c->body.p;
	size_t n = c->body.n < 5 ? 0
				 : (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 |
					   (size_t)p[4];
	if (c->body.n < 5 || p[0] != 0 || n != c->body.n - 5)
		return false;
	memmove(c->body.p, c->body.p + 5, n);
	c->body.n = n;
	return true;
}

/*
 * Check the content type: JSON for a call, JSON in frames for a stream. The
 * body is plain JSON afterwards.
 */
static bool
right_type(struct call *c, bool stream)
{
	const char *type = stream ? "application/connect+json" : "application/json";
	if (!has_type(c, type)) {
		connect_error(c, 415, "unknown", "unsupported_content_type",
			      "the content type must be %s", type);
		call_set(c, "Accept-Post", "%s", type);
		return false;
	}
	c->stream = stream;
	const char *coding =
		call_header(c, stream ? "Connect-Content-Encoding" : "Content-Encoding");
	if (coding && strcmp(coding, "identity") != 0) {
		connect_error(c, 501, "unimplemented", "unsupported_compression",
			      "compression \"%s\" is not supported: identity alone is", coding);
		return false;
	}
	if (stream && !open_frame(c)) {
		connect_error(c, 400, "invalid_argument", "invalid_frame",
			      "the body must be one uncompressed frame");
		return false;
	}
	return true;
}

bool
connect_request(struct call *c, const struct proto_message *m, struct buf *out)
{
	struct span body;
	const char *why;
	struct violations l = {0};
	bool stream = c->stream;
	c->stream = false; /* not accepted yet: the response to a wrong type is plain HTTP */
	if (!right_type(c, stream))
		return false;
	if (!call_object(c, &body, &why)) {
		connect_invalid(c, "body", "%s", why);
		return false;
	}
	proto_read(body, m, out, &l);
	if (l.n)
		connect_violations(c, &l);
	violations_free(&l);
	return !c->status;
}

char *
connect_text(struct span object, const char *name)
{
	struct span v;
	char *text = proto_get(object, name, &v) == 1 ? json_text(v) : NULL;
	if (text && !*text) {
		free(text);
		text = NULL;
	}
	return text;
}

void
connect_reply(struct call *c, struct span message)
{
	proto_sorted(call_json(c, 200), message);
}
