/* clang-format off: it would join the lines of the table */
/*
 * fileserver: serves files on 127.0.0.1, with faults if the path asks for them. Prints
 * its URL; a line a request goes to stderr: method, path, Range, If-Range,
 * Authorization, status, bytes sent. Ends by a signal.
 *
 *	fileserver
 *	fileserver --print SPEC	the bytes of such a file on stdout
 *
 * A path is /SPEC/NAME or /SPEC/DIR/NAME; SPEC is words between commas:
 *	size=N seed=N		what is in it: N bytes (1000), of that kind
 *	then=N from=K		another seed from the Kth request for it on
 *	etag=strong|weak|none|same   modified=none
 *	range=ignore|early|late|total|plain|less|parts|done   206: not at all, from an
 *				earlier or later byte, of another size, whatever If-Range says,
 *				with more bytes than it says, in parts; 416: there is no more
 *	cut=N hang=N reset=N	N bytes, then the connection closes, hangs, is reset
 *	longer=N shorter=N	than the Content-Length says it is
 *	wrong			other bytes than the checksums are of
 *	status=N retry=N	instead of it; Retry-After
 *	code=CODE		with that status, an error as S3 says it
 *	first=K			what is in this line and the three before: only the first K requests
 *	after=K			the same: only from the Kth on
 *	rate=N			N KiB a second on each connection
 *	goog md5 digest amz	checksums of it
 *	gzip chunked		as headers say
 *	type=T			Content-Type, with + for /
 *	file|https|loop		redirects
 *	text=NAME		what the file NAME in the current directory holds
 *	tree=DIR		what the rest of the path names below DIR, in the current directory;
 *				404 if that is nothing
 *	session=HOW		an upload by tus, or of size=N bytes in a session: the host keeps
 *				to it (so), forgets the bytes at each second request, is gone after
 *				the first, says that it has one more or all, or is done after each
 *	only=TEXT		faults apply only to paths with TEXT after SPEC
 */
/* clang-format on */
#ifndef TC_FILESERVER_H
#define TC_FILESERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { PIECE = 16 << 10 };

/* spec.c. Return what follows the "=" of a word of the spec; NULL if it does not have the word. */
const char *word(const char *spec, const char *name);
long long number(const char *spec, const char *name, long long otherwise);
bool is(const char *spec, const char *name, const char *value);

/* content.c. What is in a file. */
struct content {
	long long size;
	unsigned long long seed;
	struct buf text;
	bool missing;
};

/* Set what is in the file at its nth request. */
void content_of(struct content *c, const char *spec, int n);

/* Set n bytes from byte `at`. */
void fill(const struct content *c, long long at, char *p, size_t n);

/* Append the headers with checksums that the spec asks for. */
void add_sums(struct buf *b, const char *spec, const struct content *c);

/* response.c. A response's status, bytes and head. */
struct response {
	int status;
	long long from, to; /* the bytes [from, to) */
	struct buf head;
};

void redirect(struct response *a, const char *spec);

/* Append the body of a refusal, with its length. */
void refusal(struct response *a, const char *spec);

/* Choose the status and the bytes, and begin the head; end it. */
void decide(struct response *a, const char *spec, const struct content *c, const char *range,
	    const char *if_range);
void finish_head(struct response *a, const char *spec, const struct content *c, bool bad);

/* session.c. Read the body of a request, of which `there` bytes were read with its head. Return its
 * length. */
long long take_body(int fd, const char *head, size_t there);

/* Answer a request of an upload, whose body had that many bytes. */
void session(struct response *a, const char *spec, const char *head, long long body);

#endif
