/* Reads records into rows. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/msg.h"
#include "base/space.h"
#include "base/tail.h"
#include "report.h"
#include "text.h"
#include "json/json.h"
#include "json/source.h"

/* Append a value as text: a string's characters, nothing for null, else its JSON. */
static void
add_text(struct buf *b, struct span v)
{
	if (json_type(v) == JSON_STRING)
		json_decode(b, v);
	else if (json_type(v) != JSON_NULL)
		json_oneline(b, v);
}

/* Return the text of a member, or "". */
static const char *
text_of(struct report *r, struct span object, const char *name)
{
	struct span v;
	struct buf b = {0};
	if (json_get(object, name, &v) == 1)
		add_text(&b, v);
	const char *text = arena_text(&r->arena, buf_all(&b), true);
	buf_free(&b);
	return text;
}

/* Return the first that is not empty, or "". */
static const char *
first(const char *a, const char *b, const char *c)
{
	return *a ? a : *b ? b : c;
}

/* Return a member that is a number, or a string that reads as one; else NAN. */
static double
number_of(struct span object, const char *name)
{
	struct span v;
	double d = NAN;
	if (json_get(object, name, &v) != 1)
		return NAN;
	if (json_number(v, &d))
		return d;
	char *text = json_text(v), *end;
	if (text && *text) {
		d = strtod(text, &end);
		if (*end)
			d = NAN;
	}
	free(text);
	return d;
}

static struct span
object_of(struct span object, const char *name)
{
	struct span v;
	return json_get(object, name, &v) == 1 && json_type(v) == JSON_OBJECT ? v
									      : (struct span){0};
}

/* Set the longest duration, and the sum of the sizes, of a job's outputs. */
static void
read_outputs(struct row *row, struct span job)
{
	struct span outputs, key, output;
	if (json_get(job, "outputs", &outputs) != 1 || json_type(outputs) != JSON_ARRAY)
		return;
	double longest = NAN, bytes = NAN;
	for (struct json_iter it = json_each(outputs); json_next(&it, &key, &output);) {
		double d = number_of(output, "duration_seconds"),
		       n = number_of(output, "output_size_bytes");
		longest = fmax(longest, d); /* fmax() takes the one that is a number */
		if (!isnan(n))
			bytes = isnan(bytes) ? n : bytes + n;
	}
	if (isnan(row->length))
		row->length = longest;
	if (isnan(row->bytes))
		row->bytes = bytes;
}

void
read_job(struct report *r, struct row *row, struct span job)
{
	row->length = number_of(job, "duration_seconds");
	row->minutes = number_of(job, "billable_minutes");
	row->cost = number_of(job, "total_actual_cost");
	if (!isnan(row->cost))
		row->currency = text_of(r, job, "currency");
	if (isnan(row->bytes))
		row->bytes = number_of(job, "output_size_bytes");
	read_outputs(row, job);
	double begin = text_when_of(job, "created_at"), end = text_when_of(job, "completed_at");
	if (isnan(row->took) && end >= begin)
		row->took = end - begin;
}

/* Return what people call an item: its source. */
static const char *
source_of(struct report *r, struct span record, const char *input)
{
	struct buf b = {0};
	struct span v;
	bool is_object = json_get(record, "input", &v) == 1 && json_type(v) == JSON_OBJECT;
	const char *text =
		is_object && json_source(&b, v) ? arena_text(&r->arena, buf_all(&b), true) : input;
	buf_free(&b);
	return text;
}

/* Take "job ID: " off a message: the id is shown after it. */
static const char *
without_id(const char *message, const char *id)
{
	size_t n = strlen(id);
	if (n && strncmp(message, "job ", 4) == 0 && strncmp(message + 4, id, n) == 0 &&
	    strncmp(message + 4 + n, ": ", 2) == 0)
		return message + 4 + n + 2;
	return message;
}

static void
read_error(struct report *r, struct row *row, struct span record, struct span inner)
{
	struct span v, ok;
	row->kind = KIND_FAILED;
	if (json_get(record, "error", &v) == 1 && json_type(v) == JSON_OBJECT) {
		struct span temporary;
		row->code = text_of(r, v, "code");
		row->message = text_of(r, v, "message");
		if (strcmp(row->code, "not_attempted") == 0)
			row->kind = KIND_UNSENT;
		else if (json_get(v, "temporary", &temporary) == 1 &&
			 json_type(temporary) == JSON_TRUE)
			row->kind = KIND_LATER;
		char *text = json_text_of(v, "stderr");
		/* the last words of a command that wrote a record are its tally */
		struct span last = text && json_get(inner, "ok", &ok) != 1
					   ? tail_last_line(span_of(text))
					   : (struct span){0};
		if (last.n) {
			struct buf b = {0};
			buf_fmt(&b, "%s: ", row->message);
			buf_span(&b, last);
			row->message = arena_text(&r->arena, buf_all(&b), true);
			buf_free(&b);
		}
		free(text);
	} else {
		row->message = text_of(r, record, "error");
	}
	row->message = without_id(first(row->message, row->code, "no reason given"), row->id);
}

