/*
 * Where a source may come from: http and https URLs, own uploads
 * (gs://tc-serve/uploads/NAME), and files below the --media directories.
 * Nothing else reaches ffmpeg: no file:, concat:, subfile: or data: URL.
 */
#ifndef TC_SERVE_ENCODE_MEDIA_H
#define TC_SERVE_ENCODE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct media_root {
	int fd;
	char *real, *given; /* absolute: with links resolved, and as it was given (NULL: relative) */
};

struct media {
	struct media_root *roots;
	size_t n;
};

enum source_kind {
	SOURCE_WEB,     /* text is the URL */
	SOURCE_FILE,    /* it is open; text is what it is called */
	SOURCE_BUCKET,  /* gs:// or s3:// that is not ours: text is the URL */
	SOURCE_REFUSED, /* text says why */
};

struct source {
	enum source_kind kind;
	char *text; /* owned */
	int fd;     /* owned; -1: none */
	bool ours;  /* text is a path in our own directory */
};

/* Gives back what a source owns. */
void source_free(struct source *s);

/* Adds a root; NULL, or why not (errno text). */
const char *media_root(struct media *m, const char *dir);
void media_free(struct media *m);

/* The prefix of the URLs that uploads are given. */
#define UPLOAD_URL "gs://tc-serve/uploads/"

/*
 * What a request's source stands for. uploads is the directory of uploaded
 * files; whether an upload was confirmed is the caller's to know. A file must
 * exist, be a regular file, and lie below a root: it is opened from there,
 * name by name, and no name is used again. Give back with source_free().
 */
struct source media_source(const struct media *m, const char *uploads, const char *url);

/* True if name could be an upload's: letters, digits and - _ . but no leading dot. */
bool media_upload_name(const char *name);

#endif
