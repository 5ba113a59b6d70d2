/* The source that a line or record names, by which messages call the item. */
#ifndef TC_JSON_SOURCE_H
#define TC_JSON_SOURCE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Return the input line from which a value was made: of a record its input,
 * followed through records made from records.
 */
struct span json_input(struct span value);

/*
 * Append the source that a checked JSON value names: a string itself, the input
 * of a record, or the member of a request that holds a URL or a path. Return
 * false, with nothing appended, if it names no source.
 */
bool json_source(struct buf *out, struct span value);

#endif
