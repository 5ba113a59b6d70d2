/* What a playlist may name, and where that is: below the address of the set's first playlist, there
 * and here. */
#ifndef TC_GET_REFERENCE_H
#define TC_GET_REFERENCE_H

#include <stdbool.h>

#include "base/buf.h"

struct reference {
	struct buf path;  /* below the set's directory */
	struct buf query; /* with its "?", as it goes to the server; empty: none */
	struct buf here;  /* what the playlist is to say for it here */
	bool kept;        /* which is what it says */
};

/*
 * Reads a name of a playlist in the directory `from` below the set's ("", or "v0/").
 * base: the address of the set's directory, up to its last slash; NULL: the set
 * is here, and names as we write them are good. Returns NULL, or why the name
 * cannot be used (static).
 */
const char *reference_read(struct reference *r, struct span name, const char *base,
			   struct span from);
void reference_free(struct reference *r);

/* Appends the address of what has this path and query below base. */
void reference_url(struct buf *out, const char *base, const char *path, const char *query);

/* The length of a URL's directory: up to the last slash of its path; 0 if it has none. */
size_t reference_base(const char *url);

#endif
