/* Sorts JSON members by name, as the service's codec does. */
#include <stdlib.h>
#include <string.h>

#include "api/protojson.h"
#include "base/space.h"
#include "json/json.h"

struct entry {
	struct span key, value;
};

static int
by_key(const void *a, const void *b)
{
	const struct span *x = &((const struct entry *)a)->key,
			  *y = &((const struct entry *)b)->key;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
	return order ? order : x->n < y->n ? -1 : x->n > y->n;
}

/* Escape as Go's json.Marshal does for HTML. */
static void
escaped(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '&' || text.p[i] == '<' || text.p[i] == '>')
			buf_fmt(out, "\\u00%02x", (unsigned)text.p[i]);
		else
			buf_ch(out, text.p[i]);
}

void
proto_sorted(struct buf *out, struct span json)
{
	struct entry *e = NULL;
	struct span key, value;
	size_t n = 0;
	enum json_type type = json_type(json);
	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		escaped(out, span_trim(json));
		return;
	}
	for (struct json_iter it = json_each(json); json_next(&it, &key, &value); n++) {
		e = mem_room(e, n, sizeof *e);
		e[n] = (struct entry){key, value};
	}
	if (n && type == JSON_OBJECT)
		qsort(e, n, sizeof *e, by_key);
	buf_ch(out, type == JSON_OBJECT ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		buf_str(out, i ? "," : "");
		if (type == JSON_OBJECT) {
			buf_ch(out, '"');
			escaped(out, e[i].key);
			buf_str(out, "\":");
		}
		proto_sorted(out, e[i].value);
	}
	buf_ch(out, type == JSON_OBJECT ? '}' : ']');
	free(e);
}
