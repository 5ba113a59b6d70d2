/* A job of fakeapi: its status, and how each service shows it. */
#ifndef TC_FAKEAPI_JOB_H
#define TC_FAKEAPI_JOB_H

#include <stdbool.h>

#include "base/buf.h"

struct fake_job {
	char id[64];
	char *source, *inputs, *format, *key;
	bool connect;        /* of the service that speaks Connect */
	bool canceled, gone; /* by a PATCH; by a DELETE */
	unsigned polls, polls_wanted;
	char created[32];
};

extern struct fake_job *jobs; /* jobs_n of them */

/* Return true if it has been polled often enough; return its status. */
bool job_ended(const struct fake_job *j);
const char *job_status(const struct fake_job *j);

/* Append its object, as FFmpeg Micro and Transcodely write it. */
void micro_job(struct buf *b, const struct fake_job *j);
void connect_job(struct buf *b, const struct fake_job *j, bool listed);

#endif
