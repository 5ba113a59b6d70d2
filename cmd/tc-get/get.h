/*
 * tc-get: fetches the outputs of jobs. The service is asked for the URLs of a
 * line's job, unless the line has them. Each file is written to a part (part.h),
 * checked against the sums that the server gives (verify.h), and renamed.
 *
 *	line.c    a line: what to fetch, and where its names come from
 *	options.c the options; files.c: files and jobs in memory
 *	queue.c   whose turn it is: at most -j files at a time
 *	fetch.c   one file's request, its bytes, and its end
 *	open.c    its name (claims.c) and part; refusal.c: requests that failed
 *	range.c   whether a response continues the bytes that are there
 *	split.c   --split: the pieces of a large file
 *	part.c    a file being fetched; note.c: the note beside it
 *	gaps.c    bytes of a part after its first gap; bytes.c: writing
 *	object.c  s3:// and gs:// URLs
 *	set.c     a playlist, and (set_names.c) the files that it names
 *	tally.c   files and bytes, for progress
 *	sync.c    durability and names of small files, in groups
 *	flush.c   durability of large ones
 *	hashing.c hashes of files
 *	finish.c  checks, and the end of a file; publish.c: its name
 *	record.c  records; known.c: what the ledger knows
 */
#ifndef TC_GET_GET_H
#define TC_GET_GET_H

#include <stddef.h>

#include "base/htab.h"
#include "base/work.h"
#include "http/storage.h"
#include "part.h"
#include "service/resolve.h"
#include "sync.h"
#include "verify.h"

enum exists { EXISTS_FAIL, EXISTS_SKIP, EXISTS_REPLACE };

struct get_options {
	const char *template, *dir;
	enum exists exists;
	bool alone; /* fetch a playlist without the files that it names */
	int64_t max_size, limit_rate, stall;
	long jobs, split;
};
extern struct get_options get_options;
extern const struct opt get_option_table[];

enum file_state {
	FILE_QUEUED,   /* waits for a free slot */
	FILE_LATER,    /* waits until it is due */
	FILE_ASKING,   /* the service is asked for a new URL */
	FILE_MOVING,   /* is being transferred */
	FILE_CHECKING, /* is complete, and being hashed and synced */
	FILE_READY,    /* verified and durable: can be renamed */
	FILE_HELD,     /* waits for other files of its set */
	FILE_WHOLE,    /* a set's playlist to be written: the first, after all other files */
	FILE_DONE,
};

struct job;
struct set;

struct file {
	struct job *job;
	struct get *get;
	size_t n; /* number among the job's outputs, from 1 */
	enum file_state state;
	struct file *prev, *next; /* in the list of its state */

	char *path; /* below -C; NULL: not known yet */
	struct part part;
	struct expect expect;
	bool checked_once; /* it did not match its sums once before */
	bool meddled;      /* another program changed its part */
	bool listed;       /* in the list of its state */
	bool replace;      /* the file that has its name is replaced */
	bool skipped;      /* the file that has its name is kept */
	bool named;        /* it has its name */
	enum naming naming;
	int name_errno;    /* why it could not be named; 0: no failure */
	int64_t skip_size; /* of the file that has its name; -1 if no file has it */
	int64_t size;      /* set once it is complete */
	char sha256[65];   /* likewise; empty: not known */

	/* as counted for progress (tally.h) */
	bool tallied;
	int64_t tally_bytes, tally_size; /* size -1: not known */

	/* of a set (set.h): a playlist and the files that it names */
	struct set *set;       /* NULL: in none */
	struct file *named_by; /* the playlist that names it; NULL: it is the first */
	struct htab_node by_name;
	char *below, *query;  /* its path below the set's directory; what else goes into its URL, or
				 NULL */
	struct buf url, text; /* its URL; a playlist's bytes */
	bool playlist,
		read; /* is a playlist; which was read, and is in text as it will be written */

	/* the request under way */
	struct http_stream stream;
	struct buf range, if_range;
	const char *headers[5];
	struct buf object;   /* the HTTP URL of an s3:// or gs:// URL */
	int64_t asked_from;  /* first byte requested; -1: all, without Range */
	int64_t ends;        /* where the bytes of the response end, as its head says */
	bool begun, again;   /* its response was judged; and must be requested again */
	bool can_split;      /* the response has what --split needs */
	bool met;            /* it has reached the begin of another range */
	struct split *split; /* NULL: never split */
	/* goes on after all requests of a split file; lost->code: its own request failed */
	void (*rest)(struct file *f, struct failure *lost);
	unsigned url_age; /* job->answers when the request was sent */
	struct failure error;

