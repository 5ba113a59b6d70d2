#include "flow/queue.h"

#include "flow/flow.h"

static bool
before(const struct item *a, const struct item *b)
{
	return a->due != b->due ? a->due < b->due : a->index < b->index;
}

static void
place(struct flow *f, size_t at, struct item *it)
{
	f->queue[at] = it;
	it->at = at;
}

static void
sift_up(struct flow *f, size_t at, struct item *it)
{
	for (; at > 0 && before(it, f->queue[(at - 1) / 2]); at = (at - 1) / 2)
		place(f, at, f->queue[(at - 1) / 2]);
	place(f, at, it);
}

static void
sift_down(struct flow *f, size_t at, struct item *it)
{
	for (size_t child; (child = 2 * at + 1) < f->queue_n; at = child) {
		if (child + 1 < f->queue_n && before(f->queue[child + 1], f->queue[child]))
			child++;
		if (!before(f->queue[child], it))
			break;
		place(f, at, f->queue[child]);
	}
	place(f, at, it);
}

void
queue_add(struct flow *f, struct item *it)
{
	if (f->queue_n == f->queue_cap) {
		f->queue_cap = f->queue_cap ? 2 * f->queue_cap : 64;
		f->queue = mem_grow(f->queue, f->queue_cap * sizeof *f->queue);
	}
	sift_up(f, f->queue_n++, it);
}

void
queue_remove(struct flow *f, struct item *it)
{
	size_t at = it->at;
	struct item *last = f->queue[--f->queue_n];
	if (last == it)
		return;
	if (at > 0 && before(last, f->queue[(at - 1) / 2]))
		sift_up(f, at, last);
	else
		sift_down(f, at, last);
}
