/*
 * tc-profile schema: print the JSON Schema of the format, made from the table
 * by which profiles are read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "service/profile_value.h"
#include "tool.h"
#include "json/json.h"

static const char states[] = "\"enum\":[\"pending\",\"running\",\"succeeded\",\"partial\","
			     "\"failed\",\"canceled\",\"blocked\"]";
static const char strings[] =
	"\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]";

#define OPTIONS                                                                                    \
	"\"type\":\"object\","                                                                     \
	"\"propertyNames\":{\"enum\":[\"format\",\"quality\",\"resolution\"]},"

/* Append the schemas of objects and lists. */
static const struct {
	const char *at, *schema;
} forms[] = {
	{"/variables", "\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
		       "\"properties\":{\"about\":{\"type\":\"string\"},"
		       "\"sample\":{\"type\":\"string\"},\"secret\":{\"type\":\"boolean\"}},"
		       "\"additionalProperties\":false}"},
	{"/list/match", "\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/"
			"$defs/pointer\"},\"minItems\":2}"},
	{"/request/words", OPTIONS "\"additionalProperties\":{\"$ref\":\"#/$defs/strings\"}"},
	{"/request/with", OPTIONS "\"additionalProperties\":{\"type\":\"object\","
				  "\"additionalProperties\":{\"type\":\"object\"}}"},
	{"/errors/throttle_text",
	 "\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/$defs/strings\"}"},
	{"/states", "\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/$defs/state\"}"},
	{"/url/states",
	 "\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/$defs/state\"}"},
};

/* Append the required members. */
static const struct {
	const char *at, *members;
} needed[] = {
	{"", "\"name\",\"base_url\",\"create\",\"get\",\"job\",\"states\",\"request\""},
	{"/create", "\"method\",\"path\""},
	{"/get", "\"method\",\"path\""},
	{"/job", "\"status\""},
	{"/request", "\"source\""},
	{"/request/source", "\"url\""},
	{"/upload", "\"kind\""},
};

static void
add_words(struct buf *out, const char *words)
{
	buf_str(out, "\"enum\":[");
	for (const char *w = words; *w; w += *w == '|') {
		size_t n = strcspn(w, "|");
		buf_fmt(out, "%s\"%.*s\"", w > words ? "," : "", (int)n, w);
		w += n;
	}
	buf_ch(out, ']');
}

static void
add_form(struct buf *out, const char *at)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].at, at) == 0) {
			buf_str(out, forms[i].schema);
			return;
		}
	buf_str(out, "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}");
}

/* Append the type of a member's value. */
static void
add_kind(struct buf *out, const struct profile_member *m)
{
	static const char *const kinds[] = {
		[PROFILE_TEXT] = "\"type\":\"string\"",
		[PROFILE_HEADER] = "\"type\":\"string\",\"pattern\":\"^[^ :/]+$\"",
		[PROFILE_POINTER] = "\"$ref\":\"#/$defs/pointer\"",
		[PROFILE_POINTERS] = "\"$ref\":\"#/$defs/pointers\"",
		[PROFILE_WORDS] = "\"$ref\":\"#/$defs/strings\"",
		[PROFILE_STATUSES] =
			"\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":100}",
		[PROFILE_DURATION] = "\"$ref\":\"#/$defs/duration\"",
		[PROFILE_COUNT] = "\"type\":\"number\",\"minimum\":1",
		[PROFILE_FACTOR] = "\"type\":\"number\",\"minimum\":1",
		[PROFILE_BYTES] = "\"type\":\"integer\",\"minimum\":1",
		[PROFILE_PATH] = "\"type\":\"string\"",
		[PROFILE_JSON] = NULL,
	};
	if (m->kind == PROFILE_OBJECT || m->kind == PROFILE_LIST) {
		add_form(out, m->at);
	} else if (m->kind == PROFILE_CHOICE || m->kind == PROFILE_WORD) {
		if (m->words)
			add_words(out, m->words);
		else
			buf_str(out, kinds[PROFILE_TEXT]);
	} else if (kinds[m->kind]) {
		buf_str(out, kinds[m->kind]);
	}
}

/* Return true for the first member with this name below the prefix. */
static bool
is_first(const struct profile_member *m, size_t prefix, size_t end)
{
	for (const struct profile_member *k = profile_members; k < m; k++)
		if (strncmp(k->at, m->at, end) == 0 && (k->at[end] == '/' || !k->at[end]))
			return false;
	return m->at[prefix] == '/';
}

static void
add_object(struct buf *out, const char *at)
{
	size_t prefix = strlen(at);
	bool any = false;
	buf_str(out, "\"type\":\"object\",\"properties\":{");
	if (!prefix) {
		buf_str(out, "\"$schema\":{\"type\":\"string\"}");
		any = true;
	}
	for (const struct profile_member *m = profile_members; m->at; m++) {
		if (strncmp(m->at, at, prefix) != 0 || m->at[prefix] != '/')
			continue;
		size_t n = strcspn(m->at + prefix + 1, "/"), end = prefix + 1 + n;
		if (!is_first(m, prefix, end))
			continue;
		buf_fmt(out, "%s\"%.*s\":{", any ? "," : "", (int)n, m->at + prefix + 1);
		any = true;
		if (m->at[end]) {
			char *below = mem_dup((struct span){m->at, end});
			add_object(out, below);
			free(below);
		} else {
			buf_str(out, "\"description\":");
			json_quote(out, span_of(m->about));
			struct buf kind = {0};
			add_kind(&kind, m);
			buf_fmt(out, "%s%s", kind.n ? "," : "", kind.n ? buf_cstr(&kind) : "");
			buf_free(&kind);
		}
		buf_ch(out, '}');
	}
	buf_str(out, "},\"additionalProperties\":false");
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (strcmp(needed[i].at, at) == 0)
			buf_fmt(out, ",\"required\":[%s]", needed[i].members);
}

int
tool_schema(void)
{
	struct buf out = {0};
	buf_str(&out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/"
		      "schema\",\"title\":\"tc-profile(5)\","
		      "\"description\":\"A transcoding service, as data\",\"$defs\":{"
		      "\"pointer\":{\"type\":\"string\",\"pattern\":\"^(/([^~]|~[01])*)?$\"},"
		      "\"pointers\":{\"anyOf\":[{\"$ref\":\"#/$defs/"
		      "pointer\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/pointer\"}}]},"
		      "\"duration\":{\"anyOf\":[{\"type\":\"number\",\"minimum\":0},"
		      "{\"type\":\"string\",\"pattern\":\"^[0-9.]+(ms|s|m|h|d)?$\"}]},");
	buf_fmt(&out, "\"strings\":{%s},\"state\":{%s}},", strings, states);
	add_object(&out, "");
	buf_str(&out, "}\n");
	tool_write(&out);
	buf_free(&out);
	return EXIT_OK;
}
