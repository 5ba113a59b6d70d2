/* Ends an item with its result: a record, or with -R the command's bytes. */
#include "pool.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/tail.h"
#include "flow/finish.h"

enum { STDERR_SHOWN = 2048 };

static void
end(struct pool *p, struct job *j, const struct buf *bytes, enum outcome outcome)
{
	result_final(p, j, buf_all(bytes), outcome);
}

static void
end_record(struct pool *p, struct job *j, struct buf *record, enum outcome outcome)
{
	if (p->flow.out.bare)
		buf_ch(record, '\n');
	end(p, j, record, outcome);
}

static void
begin(struct buf *b, struct pool *p, struct job *j, bool ok)
{
	struct input in;
	input_read(&in, p, &j->it);
	json_open(b);
	json_int(b, "index", (long long)j->it.index);
	if (in.json.n)
		json_raw(b, "input", in.json);
	else
		json_str(b, "input", j->it.line);
	json_bool(b, "ok", ok);
	input_free(&in);
}

static void
add_value(struct buf *b, const struct child_output *a)
{
	if (a->json.n)
		json_raw(b, "value", a->json);
	else
		json_str(b, "value", a->text);
}

static void
add_exit(struct buf *b, const struct child_exit *e)
{
	if (e->alive)
		return;
	if (e->exited)
		json_int(b, "exit", e->status);
	else
		json_str(b, "signal", span_of(signal_name(e->signal)));
}

static void
add_tries(struct buf *b, const struct job *j)
{
	json_int(b, "attempts", j->attempts);
	int64_t took = clock_now() - j->began;
	buf_fmt(b, ",\"seconds\":%lld.%03lld", (long long)(took / SECOND),
		(long long)(took % SECOND / MILLISECOND));
}

/* Append the error of the child's own record, with the exit status or signal added. */
static void
own_error(struct buf *out, const struct child_exit *e, const struct failure *why, struct span said)
{
	struct members m = {0};
	members_raw(&m, "temporary", span_of(why->temporary ? "true" : "false"));
	if (!e->alive && e->exited)
		members_int(&m, "exit", e->status);
	else if (!e->alive)
		members_str(&m, "signal", span_of(signal_name(e->signal)));
	if (said.n)
		members_str(&m, "stderr", said);
	json_splice(out, e->answer.error, m.set, m.n);
	members_free(&m);
}

static void
add_error(struct buf *b, const struct child_exit *e, const struct failure *why, bool own)
{
	struct buf text = {0}, errors = {0};
	tail_lines(&errors, e->errors, STDERR_SHOWN);
	struct span said = buf_all(&errors);
	if (own) {
		own_error(&text, e, why, said);
	} else {
		failure_json(&text, why);
		text.n--; /* the closing brace: more members follow */
		add_exit(&text, e);
		if (said.n)
			json_str(&text, "stderr", said);
		json_close(&text);
	}
	json_raw(b, "error", buf_all(&text));
	buf_free(&text);
	buf_free(&errors);
}

/* Pass on what a child wrote to stderr (-R), in one piece. */
static void
pass_stderr(struct span s)
{
	msg_status(NULL);
	(void)io_write_all(STDERR_FILENO, s, NULL); /* there is nowhere to report an error to */
}

/* Print the child's bytes as they are, and why it failed to stderr. */
static void
end_raw(struct pool *p, struct job *j, const struct child_exit *e, const struct failure *why)
{
	struct buf bytes = {0};
	pass_stderr(e->errors);
	if (why)
		item_report(&p->flow, &j->it,
			    reason_without_line(buf_all(&why->message), j->it.index + 1), NULL);
	buf_span(&bytes, e->output);
	end(p, j, &bytes, why ? failure_outcome(why) : OUTCOME_OK);
	buf_free(&bytes);
}

/*
 * Count what commands wrote. Nothing where others wrote JSON is probably a pipe
 * whose first command failed.
 */
