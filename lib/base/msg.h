/*
 * What a tool says to people, on stderr: one line, one write, no control
 * characters from outside, never mixed into a progress line.
 */
#ifndef TC_BASE_MSG_H
#define TC_BASE_MSG_H

#include <stdbool.h>

#include "base/buf.h"

/* The exit statuses of every tool; tc(7) has the table. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_SOME_FAILED = 1,
	EXIT_BAD_USAGE = 64,
	EXIT_UNREACHABLE = 69,
	EXIT_IO = 74,
	EXIT_TRY_AGAIN = 75,
	EXIT_REFUSED = 77,
	EXIT_BAD_CONFIG = 78,
	EXIT_SIGNAL = 128, /* + signal number */
};

/*
 * Call first in main(): takes the program's name from argv[0] and opens
 * /dev/null on any of descriptors 0 to 2 that is closed, so that no file of
 * ours lands there. A closed stdin or stdout is remembered: see msg_closed().
 */
void msg_init(const char *argv0);

/* The program's name, as messages and --help print it. */
const char *msg_name(void);

/* True if descriptor fd (0 to 2) was closed when the program started. */
bool msg_closed(int fd);

/* --quiet drops the summary and warnings (never errors); --verbose adds a line a request. */
void msg_quiet(bool on);
void msg_verbose(bool on);

/* "tool: ..." for errors, warnings, and -v. Newline is added. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A bare line with no tool name: the summary, progress. Dropped by --quiet. */
void msg_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* msg_error(), then exit with status. */
void msg_die(int status, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));

/*
 * A status line that is redrawn in place, for terminals: NULL takes it away.
 * Messages clear it, print, and draw it again. The text is copied.
 */
void msg_status(const char *text);

/* From here on each message clears the terminal's row first: another tool of the pipeline may have drawn there. */
void msg_share(void);

/* Forgets the status line without clearing it: another tool draws on its row now. */
void msg_status_leave(void);

/* The terminal has become this narrow and has wrapped the status line: takes all its rows away. */
void msg_status_wrapped(size_t columns);

/* Appends s with control characters and bytes that are not UTF-8 made visible ("?"). */
void msg_sanitize(struct buf *b, struct span s);

#endif
