/*
 * The jobs of fakeapi: both services' calls on a table in memory. Words in a
 * source decide how its job ends:
 *
 *	reject400        refused when it is created
 *	fail cancel cancelled partial blocked   ends that way
 *	unknownstatus    has an unknown status until it ends
 *	pollsN           ends at the Nth poll (default: --polls)
 *	oddid            gets an id that must be escaped in a URL
 *	bucket           its output is in the user's bucket
 *	two              has two outputs
 *	gone             its file is missing
 *
 * JSON is read with strstr(3): this shares no code with what it tests but
 * growing buffers.
 */
#ifndef TC_FAKEAPI_JOBS_H
#define TC_FAKEAPI_JOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

extern size_t jobs_n;          /* how many have been created */
extern unsigned default_polls; /* a job ends at this poll */
extern char self_url[64];      /* of the first port */

bool has(const char *text, const char *word);

/* Return the text of "name": "..." in a body, with its escapes, or NULL. The caller frees. */
char *string_after(const char *body, const char *name);

/* Carry out a call and append the body of its response. Return the HTTP status. */
int create_job(struct buf *b, const char *body, bool connect);
int no_job(struct buf *b);
int get_job(struct buf *b, const char *id);
int cancel_job(struct buf *b, const char *id, bool deletes);
int download_job(struct buf *b, const char *id);
int list_micro(struct buf *b, const char *path);
int list_connect(struct buf *b, const char *body);

/* Return the largest number of jobs of one source. */
size_t most_per_source(void);

void jobs_free(void);

#endif
