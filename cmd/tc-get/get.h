/*
 * tc-get: fetches what jobs have made. A line's job is asked for its URLs, if
 * it does not bring them; each of its files is moved in pieces into a part
 * (part.h), held against what is known of it (verify.h), and given its name.
 *
 *	line.c    a line: what to fetch, and where its names come from
 *	queue.c   whose turn it is: so many files at once
 *	fetch.c   one file's request, its bytes, and how it ended
 *	range.c   what an answer is worth to what is there already
 *	split.c   --split: the pieces of a large file
 *	part.c    the file on its way; note.c: what the note beside it says
 *	gaps.c    bytes of a part behind its first gap
 *	object.c  s3:// and gs:// addresses
 *	set.c     a playlist, and the files that it names
 *	tally.c   files and bytes, for progress
 *	sync.c    durability, in groups
 *	hashing.c its hashes
 *	finish.c  durability, names
 *	record.c  the record, and what the ledger knows
 */
#ifndef TC_GET_GET_H
#define TC_GET_GET_H

#include <stddef.h>

#include "base/htab.h"
#include "base/work.h"
#include "http/storage.h"
#include "part.h"
#include "service/resolve.h"
#include "verify.h"

enum exists { EXISTS_FAIL, EXISTS_SKIP, EXISTS_REPLACE };

struct get_options {
	const char *template, *dir;
	enum exists exists;
	bool alone; /* of a playlist nothing but itself */
	int64_t max_size, limit_rate, stall;
	long jobs, split;
};
extern struct get_options get_options;

enum file_state {
	FILE_QUEUED,   /* to be fetched when there is room */
	FILE_LATER,    /* the same, not before its time */
	FILE_ASKING,   /* its job is asked for a new URL */
	FILE_MOVING,   /* bytes come */
	FILE_CHECKING, /* they have all come */
	FILE_READY,    /* verified and durable: it can have its name */
	FILE_HELD,     /* of a set: until others of it are there */
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

	char *path; /* below -C, NULL: not known yet */
	struct part part;
	struct expect expect;
	bool checked_once; /* it was wrong before */
	bool listed;       /* it is in the list of its state */
	bool replace;      /* what has its name goes */
	bool skipped;      /* what has its name is it */
	bool named;        /* it has its name */
	int64_t skip_size; /* of what has its name already; -1: nothing has */
	int64_t size;      /* once it is whole */
	char sha256[65];   /* the same; empty: not known */

	/* as progress has counted it (tally.h) */
	bool tallied;
	int64_t tally_bytes, tally_size; /* size -1: not known */

	/* of a set (set.h): a playlist, and what it names */
	struct set *set;       /* NULL: it is in none */
	struct file *named_by; /* the playlist that names it; NULL: it is the first */
	struct htab_node by_name;
	char *below, *query;  /* its path below the set's directory; what else goes into its URL, or
				 NULL */
	struct buf url, text; /* its URL; a playlist's bytes */
	bool playlist, read;  /* it is one; and is in text as it will be here */

	/* the request under way */
	struct http_stream stream;
	struct buf range, if_range;
	const char *headers[5];
	struct buf object;   /* where an s3:// or gs:// address is */
	int64_t asked_from;  /* first byte asked for; -1: all of it, with no Range */
	int64_t skip;        /* bytes of the answer that are there already */
	bool begun, again;   /* its answer has been judged; which says to ask anew */
	bool can_split;      /* the answer has what --split needs */
	bool met;            /* it has come to where another range begins */
	struct split *split; /* NULL: it was never split */
	unsigned url_age;    /* job->answers when it was sent */
	struct failure error;

	unsigned tries, restarts; /* failed in a row; begun anew in a row */
	int64_t mark;             /* what it had when it last came on well */
	int64_t due, began;       /* monotonic */
	int64_t taken_over;       /* bytes that an earlier run had fetched */

