/* What creating a job has in common on both services. */
#ifndef TC_SERVE_API_CREATE_H
#define TC_SERVE_API_CREATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/job.h"

struct call;

/* NULL if a job may use this source, else why not (caller frees). */
char *create_source_error(struct call *c, const char *url);

/* Starts a job: id, times, status pending. */
void create_begin(struct job *j, enum api api, struct span request);

/* Adds output n of the given type: its path is JOB/n.type, or JOB/n/<playlist>. */
void create_output(struct job *j, const char *type, struct span spec);

/*
 * Looks at the inputs, if all of them are files of this machine: what a job
 * costs is known from the start. Others are looked at before they are encoded.
 */
void create_probe(const struct call *c, struct job *j);

/* True if the job is stored; main has been told. */
bool create_commit(struct call *c, struct job *j);

/* True if --quota is used up. */
bool create_over_quota(const struct call *c);

#endif
