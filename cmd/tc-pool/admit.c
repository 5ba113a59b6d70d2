/* Admits lines: gives those that can be run a key; the others fail or pass through. */
#include "pool.h"

#include "base/digest.h"
#include "base/msg.h"

static void
refuse(struct pool *p, struct job *j, const char *why)
{
	struct failure e = {0};
	failure_set(&e, "invalid_input", false, "line %zu: %s", j->it.index + 1, why);
	result_plain(p, j, &e);
	failure_free(&e);
}

/*
 * Make the item's idempotency key: SHA-256 over its line, a NUL, and how often
 * the same line came before. Its position is not part of it: a line inserted
 * above it must not change it.
 */
static void
make_key(struct pool *p, struct job *j)
{
	struct sha256 s;
	struct buf text = {0};
	buf_span(&text, j->it.line);
	buf_ch(&text, '\0');
	buf_fmt(&text, "%llu", (unsigned long long)seen_count(&p->lines, j->it.line) - 1);
	sha256_start(&s);
	sha256_add(&s, text.p, text.n);
	sha256_end(&s, j->key);
	buf_free(&text);
}

/* A file from Windows: the command gets the carriage return too, and finds no such file. */
static void
warn_of_return(struct pool *p, const struct job *j)
{
	struct span line = j->it.line;
	if (p->return_warned || p->options.null || !line.n || line.p[line.n - 1] != '\r')
		return;
	p->return_warned = true;
	msg_warn("line %zu: the line ends in a carriage return, which the command gets too: "
		 "convert the file (tr -d '\\r')",
		 j->it.index + 1);
}

/* Admit a line that can be run. */
static void
take(struct pool *p, struct job *j, const struct input *in)
{
	j->lock_fd = -1;
	j->gen = 1;
	make_key(p, j);
	if (!in->json.n)
		warn_of_return(p, j);
	if (p->options.dry_run) {
		resume_count(p, j);
		result_dry(p, j, in);
	} else if (!resume_known(p, j)) {
		flow_schedule(&p->flow, &j->it, 0);
	}
}

void
pool_admit(struct flow *f, struct item *it)
{
	struct pool *p = f->tool;
	struct job *j = (struct job *)it;
	struct input in;
	const char *why = "";
	input_read(&in, p, it);
	if (in.bad)
		refuse(p, j, in.why);
	else if (in.passes)
		result_passed(p, j, &in);
	else if (*(why = command_fill(&p->command, &in.line, &p->filled)))
		refuse(p, j, why);
	else
		take(p, j, &in);
	input_free(&in);
}

void
pool_pass_over(struct flow *f, struct item *it)
{
	struct pool *p = f->tool;
	struct input in;
	input_read(&in, p, it);
	if (!in.bad && !in.passes && !*command_fill(&p->command, &in.line, &p->filled))
		seen_count(&p->lines, it->line);
	input_free(&in);
}
