/* What creating a job has in common on both services. */
#ifndef TC_SERVE_API_CREATE_H
#define TC_SERVE_API_CREATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/job.h"

struct call;

/* Return NULL if a job may use this source, else why not (the caller frees). */
char *create_source_error(struct call *c, const char *url);

/* Initialize a job: id, times, status pending. */
void create_begin(struct job *j, enum api api, struct span request);

/* Add output n of the given type; its path is JOB/n.type, or JOB/n/<playlist>. */
void create_output(struct job *j, const char *type, struct span spec);

/* Store the job and wake main. Return false if it could not be stored. */
bool create_commit(struct call *c, struct job *j);

/* Return true if --quota is used up. */
bool create_over_quota(const struct call *c);

#endif
