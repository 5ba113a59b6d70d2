/* What people call an item: the source that its line or record names. */
#ifndef TC_JSON_SOURCE_H
#define TC_JSON_SOURCE_H

#include <stdbool.h>

#include "base/buf.h"

/* Return the line that a value goes back to: of a record its input, of a record made from a record
 * that one's. */
struct span json_input(struct span value);

/*
 * Append the source that a checked JSON value names: a string is one; of a
 * record its input, of a request the member that holds a URL or a path.
 * False, and nothing appended, if it names none.
 */
bool json_source(struct buf *out, struct span value);

#endif
