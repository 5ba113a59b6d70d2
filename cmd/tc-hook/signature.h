/* Is an event the service's own? By the headers alone first, then with its body. */
#ifndef TC_HOOK_SIGNATURE_H
#define TC_HOOK_SIGNATURE_H

#include <stdint.h>

#include "service/profile.h"

/* Secrets as HMAC takes them; one of them must have made a signature. */
struct secrets {
	struct buf *v;
	size_t n;
};

/* The secrets of a profile whose events are signed: of a file, one a line, or (NULL) of the environment. Exits 78 if there is none. */
struct secrets secrets_load(const struct profile *p, const char *file);
void secrets_free(struct secrets *s);

/* The headers of an event that the profile names; NULL where it has none. Borrowed. */
struct signature {
	const char *header, *id, *time;
	const char *token; /* of the address that it came to */
};

/*
 * What the headers alone say against an event: NULL if it may be signed. now
 * is wall time; a signature may be as far from it as tolerance. Static text.
 */
const char *signature_wrong(const struct profile *p, const struct secrets *with, const struct signature *s, int64_t now,
			    int64_t tolerance);

/* NULL if one of the secrets signed this body so, else why not (static). */
const char *signature_forged(const struct profile *p, const struct secrets *with, const struct signature *s, struct span body);

#endif
