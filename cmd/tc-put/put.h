/*
 * tc-put: uploads the file of each line and writes a record with its URL.
 *
 *	line.c    reads a line: which file, its type, its key, where it goes
 *	source.c  the file: reads it, hashes it, notices that it changed
 *	step.c    which step comes next, by the profile's kind of upload
 *	call.c    the service's calls: start, more, finish, get, abort
 *	call_response.c  what the responses to those mean
 *	send.c    requests that carry bytes, or ask where they go on
 *	reply.c   what the answers to those mean
 *	bucket.c  --to: a bucket instead of the service
 *	multipart.c  S3's own upload in parts
 *	resume.c  what the ledger knows of an upload
 *	output.c  the record
 */
#ifndef TC_PUT_H
#define TC_PUT_H

#include <time.h>

#include "base/filehash.h"
#include "base/htab.h"
#include "base/keybook.h"
#include "base/work.h"
#include "http/http.h"
#include "service/service.h"

struct put_options {
	const char *type, *to, *start; /* -t, --to, -d */
	bool checksum, null;
	int64_t part_size, limit_rate, stall;
};
extern struct put_options put_options;

enum phase {
	PHASE_HASH,   /* --checksum: the file is hashed before anything is sent */
	PHASE_START,  /* the service is asked for an upload */
	PHASE_CREATE, /* a host is asked for a session or a tus upload */
	PHASE_OFFSET, /* a host is asked how much it has */
	PHASE_MORE,   /* the service is asked for the URLs of parts */
	PHASE_SEND,   /* bytes are sent: all of them, a part, or a chunk */
	PHASE_FINISH, /* the service is told that all bytes are there */
	PHASE_GET,    /* the service is asked what has become of the upload */
	PHASE_JOB,    /* the service is asked for the job that the upload made */
	PHASE_ABORT,  /* the service is told to forget it */
};

/* A regular file, identified by what it was when it was first looked at. */
struct source {
	int fd; /* -1: not open */
	int64_t size;
	struct timespec modified;
	struct filehash hash;
	char sha256[65]; /* empty: not known yet */
};

struct part {
	char *url, *etag; /* NULL: not known; not sent */
};

/* An upload as the service has it: what the ledger keeps of it. All owned. */
struct remote {
	char *id, *upload; /* of what is made; of the upload: {id} and {upload} */
	char *url;         /* where bytes go: a signed URL, a session */
	int64_t expires;   /* of the URL, wall time; NEVER: it does not say */
	bool begun;        /* there is one */
	bool session;      /* url is a session, not what makes one */
	bool sent;         /* all bytes are there, and it may have been finished */
	int64_t part_size; /* of kind parts */
	struct part *parts;
	size_t parts_n;
};

struct put;

struct upload {
	struct service_item step;
	struct put *put;
	struct record line;
	char *path, *absolute; /* as given, less file://; links resolved */
	char *type, *key;
	char *location; /* --to: the s3:// or gs:// address */
	enum upload_kind kind;
	enum phase phase;
	struct source source;
	struct remote remote;
	struct ledger_found claim;
	bool claimed, active;
	struct htab_node node; /* among those under way */
	int64_t began;

	/* the request under way */
	struct http_stream stream;
	struct strings headers;
	struct buf form, form_end; /* before and after the file's bytes */
	int64_t from, length;      /* of the file's bytes that the request carries */
	size_t part;               /* the part that it is, from 0 */
	bool whole;                /* all bytes have arrived */
	bool changed;              /* the file is not what it was */
	bool ending;               /* it has failed, with error */
	int64_t offset;            /* bytes that have arrived */
	int64_t shown;             /* of them: those that progress counts */
	unsigned tries, restarts, questions;
	bool unsure;          /* the answer to finish was lost */
	struct failure error; /* why it fails, once it was aborted */

	/* what comes out; all owned */
	char *url, *id, *status;
	int64_t expires;
	struct buf job;
};

struct put {
	struct service service; /* first: the flow's tool */
	const struct upload_profile *profile;
	struct work *work;
	struct bucket *bucket;  /* --to; or NULL */
	bool taken;             /* the bucket has taken something: its key is good */
	struct keybook objects; /* of --to, in this run */
	struct htab active;     /* uploads under way, by key */
	struct buf start;       /* -d, as JSON; empty: none */
};

