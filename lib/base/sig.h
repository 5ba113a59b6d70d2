/*
 * Signals as something to poll: one pipe, written by the handlers. INT, TERM
 * and HUP ask to stop, USR1 asks for progress,
 * WINCH says that the terminal has another width. Where there are children, CHLD
 * says that one has ended, URG and USR2 ask for one more and one fewer at
 * once, and TSTP (^Z) asks to stop them with us.
 */
#ifndef TC_BASE_SIG_H
#define TC_BASE_SIG_H

#include <signal.h>
#include <stdbool.h>

/*
 * Installs the handlers and ignores SIGPIPE and SIGXFSZ (writes report EPIPE
 * and EFBIG instead). A signal that was ignored when we started (nohup) stays
 * ignored. Exits 74 if no pipe can be had.
 */
void sig_init(void);

/* Also hear SIGCHLD, SIGURG, SIGUSR2 and SIGTSTP. */
void sig_children(void);

/* True once INT, TERM or HUP has come, even if sig_take() has not told of it yet. */
bool sig_stop_came(void);

/* Does what SIGTSTP does where it is not caught: returns when we are continued. */
void sig_suspend(void);

/* From here on INT, TERM and HUP end us at once, with 128+n: for when what was asked to end may take its time. */
void sig_last(void);

/* Readable when a signal has come. */
int sig_fd(void);

/* What has come since the last call. */
struct sig_pending {
	int stops;     /* how many of INT, TERM, HUP */
	int last;      /* the last of those, 0 if none */
	bool progress; /* USR1 */
	bool resized;  /* WINCH: the terminal has another width */
	bool child;    /* CHLD */
	int more;      /* how many of URG, less those of USR2 */
	bool suspend;  /* TSTP */
};
struct sig_pending sig_take(void);

/* For a child to be: what to set back to its default (what sig_init() changed). */
void sig_defaults(sigset_t *set);

#endif
