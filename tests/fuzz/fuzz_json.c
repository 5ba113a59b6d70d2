/*
 * The scanner against jansson, and what is written against the scanner. With
 * -DWITH_JANSSON (and -ljansson) every text that one takes the other must take,
 * but for what jansson cannot hold: numbers beyond double and long long.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/space.h"
#include "fuzz.h"
#include "json/json.h"

#ifdef WITH_JANSSON
/* it has some of our names */
#define json_type jansson_type
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef json_type
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL

static bool
jansson_takes(struct span text, bool *too_big)
{
	json_error_t e;
	json_t *v = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
	*too_big = !v && (json_error_code(&e) == json_error_numeric_overflow ||
			  json_error_code(&e) == json_error_stack_overflow ||
			  json_error_code(&e) == json_error_null_byte_in_key);
	json_decref(v);
	return v != NULL;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
look(void *ctx, struct span v)
{
	struct buf *b = ctx;
	must(json_type(v) != JSON_NONE && !json_check(v, NULL));
	b->n = 0;
	if (json_decode(b, v)) {
		struct buf again = {0};
		json_quote(&again, buf_all(b));
		must(!json_check(buf_all(&again), NULL));
		buf_free(&again);
	}
	return true;
}

/* Whatever is written of a text that was taken is taken, and merging nothing changes no value. */
static void
write_back(struct span text)
{
	struct buf out = {0}, b = {0};
	const struct json_member set[] = {{"id", {"\"x\"", 3}}, {"ok", {"true", 4}}};
	struct span v;
	json_oneline(&out, text);
	must(!json_check(buf_all(&out), NULL) && !memchr(out.p, '\n', out.n));
	if (json_type(text) == JSON_OBJECT) {
		out.n = 0;
		json_splice(&out, span_trim(text), set, 2);
		must(!json_check(buf_all(&out), NULL));
		must(json_at(buf_all(&out), "/ok", &v) && span_is(v, "true"));
	}
	out.n = 0;
	json_merge(&out, text, text);
	must(!json_check(buf_all(&out), NULL));
	out.n = 0;
	json_set(&out, text, "/a/0/b", span_of("1"));
	must(!json_check(buf_all(&out), NULL));
	json_walk(text, "/*", look, &b);
	json_walk(text, "/*/*", look, &b);
	json_at(text, "/a/0", &v);
	json_get(text, "ok", &v);
	buf_free(&out);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	size_t at = 0;
	const char *why = json_check(text, &at);
	must(at <= size);
#ifdef WITH_JANSSON
	bool too_big, theirs = jansson_takes(text, &too_big);
	/* jansson takes a NUL at the end for the end */
	bool nul = size && memchr(data, '\0', size);
	must(theirs == !why || too_big || nul || (why && strcmp(why, "nested too deep") == 0));
#endif
	if (!why)
		write_back(text);
	return 0;
}