	/* hashing, by another thread */
	struct task task;
	struct hash *hash;
	int64_t hashed, hash_to; /* bytes that are in it; and will be when the task has run */
	int64_t synced;          /* bytes that a task has made durable */
	bool hashing, hash_anew, last_task;
	struct hash_sums sums;
	const char *unmet; /* which header is not met by the sums */
	int hash_errno, sync_errno;
};

struct job {
	struct service_item step;
	struct get *get;
	struct record line;
	struct job *prev, *next; /* in the queue of those that wait for their turn */
	bool queued, begun, resolving, ending;
	bool expected; /* progress counts it as one file */
	bool foreign;  /* another provider's: it cannot be asked about */
	char *id;      /* NULL: a bare URL */
	char *name; /* what it goes by in parts and the ledger: the id, or the URL without its query
		     */
	char *source; /* what names are made of */
	char *key;
	int64_t made; /* wall time, 0: not known */
	struct outputs out;
	struct file **files;
	size_t files_n;       /* the job's outputs, and what is in their sets */
	size_t outputs, open; /* outputs in files; those not done */
	unsigned resolves;    /* in a row without progress */
	unsigned answers;     /* how often it was told its URLs */
	int64_t resolved;     /* when it was last told its URLs, wall time; 0: never */
	struct job *settled;  /* the next in the list of those that are whole */
	int64_t began;        /* monotonic */
	struct failure error;
};

/* URLs that end within this many seconds are asked for again, and a part is noted once it has been
   going on for so long: a small file is there before. */
enum { EXPIRES_SOON = 60 };
#define NOTE_AFTER (100 * MILLISECOND)

/* Files in one state, in the order in which they came. */
struct files {
	struct file *first, *last;
	size_t n;
};

/* Files, and names of files, that are made durable together (sync.c). */
struct sync {
	struct task task;
	struct file **waiting, **running;
	size_t n, cap, running_n, running_cap;
	bool under_way;
	int *dirs; /* of the group under way: directories, and jobs whose names are in them */
	size_t dirs_n, dirs_cap;
	struct job *settled;
	int dirs_errno;
};

/* The keys of S3 and Google, once they are needed. */
struct object_keys {
	bool open;
	struct storage storage;
	struct buf why; /* they cannot be had */
};

struct get {
	struct service service; /* the first: what the flow hands around */
	struct tree tree;
	struct htab claims;
	struct work *work;
	struct sync sync;
	struct object_keys keys[2];         /* S3's, Google's */
	struct job *jobs_first, *jobs_last; /* that wait for their turn */
	struct files queued, later, moving, checking, ready;
	struct files asking;
	size_t resolving;       /* jobs that are asked about */
	struct job *settled;    /* whole, but for their names' durability */
	size_t sized;           /* files whose size is known, and */
	int64_t sizes;          /* the sum of these */
	size_t pieces, resting; /* of split files: requests for pieces; files without their own */
	bool full;              /* the disk is: everything ends */
	bool asked;             /* something was put off to now */
};

/* line.c */
void line_admit(struct service *s, struct service_item *it);
bool line_can_be_fetched(const struct job *j, struct failure *e);
struct get *get_of(struct service *s);
struct job *job_of(struct service_item *it);

/* names.c: the path of a file, NULL if it cannot have one; ext: its extension. Claims it for its
 * line. */
bool name_file(struct file *f, struct span ext, struct failure *e);

/* Claims the path that it has. False: another has it. */
bool name_claim(const struct file *f, struct failure *e);

/* The extension that a URL's path has, or that goes with a Content-Type; empty if there is none. */
struct span name_url_ext(const char *url);
struct span name_type_ext(struct span type);

/* The end of the part of a URL that is a path: where its query or fragment begins. */
size_t name_url_length(const char *url);
const char *name_template_problem(const char *text);

/* Warn if the template has a word in braces that is no name. */
void name_template_check(const char *text);
void names_forget(struct get *g);

/* object.c */
bool object_is(const char *url); /* s3:// or gs:// */
bool object_open(struct get *g, const char *url,
		 struct failure *e); /* false: it cannot be read, e says why */

/* Its address, which is put into `address`, and how it is signed: in stream, and behind the
 * headers, which have room for two more. */
