/* Sends the response of a call, intact or corrupted as --fault asks. */
#ifndef TC_SERVE_HTTP_RESPONSE_H
#define TC_SERVE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

struct call;

/*
 * Return how long to delay the response, in microseconds: --latency, and the
 * fault slow-to-start.
 */
int64_t response_delay(const struct call *c);

/* Queue the response. Return false if the connection is to be closed without one. */
bool answer(struct call *c);

#endif
