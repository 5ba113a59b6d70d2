/* Runs a short command and captures what it prints. */
#ifndef TC_BASE_CAPTURE_H
#define TC_BASE_CAPTURE_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Run a command, found on PATH, without a shell; its stdin is /dev/null, its
 * stderr ours. Append to out what it prints, at most max bytes. Return NULL if
 * it ends with 0 within timeout microseconds, else what happened (borrowed
 * until the next call).
 */
const char *capture(char *const argv[], int64_t timeout, size_t max, struct buf *out);

#endif
