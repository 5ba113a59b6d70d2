/* Shared by ffmpeg.c and ffmpeg_playlist.c. */
#ifndef TC_SERVE_ENCODE_FFMPEG_PLAYLIST_H
#define TC_SERVE_ENCODE_FFMPEG_PLAYLIST_H

#include <stdbool.h>

#include "encode/codec.h"

/*
 * Add the options for HLS or DASH. Files are named relative to the directory of
 * path, in which ffmpeg must run. Return false, and append to *why, if the
 * source does not suffice.
 */
bool ffmpeg_playlist(struct strings *w, const struct plan *p, const struct type *type,
		     const char *path, struct buf *why);

/* Add the words of "-crf 23 -preset fast", which have no spaces. */
void ffmpeg_words(struct strings *w, const char *text);

/* Append filters for the size and frame rate of a rendition; nothing if they are the source's. */
void ffmpeg_filters(struct buf *f, const struct rendition *r);

#endif
