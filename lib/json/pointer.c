/* Finding values by JSON Pointer (RFC 6901). */
#include <stdint.h>

#include "json/char.h"
#include "json/json.h"

/* Get the first token of a pointer; b holds it if it has escapes. Return the rest. */
static const char *
pointer_token(struct buf *b, const char *p, struct span *token)
{
	const char *start = ++p;
	bool escaped = false;
	for (; *p && *p != '/'; p++)
		escaped = escaped || *p == '~';
	*token = (struct span){start, (size_t)(p - start)};
	if (!escaped)
		return p;
	for (const char *c = start; c < p; c++)
		if (*c == '~')
			buf_ch(b, *++c == '0' ? '~' : '/');
		else
			buf_ch(b, *c);
	*token = buf_all(b);
	return p;
}

/* Return the array index that a token says, or SIZE_MAX. It is "0" or has no leading zero. */
static size_t
array_index(struct span token)
{
	size_t n = 0;
	for (size_t i = 0; i < token.n; i++) {
		if (!is_digit(token.p[i]) || n > SIZE_MAX / 10 - 1)
			return SIZE_MAX;
		n = n * 10 + (size_t)(token.p[i] - '0');
	}
	return token.n && (token.n == 1 || *token.p != '0') ? n : SIZE_MAX;
}

static bool
walk(struct span doc, const char *pointer, bool (*hit)(void *, struct span), void *ctx, bool *any)
{
	if (!*pointer) {
		*any = true;
		return hit(ctx, span_trim(doc));
	}
	struct buf unescaped = {0};
	struct span token, key, v;
	const char *rest = pointer_token(&unescaped, pointer, &token);
	bool each = span_is(token, "*"), go = true;
	struct json_iter it = json_each(doc);
	size_t want = each || it.object ? 0 : array_index(token);
	for (size_t i = 0; go && json_next(&it, &key, &v); i++)
		if (each)
			go = walk(v, rest, hit, ctx, any);
		else if (it.object ? key_is(key, token) : i == want) {
			go = walk(v, rest, hit, ctx, any);
			break;
		}
	buf_free(&unescaped);
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
