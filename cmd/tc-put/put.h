/*
 * tc-put: uploads the file of each line and writes a record with its URL.
 *
 * From the top down; a file calls only those below it:
 *
 *	main.c             an item's way through the run
 *	reply.c            the responses of hosts that take bytes
 *	call_response.c    the responses to the service's calls
 *	multipart_reply.c  the responses to S3's own requests
 *	refusal.c          the responses that refuse bytes
 *	step.c             the next step, by the profile's kind of upload
 *	line.c             reading a line: its file, type and key, and where it goes
 *	call.c, send.c     the service's calls; requests to where bytes go
 *	output.c           the record
 *	resume.c           what the ledger knows about an upload: decides, does nothing
 *	bucket.c           --to: a bucket instead of the service
 *	multipart.c        S3's own upload in parts
 *	fills.c            the values of names in templates
 *	upload.c           an upload in memory
 *	source.c           the file: reading and hashing it, and whether it changed
 *	options.c          the options
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
extern const struct opt put_option_table[];

enum phase {
	PHASE_HASH,   /* --checksum: hash the file before anything is sent */
	PHASE_START,  /* ask the service for an upload */
	PHASE_CREATE, /* ask a host for a session or a tus upload */
	PHASE_OFFSET, /* ask a host how many bytes it has */
	PHASE_MORE,   /* ask the service for the URLs of parts */
	PHASE_SEND,   /* send bytes: all of them, a part, or a chunk */
	PHASE_FINISH, /* tell the service that all bytes are there */
	PHASE_GET,    /* ask the service for the state of the upload */
	PHASE_JOB,    /* ask the service for the job that the upload made */
	PHASE_ABORT,  /* tell the service to drop the upload */
};

/* A regular file, identified by its size and time when it was first looked at. */
struct source {
	int fd; /* -1: not open */
	int64_t size;
	struct timespec modified;
	struct filehash hash;
	char sha256[65]; /* empty: not known yet */
};

struct part {
	char *url, *etag; /* NULL: unknown; not sent */
};

/* The service's side of an upload, which the ledger keeps. All owned. */
struct remote {
	char *id, *upload; /* {id}, of what the upload makes; {upload}, its own id */
	char *url;         /* where bytes go: a signed URL, a session */
	int64_t expires;   /* of the URL, wall time; NEVER: unknown */
	bool begun;        /* the upload exists */
	bool session;      /* url is a session, not the URL that makes one */
	bool sent;         /* all bytes were sent, and it may be finished */
	int64_t part_size; /* of the kind "parts" */
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
	struct htab_node node; /* in put.active */
	int64_t began;

	/* the request under way */
	struct http_stream stream;
	struct strings headers;
	struct buf form, form_end; /* before and after the file's bytes */
	int64_t from, length;      /* the file's bytes that the request carries */
	size_t part;               /* the part that they are, from 0 */
	bool whole;                /* all bytes have arrived */
	bool changed;              /* the file has changed */
	bool ending;               /* failed, with error */
	int64_t offset;            /* bytes that have arrived */
	int64_t given, best;       /* bytes that its host may have got; the most that any had */
	int64_t shown;             /* those of them that progress counts */
	unsigned tries, restarts, throttles, questions;
	int64_t throttled;    /* since when its host answers 429, monotonic; or 0 */
	bool unsure;          /* the response to the finish was lost */
	struct failure error; /* why it fails */

	/* members of the record; all owned */
	char *url, *id, *status;
	int64_t expires;
	struct buf job;
};

struct put {
	struct service service; /* first: the flow's tool */
	const struct upload_profile *profile;
	struct work *work;
	struct bucket *bucket;  /* --to; or NULL */
	bool taken;             /* the bucket accepted a request: its key is good */
	struct keybook objects; /* of --to: names used in this run */
	struct htab active;     /* uploads under way, by key */
	struct buf start;       /* -d, as JSON; empty: none */
};

/* upload.c. Return the upload of an item, and the run of a service. */
struct upload *upload_of(struct service_item *it);
struct put *put_of(struct service *s);

/* Lay out the parts of a file of `size` bytes; none has a URL or an ETag yet. */
void remote_plan(struct remote *r, int64_t size, int64_t part_size);

/* Free what they own. The remote is empty afterwards. */
void remote_free(struct remote *r);
void upload_free(struct upload *u);

/* line.c. Read the item's line, and schedule its upload or end the item. */
void line_admit(struct service *s, struct service_item *it);

/* Return the key of the upload in the ledger, which depends on the content with --checksum, once
 * its hash is known. The caller frees. */
char *line_key(const struct upload *u);

/* source.c. Set the size and time of the file. Return false with e set if it is not a regular file.
 */
bool source_look(struct upload *u, struct failure *e);

/* Open the file. Return false with e set if that fails or the file has changed. */
bool source_open(struct upload *u, struct failure *e);

/* Return true if the open file has changed. */
bool source_changed(const struct source *s);

/* Read n bytes from byte `at`, fewer at the end. Return their number, or -1 with errno. */
ssize_t source_read(struct source *s, int64_t at, char *p, size_t n);

/* Hash the bytes just read at byte `at`, or have a thread read the file up to there. */
void source_hash(struct upload *u, int64_t at, const char *bytes, size_t n);

