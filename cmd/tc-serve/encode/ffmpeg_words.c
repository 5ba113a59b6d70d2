/* Parts of command lines that files and playlists have in common. */
#include <string.h>

#include "encode/ffmpeg_playlist.h"

void
ffmpeg_words(struct strings *w, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		strings_fmt(w, "%.*s", (int)n, text);
		text += n + strspn(text + n, " ");
	}
}

void
ffmpeg_filters(struct buf *f, const struct rendition *r)
{
	if (r->width || r->height)
		buf_fmt(f, "scale=%d:%d", r->width ? r->width : -2, r->height ? r->height : -2);
	if (r->fps)
		buf_fmt(f, "%sfps=%d", r->width || r->height ? "," : "", r->fps);
}
