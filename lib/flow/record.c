#include "flow/record.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/space.h"
#include "base/utf8.h"
#include "json/json.h"

static void
bad(struct record *r, const char *why)
{
	r->kind = RECORD_BAD;
	r->why = why;
}

const char *
record_check(struct span line, size_t *at)
{
	struct span ok;
	const char *why = json_check(line, at);
	if (why && !json_check_loose(line, NULL) && json_get(line, "ok", &ok) &&
	    (json_type(ok) == JSON_TRUE || json_type(ok) == JSON_FALSE)) {
		if (at)
			*at = 0;
		return NULL;
	}
	return why;
}

static void
read_json(struct record *r)
{
	struct json_pick pick[] = {{.name = "ok"}, {.name = "error"}};
	r->why = json_check_pick(r->line, &r->why_at, pick, 2);
	if (r->why && !record_check(r->line, &r->why_at)) {
		r->why = NULL;
		json_pick(r->line, pick, 2);
	}
	if (r->why) {
		r->not_json = true;
		return;
	}
	r->value = span_trim(r->line);
	if (json_type(r->value) == JSON_STRING) {
		r->text = json_text(r->value);
		r->kind = RECORD_BARE;
		if (!r->text)
			bad(r, "the string has U+0000 in it");
		else if (!*r->text)
			bad(r, "the line is empty");
		return;
	}
	r->kind = RECORD_OBJECT;
	enum json_type ok = json_type(pick[0].value);
	if (pick[0].found < 0) {
		bad(r, "duplicate member \"ok\"");
	} else if (ok == JSON_TRUE || ok == JSON_FALSE) {
		r->kind = RECORD_RECORD;
		r->ok = ok == JSON_TRUE;
		r->error = pick[1].value;
	}
}

/* Return true if s begins with a JSON string that a colon or a comma follows. */
static bool
is_json_member(struct span s)
{
	const char *end = s.p + s.n, *p = memchr(s.p + 1, '"', s.n - 1);
	for (p = p ? p + 1 : end; p < end && *p == ' ';)
		p++;
	return p < end && (*p == ':' || *p == ',');
}

/*
 * Return true for a line of a JSON text that spans several lines, as jq prints
 * without -c: a bracket alone, or an indented member. No source looks like
 * that, and each line would create a job.
 */
static bool
is_piece_of_json(struct span s)
{
	size_t at = 0;
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
		at++;
	if (at == s.n)
		return false;
	if (s.p[at] == '"')
		return at > 0 && is_json_member((struct span){s.p + at, s.n - at});
	return strchr("[]{}", s.p[at]) && (at + 1 == s.n || (at + 2 == s.n && s.p[at + 1] == ','));
}

static const char *
bare_problem(struct span s)
{
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		return "the line starts with a byte order mark: remove it (sed "
		       "'1s/^\\xef\\xbb\\xbf//')";
	if (s.n && s.p[s.n - 1] == '\r')
		return "the line ends in a carriage return: convert the file (tr -d '\\r')";
	if (s.n && memchr(s.p, '\0', s.n))
		return "the line has a NUL byte in it";
	for (size_t i = 0, n; i < s.n; i += n)
		if ((n = utf8_length(s.p + i, s.n - i)) == 0)
			return "the line is not UTF-8: rename the file, or convert the list (iconv "
			       "-t "
			       "utf-8)";
	if (is_piece_of_json(s))
		return "JSON that is spread over several lines: put each value on a line of "
		       "its own (jq -c ., of an array jq -c '.[]')";
	if (s.n && *s.p == '[' && !json_check(s, NULL))
		return "a JSON array is not a line: give one element a line (jq -c '.[]')";
	return s.n ? NULL : "the line is empty";
}

void
record_read(struct record *r, const struct item *it)
{
	*r = (struct record){.kind = RECORD_BAD, .line = it->line};
	if (it->too_long) {
		r->why = "the line is over 32 MiB";
	} else if (it->line.n && (*it->line.p == '{' || *it->line.p == '"') &&
		   !is_piece_of_json(it->line)) {
		read_json(r);
	} else {
		r->why = bare_problem(it->line);
		if (!r->why) {
			r->kind = RECORD_BARE;
			r->text = mem_dup(it->line);
		}
	}
}

