/*
 * Options from one table: the same rows parse the command line and print
 * --help. POSIX utility syntax; a long form for all.
 */
#ifndef TC_BASE_OPT_H
#define TC_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_END,
	OPT_FLAG,     /* to: bool, set true */
	OPT_STRING,   /* to: const char *, borrowed from argv */
	OPT_NUMBER,   /* to: long, lo to hi */
	OPT_DURATION, /* to: int64_t, microseconds */
	OPT_CALL,     /* call(to, value): NULL, or why not. value is NULL if an optional one is left out */
};

struct opt {
	enum opt_kind kind;
	char c;           /* short form, or 0 */
	const char *name; /* long form */
	const char *arg;  /* what the value is called: "N"; "[=WHEN]" if it may be left out; NULL for a flag */
	const char *help; /* one line */
	void *to;
	long lo, hi;
	const char *(*call)(void *to, const char *value);
};

struct program {
	const char *usage;             /* "[options] [line ...]" */
	const char *about;             /* one sentence */
	const struct opt *tables[4];   /* each ends in {0}; NULL after the last */
	void (*version)(void);         /* prints what -V adds, or NULL */
	bool command;                  /* the operands are a command, with options of its own */
};

/*
 * Parses up to the first operand or "--" and returns its index. -h prints
 * help and -V the version, on stdout, and exit 0. Anything unknown or out of
 * range, or an option behind an operand: one line on stderr, exit 64.
 */
int opt_parse(const struct program *prog, int argc, char **argv);

/* One line on stderr and exit 64: for what only the tool can check. */
void opt_usage(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