/* Return true if the whole file is hashed; else a task does it, and source_task() returns it. */
bool source_hashed(struct upload *u);

/* Return an upload whose hashing task has run, or NULL. */
struct upload *source_task(struct put *p);
void source_close(struct source *s);

/* step.c. Choose the first step: a new upload, or the continuation of one in the ledger. */
void step_start(struct upload *u);

/* Take this step next: now, or when it is due (monotonic). */
void step_go(struct upload *u, enum phase phase);
void step_later(struct upload *u, enum phase phase, int64_t due);

/* Go on after the upload was created by the service's start call or by the host. */
void step_started(struct upload *u);

/* The host has this many bytes: if they are more than ever, count failures from 0 again. */
void step_progress(struct upload *u, int64_t has);

/* Go on after bytes were accepted. */
void step_bytes(struct upload *u);

/* Go on after a hashing task has run. */
void step_hashed(struct upload *u);

/* Start over, unless that was done too often or could make a second job: then fail with e. */
void step_restart(struct upload *u, const struct failure *e);

/* Fail the upload, after an abort if the service has one to drop. */
void step_fail(struct upload *u, const struct failure *e);

/* fills.c. The values of the names in a profile's templates. */
struct fills {
	struct template_value v[9];
	size_t n;
	struct buf size, total, part, numbers, parts;
};
void fills_make(const struct upload *u, struct fills *f);
void fills_free(struct fills *f);

/* call.c. Make the service's call for the upload's phase. */
void call_send(struct upload *u);

/* call_response.c. Go on after a call: the `done` of struct service_tool. */
void call_answer(struct service *s, struct service_item *it, const struct call_result *a);

/* Take the source's URL, its expiry and the job's id from a response. */
void call_read(struct upload *u, struct span doc);

/* send.c. Send the request for the upload's phase to where its bytes go; done gets the upload. */
void send_request(struct upload *u, void (*done)(void *arg, const struct http_response *r));

/* Append the header lines that create a tus upload. */
void send_tus_create(const struct upload *u, struct buf *headers);

/* reply.c. Go on after such a request: the `done` of its stream; arg is the upload. */
void reply_done(void *arg, const struct http_response *r);

/* refusal.c. Handle a response whose status is an error. */
void refusal_of(struct upload *u, const struct http_response *r);

/* Set e to a failure that names the host and gives the status and text of the response. */
void refusal_say(struct upload *u, struct failure *e, const struct http_response *r,
		 const char *code, bool temporary);

/*
 * Schedule another try, or fail with e after the last one. asked: the delay
 * that the response asked for, microseconds, or -1.
 */
void refusal_retry(struct upload *u, struct failure *e, int64_t asked);

/* multipart.c. Return true if an object of this size is sent in parts. */
bool multipart_wanted(int64_t size);

/* Return the part size: as asked, or larger, in whole MiB, if that would make too many parts. */
int64_t multipart_part_size(int64_t size);

/* Return true for an upload in parts to S3. */
bool multipart_is(const struct upload *u);

/* Return true if its next request carries no part. */
bool multipart_asks(const struct upload *u);

/* Return the URL of its next request. The caller frees. */
char *multipart_url(const struct upload *u);

/* Put the body of its next request into u->form, and return the method. */
const char *multipart_prepare(struct upload *u);

/* multipart_reply.c. Go on after a request that carried no part. */
void multipart_reply(struct upload *u, const struct http_response *r);

/* bucket.c. Read --to and the keys from the environment. Exit 64 or 78 if they cannot be used. */
void bucket_open(struct bucket **at);
void bucket_free(struct bucket *b);

/*
 * Set the location, kind and URL of an upload. Return false with e set if the
 * file's name cannot be a key.
 */
bool bucket_place(struct upload *u, struct failure *e);

/* Return what identifies the bucket's service: its endpoint, its region, or "gs". */
const char *bucket_target(const struct bucket *b);

/* Set how a request is signed, and add its headers. */
void bucket_sign(const struct upload *u, struct http_stream *s, struct strings *headers);

/*
 * resume.c. Return true if the file was uploaded, as the ledger says. The
 * upload then has what its record needs: end it with output_known().
 */
bool resume_known(struct upload *u);

/* Claim the upload, and take over what an earlier run sent. */
enum resume {
	RESUME_OURS, /* to be sent, from u->offset on */
	RESUME_BUSY, /* another process sends it: look again later */
	RESUME_DONE, /* as resume_known() */
};
enum resume resume_claim(struct upload *u);

/* Record the state of the upload at the service; that a part was sent; that the upload is gone. */
void resume_note(struct upload *u);
void resume_note_part(struct upload *u);
void resume_forget(struct upload *u);

/* Record that the upload failed, or is done. */
void resume_failed(struct upload *u, const struct failure *e);
void resume_done(struct upload *u);

/* output.c. End the item: a source that needs no upload; one that an earlier run uploaded; one that
 * was uploaded now; one that failed. */
void output_passed(struct upload *u);
void output_known(struct upload *u);
void output_done(struct upload *u);
void output_failed(struct upload *u, const struct failure *e);

/* Tell progress how many bytes have arrived, and how many were sent just now. */
void output_bytes(struct upload *u, int64_t arrived, int64_t moved);

#endif
