/* Verifies that an event comes from the service: first by its headers alone, then with its body. */
#ifndef TC_HOOK_SIGNATURE_H
#define TC_HOOK_SIGNATURE_H

#include <stdint.h>

#include "service/profile.h"

/* Decoded secrets; a signature must match one of them. */
struct secrets {
	struct buf *v;
	size_t n;
};

/*
 * Load the secrets of a profile whose events are signed, from the file (one per
 * line) if it is not NULL, else from the environment. Exit 78 if neither has
 * one.
 */
struct secrets secrets_load(const struct profile *p, const char *file);
void secrets_free(struct secrets *s);

/* The headers of an event that the profile names; NULL if one is missing. Borrowed. */
struct signature {
	const char *header, *id, *time;
	const char *token; /* in the URL that it was sent to */
};

/*
 * Check the headers alone. Return NULL if the signature may be valid, else why
 * it is not (static). now is wall time; the signature's time may differ from it
 * by up to tolerance.
 */
const char *signature_check_headers(const struct profile *p, const struct secrets *with,
				    const struct signature *s, int64_t now, int64_t tolerance);

/* Verify the signature with the body. Return NULL if it is valid, else why not (static). Compares
 * in constant time. */
const char *signature_verify(const struct profile *p, const struct secrets *with,
			     const struct signature *s, struct span body);

#endif
