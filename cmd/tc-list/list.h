/* What the files of tc-list share: which jobs are kept, and which the ledger knows. */
#ifndef TC_LIST_LIST_H
#define TC_LIST_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/htab.h"
#include "base/strlist.h"
#include "service/profile.h"

/* The values of -s, --since, --until, -b and -m. */
struct filter {
	struct strings words; /* the service's status words, or ours */
	int64_t since, until; /* wall time; 0: no bound */
	const char *batch;
	struct strings metadata; /* K=V */
};

/* Options of type OPT_CALL: to is a struct strings; an int64_t, wall time. */
const char *filter_add(void *to, const char *value);
const char *filter_time(void *to, const char *value);

/* Exit 64 if the profile does not have what the filter selects by. */
void filter_check(const struct filter *f, const struct profile *p);

/* Return true if the list call sends this name, such as {until}. */
bool filter_sends(const struct profile *p, const char *name);

/* Return the one status word of the service that the filter asks for, or NULL if it does not ask
 * for just one. */
const char *filter_status(const struct filter *f, const struct profile *p);

/* Return true if the job is selected. */
bool filter_keeps(const struct filter *f, const struct profile *p, struct span job);

/* The jobs that a ledger names. */
struct known_job {
	struct htab_node node;  /* by id */
	struct known_job *next; /* in the order of the ledger */
	char *input;            /* JSON, or NULL */
	bool listed;            /* by the service */
};

struct known {
	struct htab ids, inputs;
	struct known_job *jobs, **end;
	struct known_job *items; /* inputs by item key */
};

/* Read the jobs that a ledger names for a provider. The ledger is only read. Exits 74 or 78. */
void known_read(struct known *k, const char *path, const char *provider);

/* Return the job of that id, or NULL. */
struct known_job *known_find(const struct known *k, const char *id);
void known_free(struct known *k);

#endif
