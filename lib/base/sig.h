/*
 * Signals as a descriptor to poll: the handlers write to a pipe. INT, TERM and
 * HUP ask to stop, USR1 asks for progress, WINCH reports a new width of the
 * terminal. With sig_children(), CHLD reports that a child has ended, URG and
 * USR2 ask to run one more and one fewer, and TSTP (^Z) asks to suspend the
 * children with us.
 */
#ifndef TC_BASE_SIG_H
#define TC_BASE_SIG_H

#include <signal.h>
#include <stdbool.h>

/*
 * Install the handlers, and ignore SIGPIPE and SIGXFSZ (writes report EPIPE
 * and EFBIG instead). A signal that was ignored at the start (nohup) stays
 * ignored. Exit 74 if no pipe can be made.
 */
void sig_init(void);

/* Also handle SIGCHLD, SIGURG, SIGUSR2 and SIGTSTP. */
void sig_children(void);

/* Return true once INT, TERM or HUP has arrived, even if sig_take() has not returned it yet. */
bool sig_stop_came(void);

/* Do what SIGTSTP does by default; return when this process is continued. */
void sig_suspend(void);

/*
 * From here on let INT, TERM and HUP end the process immediately with 128+n:
 * for a shutdown that may take time.
 */
void sig_last(void);

/* Return a descriptor that is readable when a signal has arrived. */
int sig_fd(void);

/* Signals that arrived since the last call of sig_take(). */
struct sig_pending {
	int stops;     /* how many of INT, TERM, HUP */
	int last;      /* the last of those; 0: none */
	bool progress; /* USR1 */
	bool resized;  /* WINCH: the terminal has another width */
	bool child;    /* CHLD */
	int more;      /* how many of URG, less those of USR2 */
	bool suspend;  /* TSTP */
};
struct sig_pending sig_take(void);

/* Return the signals that a child must reset to their default: what sig_init() changed. */
void sig_defaults(sigset_t *set);

#endif
