/* A job as both services see it: where it comes from, what it makes, how far it is. */
#ifndef TC_SERVE_STORE_JOB_H
#define TC_SERVE_STORE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum api { API_MICRO, API_TRANSCODELY };

/* One file (or playlist) of a job. Strings are owned, NULL where there is nothing. */
struct output {
	int n;          /* position in the request, from 0 */
	char *id;       /* out_..., empty for FFmpeg Micro */
	char *spec;     /* the request's description of it, JSON */
	char *status;   /* held pending processing completed failed canceled */
	char *path;     /* below DIR/files: JOB/0.mp4, or JOB/0/master.m3u8 */
	int progress;   /* 0 to 100 */
	int64_t size;   /* bytes */
	double seconds; /* duration of what came out */
	int width, height;
	char *error_code, *error;
};

struct job {
	int64_t seq; /* order of creation */
	char *id;
	enum api api;
	char *status;   /* the service's own word */
	char *request;  /* the create call's body, JSON */
	char *inputs;   /* JSON array of {"url":...} */
	char *metadata; /* JSON object, or NULL */
	char *key;      /* idempotency key, or NULL */
	char *probe;    /* what ffprobe said of each input, JSON array, or NULL */
	int rank;       /* higher goes first */
	int64_t created, updated, started, completed, confirmed; /* wall time in microseconds; 0: not yet */
	char *error_code, *error;
	struct output *out;
	size_t nout;
};

/* Gives back what the job owns and zeroes it. */
void job_free(struct job *j);

/* Replaces an owned string by a copy of text (NULL: nothing). */
void job_text(char **field, const char *text);

/* True if this status, of a job or an output, never changes again. */
bool job_ended(const char *status);

/*
 * Works out the job's status from its outputs: completed, partial, failed or
 * canceled once all have ended, processing before. Sets updated and, at the
 * end, completed, error_code and error (those of the first failed output).
 */
void job_settle(struct job *j, int64_t now);

/* Cancels what has not ended, and the job. */
void job_cancel(struct job *j, int64_t now);

#endif
