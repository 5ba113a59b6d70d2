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
};

struct m3u8_name {
	struct span text; /* as it is written */
	bool playlist;    /* names another playlist */
};

/* Return true if the text begins as a playlist does. */
bool m3u8_is(struct span text);

/* Get the next name of something to fetch. Return false if there is no other. */
bool m3u8_next(struct m3u8 *m, struct m3u8_name *out);

/* Return true for the extension of a playlist. */
bool m3u8_ext(struct span ext);

#endif
