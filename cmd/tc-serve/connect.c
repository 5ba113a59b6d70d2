#include "connect.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "json.h"

static void
error(struct call *c, int status, const char *code, const char *domain, const char *field, struct span message)
{
	struct buf details = {0}, violation = {0}, *out = call_json(c, status);
	buf_ch(&details, '[');
	if (field) {
		json_open(&violation);
		json_str(&violation, "field", span_of(field));
		json_str(&violation, "description", message);
		json_close(&violation);
		buf_str(&details, "{\"type\":\"google.rpc.BadRequest\",\"debug\":{\"field_violations\":[");
		buf_span(&details, buf_all(&violation));
		buf_str(&details, "]}}");
	}
	buf_ch(&details, ']');
	json_open(out);
	json_str(out, "code", span_of(code));
	json_str(out, "message", message);
	json_raw(out, "details", buf_all(&details));
	json_close(out);
	call_set(c, "Error-Code", "%s", domain);
	buf_free(&details);
	buf_free(&violation);
}

void
connect_error(struct call *c, int status, const char *code, const char *domain, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	error(c, status, code, domain, NULL, buf_all(&text));
	buf_free(&text);
}

void
connect_invalid(struct call *c, const char *field, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;
	buf_fmt(&text, "%s: ", field);
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	error(c, 400, "invalid_argument", "validation_error", field, buf_all(&text));
	buf_free(&text);
}

static void
camel(struct buf *out, const char *name)
{
	for (; *name; name++)
		if (*name == '_' && name[1])
			buf_ch(out, (char)toupper((unsigned char)*++name));
		else
			buf_ch(out, *name);
}

int
connect_get(struct span object, const char *name, struct span *value)
{
	int there = json_get(object, name, value);
	if (there == 0) {
		struct buf other = {0};
		camel(&other, name);
		there = json_get(object, buf_cstr(&other), value);
		buf_free(&other);
	}
	return there == 1 && json_type(*value) == JSON_NULL ? 0 : there;
}

char *
connect_text(struct span object, const char *name)
{
	struct span v;
	char *text = connect_get(object, name, &v) == 1 ? json_text(v) : NULL;
	if (text && !*text) {
		free(text);
		text = NULL;
	}
	return text;
}

static bool
same_word(const char *a, const char *b)
{
	for (; *a && tolower((unsigned char)*a) == tolower((unsigned char)*b); a++, b++)
		;
	return !*a && !*b;
}

const char *
connect_enum(struct span value, const char *prefix, const char *const *list)
{
	char *text = json_text(value);
	const char *word = text, *found = NULL;
	if (!text)
		return NULL;
	if (strncmp(word, prefix, strlen(prefix)) == 0)
		word += strlen(prefix);
	for (; !found && *list; list++)
		if (same_word(word, *list))
			found = *list;
	free(text);
	return found;
}

void
connect_done(struct call *c)
{
	struct buf escaped = {0};
	for (size_t i = 0; i < c->out.n; i++)
		if (c->out.p[i] == '&') /* in JSON it stands in strings only */
			buf_str(&escaped, "\\u0026");
		else
			buf_ch(&escaped, c->out.p[i]);
	buf_free(&c->out);
	c->out = escaped;
}
