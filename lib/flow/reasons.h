/*
 * Why items failed, for people, on stderr: "line 7: SOURCE: REASON (job ID)".
 * The first few items with one reason are said, the others are counted and
 * said in one line at the end.
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
 * Say why an item failed. number is that of its line, from 1; source is what
 * people call it, or empty; id is its job, or NULL. Reasons are the same if
 * they differ in no more than the source, the id, and long numbers.
 */
void reasons_say(struct reasons *r, size_t number, struct span source, struct span reason,
		 const char *id);

/* Say how many more there were of each reason; forget all. */
void reasons_end(struct reasons *r);

/* Append what people call the item: the source that its line names, or nothing. */
void item_source(struct buf *out, const struct item *it);

/* Append "line 7: SOURCE", for a message about an item. */
void item_where(struct buf *out, const struct item *it);

#endif
