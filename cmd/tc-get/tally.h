/* Files and bytes as the progress line says them. */
#ifndef TC_GET_TALLY_H
#define TC_GET_TALLY_H

#include "get.h"

/* A job has its turn before it: one file, until more are known. */
void tally_job(struct job *j);
void tally_job_end(struct job *j);

/* One of a job's files is to be fetched. */
void tally_add(struct file *f);

/* What there is of it, and how large it is, may have changed; moved: bytes that have come just now.
 */
void tally_bytes(struct file *f, size_t moved);

/* It is done; it is not to be fetched any more. */
void tally_done(struct file *f);
void tally_drop(struct file *f);

#endif
