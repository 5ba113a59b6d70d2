/* The environment of a child: ours, and what it is told about its item. */
#ifndef TC_POOL_ENV_H
#define TC_POOL_ENV_H

#include <stddef.h>

#include "base/buf.h"

struct env {
	char **envp; /* ours without the names below, then those, NULL */
	size_t own;  /* where those begin */
	struct buf text, ledger;
};

/* ledger: for TC_LEDGER, or NULL: ours stays as it is. */
void env_init(struct env *e, const char *ledger);

/*
 * TC_INDEX, TC_ATTEMPT, TC_IDEMPOTENCY_KEY: the key, of its second and later
 * generations another one. Borrowed until the next call.
 */
char *const *env_for(struct env *e, size_t index, unsigned attempt, const unsigned char key[32], unsigned gen);

/* Without them: for a copy that takes many lines. */
char *const *env_plain(struct env *e);
void env_free(struct env *e);

#endif
