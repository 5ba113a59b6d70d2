/* The names in an HLS playlist (RFC 8216): of other playlists, segments, keys. */
#ifndef TC_GET_M3U8_H
#define TC_GET_M3U8_H

#include <stdbool.h>

#include "base/buf.h"

/* A playlist being read; zeroed but for its text, which is borrowed. */
struct m3u8 {
	struct span text;
	size_t at;
	bool variant, gap; /* what tags have said of the next name */
};

struct m3u8_name {
	struct span text; /* as it is written */
	bool playlist;    /* of another playlist */
};

/* Does the text begin as a playlist does? */
bool m3u8_is(struct span text);

/* The next name of something to fetch. False: there is no other. */
bool m3u8_next(struct m3u8 *m, struct m3u8_name *out);

/* Does the path of a URL, or a name, end as playlists' do? */
bool m3u8_ext(struct span ext);

#endif
