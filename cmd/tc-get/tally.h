/* Counts of files and bytes for the progress line. */
#ifndef TC_GET_TALLY_H
#define TC_GET_TALLY_H

#include "get.h"

/* Count a job that waits for its turn as one file, until its files are known. */
void tally_job(struct job *j);
void tally_job_end(struct job *j);

/* Count a file that is to be fetched. */
void tally_add(struct file *f);

/* Update the bytes and the size of a file; moved: bytes that were received just now. */
void tally_bytes(struct file *f, size_t moved);

/* Count a file as done; forget one that is not to be fetched any more. */
void tally_done(struct file *f);
void tally_drop(struct file *f);

#endif