static void
count_value(struct pool *p, const struct job *j, const struct child_output *a)
{
	if (a->json.n)
		p->printed.json++;
	else if (a->text.n)
		p->printed.text++;
	else if (p->printed.empty++ == 0 || j->it.index < p->printed.first_empty)
		p->printed.first_empty = j->it.index;
}

void
result_warn_empty(struct pool *p)
{
	if (p->printed.empty && p->printed.json && !p->printed.text)
		msg_warn("line %zu: the command wrote nothing, where others wrote JSON%s (in sh, "
			 "only the status of a pipe's last command counts)",
			 p->printed.first_empty + 1,
			 p->printed.empty > 1 ? ", and for other lines too" : "");
	p->printed.empty = 0;
}

void
result_ok(struct pool *p, struct job *j, const struct child_exit *e)
{
	struct buf b = {0};
	if (p->options.raw) {
		end_raw(p, j, e, NULL);
		return;
	}
	count_value(p, j, &e->answer);
	begin(&b, p, j, true);
	add_value(&b, &e->answer);
	add_exit(&b, e);
	add_tries(&b, j);
	json_close(&b);
	end_record(p, j, &b, OUTCOME_OK);
	buf_free(&b);
}

/*
 * Return true for a failure that we did not cause: whoever ends us may have
 * ended the child, or what it talks to, first.
 */
static bool
may_be_others_doing(const struct pool *p, const struct job *j, const struct child_exit *e,
		    const struct failure *why)
{
	return p->book.ledger && j->claimed && !j->refused && !why->temporary && !e->ours;
}

void
result_failed(struct pool *p, struct job *j, const struct child_exit *e, struct failure *why,
	      bool own)
{
	struct buf b = {0};
	if (p->options.raw) {
		end_raw(p, j, e, why);
		return;
	}
	begin(&b, p, j, false);
	if (e->answer.text.n)
		add_value(&b, &e->answer);
	add_exit(&b, e);
	add_tries(&b, j);
	add_error(&b, e, why, own);
	json_close(&b);
	if (may_be_others_doing(p, j, e, why)) {
		held_add(p, j, buf_all(&b));
		pool_check_halt(p);
	} else {
		reason_say(p, j, buf_all(&b), "");
		end_record(p, j, &b, failure_outcome(why));
	}
	buf_free(&b);
}

void
result_plain(struct pool *p, struct job *j, const struct failure *why)
{
	struct buf b = {0}, error = {0};
	if (p->options.raw) {
		if (strcmp(why->code, "not_attempted") != 0)
			item_report(&p->flow, &j->it,
				    reason_without_line(buf_all(&why->message), j->it.index + 1),
				    NULL);
		end(p, j, &b, failure_outcome(why));
		return;
	}
	begin(&b, p, j, false);
	if (j->attempts)
		add_tries(&b, j);
	failure_json(&error, why);
	json_raw(&b, "error", buf_all(&error));
	json_close(&b);
	reason_say(p, j, buf_all(&b), "");
	end_record(p, j, &b, failure_outcome(why));
	buf_free(&b);
	buf_free(&error);
}

void
result_passed(struct pool *p, struct job *j, const struct input *in)
{
	struct span error = {0};
	struct buf b = {0};
	json_get(in->json, "error", &error);
	buf_span(&b, j->it.line);
	end_record(p, j, &b, record_outcome(error));
	buf_free(&b);
}

void
result_dry(struct pool *p, struct job *j, const struct input *in)
{
	struct buf b = {0};
	json_open(&b);
	json_int(&b, "index", (long long)j->it.index);
	if (in->json.n)
		json_raw(&b, "input", in->json);
	else
		json_str(&b, "input", j->it.line);
	json_raw(&b, "argv", span_of("[]"));
	b.n--;
	for (char **word = p->filled.argv; *word; word++) {
		if (word != p->filled.argv)
			buf_ch(&b, ',');
		json_quote(&b, span_of(*word));
	}
	buf_ch(&b, ']');
	json_close(&b);
	end_record(p, j, &b, OUTCOME_OK);
	buf_free(&b);
}
