#include "http/call.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <string.h>

#include "base/space.h"
#include "http/sign.h"
#include "serve.h"
#include "json/json.h"

const char *
call_arg(const struct call *c, const char *name)
{
	return MHD_lookup_connection_value(c->conn, MHD_GET_ARGUMENT_KIND, name);
}

const char *
call_header(const struct call *c, const char *name)
{
	return MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, name);
}

struct each_arg {
	void (*each)(void *ctx, const char *name, const char *value);
	void *ctx;
};

static enum MHD_Result
each_arg(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct each_arg *e = cls;
	(void)kind;
	e->each(e->ctx, name, value ? value : "");
	return MHD_YES;
}

void
call_each_arg(const struct call *c, void (*each)(void *ctx, const char *name, const char *value),
	      void *ctx)
{
	struct each_arg e = {each, ctx};
	MHD_get_connection_values(c->conn, MHD_GET_ARGUMENT_KIND, each_arg, &e);
}

void
call_drop_stream(struct call *c)
{
	if (c->body_stream.data)
		c->body_stream.free(c->body_stream.data);
	c->body_stream = (struct call_stream){0};
}

struct buf *
call_json(struct call *c, int status)
{
	c->status = status;
	c->type = "application/json";
	c->out.n = 0;
	return &c->out;
}

void
call_error(struct call *c, int status, const char *why)
{
	buf_fmt(call_json(c, status), "{\"error\":\"%s\"}", why);
}

bool
call_permitted(struct call *c, const char *method)
{
	const char *expires = call_arg(c, "expires"), *sig = call_arg(c, "sig");
	return expires && sig &&
	       sign_check(buf_all(&c->serve->secret), method, span_of(c->path), span_of(expires),
			  span_of(sig));
}

void
call_set(struct call *c, const char *name, const char *fmt, ...)
{
	va_list ap;
	buf_fmt(&c->headers, "%s: ", name);
	va_start(ap, fmt);
	buf_vfmt(&c->headers, fmt, ap);
	va_end(ap);
	buf_ch(&c->headers, '\n');
}

void
call_base(const struct call *c, struct buf *out)
{
	/*
	 * listening on 0.0.0.0, only the client knows our name; no other
	 * character may enter a URL
	 */
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]";
	const char *host = call_header(c, MHD_HTTP_HEADER_HOST);
	if (host && *host && !host[strspn(host, set)])
		buf_fmt(out, "http://%s", host);
	else
		buf_str(out, c->serve->base);
}

bool
call_object(struct call *c, struct span *object, const char **why)
{
	struct span body = span_trim(buf_all(&c->body));
	*object = body.n ? body : span_of("{}");
	*why = json_check(*object, NULL);
	if (!*why && json_type(*object) != JSON_OBJECT)
		*why = "the body must be a JSON object";
	return !*why;
}
