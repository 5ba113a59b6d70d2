/*
 * The ffmpeg options that a request may name: codecs, rates, sizes, cuts and
 * plain filters. Anything that could open a file, a URL or a device is not
 * among them.
 */
#ifndef TC_SERVE_ENCODE_ALLOWLIST_H
#define TC_SERVE_ENCODE_ALLOWLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum allowlist_side { ALLOWLIST_INPUT, ALLOWLIST_OUTPUT };

/*
 * options: a JSON array of {"option":"-crf","argument":"23"}, null or empty.
 * True if all may be used; else *why says which may not (appended).
 */
bool allowlist_check(struct span options, enum allowlist_side side, struct buf *why);

/* True if a chain of filters names only those, and only those options of them, that read nothing but the stream. */
bool optlist_filter(const char *chain);

/* Calls add for each word of checked options: name with its dash, then argument if it takes one. */
void allowlist_each(struct span options, void (*add)(void *ctx, const char *word), void *ctx);

#endif
