/* Responses with the bytes of a file: its version, its range, and injected faults. */
#ifndef TC_SERVE_HTTP_DOWNLOAD_H
#define TC_SERVE_HTTP_DOWNLOAD_H

#include <stdbool.h>

struct call;
struct MHD_Response;

/* How the server deviates from the RFC, for --range. */
enum range_habit {
	RANGE_IGNORE = 1,        /* 200 and all of it */
	RANGE_EARLY = 2,         /* begins before the requested byte, and says so */
	RANGE_LATE = 4,          /* begins after it, and says so */
	RANGE_TOTAL = 8,         /* Content-Range has a size that is not the file's */
	RANGE_416 = 16,          /* 416 with that size */
	RANGE_NO_VALIDATOR = 32, /* no ETag */
	RANGE_WEAK = 64,         /* a weak one */
	RANGE_IF_RANGE = 128     /* 200 to If-Range, whatever is in it */
};

struct download_options {
	unsigned range;    /* several of enum range_habit */
	long change_after; /* number of downloads after which each file has other bytes; 0: never */
	bool checksums;    /* x-goog-hash, Repr-Digest, Content-MD5 */
	const char *disposition; /* the name in Content-Disposition, or NULL */
};

/* Add the habits of a list such as "early,no-validator" to *range. Return NULL, or what was
 * expected (static). */
const char *download_habits(unsigned *range, const char *text);

/* Respond with the regular file fd, which is taken over, or as --fault has it. */
void download_send(struct call *c, int fd, const char *type);

/* Make the response to a call with a file_fd, which it takes over. Return NULL if memory is out. */
struct MHD_Response *download_response(struct call *c);

#endif
