/* Admission: reads input lines and makes items of them, as far as the window and memory allow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "flow/parts.h"

enum { LINES_A_TURN = 1024, FLUSH_BYTES = 64 << 10, DOUBTS_ASIDE = 64 << 10 };

static void
admit_line(struct flow *f, struct span line, bool too_long)
{
	/* the line follows the item in the same allocation */
	struct item *it = mem_alloc(f->ops->item_size + line.n + 1);
	char *copy = (char *)it + f->ops->item_size;
	memset((void *)it, 0, f->ops->item_size);
	memcpy(copy, line.p, line.n);
	copy[line.n] = '\0';
	it->index = f->next_index++;
	it->line = (struct span){copy, line.n};
	it->too_long = too_long;
	if (!shard_has(&f->shard, it->index)) {
		if (f->ops->pass_over)
			f->ops->pass_over(f, it);
		flow_item_free(f, it, false);
		return;
	}
	f->counts.in++;
	f->ops->admit(f, it);
	if (it->state == ITEM_ENDED) {
		flow_item_free(f, it, false);
		return;
	}
	it->next = f->all;
	if (f->all)
		f->all->prev = it;
	f->all = it;
	if (f->stopping)
		flow_abandon(f, it);
}

/* Items in doubt may wait for long: they do not count, up to a bound. */
static bool
in_window(const struct flow *f)
{
	size_t aside = f->counts.in_doubt < DOUBTS_ASIDE ? f->counts.in_doubt : DOUBTS_ASIDE;
	return !f->window || flow_open_items(f) - aside < f->window;
}

bool
admit_open(const struct flow *f)
{
	if (f->out.full && reorder_waits(&f->out))
		return false; /* the spill file is full: admit nothing that would be held in memory
			       */
	return !f->counts.all_read && !f->stdout_closed && in_window(f) &&
	       (!f->ahead || shard_place(&f->shard, f->next_index) - f->out.next < f->ahead) &&
	       reorder_pending(&f->out) < FLUSH_BYTES;
}

void
admit_lines(struct flow *f)
{
	struct span line;
	for (int n = 0; n < LINES_A_TURN && admit_open(f); n++)
		switch (lines_next(&f->in, &line)) {
		case LINES_GOT:
			admit_line(f, line, false);
			break;
		case LINES_TOO_LONG:
			admit_line(f, line, true);
			break;
		case LINES_END:
			f->counts.all_read = true;
			break;
		case LINES_WAIT:
			f->need_input = true;
			return;
		}
}

/* Refuse a video or UTF-16 instead of a list: one message, not one for each of its lines. */
static void
refuse_no_text(struct flow *f)
{
	const char *why = f->text && !f->looked ? line_no_text(&f->in) : NULL;
	f->looked = true;
	if (!why)
		return;
	msg_error("line 1: stdin is %s", why);
	f->in.held.n = 0;
	f->counts.all_read = true;
	flow_stop(f, EXIT_SOME_FAILED);
}

void
admit_read(struct flow *f)
{
	f->need_input = false;
	if (lines_fill(&f->in) == 0) {
		refuse_no_text(f);
		return;
	}
	msg_error("stdin: %s", strerror(errno));
	f->counts.all_read = true;
	flow_stop(f, EXIT_IO);
}
