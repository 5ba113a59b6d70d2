/* Starts: which waiting items get a slot now, and when the next one will. */
#include "base/clock.h"
#include "flow/parts.h"

/* Return the waiting item whose turn it is, or NULL. */
static struct item *
due_item(struct flow *f, int64_t now)
{
	while (f->queue_n && f->queue[0]->due <= now) {
		struct item *it = f->queue[0];
		if (!f->ops->ready || f->ops->ready(f, it))
			return it;
	}
	return NULL;
}

/* Return how many more items there is a slot for. */
static size_t
slots_free(struct flow *f)
{
	size_t slots = f->ops->slots ? f->ops->slots(f) : f->jobs;
	if (f->pace)
		slots = pace_slots(f->pace, slots);
	return !f->stopping && f->counts.running < slots ? slots - f->counts.running : 0;
}

/* Return when the pace lets the next item start. */
static int64_t
next_start(struct flow *f, int64_t now)
{
	size_t slots = slots_free(f);
	f->pace->wanted = slots < f->queue_n ? slots : f->queue_n;
	return pace_next(f->pace, now);
}

/*
 * Give the next due item a slot and a place in picked[]. Return false if none
 * is to be started now.
 */
static bool
pick(struct flow *f, size_t n)
{
	int64_t now = clock_now();
	struct item *it = due_item(f, now);
	if (!it || !slots_free(f))
		return false;
	if (f->pace) {
		int64_t at = next_start(f, now);
		if (at > now) {
			if (f->held)
				f->held(f, at);
			return false;
		}
		pace_start(f->pace, now);
	}
	flow_dequeue(f, it);
	it->state = ITEM_PICKED;
	f->counts.running++;
	f->picked = mem_room(f->picked, n, sizeof *f->picked);
	f->picked[n] = it;
	return true;
}

/*
 * End the round: each picked item starts, waits again, or is freed. Until then
 * picked[] may refer to it.
 */
static void
start_picked(struct flow *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct item *it = f->picked[i];
		if (it->state == ITEM_PICKED) {
			it->state = ITEM_RUNNING;
			it->started = true;
			f->ops->start(f, it);
		} else if (it->state == ITEM_PUT_OFF) {
			bool in_doubt = it->in_doubt;
			it->state = ITEM_RUNNING;
			flow_schedule(f, it, it->due);
			flow_set_doubt(f, it, in_doubt);
		} else if (it->state == ITEM_ENDED) {
			flow_item_free(f, it, true);
		}
	}
}

/*
 * Do one round of starts. An item that prepare() puts off is not looked at
 * again in the same round, however slow the ledger is: ready() could end it.
 */
void
start_ready(struct flow *f)
{
	size_t n = 0;
	while (pick(f, n)) {
		struct item *it = f->picked[n++];
		if (f->ops->prepare)
			f->ops->prepare(f, it);
	}
	if (n)
		flow_commit(f);
	start_picked(f, n);
}

/* Return when something is next due, apart from what the transport and the descriptors bring. */
int64_t
start_due(struct flow *f)
{
	int64_t at = progress_due(&f->progress), now = clock_now();
	if (f->queue_n && slots_free(f)) {
		int64_t due = f->queue[0]->due;
		if (f->pace && due <= now) {
			due = next_start(f, now);
			/* another process may lengthen a shared pause: look again */
			if (f->pace->fd >= 0 && due - now > SECOND)
				due = now + SECOND;
		}
		at = due < at ? due : at;
	}
	return at;
}