	unsigned tries, restarts, throttles; /* failures, fresh starts and 429 in a row */
	int64_t mark;                        /* the most bytes it had when it last made progress */
	int64_t due, began, throttled;       /* monotonic; since when its host answers 429, or 0 */
	int64_t taken_over;                  /* bytes that an earlier run fetched */

	/* hashing, by another thread */
	struct task task;
	struct hash *hash;
	int64_t hashed, hash_to; /* bytes hashed; and to be hashed when the task has run */
	bool hashing, hash_anew, last_task;
	struct hash_sums sums;
	const char *unmet; /* the header that the sums do not match */
	int hash_errno, sync_errno;

	/* durability of a large file, by another thread (flush.c) */
	struct task flush;
	int64_t flush_to;    /* bytes that are durable when the task has run */
	unsigned flush_cuts; /* part.cuts when it was posted */
	bool flushing;
	int flush_errno;
};

struct job {
	struct service_item step;
	struct get *get;
	struct record line;
	struct job *prev, *next; /* in the queue of jobs that wait for their turn */
	bool queued, begun, resolving, ending, succeeded; /* succeeded: its record says so */
	bool expected;                                    /* progress counts it as one file */
	bool foreign; /* another provider's, which cannot be asked about it */
	char *id;     /* NULL: a bare URL */
	char *name;   /* identifies it in parts and the ledger: its id, or its URL without query */
	char *source; /* what file names are made from */
	char *key;
	int64_t made; /* wall time, 0: not known */
	struct outputs out;
	struct file **files;
	size_t files_n;       /* the job's outputs, and the files of their sets */
	size_t outputs, open; /* outputs in files; those not done */
	unsigned resolves;    /* in a row without progress */
	unsigned answers;     /* how often the service gave its URLs */
	int64_t resolved;     /* when the service last gave them, wall time; 0: never */
	struct job *settled;  /* the next in the list of complete jobs */
	int64_t began;        /* monotonic */
	struct failure error;
};

/* A URL that expires within EXPIRES_SOON seconds is asked for again. The note of a part is first
   written after NOTE_AFTER: a small file is complete before. */
enum { EXPIRES_SOON = 60 };

/* Files of up to SMALL_FILE bytes are hashed at once, and made durable in groups. */
enum { SMALL_FILE = 256 << 10 };

#define NOTE_AFTER (100 * MILLISECOND)

/* Files in one state, in the order in which they came. */
struct files {
	struct file *first, *last;
	size_t n;
};

/* The keys of S3 or Google, read when first needed. */
struct object_keys {
	bool open;
	struct storage storage;
	struct buf why; /* why they could not be read */
};

struct get {
	struct service service; /* first: the flow's tool */
	struct tree tree;
	struct htab claims;
	struct work *work;
	struct sync sync;
	struct object_keys keys[2];         /* S3's, Google's */
	struct job *jobs_first, *jobs_last; /* waiting for their turn */
	struct files queued, later, moving, checking, ready;
	struct files asking, whole;
	size_t checking_most;   /* limit of files being checked; they are open */
	size_t resolving;       /* jobs whose URLs are being asked for */
	struct job *settled;    /* complete jobs whose names are not durable yet */
	size_t sized;           /* files whose size is known */
	int64_t sizes;          /* the sum of their sizes */
	size_t pieces, resting; /* of split files: requests for pieces; files without their own */
	bool full;              /* the disk is full: the run ends */
	bool asked;             /* something was scheduled for now */
};

/* line.c */
void line_admit(struct service *s, struct service_item *it);
bool line_can_be_fetched(const struct job *j, struct failure *e);
struct get *get_of(struct service *s);
struct job *job_of(struct service_item *it);

/* names.c: set f->path, with the extension `ext`, and claim it for the line. Return false with e
 * set if the file can have no path. */
bool name_file(struct file *f, struct span ext, struct failure *e);

/* claims.c: claim the path that f has. Return false with e set if another file has it. */
bool name_claim(const struct file *f, struct failure *e);

/* Return the extension of a URL's path, or that of a Content-Type; empty if it has no extension. */
struct span name_url_ext(const char *url);
struct span name_type_ext(struct span type);

