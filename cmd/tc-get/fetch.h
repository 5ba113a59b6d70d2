/* Requests for files: the one of each file, those for its pieces, and what their responses mean. */
#ifndef TC_GET_FETCH_H
#define TC_GET_FETCH_H

#include "get.h"

/* fetch.c. Send the request of a file. */
void fetch_start(struct file *f);

/* Write the notes of parts that have been transferred for a while. */
void fetch_tend(struct get *g);

/*
 * open.c. Name the file, and open its part. Return false if it needs no request:
 * it has failed, is there already, or only lacks its name.
 */
bool fetch_prepare(struct file *f);

/* Open the part of a file. Return false with e set if that fails. */
bool fetch_open(struct file *f, struct failure *e);

/* Drop the bytes of a part of which neither a size nor a validator can tell whether those that
 * follow are of the same version. Return false with e set if that fails. */
bool fetch_drop_unknown(struct file *f, struct failure *e);

/*
 * refusal.c. Schedule another try, or fail the file after the last one. asked:
 * the delay that the response asked for, or -1.
 */
void fetch_again(struct file *f, int64_t asked);

/* Request the file again at once, or fail it if that was done too often. */
void fetch_restart(struct file *f);

/* Handle a response whose status is an error; and a request that got no response. */
void fetch_refused(struct file *f, const struct http_response *r);
void fetch_lost(struct file *f, const struct http_response *r);

/* Append what messages call the URL: without its query, and of a set only host and path, because
 * all of its address may be signed. */
void fetch_show(struct buf *b, const struct file *f);

/* split.c. Return true if -j connections are in use. */
bool split_is_full(const struct get *g);

/* Begin pieces, and end those that are of no use any more. */
void split_tend(struct get *g);

/* End all pieces of a file. */
void split_stop(struct file *f);

/* Return true if the file may be split once it has a response. */
bool split_is_open(const struct file *f);

/* Note that the file's own request was sent, so that pieces may begin. */
void split_anew(struct file *f);

/* Note that the file's own request has ended. Return true if pieces are still being transferred. */
bool split_rest(struct file *f, const struct http_response *r, bool good);

/* Write the note of a split file. */
void split_note(struct file *f);
void split_free(struct file *f);

/*
 * range.c. Judge the response to a file's request before its first byte. Return
 * false if it is not to be read; f->again or f->error says why.
 */
bool range_judge(struct file *f, const struct http_response *r);
enum range_piece { PIECE_FITS, PIECE_IGNORED, PIECE_FAILED, PIECE_CHANGED };

/* Judge the response to a request for a piece that begins at `from`. With PIECE_CHANGED, f->again
 * or f->error says why. */
enum range_piece range_judge_piece(struct file *f, const struct http_response *r, int64_t from);

/* files.c. What messages say of a file that is f->meddled. */
extern const char file_meddled[];

/* finish.c. Fetch a complete file once more whose part another program has changed, or fail it the
 * second time. */
void finish_changed(struct file *f);

/* range.c. Handle the errno of part_write(): request the file again if another program changed its
 * part. */
void range_write_failed(struct file *f, int err);

/* Return true if the response may have bytes up to `end`, as its head says; else request the file
 * again. */
bool range_holds(struct file *f, int64_t end);

/* Judge a 416. Return true if the part is complete; else f->again or f->skipped says what follows.
 */
bool range_is_whole(struct file *f, const struct http_response *r);

#endif
