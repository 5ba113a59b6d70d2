/*
 * JSON by spans: text is checked once, then read without copying, and written
 * back as its own bytes. Strict RFC 8259: UTF-8, paired surrogates, no control
 * characters in strings, nothing after the value, depth at most 512. All
 * functions but json_check() and json_check_loose() take text that one of the
 * two has accepted.
 */
#ifndef TC_JSON_JSON_H
#define TC_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum json_type {
	JSON_NONE,
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/*
 * Return NULL if text is exactly one JSON value, else what is wrong (static),
 * and set *at, unless at is NULL, to the offset of the error.
 */
const char *json_check(struct span text, size_t *at);

/* Return true if what json_check() returned is a limit of ours: the text is JSON by RFC 8259. */
bool json_is_limit(const char *why);

/*
 * Check text from a service, and our lines that hold it: as RFC 8259 (8.2)
 * allows, the escape of a surrogate may stand alone. It is kept as its own
 * bytes, and decodes to U+FFFD.
 */
const char *json_check_loose(struct span text, size_t *at);

/*
 * Return the text of a response without white space around it, and without the
 * byte order mark that a receiver may ignore (8.1).
 */
struct span json_body(struct span reply);

/* Return the type of a value; JSON_NONE for an empty span. */
enum json_type json_type(struct span value);

/*
 * Walk an object or array: for (it = json_each(v); json_next(&it, &key,
 * &value);). Any other value has no elements. key is the member's name, still
 * escaped, without its quotes; empty in an array.
 */
struct json_iter {
	const char *p, *end;
	bool object;
};
struct json_iter json_each(struct span container);
bool json_next(struct json_iter *it, struct span *key, struct span *value);

/* Return true if the escaped member name reads as name. */
bool json_key_is(struct span key, const char *name);

/*
 * Get member `name` of an object. Return 1 if it was found, 0 if it is missing
 * or object is not one, -1 if it is a duplicate.
 */
int json_get(struct span object, const char *name, struct span *value);

/*
 * Get several members in one walk. found is as json_get() returns, value the
 * last one of that name.
 */
struct json_pick {
	const char *name;
	int found;
	struct span value;
};
void json_pick(struct span object, struct json_pick *want, size_t n);

/*
 * Check text as json_check() does, and get members of the object that it is on
 * the way. Another value has none of them.
 */
const char *json_check_pick(struct span text, size_t *at, struct json_pick *want, size_t n);

/*
 * Find values by JSON Pointer (RFC 6901), where "*" stands for each element of
 * an array or each member of an object. json_walk() calls hit for each value
 * until it returns false; json_at() gets the first. Both return false if no
 * value matches.
 */
bool json_walk(struct span doc, const char *pointer, bool (*hit)(void *ctx, struct span value),
	       void *ctx);
bool json_at(struct span doc, const char *pointer, struct span *value);

/* Return NULL if pointer is well formed, else what is wrong (static). */
const char *json_pointer_check(const char *pointer);

/*
 * Append the decoded string, which may contain U+0000. Return false, with
 * nothing appended, if value is not a string.
 */
bool json_decode(struct buf *out, struct span value);

/*
 * Return the decoded string, or NULL if value is not a string or contains
 * U+0000. The caller frees.
 */
char *json_text(struct span value);

/*
 * Return json_text() of member `name` of an object, or NULL also if it is
 * missing or a duplicate. The caller frees.
 */
char *json_text_of(struct span object, const char *name);

/*
 * Get a number as double. Return false if value is not a number. For durations
 * and counts, never for data.
 */
bool json_number(struct span value, double *out);

/*
 * Return member `name` of an object as a whole number, or `otherwise` if it is
 * missing, a duplicate, not a number, negative, or 9e15 and more, which a double
 * does not hold exactly.
 */
int64_t json_count_of(struct span object, const char *name, int64_t otherwise);

/* Return true if member `name` of an object is true. */
bool json_true_of(struct span object, const char *name);

/* Append text as a JSON string. Bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, struct span text);

/* Append text as json_quote() does, without the quotes. */
void json_escape(struct buf *out, struct span text);

/*
 * Write an object: json_open(b); json_raw(b, "id", v); json_close(b). Names
 * are plain ASCII. json_raw() takes a checked value and puts it on one line,
 * without white space between tokens if it spans several.
 */
void json_open(struct buf *b);
void json_raw(struct buf *b, const char *name, struct span value);
void json_str(struct buf *b, const char *name, struct span text);
void json_int(struct buf *b, const char *name, long long n);
void json_bool(struct buf *b, const char *name, bool v);
void json_close(struct buf *b);

/* Append value on one line, its tokens unchanged. */
void json_oneline(struct buf *out, struct span value);

/*
 * Append object with members set: replaced where they are, else added at the
 * end. All other bytes are kept. A member with value.p == NULL is left as it
 * is; a member with an empty value is removed.
 */
struct json_member {
	const char *name;
	struct span value;
};
void json_splice(struct buf *out, struct span object, const struct json_member *set, size_t n);

/*
 * Members to set, for json_splice() and item_finish(). All zero is an empty
 * list. Strings are quoted into it; raw values are borrowed until
 * members_free(). At most MEMBERS_MAX. A text or value with p == NULL adds
 * nothing.
 */
enum { MEMBERS_MAX = 12 };
struct members {
	struct json_member set[MEMBERS_MAX];
	struct buf text[MEMBERS_MAX];
	size_t n;
};
void members_str(struct members *m, const char *name, struct span text);
void members_int(struct members *m, const char *name, long long n);
void members_raw(struct members *m, const char *name, struct span value);
void members_free(struct members *m);

/* Append target with patch merged into it: JSON Merge Patch, RFC 7396. An empty target is {}. */
void json_merge(struct buf *out, struct span target, struct span patch);

/* Merge patch into the object in b. patch must not lie in b. */
void json_merge_into(struct buf *b, struct span patch);

/*
 * Append doc with the value at pointer set. Missing containers on the way are
 * made: an array where the next token is 0 or -, else an object. A scalar on
 * the way is replaced.
 */
void json_set(struct buf *out, struct span doc, const char *pointer, struct span value);

/* Set the value, or the string, at pointer of the document in b. value must not lie in b. */
void json_set_into(struct buf *b, const char *pointer, struct span value);
void json_set_string(struct buf *b, const char *pointer, const char *text);

#endif
