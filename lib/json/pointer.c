/* Finding values by JSON Pointer (RFC 6901). */
#include <stdlib.h>

#include "json/char.h"
#include "json/json.h"

/* Unescape the first token of a pointer into b. Return the rest. */
static const char *
pointer_token(struct buf *b, const char *p)
{
	b->n = 0;
	for (p++; *p && *p != '/'; p++)
		if (*p == '~')
			buf_ch(b, *++p == '0' ? '~' : '/');
		else
			buf_ch(b, *p);
	return p;
}

static bool
walk(struct span doc, const char *pointer, bool (*hit)(void *, struct span), void *ctx, bool *any)
{
	if (!*pointer) {
		*any = true;
		return hit(ctx, json_trim(doc));
	}
	struct buf token = {0};
	const char *rest = pointer_token(&token, pointer);
	bool each = span_is(buf_all(&token), "*"), go = true;
	struct json_iter it = json_each(doc);
	struct span key, v;
	size_t want = 0;
	if (!each && !it.object) {
		/* an array index is "0" or has no leading zero */
		const char *t = buf_cstr(&token);
		char *end;
		want = strtoul(t, &end, 10);
		if (!is_digit(*t) || *end || (*t == '0' && t[1]))
			it.p = it.end;
	}
	for (size_t i = 0; go && json_next(&it, &key, &v); i++)
		if (each)
			go = walk(v, rest, hit, ctx, any);
		else if (it.object ? json_key_is(key, buf_cstr(&token)) : i == want) {
			go = walk(v, rest, hit, ctx, any);
			break;
		}
	buf_free(&token);
	return go;
}

bool
json_walk(struct span doc, const char *pointer, bool (*hit)(void *, struct span), void *ctx)
{
	bool any = false;
	walk(doc, pointer, hit, ctx, &any);
	return any;
}

static bool
take_first(void *ctx, struct span v)
{
	*(struct span *)ctx = v;
	return false;
}

bool
json_at(struct span doc, const char *pointer, struct span *value)
{
	return json_walk(doc, pointer, take_first, value);
}

const char *
json_pointer_check(const char *p)
{
	if (*p && *p != '/')
		return "expected a JSON Pointer: empty, or starting with '/'";
	for (; *p; p++)
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return "expected ~0 or ~1 for '~' in a JSON Pointer";
	return NULL;
}
