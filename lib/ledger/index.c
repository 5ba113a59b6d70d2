/*
 * Entries are in one array, in the order in which they were made, so that a
 * rerun of the same list goes through memory in order; a hash table has their
 * numbers.
 */
#include "ledger/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/os.h"
#include "base/siphash.h"

enum { CAP_MIN = 256 };

/* Make a key. Its first byte is the kind. */
static void
make_key(const struct ledger_index *m, unsigned char key[16], enum ledger_kind kind,
	 struct span text)
{
	siphash128(key, m->secret, text);
	key[0] = (unsigned char)kind;
}

/* Return the slot of a key, or the free one where it would be. */
static struct ledger_slot *
find(const struct ledger_index *m, const unsigned char key[16])
{
	uint64_t h;
	uint32_t part;
	memcpy(&part, key + 4, sizeof part);
	memcpy(&h, key + 8, sizeof h);
	for (size_t i = (size_t)h & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct ledger_slot *s = &m->slot[i];
		if (!s->number ||
		    (s->part == part && memcmp(m->entry[s->number - 1].key, key, 16) == 0))
			return s;
	}
}

/* Store an entry's number in a free slot. */
static void
take_slot(struct ledger_slot *s, const unsigned char key[16], size_t number)
{
	s->number = (uint32_t)number;
	memcpy(&s->part, key + 4, sizeof s->part);
}

static void
grow(struct ledger_index *m)
{
	if (!m->cap && os_random(m->secret, sizeof m->secret) < 0)
		msg_die(EXIT_IO, "cannot get random numbers: %s", strerror(errno));
	m->cap = m->cap ? 2 * m->cap : CAP_MIN;
	free(m->slot);
	m->slot = mem_zero(m->cap * sizeof *m->slot);
	for (size_t i = 0; i < m->n; i++)
		take_slot(find(m, m->entry[i].key), m->entry[i].key, i + 1);
}

static struct ledger_entry *
append(struct ledger_index *m)
{
	if (m->n == UINT32_MAX)
		msg_die(EXIT_IO, "the ledger has more than %lu entries", (unsigned long)UINT32_MAX);
	m->entry = mem_room(m->entry, m->n, sizeof *m->entry);
	m->entry[m->n] = (struct ledger_entry){0};
	return &m->entry[m->n++];
}

struct ledger_entry *
ledger_index_get(const struct ledger_index *m, enum ledger_kind kind, struct span text)
{
	unsigned char key[16];
	if (!m->cap)
		return NULL;
	make_key(m, key, kind, text);
	uint32_t number = find(m, key)->number;
	return number ? &m->entry[number - 1] : NULL;
}

struct ledger_entry *
ledger_index_put(struct ledger_index *m, enum ledger_kind kind, struct span text)
{
	unsigned char key[16];
	if (m->n * 2 >= m->cap)
		grow(m);
	make_key(m, key, kind, text);
	struct ledger_slot *slot = find(m, key);
	if (slot->number)
		return &m->entry[slot->number - 1];
	struct ledger_entry *e = append(m);
	memcpy(e->key, key, 16);
	take_slot(slot, key, m->n);
	return e;
}

void
ledger_index_free(struct ledger_index *m)
{
	free(m->slot);
	free(m->entry);
	*m = (struct ledger_index){0};
}

void
ledger_job_key(struct buf *out, const char *provider, const char *id)
{
	buf_str(out, provider);
	buf_ch(out, '\n');
	buf_str(out, id);
}

void
ledger_output_key(struct buf *out, struct span n)
{
	buf_ch(out, '\n');
	buf_span(out, n);
}
