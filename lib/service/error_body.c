#include "service/error_body.h"

#include <stdlib.h>

#include "json/json.h"

static void
add_code(struct error_body *c, char *code)
{
	if (code && c->n < ERROR_CODES_MAX)
		c->codes[c->n++] = code;
	else
		free(code);
}

/* Return the text that the first matching pointer finds. */
static char *
text_at(const char *const *pointers, size_t n, struct span doc)
{
	char *text = NULL;
	for (size_t i = 0; i < n && !text; i++) {
		struct strings one = {(char *[]){(char *)pointers[i]}, 1};
		text = profile_find(&one, doc);
	}
	return text;
}

/* Use the profile's pointers, else where Connect and problem+json (RFC 9457) have it. */
static char *
message_in(const struct profile *p, struct span doc)
{
	static const char *const usual[] = {
		"/message", "/detail", "/title", "/error/message", "/error_description", "/error"};
	char *text = profile_find(&p->error_message, doc);
	return text ? text : text_at(usual, sizeof usual / sizeof *usual, doc);
}

void
error_body_read(struct error_body *c, const struct profile *p, const struct http_response *r)
{
	struct span doc = json_body(buf_all(&r->body));
	*c = (struct error_body){0};
	struct span code = p->code_header ? http_header(r, p->code_header) : (struct span){0};
	if (code.n)
		add_code(c, mem_dup(code));
	if (json_check_loose(doc, NULL))
		return;
	char *message = message_in(p, doc);
	struct buf fields = {0};
	if (message)
		buf_str(&c->message, message);
	error_fields(&fields, doc, buf_all(&c->message));
	if (c->message.n && fields.n)
		buf_str(&c->message, ": ");
	buf_span(&c->message, buf_all(&fields));
	for (size_t i = 0; i < p->error_code.n; i++) {
		struct strings one = {&p->error_code.v[i], 1};
		add_code(c, profile_find(&one, doc));
	}
	buf_free(&fields);
	free(message);
}

void
error_body_free(struct error_body *c)
{
	buf_free(&c->message);
	for (size_t i = 0; i < c->n; i++)
		free(c->codes[i]);
	*c = (struct error_body){0};
}