/* upload.c: an item begins an upload, a service a run. */
struct upload *upload_of(struct service_item *it);
struct put *put_of(struct service *s);
void remote_plan(struct remote *r, int64_t size, int64_t part_size); /* has the parts of a file */
void remote_free(struct remote *r);
void upload_free(struct upload *u);

/* line.c */
void line_admit(struct service *s, struct service_item *it);
char *line_key(
	const struct upload *u); /* by content if its hash is known with --checksum; caller frees */

/* source.c */
bool source_look(struct upload *u, struct failure *e); /* a regular file? Sets size and time */
bool source_open(struct upload *u, struct failure *e);
bool source_changed(const struct source *s);
ssize_t source_read(struct source *s, int64_t at, char *p, size_t n);
void source_hash(struct upload *u, int64_t to); /* has a thread hash it up to there */
bool
source_hashed(struct upload *u); /* all of it: true, or it will be, and step_hashed() is called */
void source_tasks(struct put *p);
void source_close(struct source *s);

/* step.c */
void step_start(
	struct upload *u); /* its first step: from the beginning, or from what the ledger knows */
void step_go(struct upload *u, enum phase phase);
void step_later(struct upload *u, enum phase phase, int64_t due);
void step_started(struct upload *u); /* the service has answered start, or the host create */
void step_bytes(struct upload *u);   /* what follows what was sent */
void step_hashed(struct upload *u);
void step_restart(struct upload *u,
		  const struct failure *e); /* begins anew, if that does not go on for ever */
void step_fail(struct upload *u, const struct failure *e);

/* call.c */
void call_send(struct upload *u);

/* What the names in a profile's templates stand for. */
struct call_fills {
	struct template_value v[9];
	size_t n;
	struct buf size, total, part, numbers, parts;
};
void call_fills_make(const struct upload *u, struct call_fills *f);
void call_fills_free(struct call_fills *f);

/* call_response.c */
void call_answer(struct service *s, struct service_item *it, const struct call_result *a);
void call_read(struct upload *u, struct span doc); /* what a response says of the upload's end */

/* send.c */
void send_request(struct upload *u);
void send_tus_create(const struct upload *u,
		     struct buf *headers); /* the header lines that make a tus upload */

/* reply.c */
void reply_done(void *arg, const struct http_response *r);
void reply_refused(struct upload *u, const struct http_response *r); /* by its status */
void reply_say(struct upload *u, struct failure *e, const struct http_response *r, const char *code,
	       bool temporary);
void reply_try_again(struct upload *u, struct failure *e, int64_t asked); /* asked: microseconds */

/* multipart.c */
bool multipart_wanted(int64_t size); /* an object of so many bytes goes in parts */
bool multipart_is(const struct upload *u);
bool multipart_asks(const struct upload *u);     /* its next request carries no part */
char *multipart_url(const struct upload *u);     /* of its next request; caller frees */
const char *multipart_prepare(struct upload *u); /* its body, in u->form; the method */
void multipart_answer(struct upload *u, const struct http_response *r);

/* bucket.c */
void bucket_open(struct bucket **at); /* exits 64 or 78 if --to cannot be used */
void bucket_free(struct bucket *b);
bool bucket_place(struct upload *u, struct failure *e); /* sets location, kind and URL */
const char *bucket_target(const struct bucket *b);
void bucket_sign(const struct upload *u, struct http_stream *s, struct strings *headers);

/* resume.c */
bool resume_known(struct upload *u); /* an earlier run has done it: its record is out */
bool resume_claim(struct upload *u); /* false: the item goes another way */
void resume_note(struct upload *u);  /* what the service has of it now */
void resume_note_part(struct upload *u);
void resume_forget(struct upload *u);
void resume_failed(struct upload *u, const struct failure *e);
void resume_done(struct upload *u);

/* output.c */
void output_passed(struct upload *u); /* a source that needs no upload */
void output_known(struct upload *u);  /* an earlier run has done it */
void output_done(struct upload *u);
void output_failed(struct upload *u, const struct failure *e);
void output_bytes(struct upload *u, int64_t arrived, int64_t moved); /* for progress */

#endif
