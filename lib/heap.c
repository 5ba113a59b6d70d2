#include "heap.h"

#include "flow.h"

static bool
before(const struct item *a, const struct item *b)
{
	return a->due != b->due ? a->due < b->due : a->index < b->index;
}

static void
place(struct flow *f, size_t at, struct item *it)
{
	f->heap[at] = it;
	it->at = at;
}

static void
sift_up(struct flow *f, size_t at, struct item *it)
{
	for (; at > 0 && before(it, f->heap[(at - 1) / 2]); at = (at - 1) / 2)
		place(f, at, f->heap[(at - 1) / 2]);
	place(f, at, it);
}

static void
sift_down(struct flow *f, size_t at, struct item *it)
{
	for (size_t child; (child = 2 * at + 1) < f->heap_n; at = child) {
		if (child + 1 < f->heap_n && before(f->heap[child + 1], f->heap[child]))
			child++;
		if (!before(f->heap[child], it))
			break;
		place(f, at, f->heap[child]);
	}
	place(f, at, it);
}

void
heap_add(struct flow *f, struct item *it)
{
	if (f->heap_n == f->heap_cap) {
		f->heap_cap = f->heap_cap ? 2 * f->heap_cap : 64;
		f->heap = mem_grow(f->heap, f->heap_cap * sizeof *f->heap);
	}
	sift_up(f, f->heap_n++, it);
}

void
heap_remove(struct flow *f, struct item *it)
{
	size_t at = it->at;
	struct item *last = f->heap[--f->heap_n];
	if (last == it)
		return;
	if (at > 0 && before(last, f->heap[(at - 1) / 2]))
		sift_up(f, at, last);
	else
		sift_down(f, at, last);
}
