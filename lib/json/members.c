/* Members to set in an object, collected one by one. */
#include "json/json.h"

/* Return the place for one more, or NULL if there is no room left. */
static struct buf *
add(struct members *m, const char *name)
{
	if (m->n == MEMBERS_MAX)
		return NULL;
	m->set[m->n].name = name;
	return &m->text[m->n++];
}

void
members_str(struct members *m, const char *name, struct span text)
{
	struct buf *b = text.p ? add(m, name) : NULL;
	if (!b)
		return;
	json_quote(b, text);
	m->set[m->n - 1].value = buf_all(b);
}

void
members_int(struct members *m, const char *name, long long n)
{
	struct buf *b = add(m, name);
	if (!b)
		return;
	buf_fmt(b, "%lld", n);
	m->set[m->n - 1].value = buf_all(b);
}

void
members_raw(struct members *m, const char *name, struct span value)
{
	if (value.p && add(m, name))
		m->set[m->n - 1].value = value;
}

void
members_free(struct members *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_free(&m->text[i]);
	m->n = 0;
}
