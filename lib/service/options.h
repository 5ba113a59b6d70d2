/* The options that all tools for services have, from the command line and the environment. */
#ifndef TC_SERVICE_OPTIONS_H
#define TC_SERVICE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/progress.h"
#include "flow/shard.h"

struct service_tool;

/* Strings are borrowed from argv and the environment. */
struct service_options {
	const char *provider, *base_url, *key_file, *cacert, *rate, *rate_file, *rate_cmd, *ledger;
	struct shard shard;
	long jobs; /* 0: not given */
	long retries;
	int64_t max_wait, max_throttle;
	bool retries_given, unordered, verbose, quiet, force_ledger;
	enum progress_when progress;
};

/*
 * Fill *o from the environment, then from the command line, with the tool's
 * own options beside these. Return the index of the first operand. Exits 64
 * for a usage error.
 */
int service_options_parse(struct service_options *o, const struct service_tool *t, int argc,
			  char **argv);

/* Return the value of an environment variable, or NULL if it is unset or empty. */
const char *service_env(const char *name);

#endif
