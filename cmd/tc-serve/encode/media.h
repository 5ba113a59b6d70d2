/*
 * Sources: http and https URLs, our own uploads (gs://tc-serve/uploads/NAME),
 * and files below the --media directories. Nothing else reaches ffmpeg: no
 * file:, concat:, subfile: or data: URL.
 */
#ifndef TC_SERVE_ENCODE_MEDIA_H
#define TC_SERVE_ENCODE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct media_root {
	int fd;
	char *real,
		*given; /* absolute: with links resolved, and as given (NULL: that was relative) */
};

struct media {
	struct media_root *roots;
	size_t n;
};

enum source_kind {
	SOURCE_WEB,     /* text is the URL */
	SOURCE_FILE,    /* open as fd; text is its name */
	SOURCE_BUCKET,  /* another gs:// or s3:// URL: text is the URL */
	SOURCE_REFUSED, /* text says why */
};

struct source {
	enum source_kind kind;
	char *text; /* owned */
	int fd;     /* owned; -1: none */
	bool ours;  /* text is a path in our own directory */
};

/* Free what a source owns. */
void source_free(struct source *s);

/* Add a --media directory. Return NULL, or why it cannot be used (errno text). */
const char *media_root(struct media *m, const char *dir);
void media_free(struct media *m);

/* The prefix of the URLs of uploads. */
#define UPLOAD_URL "gs://tc-serve/uploads/"

/*
 * Resolve the source of a request. uploads is the directory of uploaded files;
 * the caller checks whether an upload was confirmed. A file must be a regular
 * file below a root; it is opened name by name, and never by name again. Free
 * with source_free().
 */
struct source media_source(const struct media *m, const char *uploads, const char *url);

/* Return true if name can be that of an upload: letters, digits and - _ . but no leading dot. */
bool media_upload_name(const char *name);

#endif
