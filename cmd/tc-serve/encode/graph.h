/* FFmpeg Micro's composition filters: graphs of filters over several inputs. */
#ifndef TC_SERVE_GRAPH_H
#define TC_SERVE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * filters: a JSON array of {"filter": GRAPH}, null or empty; they are joined
 * to one. True if all of it may be used with so many inputs; else *why says
 * what may not (appended).
 */
bool graph_check(struct span filters, size_t inputs, struct buf *why);

/* Appends the graph of checked filters; nothing if there are none. */
void graph_text(struct buf *out, struct span filters);

/* Calls each for the label of every result: what no filter takes. */
void graph_results(const char *graph, void (*each)(void *ctx, const char *label), void *ctx);

#endif
