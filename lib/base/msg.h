/*
 * Diagnostics on stderr. Each message is one line and one write(2). Control
 * characters from outside are replaced, and a status line is cleared first.
 */
#ifndef TC_BASE_MSG_H
#define TC_BASE_MSG_H

#include <stdbool.h>

#include "base/buf.h"

/* Exit statuses of all tools; tc(7) documents them. */
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
 * Initialize the module; call first in main(). Take the program's name from
 * argv[0], and open /dev/null on each of descriptors 0 to 2 that is closed, so
 * that no other file gets its number. msg_closed() tells which were.
 */
void msg_init(const char *argv0);

/* Return the program's name, as messages and --help print it. */
const char *msg_name(void);

/* Return true if descriptor fd (0 to 2) was closed when the program started. */
bool msg_closed(int fd);

/*
 * Set --quiet, which drops warnings and the summary but no errors; set
 * --verbose, which prints what msg_debug() is given.
 */
void msg_quiet(bool on);
void msg_verbose(bool on);

/* Print "tool: ..." and a newline: an error, a warning, or with --verbose a detail. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print a line without the tool's name: the summary, progress. --quiet drops it. */
void msg_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Call last(ctx) after msg_die() has printed its message, for output that must
 * not be lost. NULL: call nothing.
 */
void msg_at_death(void (*last)(void *ctx), void *ctx);

/* Print as msg_error() does, then exit with status. */
void msg_die(int status, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));

/*
 * Draw a status line that is redrawn in place, for terminals; NULL removes it.
 * Messages clear it, print, and draw it again. The text is copied.
 */
void msg_status(const char *text);

/* Make each message clear the terminal's row first from now on: another tool of the pipeline may
 * have drawn there. */
void msg_share(void);

/* Forget the status line without clearing it: another tool draws on its row now. */
void msg_status_leave(void);

/* Clear all rows of a status line that a terminal, now of this width, has wrapped. */
void msg_status_wrapped(size_t columns);

/* Append s with "?" for each control character and each byte that is not UTF-8. */
void msg_sanitize(struct buf *b, struct span s);

#endif
