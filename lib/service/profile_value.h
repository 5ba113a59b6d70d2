/*
 * Members of a profile read into C values, the table of all members, and
 * problems. After a problem a function returns an empty text, 0 or its minimum.
 */
#ifndef TC_SERVICE_PROFILE_VALUE_H
#define TC_SERVICE_PROFILE_VALUE_H

#include "service/profile.h"

enum profile_kind {
	PROFILE_TEXT,     /* char * */
	PROFILE_HEADER,   /* char *, the name of a header */
	PROFILE_POINTER,  /* char *, a JSON Pointer */
	PROFILE_POINTERS, /* struct strings of JSON Pointers */
	PROFILE_WORDS,    /* struct strings */
	PROFILE_CHOICE,   /* int: which of the words that the row lists */
	PROFILE_STATUSES, /* struct numbers */
	PROFILE_DURATION, /* int64_t */
	PROFILE_COUNT,    /* long, at least 1 */
	PROFILE_FACTOR,   /* double, at least 1 */
	PROFILE_BYTES,    /* double, a whole number of bytes, at least 1 */
	PROFILE_PATH,     /* char *: a path; words: the names that it may have in braces */
	PROFILE_JSON,     /* char *, any JSON value */
	PROFILE_OBJECT,   /* read by a function of its own, as are those below */
	PROFILE_LIST,
	PROFILE_WORD, /* a string, one of words if there are any */
};

/* A member that a profile may have. */
struct profile_member {
	const char *at; /* its pointer */
	enum profile_kind kind;
	size_t to;         /* where it goes in struct profile */
	const char *words; /* "a|b": what it may be, or NULL */
	const char *about; /* one line for people */
};

/* Every member, ending in a row without a pointer. */
extern const struct profile_member profile_members[];

/* The profile being read. */
struct profile_reader {
	const char *from;
	struct profile *p;
	struct span doc;
	struct profile_problems *bad;
};

/* Add a problem. `at` is the pointer of the value, or "" for the whole profile; only the first
 * problem of a pointer is kept. */
void profile_error(const struct profile_reader *r, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a problem if this is not the name of a header. */
void profile_header(const struct profile_reader *r, const char *at, struct span name);

/* The same for a header of requests; also if it is one that each request has of its own. */
void profile_header_sent(const struct profile_reader *r, const char *at, struct span name);

/* Add a problem if this is not an HTTP method. NULL, for a call without one, is accepted. */
void profile_method(const struct profile_reader *r, const char *at, const char *method);

/* Return a string, or a JSON Pointer in one. The caller frees. */
char *profile_text(const struct profile_reader *r, const char *at, struct span v);
char *profile_pointer(const struct profile_reader *r, const char *at, struct span v);

/* Read a list of strings, or of JSON Pointers; one string alone is a list of one. */
void profile_strings(const struct profile_reader *r, const char *at, struct span v,
		     struct strings *to, bool pointers);

/* Return which of "a|b|c" the value is, from 0. */
int profile_choice(const struct profile_reader *r, const char *at, struct span v,
		   const char *words);

/* Return a number of at least `least`. */
double profile_number(const struct profile_reader *r, const char *at, struct span v, double least);

/* Return a whole number of bytes, at least 1. */
double profile_bytes(const struct profile_reader *r, const char *at, struct span v);

/* Read a list of HTTP statuses. */
void profile_numbers(const struct profile_reader *r, const char *at, struct span v,
		     struct numbers *to);

/* Return a duration such as "30s" in microseconds. */
int64_t profile_duration(const struct profile_reader *r, const char *at, struct span v);

/* Read an object of strings into a list of lines "name: value"; headers: the names are headers'. */
void profile_lines(const struct profile_reader *r, const char *at, struct strings *to,
		   bool headers);

/*
 * profile_upload.c: read the members of /upload that are objects or lists, and
 * check that they are consistent.
 */
void profile_upload(const struct profile_reader *r);

/* profile_words.c: read /request/words, /request/with and /request/source/only. */
void profile_words(const struct profile_reader *r);

/* profile_sections.c: read the other members that are objects or lists. */
void profile_parts(const struct profile_reader *r);

/* profile_complete.c: check for required members, fill in defaults, and refuse contradictions. */
void profile_complete(const struct profile_reader *r);

#endif
