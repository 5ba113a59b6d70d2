/* JobService/Watch: a stream of the changes of a job. */
#ifndef TC_SERVE_API_WATCH_H
#define TC_SERVE_API_WATCH_H

struct call;

/* Respond with a stream about the job with this id. */
void watch_begin(struct call *c, const char *id);

#endif
