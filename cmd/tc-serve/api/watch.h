/* JobService/Watch: a stream of what becomes of a job. */
#ifndef TC_SERVE_API_WATCH_H
#define TC_SERVE_API_WATCH_H

struct MHD_Response;
struct call;

/* Answers with the stream of the job of this id. */
void watch_begin(struct call *c, const char *id);

/* Gives back a stream that has no response. */
void watch_drop(struct call *c);

/* The response of a call that watch_begin() has answered. */
struct MHD_Response *watch_response(struct call *c);

#endif
