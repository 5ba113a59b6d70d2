/*
 * Values of a profile as C has them. What is wrong ends the program with
 * status 78 and one line that names the file and the pointer.
 */
#ifndef TC_SERVICE_PROFILE_VALUE_H
#define TC_SERVICE_PROFILE_VALUE_H

#include "service/profile.h"

/* The profile being read, for messages. */
struct profile_reader {
	const char *from;
	struct profile *p;
	struct span doc;
};

/* `at` is the value's pointer, or "" for the whole profile. */
void profile_error(const struct profile_reader *r, const char *at, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* The caller frees what is returned. */
char *profile_text(const struct profile_reader *r, const char *at, struct span v);
char *profile_pointer(const struct profile_reader *r, const char *at, struct span v);

/* A list of strings; one string alone is a list of one. */
void profile_strings(const struct profile_reader *r, const char *at, struct span v, struct strings *to, bool pointers);

double profile_number(const struct profile_reader *r, const char *at, struct span v, double least);

/* A whole number of bytes, at least 1. */
double profile_bytes(const struct profile_reader *r, const char *at, struct span v);

/* HTTP statuses. */
void profile_numbers(const struct profile_reader *r, const char *at, struct span v, struct numbers *to);

/* Microseconds. */
int64_t profile_duration(const struct profile_reader *r, const char *at, struct span v);

/* A list of "name: value" out of an object of texts. */
void profile_lines(const struct profile_reader *r, const char *at, struct strings *to);

/* profile_upload.c: what of /upload is more than one value, and what goes together there. */
void profile_upload(const struct profile_reader *r);

/* profilepart.c: the members that are more than one value. */
void profile_parts(const struct profile_reader *r);

#endif
