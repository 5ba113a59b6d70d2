#include "resume.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/msg.h"
#include "pool.h"
#include "json/json.h"

enum { ORPHAN_MS = 200 };

void
resume_open(struct resume *b, const struct resume_options *o, char **command)
{
	struct buf words = {0}, run = {0};
	struct ledger_open l = {
		.path = o->path, .tool = msg_name(), .force = o->force, .exclusive = true};
	if (!o->path)
		return;
	for (; *command; command++)
		buf_add(&words, *command, strlen(*command) + 1);
	if (o->no_placeholders)
		buf_str(&words, "--no-placeholders");
	sha256_hex(&run, buf_all(&words));
	shard_add_to_run(&o->shard, &run);
	l.run = buf_cstr(&run);
	b->ledger = ledger_open(&l);
	b->again = o->again;
	buf_free(&words);
	buf_free(&run);
}

void
resume_close(struct resume *b)
{
	ledger_close(b->ledger);
	b->ledger = NULL;
}

/* Return the item's key as text, borrowed until the next call. */
static const char *
key_text(struct pool *p, const struct job *j)
{
	struct buf *b = &p->scratch;
	b->n = 0;
	digest_hex(b, j->key, sizeof j->key);
	return buf_cstr(b);
}

static bool
went_well(const struct ledger_found *known)
{
	struct span ok;
	return json_get(known->line, "ok", &ok) == 1 && json_type(ok) == JSON_TRUE;
}

/* Return true if the item is done and stays so. */
static bool
find(struct pool *p, const struct job *j, struct ledger_found *known)
{
	return ledger_find(p->book.ledger, LEDGER_ITEM, span_of(key_text(p, j)), known) &&
	       known->type == LEDGER_DONE && (!p->book.again || went_well(known));
}

bool
resume_known(struct pool *p, struct job *j)
{
	struct ledger_found known;
	struct json_pick has[] = {{.name = "result"}, {.name = "ok"}};
	struct members m = {0};
	struct buf out = {0};
	if (!p->book.ledger || j->claimed || !find(p, j, &known))
		return false;
	json_pick(known.line, has, 2);
	if (has[0].found != 1)
		return false;
	bool well = has[1].found == 1 && json_type(has[1].value) == JSON_TRUE;
	members_int(&m, "index", (long long)j->it.index);
	json_splice(&out, has[0].value, m.set, m.n);
	flow_replayed(&j->it);
	if (!well)
		reason_say(p, j, has[0].value, " (from the ledger; --again runs it again)");
	flow_done(&p->flow, &j->it, buf_all(&out), well ? OUTCOME_OK : OUTCOME_FAILED);
	members_free(&m);
	buf_free(&out);
	return true;
}

int
resume_begin(struct pool *p, struct job *j)
{
	struct ledger *l = p->book.ledger;
	struct ledger_found known;
	struct buf input = {0};
	if (!l)
		return 0;
	const char *key = key_text(p, j);
	int hold = p->options.copies ? -1 : ledger_lock_item(l, key);
	if (hold == LEDGER_NO_ROOM)
		return errno;
	if (j->claimed) { /* its next attempt; what the last one left running is not waited for */
		j->lock_fd = hold;
		return 0;
	}
	if (hold < 0 && !p->options.copies) {
		struct buf where = {0};
		item_where(&where, &j->it);
		if (!p->book.waited)
			msg_warn("%s: a child of an earlier run is still running: waiting for it",
				 buf_cstr(&where));
		buf_free(&where);
		p->book.waited = true;
		flow_schedule(&p->flow, &j->it, clock_now() + ORPHAN_MS * MILLISECOND);
		return 0;
	}
	unsigned again =
		ledger_find(l, LEDGER_ITEM, span_of(key), &known) && known.type == LEDGER_DONE
			? known.gen
			: 0;
	json_quote(&input, j->it.line);
	ledger_claim(l, key, buf_all(&input), again, &known);
	buf_free(&input);
	j->lock_fd = hold;
	j->gen = known.gen;
	j->claimed = true;
	return 0;
}

void
resume_rest(struct pool *p, struct job *j)
{
	if (p->book.ledger && j->lock_fd >= 0)
		close(j->lock_fd);
	j->lock_fd = -1;
}

void
resume_end(struct pool *p, struct job *j, struct span record, enum outcome outcome)
{
	struct buf b = {0};
	bool done = (outcome == OUTCOME_OK || outcome == OUTCOME_FAILED) && !j->refused;
	if (!p->book.ledger || !j->claimed)
		return;
	if (done) {
		json_bool(&b, "ok", outcome == OUTCOME_OK);
		json_raw(&b, "result", record);
	} else {
		struct span error;
		if (json_get(record, "error", &error) == 1)
			json_raw(&b, "error", error);
	}
	ledger_write(p->book.ledger, done ? LEDGER_DONE : LEDGER_ENDED, key_text(p, j), j->gen,
		     buf_all(&b));
	buf_free(&b);
	resume_rest(p, j);
}

void
resume_count(struct pool *p, const struct job *j)
{
	struct ledger_found known;
	if (!p->book.ledger)
		return;
	bool is_known = ledger_find(p->book.ledger, LEDGER_ITEM, span_of(key_text(p, j)), &known);
	if (is_known && known.type == LEDGER_INTENT)
		p->book.unsure++;
	else if (is_known && find(p, j, &known))
		p->book.done++;
	else
		p->book.new ++;
}

void
resume_report(const struct resume *b)
{
	if (b->ledger)
		msg_line("ledger: %zu new, %zu done, %zu in doubt", b->new, b->done, b->unsure);
}
