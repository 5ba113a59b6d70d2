#include "when.h"

#include "base/date.h"
#include "json/json.h"

void
when_json(struct buf *b, const char *name, int64_t wall)
{
	struct buf iso = {0};
	if (wall) {
		date_rfc3339_ms(&iso, wall);
		json_str(b, name, buf_all(&iso));
	} else {
		json_raw(b, name, span_of("null"));
	}
	buf_free(&iso);
}
