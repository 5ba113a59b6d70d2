/* FFmpeg Micro's composition filters: filter graphs over several inputs. */
#ifndef TC_SERVE_GRAPH_H
#define TC_SERVE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Check filters, a JSON array of {"filter": GRAPH}, null or empty, for a job with
 * that many inputs. Return true if all are allowed; otherwise append to *why
 * what is not.
 */
bool graph_check(struct span filters, size_t inputs, struct buf *why);

/* Append the graph that checked filters make together. */
void graph_text(struct buf *out, struct span filters);

/* Call each with the label of every result: those that are not an input of another filter. */
void graph_results(const char *graph, void (*each)(void *ctx, const char *label), void *ctx);

#endif