/* Return the length of a URL without its query and fragment. */
size_t name_url_length(const char *url);

/* Free the names claimed. */
void names_forget(struct get *g);

/* object.c. Return true for an s3:// or gs:// URL. */
bool object_is(const char *url);

/* Read the keys for an object. Return false with e set if they are missing. */
bool object_open(struct get *g, const char *url, struct failure *e);

/* Return the object's HTTP URL, held in `address`; set in stream how it is signed, and append at
 * most two header lines to headers. */
const char *object_prepare(struct get *g, const char *url, struct http_stream *stream,
			   struct buf *address, const char **headers);
void object_close(struct get *g);

/* files.c. Move a file to the list of another state. */
void file_move(struct file *f, enum file_state state);

/* Add a file to the job: its next output, or one more file of its output n; drop the last one. */
struct file *queue_add_file(struct job *j);
struct file *queue_add_member(struct job *j, size_t n);
void queue_drop_file(struct job *j);

/* Queue a job for its turn; take one out that ends. */
void queue_job(struct get *g, struct job *j);
void queue_forget(struct get *g, struct job *j);

/* Ask the service for the URLs of a job. */
void queue_ask(struct job *j);

/* Return true if the job's URLs expire soon and the service can be asked for others. */
bool queue_is_stale(const struct job *j);

/* Return the URL of a file, borrowed. */
const char *fetch_url(const struct file *f);

/* Note that a file of a set, other than its first, is done. The first is FILE_WHOLE after the last.
 */
void file_leave_set(struct file *f);

/*
 * Handle a failure of a local file (an errno; what: the verb). Return true with
 * e set if it is this file's alone; false if the disk failed, and the run ends.
 */
bool local_failure(struct file *f, int err, const char *what, struct failure *e);

/* Return the identity of a part, for its note. */
struct part_id file_id(const struct file *f);

/* Append the path of a file as messages show it: below the root that was given. */
void file_show(struct buf *b, const struct file *f);

/* Free a job with its files; free a file, which has no pieces any more (split_free()). */
void job_free(struct job *j);
void file_free(struct file *f);

/* queue.c. Start jobs and files as far as -j allows. */
void queue_run(struct get *g);

/* Take over the URLs that the service gave, the first or new ones. */
void queue_resolved(struct job *j);

/* End all files that are not being transferred. */
void queue_stop(struct get *g);

/* Return when the queue has something to do next; NEVER if nothing is due. */
int64_t queue_due(const struct get *g);

/* hashing.c. Hash bytes that were just written to the end of a part, so that they are not read
 * again. */
void finish_bytes(struct file *f, const char *bytes, size_t n);

/* Hash what the part has, in a thread if that is much. last: it is complete. Return true if it is
 * hashed already. */
bool hash_start(struct file *f, bool last);
void finish_forget_hash(struct file *f);

/* publish.c. Name the files that are ready. */
void publish_ready(struct get *g);

/* finish.c. Call hash_start(), and finish_checked() as soon as it has hashed all. */
void finish_hash(struct file *f, bool last);

/* Compare the hashes of a complete file with what was expected. */
void finish_checked(struct file *f);

/* Fetch a file once more whose bytes are wrong, or fail it the second time. */
void finish_wrong(struct file *f, const char *why);

/* End a file that is there already (--exists skip). */
void finish_skipped(struct file *f);

/* Go on with the files and jobs whose tasks have run. */
void finish_tasks(struct get *g);

/* End a file that is whole, durable, and has its name. */
void finish_done(struct file *f);

/* Fail a file, and its job with it. */
void file_fail(struct file *f, const struct failure *e);

/* Fail a job: end what is under way for its files. */
void job_fail(struct job *j, const struct failure *e);

/* End the item of a failed job once nothing is under way for it. */
void job_end_if_idle(struct job *j);

/* record.c. End the item with its record; e: why it failed, or NULL. */
void finish_record(struct job *j, const struct failure *e);

/* The same for a list of jobs (job->settled) whose files are all done. */
void finish_records(struct job *settled);

/* Record in the ledger that a file is done. */
void record_note_done(struct file *f);

/* Return how many files a set has, and set *bytes to their size. */
size_t record_set_total(const struct file *first, int64_t *bytes);

/* known.c. End the item if the ledger says that all of it is done. Return true if so. */
bool finish_known(struct job *j);

/* Return true if the ledger says that the file is done, and it is still there. */
bool finish_file_known(struct file *f);

#endif