/* Return the location of the output: the file that was fetched, else the URL. */
static const char *
result_of(struct report *r, struct span record, struct span inner)
{
	struct span v, urls;
	const char *url = first(text_of(r, record, "file"), text_of(r, record, "url"),
				text_of(r, inner, "file"));
	url = first(url, text_of(r, inner, "url"), text_of(r, inner, "downloadUrl"));
	if (!*url && json_get(record, "urls", &urls) == 1 && json_at(urls, "/0", &v) &&
	    json_type(v) == JSON_STRING) {
		struct buf b = {0};
		json_decode(&b, v);
		url = arena_text(&r->arena, buf_all(&b), true);
		buf_free(&b);
	}
	return url;
}

static struct span
job_of(struct span record, struct span inner)
{
	struct span job = object_of(record, "job"), status;
	if (!job.n)
		job = object_of(inner, "job");
	if (!job.n && json_get(inner, "status", &status) == 1)
		job = inner;
	return job;
}

/* Return the first line of a tc-pool value that is a string. */
static const char *
said_of(struct report *r, struct span record)
{
	struct span v;
	struct buf b = {0};
	if (json_get(record, "value", &v) == 1 && json_type(v) == JSON_STRING)
		json_decode(&b, v);
	const char *end = b.n ? memchr(b.p, '\n', b.n) : NULL;
	const char *text =
		arena_text(&r->arena, (struct span){b.p, end ? (size_t)(end - b.p) : b.n}, true);
	buf_free(&b);
	return text;
}

void
read_record(struct report *r, struct row *row, struct span record, size_t position)
{
	struct span ok, inner = object_of(record, "value"), job = job_of(record, inner);
	struct buf at = {0};
	row->index = text_of(r, record, "index");
	row->has_index = *row->index != '\0';
	if (!row->has_index) {
		buf_fmt(&at, "%zu", position);
		row->index = arena_text(&r->arena, buf_all(&at), false);
		buf_free(&at);
	}
	row->input = text_of(r, record, "input");
	row->id = first(text_of(r, record, "id"), text_of(r, inner, "id"), "");
	row->source = first(source_of(r, record, row->input), row->id, "");
	row->id = first(row->id, row->input, "");
	row->url = result_of(r, record, inner);
	row->said = said_of(r, record);
	row->state = first(text_of(r, record, "state"), text_of(r, inner, "state"),
			   text_of(r, record, "status"));
	row->state = first(row->state, text_of(r, inner, "status"), "");
	/* of tc-pool, which has attempts; those of tc-put and tc-get are of the transfer alone */
	double seconds = number_of(record, "seconds");
	row->took = isnan(number_of(record, "attempts")) ? NAN : seconds;
	row->size = fmin(number_of(record, "size"), number_of(inner, "size"));
	row->bytes = fmin(number_of(record, "bytes"), number_of(inner, "bytes"));
	read_job(r, row, job);
	if (isnan(row->took))
		row->took = seconds;
	if (json_get(record, "ok", &ok) == 1 && json_type(ok) == JSON_TRUE)
		row->kind = KIND_OK;
	else
		read_error(r, row, record, inner);
	r->count[row->kind]++;
}

/* Of a file. */
enum { UNREADABLE_SAID = 10 };

/* Read one line; report one that is not a record if `say` is set. */
static void
read_line(struct report *r, struct span line, const char *name, size_t number, size_t position,
	  bool say)
{
	struct span ok;
	const char *comma = name ? ", " : "", *why = NULL;
	if (json_check_loose(line, NULL))
		why = "not JSON";
	else if (json_get(line, "ok", &ok) != 1 ||
		 (json_type(ok) != JSON_TRUE && json_type(ok) != JSON_FALSE))
		why = "not a record: it has no \"ok\" that is true or false";
	if (why && number == 1 && json_get(line, "tc_ledger", &ok) == 1)
		msg_die(EXIT_BAD_USAGE, "%s is a ledger: give it with -l",
			name ? name : "standard input");
	if (why) {
		if (say)
			msg_error("%s%sline %zu: %s", name ? name : "", comma, number, why);
		r->unreadable++;
		return;
	}
	struct row *row = report_add(r);
	read_record(r, row, span_trim(line), position);
	if (r->keep_lines)
		row->line = arena_text(&r->arena, line, false);
}

bool
read_records(struct report *r, int fd, const char *name)
{
	struct lines in;
	struct span line;
	char *none[] = {NULL};
	lines_init(&in, none, fd);
	bool good = true;
	size_t before = r->unreadable;
	for (size_t number = 1, position = r->n + r->unreadable;;) {
		enum lines_result got = lines_next(&in, &line);
		if (got == LINES_END)
			break;
		struct pollfd ready = {fd, POLLIN, 0};
		if (got == LINES_WAIT &&
		    ((poll(&ready, 1, -1) < 0 && errno != EINTR) || lines_fill(&in) < 0)) {
			msg_error("cannot read %s: %s", name ? name : "standard input",
				  strerror(errno));
			good = false;
			break;
		}
		if (got == LINES_WAIT)
			continue;
		if (line.n)
			read_line(r, line, name, number, position++,
				  r->unreadable - before < UNREADABLE_SAID);
		number++;
	}
	lines_free(&in);
	size_t more = r->unreadable - before;
	more -= more < UNREADABLE_SAID ? more : UNREADABLE_SAID;
	if (more)
		msg_error("%s: %zu more line%s cannot be read: is this the output of a tc tool?",
			  name ? name : "standard input", more, more == 1 ? "" : "s");
	return good;
}
