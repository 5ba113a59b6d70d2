/* The life of an item: scheduled, started, set aside, ended. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/msg.h"
#include "flow/parts.h"
#include "flow/queue.h"

size_t
flow_open_items(const struct flow *f)
{
	return f->counts.running + f->queue_n + f->aside;
}

void
flow_set_doubt(struct flow *f, struct item *it, bool in_doubt)
{
	f->counts.in_doubt += (size_t)in_doubt - (size_t)it->in_doubt;
	it->in_doubt = in_doubt;
}

static void
unlink_item(struct flow *f, struct item *it)
{
	if (it->prev)
		it->prev->next = it->next;
	else
		f->all = it->next;
	if (it->next)
		it->next->prev = it->prev;
}

/* Take the item out of the queue, or take its slot. */
void
flow_dequeue(struct flow *f, struct item *it)
{
	flow_set_doubt(f, it, false);
	if (it->state == ITEM_WAITING)
		queue_remove(f, it);
	else if (it->state == ITEM_ASIDE)
		f->aside--;
	else if (it->state != ITEM_NEW)
		f->counts.running--;
}

/*
 * Return true if picked[] has the item: then it stays in memory, and out of
 * the queue, until the round of starts has ended.
 */
static bool
is_picked(const struct item *it)
{
	return it->state == ITEM_PICKED || it->state == ITEM_PUT_OFF;
}

void
flow_done(struct flow *f, struct item *it, struct span line, enum outcome outcome)
{
	bool held = it->state == ITEM_NEW || is_picked(it);
	flow_dequeue(f, it);
	it->state = ITEM_ENDED;
	reorder_put(&f->out, shard_place(&f->shard, it->index), line);
	if (f->out.full)
		flow_stop(f, EXIT_IO);
	f->counts.ok += outcome == OUTCOME_OK;
	f->counts.failed += outcome == OUTCOME_FAILED || outcome == OUTCOME_TEMPORARY;
	f->counts.temporary += outcome == OUTCOME_TEMPORARY;
	f->counts.not_attempted += outcome == OUTCOME_NOT_ATTEMPTED;
	/* one request can end items that wait for it: they were not started themselves */
	f->counts.worked += (it->started || !held) && !it->replayed;
	f->counts.replayed += it->replayed;
	f->counts.replayed_ok += it->replayed && outcome == OUTCOME_OK;
	if (held)
		return; /* admit_line() or start_picked() frees it */
	if (f->ops->release)
		f->ops->release(f, it);
	unlink_item(f, it);
	free(it);
}

void
flow_replayed(struct item *it)
{
	it->replayed = true;
}

void
flow_schedule(struct flow *f, struct item *it, int64_t due)
{
	/* the queue is in the order of admission: a new item goes after those waiting now */
	it->due = it->state == ITEM_NEW && !due ? clock_now() : due;
	if (is_picked(it)) {
		it->state = ITEM_PUT_OFF;
		return;
	}
	flow_dequeue(f, it);
	it->state = ITEM_WAITING;
	queue_add(f, it);
}

void
flow_doubtful(struct flow *f, struct item *it, int64_t due)
{
	flow_schedule(f, it, due);
	flow_set_doubt(f, it, true);
}

void
flow_aside(struct flow *f, struct item *it)
{
	flow_dequeue(f, it);
	it->state = ITEM_ASIDE;
	f->aside++;
}

void
flow_item_free(struct flow *f, struct item *it, bool linked)
{
	if (f->ops->release)
		f->ops->release(f, it);
	if (linked)
		unlink_item(f, it);
	free(it);
}

void
flow_abandon(struct flow *f, struct item *it)
{
	f->ops->abandon(f, it, f->signal != 0);
}

void
flow_stop(struct flow *f, int status)
{
	if (status && !f->status)
		f->status = status;
	f->stopping = true;
}

void
flow_commit(struct flow *f)
{
	if (f->ops->commit)
		f->ops->commit(f);
}
