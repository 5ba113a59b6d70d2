/* POST /v1/transcodes: validates the request and creates the job. */
#include <stdlib.h>
#include <string.h>

#include "api/create.h"
#include "api/micro.h"
#include "api/micro_response.h"
#include "api/probing.h"
#include "encode/allowlist.h"
#include "encode/graph.h"
#include "http/call.h"
#include "json/json.h"

static const char *const formats[] = {"mp4", "webm", "mov",  "avi", "mp3", "m4a", "aac",  "wav",
				      "ogg", "opus", "flac", "jpg", "png", "gif", "webp", NULL};
static const char *const qualities[] = {"high", "medium", "low", NULL};
static const char *const resolutions[] = {"480p", "720p", "1080p", "4k", NULL};

static bool
invalid(struct call *c, const char *what)
{
	micro_error(c, 400, "Validation failed", "%s", what);
	return false;
}

/* As json_get(), but null counts as missing. */
static int
get(struct span object, const char *name, struct span *value)
{
	int there = json_get(object, name, value);
	if (there == 1 && json_type(*value) == JSON_NULL) {
		*value = (struct span){0};
		return 0;
	}
	return there;
}

static bool
one_of(struct span value, const char *const *list)
{
	struct buf text = {0};
	bool found = false;
	if (json_decode(&text, value))
		for (; !found && *list; list++)
			found = span_is(buf_all(&text), *list);
	buf_free(&text);
	return found;
}

/* Check the options of an input or of the output; an empty span is valid. */
static bool
options_ok(struct call *c, struct span options, enum allowlist_side side)
{
	struct buf why = {0};
	bool ok = allowlist_check(options, side, &why);
	if (!ok)
		micro_error(c, 400, "Validation failed", "%s", buf_cstr(&why));
	buf_free(&why);
	return ok;
}

static bool
input_ok(struct call *c, struct span input)
{
	struct span options = {0};
	char *text = json_text_of(input, "url");
	if (!text || !*text) {
		free(text);
		return invalid(c, "inputs: each input must be an object with a url");
	}
	char *why = create_source_error(c, text);
	free(text);
	if (why) {
		micro_error(c, 400, "Validation failed", "inputs: %s", why);
		free(why);
		return false;
	}
	if (json_get(input, "options", &options) < 0)
		return invalid(c, "inputs: duplicate member options");
	return options_ok(c, options, ALLOWLIST_INPUT);
}

static bool
inputs_ok(struct call *c, struct span body, struct span *inputs)
{
	size_t n = 0;
	struct span key, value;
	if (json_get(body, "inputs", inputs) != 1 || json_type(*inputs) != JSON_ARRAY)
		return invalid(c, "inputs is required and must be an array");
	for (struct json_iter it = json_each(*inputs); json_next(&it, &key, &value); n++)
		if (n >= 10 || !input_ok(c, value))
			return c->status ? false : invalid(c, "inputs must have 1 to 10 elements");
	return n > 0 || invalid(c, "inputs must have 1 to 10 elements");
}

static bool
preset_ok(struct call *c, struct span body)
{
	struct span preset, v;
	int there = get(body, "preset", &preset);
	if (there == 0)
		return true;
	if (there < 0 || json_type(preset) != JSON_OBJECT)
		return invalid(c, "preset must be an object");
	if (get(preset, "quality", &v) != 0 && !one_of(v, qualities))
		return invalid(c, "preset.quality must be one of high, medium, low");
	if (get(preset, "resolution", &v) != 0 && !one_of(v, resolutions))
		return invalid(c, "preset.resolution must be one of 480p, 720p, 1080p, 4k");
	return true;
}

static bool
filters_ok(struct call *c, struct span body)
{
	struct span inputs, filters, key, value;
	struct buf why = {0};
	size_t n = 0;
	json_get(body, "inputs", &inputs);
	for (struct json_iter it = json_each(inputs); json_next(&it, &key, &value);)
		n++;
	int there = get(body, "filters", &filters);
	bool ok = there == 0 || (there > 0 && graph_check(filters, n, &why));
	if (!ok)
		micro_error(c, 400, "Validation failed", "%s",
			    there < 0 ? "duplicate member filters" : buf_cstr(&why));
	buf_free(&why);
	return ok;
}

static bool
rest_ok(struct call *c, struct span body, struct span *metadata)
{
	struct span v;
	if (json_get(body, "outputFormat", &v) != 1 || !one_of(v, formats))
		return invalid(c, "outputFormat is required and must be one of mp4, webm, mov, "
				  "avi, mp3, m4a, aac, wav,"
				  " ogg, opus, flac, jpg, png, gif, webp");
	if (!preset_ok(c, body))
		return false;
	if (get(body, "metadata", metadata) != 0 && json_type(*metadata) != JSON_OBJECT)
		return invalid(c, "metadata must be an object");
	if (!filters_ok(c, body))
		return false;
	v = (struct span){0};
	if (json_get(body, "options", &v) < 0)
		return invalid(c, "duplicate member options");
	return options_ok(c, v, ALLOWLIST_OUTPUT);
}

static bool
over_quota(struct call *c)
{
	if (!create_over_quota(c))
		return false;
	micro_error(c, 402, "Quota exceeded", "the quota of this account is used up");
	return true;
}

static void
commit(struct call *c, struct job *j)
{
	if (over_quota(c)) /* others may have been created meanwhile */
		return;
	if (create_commit(c, j)) {
		call_set(c, "Location", "/v1/transcodes/%s", j->id);
		micro_job(call_json(c, 201), j);
	} else {
		micro_error(c, 500, "Internal error", "the job could not be recorded");
	}
}

void
micro_create(struct call *c, struct span body)
{
	struct span inputs, format, metadata = {0};
	if (!inputs_ok(c, body, &inputs) || !rest_ok(c, body, &metadata) || over_quota(c))
		return;
	struct job j;
	struct buf line = {0};
	create_begin(&j, API_MICRO, body);
	json_oneline(&line, inputs);
	j.inputs = mem_dup(buf_all(&line));
	line.n = 0;
	json_oneline(&line, metadata);
	j.metadata = metadata.n ? mem_dup(buf_all(&line)) : NULL;
	json_get(body, "outputFormat", &format);
	char *type = json_text(format);
	create_output(&j, type, span_of("{}"));
	probing_begin(c, &j, commit);
	free(type);
	buf_free(&line);
}
