/* The environment of a child: ours, and the variables of its item. */
#ifndef TC_POOL_ENV_H
#define TC_POOL_ENV_H

#include <stddef.h>

#include "base/buf.h"

struct env {
	char **envp; /* ours without the names below, then those, then NULL */
	size_t own;  /* index of the first of those */
	struct buf text, ledger;
};

/* Copy our environment. ledger: the value of TC_LEDGER; NULL: leave it as it is. */
void env_init(struct env *e, const char *ledger);

/*
 * Return the environment with TC_INDEX, TC_ATTEMPT and TC_IDEMPOTENCY_KEY.
 * From the second generation on, the key has the generation appended. Borrowed
 * until the next call.
 */
char *const *env_for(struct env *e, size_t index, unsigned attempt, const unsigned char key[32],
		     unsigned gen);

/* Return the environment without those, for a coprocess. */
char *const *env_plain(struct env *e);
void env_free(struct env *e);

#endif
