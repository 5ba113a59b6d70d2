/* The names in an HLS playlist (RFC 8216): of other playlists, segments, keys. */
#ifndef TC_GET_M3U8_H
#define TC_GET_M3U8_H

#include <stdbool.h>

#include "base/buf.h"

/* A playlist being read; zeroed but for its text, which is borrowed. */
struct m3u8 {
	struct span text;
	size_t at;
	bool variant, gap; /* what tags say of the next name */
	bool any;          /* it has a line that names a variant or a segment */
	bool media, ended; /* tags say that it lists segments, and that no more will come */
};

struct m3u8_name {
	struct span text; /* as it is written */
	bool playlist;    /* names another playlist */
};

/* Return true if the text begins as a playlist does. */
bool m3u8_is(struct span text);

/* Get the next name of something to fetch. Return false if there is no other. */
bool m3u8_next(struct m3u8 *m, struct m3u8_name *out);

/* Return true if a playlist that was read to its end has neither a variant nor a segment, and does
 * not say that they are still to come. */
bool m3u8_is_empty(const struct m3u8 *m);

/* Return true for the extension of a playlist. */
bool m3u8_ext(struct span ext);

#endif
