#include "ledger/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* Make a key. Its first byte is the kind, and marks the slot as used. */
static void
make_key(unsigned char key[16], enum ledger_kind kind, struct span text)
{
	struct sha256 s;
	unsigned char digest[32];
	sha256_start(&s);
	sha256_add(&s, text.p, text.n);
	sha256_end(&s, digest);
	memcpy(key, digest, 16);
	key[0] = (unsigned char)kind;
}

static struct ledger_entry *
find(const struct ledger_index *m, const unsigned char key[16])
{
	size_t i;
	memcpy(&i, key + 8, sizeof i < 8 ? sizeof i : 8);
	for (i &= m->cap - 1; m->slot[i].key[0] && memcmp(m->slot[i].key, key, 16) != 0;
	     i = (i + 1) & (m->cap - 1))
		;
	return &m->slot[i];
}

static void
grow(struct ledger_index *m)
{
	struct ledger_index old = *m;
	m->cap = old.cap ? 2 * old.cap : 256;
	m->slot = mem_zero(m->cap * sizeof *m->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].key[0])
			*find(m, old.slot[i].key) = old.slot[i];
	free(old.slot);
}

struct ledger_entry *
ledger_index_get(const struct ledger_index *m, enum ledger_kind kind, struct span text)
{
	unsigned char key[16];
	if (!m->cap)
		return NULL;
	make_key(key, kind, text);
	struct ledger_entry *e = find(m, key);
	return e->key[0] ? e : NULL;
}

struct ledger_entry *
ledger_index_put(struct ledger_index *m, enum ledger_kind kind, struct span text)
{
	unsigned char key[16];
	if (m->n * 4 >= m->cap * 3)
		grow(m);
	make_key(key, kind, text);
	struct ledger_entry *e = find(m, key);
	if (!e->key[0]) {
		memcpy(e->key, key, 16);
		m->n++;
	}
	return e;
}

void
ledger_index_free(struct ledger_index *m)
{
	free(m->slot);
	*m = (struct ledger_index){0};
}

void
ledger_job_key(struct buf *out, const char *provider, const char *id)
{
	buf_fmt(out, "%s\n%s", provider, id);
}

void
ledger_output_key(struct buf *out, struct span n)
{
	buf_fmt(out, "\n%.*s", (int)n.n, n.p);
}
