#include "env.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

extern char **environ;

static const char *const names[] = {"TC_INDEX=", "TC_ATTEMPT=", "TC_IDEMPOTENCY_KEY="};
enum { NAMES = sizeof names / sizeof *names };

static int
is_ours(const char *entry)
{
	for (int i = 0; i < NAMES; i++)
		if (str_starts(entry, names[i]))
			return 1;
	return 0;
}

void
env_init(struct env *e, const char *ledger)
{
	size_t n = 0;
	while (environ[n])
		n++;
	*e = (struct env){.envp = mem_alloc((n + NAMES + 2) * sizeof *e->envp)};
	for (char **entry = environ; *entry; entry++)
		if (!is_ours(*entry) && !(ledger && strncmp(*entry, "TC_LEDGER=", 10) == 0))
			e->envp[e->own++] = *entry;
	if (ledger) {
		buf_fmt(&e->ledger, "TC_LEDGER=%s", ledger);
		buf_ch(&e->ledger, '\0');
		e->envp[e->own++] = e->ledger.p;
	}
	e->envp[e->own] = NULL;
}

char *const *
env_for(struct env *e, size_t index, unsigned attempt, const unsigned char key[32], unsigned gen)
{
	size_t at[NAMES];
	struct buf *b = &e->text;
	b->n = 0;
	at[0] = b->n;
	buf_fmt(b, "%s%zu", names[0], index);
	buf_ch(b, '\0');
	at[1] = b->n;
	buf_fmt(b, "%s%u", names[1], attempt);
	buf_ch(b, '\0');
	at[2] = b->n;
	buf_str(b, names[2]);
	digest_hex(b, key, 32);
	if (gen > 1)
		buf_fmt(b, "~%u", gen);
	buf_ch(b, '\0');
	for (size_t i = 0; i < NAMES; i++)
		e->envp[e->own + i] = b->p + at[i];
	e->envp[e->own + NAMES] = NULL;
	return e->envp;
}

char *const *
env_plain(struct env *e)
{
	e->envp[e->own] = NULL;
	return e->envp;
}

void
env_free(struct env *e)
{
	free(e->envp);
	buf_free(&e->text);
	buf_free(&e->ledger);
}
