/* The end of an item: its record, written out. */
#ifndef TC_FLOW_FINISH_H
#define TC_FLOW_FINISH_H

#include <stdbool.h>
#include <stddef.h>

#include "flow/failure.h"
#include "flow/flow.h"
#include "flow/record.h"
#include "json/json.h"

/*
 * End the item with its record: the line's own object with the members set
 * (those with a value), or a new object with index, input and the members. At
 * most MEMBERS_MAX members. error NULL: ok is true.
 */
void item_finish(struct flow *f, struct item *it, const struct record *r,
		 const struct json_member *set, size_t n, const struct failure *error);

/*
 * Read a line that names a job. Return true with *id set (the caller frees),
 * or end the item and return false: a failed record passes through unless its
 * job goes on (see record_goes_on(), also for blocked), a bad line is rejected.
 */
bool item_read_job(struct flow *f, struct item *it, struct record *r, const char *provider,
		   bool blocked, char **id);

/* End an item whose line came in with "ok":false: the line goes out unchanged. */
void item_pass_through(struct flow *f, struct item *it, const struct record *r);

/* End an item whose line is RECORD_BAD as invalid_input, and report it on stderr. */
void item_reject(struct flow *f, struct item *it, const struct record *r);

/* Report on stderr why an item failed: "line 7: SOURCE: REASON (job ID)"; id may be NULL. Repeated
 * reasons are folded. */
void item_report(struct flow *f, const struct item *it, struct span reason, const char *id);

#endif
