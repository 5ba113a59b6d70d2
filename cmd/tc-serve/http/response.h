/* Sending the answer of a call, whole or spoilt as --fault asks. */
#ifndef TC_SERVE_HTTP_RESPONSE_H
#define TC_SERVE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

struct call;

/* How long the answer is to be held back: --latency, and the fault slow-to-start. Microseconds. */
int64_t response_delay(const struct call *c);

/* Queues the answer; false if the connection is to be closed without one. */
bool answer(struct call *c);

#endif
