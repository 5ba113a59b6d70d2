/*
 * The ffmpeg options that a request may use: codecs, rates, sizes, cuts and
 * simple filters; nothing that could open a file, a URL or a device.
 */
#ifndef TC_SERVE_ENCODE_ALLOWLIST_H
#define TC_SERVE_ENCODE_ALLOWLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum allowlist_side { ALLOWLIST_INPUT, ALLOWLIST_OUTPUT };

/*
 * Check options, a JSON array of {"option":"-crf","argument":"23"}, null or empty.
 * Return true if all are allowed; otherwise append to *why which one is not.
 */
bool allowlist_check(struct span options, enum allowlist_side side, struct buf *why);

/*
 * Return true if a chain of filters uses only filters and options that read
 * nothing but the stream.
 */
bool allowlist_filter(const char *chain);

/*
 * Call add for each word of checked options: the name with its dash, then the
 * argument if there is one.
 */
void allowlist_each(struct span options, void (*add)(void *ctx, const char *word), void *ctx);

#endif
