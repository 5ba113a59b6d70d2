/*
 * The ffmpeg options that a request may name: codecs, rates, sizes, cuts and
 * plain filters. Anything that could open a file, a URL or a device is not
 * among them.
 */
#ifndef SERVE_OPTLIST_H
#define SERVE_OPTLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum optlist_side { OPTLIST_INPUT, OPTLIST_OUTPUT };

/*
 * options: a JSON array of {"option":"-crf","argument":"23"}, null or empty.
 * True if all may be used; else *why says which may not (appended).
 */
bool optlist_check(struct span options, enum optlist_side side, struct buf *why);

/* Calls add for each word of checked options: name with its dash, then argument if it takes one. */
void optlist_each(struct span options, void (*add)(void *ctx, const char *word), void *ctx);

#endif
