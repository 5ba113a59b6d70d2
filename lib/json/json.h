/*
 * JSON by spans: text is checked once, then looked into without copying, and
 * written back as its own bytes. Strict RFC 8259: UTF-8, paired surrogates, no
 * control characters in strings, nothing after the value, depth at most 512.
 * All but json_check() and json_check_loose() take text that one of them has
 * passed.
 */
#ifndef TC_JSON_JSON_H
#define TC_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum json_type { JSON_NONE, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* NULL if text is exactly one JSON value, else why not (static) and, if at, the byte where. */
const char *json_check(struct span text, size_t *at);

/*
 * The same for what a service sent, and for lines of ours that hold it: the
 * escape of a surrogate may stand alone, as RFC 8259 (8.2) has it. It is kept
 * as its own bytes, and decodes to U+FFFD.
 */
const char *json_check_loose(struct span text, size_t *at);

/* A reply's text without the white space around it, and without the byte order mark that a receiver may ignore (8.1). */
struct span json_body(struct span reply);

/* The type of a value; JSON_NONE for an empty span. */
enum json_type json_type(struct span value);

/* The value without white space around it. */
struct span json_trim(struct span value);

/*
 * for (it = json_each(v); json_next(&it, &key, &value);) walks an object or
 * array; anything else has no elements. key is the member's name, still
 * escaped, without its quotes (empty in an array).
 */
struct json_iter {
	const char *p, *end;
	bool object;
};
struct json_iter json_each(struct span container);
bool json_next(struct json_iter *it, struct span *key, struct span *value);

/* True if the (escaped) member name reads as name. */
bool json_key_is(struct span key, const char *name);

/* Member `name` of an object: 1 found, 0 not there (or no object), -1 there twice. */
int json_get(struct span object, const char *name, struct span *value);

/* The same for several members in one walk: found is 1, 0 or -1, value the (last) one of that name. */
struct json_pick {
	const char *name;
	int found;
	struct span value;
};
void json_pick(struct span object, struct json_pick *want, size_t n);

/*
 * JSON Pointer (RFC 6901), with "*" for each element of an array or each
 * member of an object. json_walk() calls hit for every value found, until it
 * returns false; json_at() gives the first. Both false if there is none.
 */
bool json_walk(struct span doc, const char *pointer, bool (*hit)(void *ctx, struct span value), void *ctx);
bool json_at(struct span doc, const char *pointer, struct span *value);

/* NULL if pointer is well formed, else why not (static). */
const char *json_pointer_check(const char *pointer);

/* Appends the decoded string; false (nothing appended) if value is no string. May hold U+0000. */
bool json_decode(struct buf *out, struct span value);

/* The decoded string, caller frees; NULL if value is no string, or has U+0000 in it. */
char *json_text(struct span value);

/* json_text() of the object's member `name`; NULL also if it is missing or a duplicate. The caller frees. */
char *json_text_of(struct span object, const char *name);

/* A number as double; false if value is no number. For durations and counts, never for data. */
bool json_number(struct span value, double *out);

/* Appends a JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, struct span text);

/* The same without the quotes. */
void json_escape(struct buf *out, struct span text);

/*
 * A small object writer: json_open(b); json_raw(b, "id", v); json_close(b).
 * Names are ours: plain ASCII. json_raw() takes a checked value and puts it on
 * one line (white space between tokens goes if it holds a line end).
 */
void json_open(struct buf *b);
void json_raw(struct buf *b, const char *name, struct span value);
void json_str(struct buf *b, const char *name, struct span text);
void json_int(struct buf *b, const char *name, long long n);
void json_bool(struct buf *b, const char *name, bool v);
void json_close(struct buf *b);

/* Appends value with no line end in it, its tokens untouched. */
void json_oneline(struct buf *out, struct span value);

/*
 * Appends object with members set: replaced where they stand, else added at
 * the end. Every other byte is kept. A member with value.p == NULL is left as
 * it is; one with an empty value is taken out.
 */
struct json_member {
	const char *name;
	struct span value;
};
void json_splice(struct buf *out, struct span object, const struct json_member *set, size_t n);

/*
 * Members to set, for json_splice() and item_finish(). All zero is none. A
 * string is quoted and kept here; a raw value is borrowed until
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

/* Appends target with patch merged over it: JSON Merge Patch, RFC 7396. An empty target is {}. */
void json_merge(struct buf *out, struct span target, struct span patch);

/*
 * Appends doc with the value at pointer set. What is missing on the way is
 * made: an array where the next token is 0 or -, else an object. A scalar in
 * the way is replaced.
 */
void json_set(struct buf *out, struct span doc, const char *pointer, struct span value);

#endif
