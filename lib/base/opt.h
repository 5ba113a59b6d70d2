/*
 * Options from one table: the same rows parse the command line and print
 * --help. POSIX utility syntax; each option has a long form.
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
	OPT_CALL, /* call(to, value) returns NULL or what was expected; an optional value: NULL */
};

struct opt {
	enum opt_kind kind;
	char c;           /* short form, or 0 */
	const char *name; /* long form */
	const char *arg;  /* name of the value: "N"; "[=WHEN]" if optional; NULL for a flag */
	const char *help; /* one line */
	void *to;
	long lo, hi;
	const char *(*call)(void *to, const char *value);
};

struct program {
	const char *usage;           /* "[options] [line ...]" */
	const char *about;           /* one sentence */
	const struct opt *tables[4]; /* each ends with {0}; NULL after the last */
	void (*version)(void);       /* prints the rest of -V, or NULL */
	bool command;                /* the operands are a command with options of its own */
};

/*
 * Parse up to the first operand or "--" and return its index. -h prints help
 * and -V the version to stdout and exit 0. An unknown option, a bad value, or
 * an option after an operand prints one line to stderr and exits 64.
 */
int opt_parse(const struct program *prog, int argc, char **argv);

/* Print one line to stderr and exit 64, for checks that only the tool can make. */
void opt_usage(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