void
record_read_name(struct record *r, const struct item *it)
{
	*r = (struct record){.kind = RECORD_BARE, .line = it->line};
	if (it->too_long || !it->line.n) {
		r->kind = RECORD_BAD;
		r->why = it->too_long ? "the line is over 32 MiB" : "the line is empty";
		return;
	}
	r->text = mem_dup(it->line);
}

void
record_free(struct record *r)
{
	free(r->text);
	r->text = NULL;
}

char *
record_text(struct record *r, const char *name)
{
	struct span v;
	int n = json_get(r->value, name, &v);
	if (n == 0 || (n > 0 && json_type(v) == JSON_NULL))
		return NULL;
	if (n > 0 && json_type(v) == JSON_NUMBER)
		return mem_dup(v);
	char *text = n > 0 ? json_text(v) : NULL;
	if (!text)
		bad(r, n < 0 ? "a required member is a duplicate"
			     : "a required member is not a string, or has U+0000 in it");
	return text;
}

static bool
is_url(const char *s)
{
	return strncasecmp(s, "http://", 7) == 0 || strncasecmp(s, "https://", 8) == 0;
}

const char *
record_not_an_id(const char *text)
{
	/* jq prints null if it finds nothing */
	if (strcmp(text, "null") == 0 || strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return "null, true and false are not job ids: the program that wrote the line "
		       "found no id";
	if (is_url(text))
		return "a URL is not a job id: put tc-create before this, to make a job of it";
	if (strncasecmp(text, "http:", 5) == 0 || strncasecmp(text, "https:", 6) == 0 ||
	    strncasecmp(text, "www.", 4) == 0)
		return "neither a job id nor a URL, which begins with http:// or https://";
	if (strchr(text, '.') && access(text, F_OK) == 0)
		return "a file is not a job id: put tc-put and tc-create before this, to make a "
		       "job of it";
	return NULL;
}

void
record_id(struct record *r, const char *provider, char **id)
{
	*id = NULL;
	if (r->kind == RECORD_BAD)
		return;
	if (r->kind == RECORD_BARE) {
		const char *why = record_not_an_id(r->text);
		if (why)
			bad(r, why);
		else
			*id = mem_dup(span_of(r->text));
	} else {
		char *made_by = record_text(r, "provider");
		*id = r->kind == RECORD_BAD ? NULL : record_text(r, "id");
		if (made_by && strcmp(made_by, provider) != 0)
			bad(r, "its job was made with another provider: give the same -p as to "
			       "tc-create");
		else if (!*id && r->kind != RECORD_BAD)
			bad(r,
			    "the record has no job id: put tc-create, which adds it, before this");
		else if (r->kind == RECORD_OBJECT)
			r->kind = RECORD_RECORD; /* a job object of the service: written back as a
						    record */
		free(made_by);
	}
	if (*id && (!**id || strcmp(*id, ".") == 0 || strcmp(*id, "..") == 0))
		bad(r, "the id is empty, \".\" or \"..\"");
	if (*id && r->kind == RECORD_BAD) {
		free(*id);
		*id = NULL;
	}
}

enum outcome
record_outcome(struct span error)
{
	struct json_pick e[] = {{.name = "code"}, {.name = "temporary"}};
	json_pick(error, e, 2);
	if (e[0].found && span_is(e[0].value, "\"not_attempted\""))
		return OUTCOME_NOT_ATTEMPTED;
	return json_type(e[1].value) == JSON_TRUE ? OUTCOME_TEMPORARY : OUTCOME_FAILED;
}

bool
record_goes_on(const struct record *r, bool blocked)
{
	static const char *const codes[] = {"\"interrupted\"", "\"timeout\"", "\"not_attempted\""};
	struct span id, code;
	if (json_get(r->error, "code", &code) != 1)
		return false;
	bool goes_on = blocked && span_is(code, "\"job_blocked\"");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		goes_on = goes_on || span_is(code, codes[i]);
	return goes_on && json_get(r->value, "id", &id) == 1;
}

void
record_problem(struct buf *out, const struct record *r)
{
	if (r->not_json)
		buf_fmt(out, "%s: %s (byte %zu)",
			json_is_limit(r->why) ? "JSON that is not accepted" : "not JSON", r->why,
			r->why_at + 1);
	else
		buf_str(out, r->why);
}
