/* References in a playlist: only to files below the directory of the set's first playlist, at the
 * server and here. */
#ifndef TC_GET_REFERENCE_H
#define TC_GET_REFERENCE_H

#include <stdbool.h>

#include "base/buf.h"

struct reference {
	struct buf path;  /* below the set's directory */
	struct buf query; /* with its "?", as sent to the server; empty: none */
	struct buf here;  /* what our copy of the playlist says instead */
	bool kept;        /* which is the same */
};

/*
 * Read a name in a playlist that is in the directory `from` ("" or "v0/") of the
 * set. base: the URL of the set's directory, up to its last slash; NULL: the
 * playlist is our own copy. Return NULL, or why the name cannot be used (static).
 */
const char *reference_read(struct reference *r, struct span name, const char *base,
			   struct span from);
void reference_free(struct reference *r);

/* Append the URL of a path and query below base. */
void reference_url(struct buf *out, const char *base, const char *path, const char *query);

/* Return the length of a URL up to the last slash of its path; 0 if it has none. */
size_t reference_base(const char *url);

#endif
