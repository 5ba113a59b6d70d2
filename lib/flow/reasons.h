/*
 * Reports on stderr why items failed: "line 7: SOURCE: REASON (job ID)". The
 * first few items with one reason are reported, the others are counted in one
 * line at the end.
 */
#ifndef TC_FLOW_REASONS_H
#define TC_FLOW_REASONS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/htab.h"
#include "flow/item.h"

struct reasons {
	struct htab table;
	struct reason *first, **last;
};

/*
 * Report why an item failed. number is that of its line, from 1; source names
 * it, or is empty; id is its job, or NULL. Reasons are the same if they differ
 * only in the source, the id, and long numbers.
 */
void reasons_say(struct reasons *r, size_t number, struct span source, struct span reason,
		 const char *id);

/* Report how many more items had each reason; free all. */
void reasons_end(struct reasons *r);

/* Append the source that the item's line names, or nothing. */
void item_source(struct buf *out, const struct item *it);

/* Append "line 7: SOURCE", for a message about an item. */
void item_where(struct buf *out, const struct item *it);

#endif
