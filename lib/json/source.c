#include "json/source.h"

#include "json/json.h"

/* Append a member that is a string with something in it. */
static bool
add_member(struct buf *out, struct span object, const char *pointer)
{
	struct span v;
	size_t before = out->n;
	return json_at(object, pointer, &v) && json_decode(out, v) && out->n > before;
}

static bool
is_record(struct span object)
{
	struct span ok;
	return json_get(object, "ok", &ok) == 1 &&
	       (json_type(ok) == JSON_TRUE || json_type(ok) == JSON_FALSE);
}

struct span
json_input(struct span value)
{
	struct span input;
	/* bounded, for a hostile line */
	for (int depth = 0; depth < 8 && is_record(value) && json_get(value, "input", &input) == 1;
	     depth++)
		value = input;
	return value;
}

bool
json_source(struct buf *out, struct span value)
{
	static const char *const pointers[] = {"/url",        "/file", "/path",   "/input_url",
					       "/input_path", "/src",  "/source", "/inputs/0/url"};
	size_t before = out->n;
	value = json_input(value);
	if (json_type(value) == JSON_STRING)
		return json_decode(out, value) && out->n > before;
	for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
		if (add_member(out, value, pointers[i]))
			return true;
	return false;
}
