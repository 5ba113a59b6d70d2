/* Which listed job a request would have made. */
#ifndef TC_CREATE_MATCH_H
#define TC_CREATE_MATCH_H

#include <stdbool.h>

#include "flow/record.h"
#include "ledger/ledger.h"
#include "service/profile.h"

/* Return whether this request body could have made a listed job, by the profile's /list/match. */
bool request_matches(const struct profile *p, struct span body, struct span job);

/* Return whether a listed job shows what identifies the request that made it. */
bool job_is_identified(const struct profile *p, struct span job);

/* Return whether another line, which another process has sent or left in doubt, could have made a
 * listed job that this line could have made, too. */
bool job_is_wanted_elsewhere(struct ledger *l, const struct profile *p, const struct record *line,
			     struct span job);

#endif
