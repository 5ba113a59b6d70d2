/* What the files of tc-profile share: its options, and a function for each of its commands. */
#ifndef TC_PROFILE_TOOL_H
#define TC_PROFILE_TOOL_H

#include <stdbool.h>

#include "base/buf.h"
#include "service/profile.h"

struct tool_options {
	bool json, names;
	const char *base_url, *key_file, *cacert;
	const char *self; /* how we were called */
};
extern struct tool_options tool_options;

/* Run a command. Return the exit status. */
int tool_list(void);
int tool_show(const char *name);
int tool_check(const char *file, const char *line);
int tool_doctor(const char *name);
int tool_schema(void);

/* Write to stdout. Exit 74 if that fails. */
void tool_write(const struct buf *b);

/* Append the names of the calls that the profile has, with `between` them. */
void tool_calls(struct buf *out, const struct profile *p, const char *between);

/* The purpose of a variable. */
enum variable_use { USE_KEY, USE_REQUEST, USE_EVENTS };

/*
 * Call hit for each variable that the profile names; any: another variable of
 * the same use does as well.
 */
void tool_variables(const struct profile *p,
		    void (*hit)(void *ctx, const char *name, enum variable_use use,
				const char *about),
		    void *ctx);

/* Return true if the variable is set; "A:B": if both are. */
bool tool_is_set(const char *name);

#endif
