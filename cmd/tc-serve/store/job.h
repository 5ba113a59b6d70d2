/* A job of either service: its source, outputs and progress. */
#ifndef TC_SERVE_STORE_JOB_H
#define TC_SERVE_STORE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum api { API_MICRO, API_TRANSCODELY };

/* One file or playlist of a job. Strings are owned, NULL if unset. */
struct output {
	int n;          /* position in the request, from 0 */
	char *id;       /* out_..., empty for FFmpeg Micro */
	char *spec;     /* the request's description of it, JSON */
	char *status;   /* held pending processing completed failed canceled */
	char *path;     /* below DIR/files: JOB/0.mp4, or JOB/0/master.m3u8 */
	int progress;   /* 0 to 100 */
	int64_t size;   /* bytes */
	double seconds; /* duration of the result */
	int width, height;
	char *error_code, *error;
};

struct job {
	int64_t seq; /* order of creation */
	char *id;
	enum api api;
	char *status;   /* the service's own term */
	char *request;  /* the create call's body, JSON */
	char *inputs;   /* JSON array of {"url":...} */
	char *metadata; /* JSON object, or NULL */
	char *key;      /* idempotency key, or NULL */
	char *probe;    /* ffprobe's result for each input, JSON array, or NULL */
	int rank;       /* higher goes first */
	int64_t created, updated, started, completed,
		confirmed; /* wall time in microseconds; 0: not yet */
	char *error_code, *error;
	struct output *out;
	size_t nout;
};

/* Free what the job owns, and zero it. */
void job_free(struct job *j);

/* Replace an owned string by a copy of text (NULL: by NULL). */
void job_text(char **field, const char *text);

/* Return true if this status, of a job or an output, is final. */
bool job_ended(const char *status);

/*
 * Compute the job's status from its outputs: completed, partial, failed or
 * canceled once all have ended, processing before. Set updated and, at the end,
 * completed, error_code and error (those of the first failed output).
 */
void job_settle(struct job *j, int64_t now);

/* Return whether the job is to be confirmed before it is encoded, and has not been. */
bool job_waits(const struct job *j);

/* Hold the job and its outputs until it is confirmed; release them. */
void job_hold(struct job *j, int64_t now);
void job_release(struct job *j);

/* Cancel the outputs that have not ended, and the job. */
void job_cancel(struct job *j, int64_t now);

#endif
