/*
 * Signals as something to poll: one pipe, written by the handlers. INT, TERM
 * and HUP ask to stop, USR1 asks for progress, CHLD says a child has ended.
 */
#ifndef TC_SIG_H
#define TC_SIG_H

#include <signal.h>
#include <stdbool.h>

/*
 * Installs the handlers and ignores SIGPIPE (writes report EPIPE instead). A
 * signal that was ignored when we started (nohup) stays ignored. Exits 74 if
 * no pipe can be had.
 */
void sig_init(void);

/* Also hear SIGCHLD. */
void sig_children(void);

/* Readable when a signal has come. */
int sig_fd(void);

/* What has come since the last call. */
struct sig_news {
	int stops;     /* how many of INT, TERM, HUP */
	int last;      /* the last of those, 0 if none */
	bool progress; /* USR1 */
	bool child;    /* CHLD */
};
struct sig_news sig_take(void);

/* For a child to be: what to set back to its default (what sig_init() changed). */
void sig_defaults(sigset_t *set);

#endif