const char *object_prepare(struct get *g, const char *url, struct http_stream *stream,
			   struct buf *address, const char **headers);
void object_close(struct get *g);

/* queue.c */
void queue_job(struct get *g, struct job *j);
void queue_forget(struct get *g, struct job *j);
void queue_run(struct get *g);
void queue_ask(struct job *j);
bool queue_is_stale(const struct job *j); /* its URLs end soon, and it can be asked for others */
void queue_stop(struct get *g);           /* ends what does not move */
void file_move(struct file *f, enum file_state state);
struct file *queue_add_file(struct job *j);
struct file *queue_add_member(struct job *j, size_t n); /* one more file of its output n */
void queue_drop_file(struct job *j);                    /* the last */
void queue_resolved(struct job *j);                     /* it has URLs, its first or new ones */

/* When something of the queue's is due; NEVER if nothing is. */
int64_t queue_due(const struct get *g);

/* fetch.c */
void fetch_start(struct file *f);
bool fetch_open(struct file *f, struct failure *e); /* its part; false: e says why not */
void fetch_tend(struct get *g); /* notes the parts that have been going on for a while */
void fetch_again(struct file *f, int64_t asked);
const char *fetch_url(const struct file *f);
void fetch_rest(struct file *f,
		struct failure *lost); /* all its requests have ended; lost.code: its own failed */

/* split.c */
bool split_is_full(const struct get *g); /* -j connections are in use */
void split_tend(struct get *g);          /* begins pieces, and ends those that are of no use */
void split_stop(struct file *f);
bool split_is_open(const struct file *f); /* it may be split once its answer is there */
void split_anew(struct file *f);          /* its own request is sent: pieces may be begun */
bool split_rest(struct file *f, const struct http_response *r,
		bool good); /* its own request has ended: true, if pieces still move */
void split_note(struct file *f);
void split_free(struct file *f);

/* range.c: judges the answer to a request, before its first byte. False: it is not read; f->again
 * or f->error says why. */
bool range_judge(struct file *f, const struct http_response *r);
enum range_piece { PIECE_FITS, PIECE_IGNORED, PIECE_FAILED, PIECE_CHANGED };

/* The same of a request for a piece that begins at `from`. PIECE_CHANGED: f->again or f->error. */
enum range_piece range_judge_piece(struct file *f, const struct http_response *r, int64_t from);
bool range_is_whole(struct file *f, const struct http_response *r);

/* hashing.c: bytes that were just written at its end: those of a small file are not read again. */
void finish_bytes(struct file *f, const char *bytes, size_t n);

/* Hashes what there is of it, in a thread if that is much; last: that is all of it, and
 * finish_checked() is called then. */
void finish_hash(struct file *f, bool last);
void finish_forget_hash(struct file *f);

/* finish.c */
void finish_checked(struct file *f);
void finish_wrong(struct file *f, const char *why);
void finish_skipped(struct file *f);
void finish_tasks(struct get *g);

/* sync.c: a file joins the next group. f->hashing until it is durable. */
void sync_add(struct file *f);

/* Starts a group of what waits, if none is under way: files, and the jobs that have settled. */
void sync_start(struct get *g);
void sync_free(struct sync *s);

/* Gives files that are ready their names. */
void finish_ready(struct get *g);
void file_fail(struct file *f, const struct failure *e);
void job_fail(struct job *j, const struct failure *e);
void job_end_if_idle(struct job *j);
void job_free(struct job *j);
bool finish_known(struct job *j); /* all of it is done, as the ledger says: it has ended */
bool finish_file_known(struct file *f);
void finish_record(struct job *j, const struct failure *e);
void record_note_done(struct file *f); /* in the ledger */
void file_free(struct file *f);

/* A failure of a local file: of its own, or of the disk, which ends the run. True: of its own, e is
 * set. */
bool local_failure(struct file *f, int err, const char *what, struct failure *e);

/* The part's identity. */
struct part_id file_id(const struct file *f);

/* What messages call a file: its path below the root that was given. */
void file_show(struct buf *b, const struct file *f);

#endif
