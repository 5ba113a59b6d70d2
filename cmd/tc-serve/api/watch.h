/* JobService/Watch: a stream of what becomes of a job. */
#ifndef TC_SERVE_API_WATCH_H
#define TC_SERVE_API_WATCH_H

struct call;

/* Answers with the stream of the job of this id. */
void watch_begin(struct call *c, const char *id);

#endif
