/*
 * The one seam for what POSIX.1-2008 does not have: each call here uses what
 * the system offers, and has a plain form where it offers nothing.
 */
#ifndef TC_BASE_OS_H
#define TC_BASE_OS_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/* pipe(2), both ends close-on-exec. -1 with errno. */
int os_pipe(int fd[2]);

/* n random bytes, at most 256. -1 with errno. */
int os_random(void *to, size_t n);

/* Closes first and all descriptors above it. May be called between fork and exec. */
void os_close_from(int first);

/* A second, non-blocking description of the read end of a pipe that others share; -1 if there is no way to have one. */
int os_reopen(int fd);

/* What a child is to be. All borrowed. */
struct os_spawn {
	const char *path; /* no search */
	char *const *argv, *const *envp;
	int fd[3];         /* become its 0, 1 and 2; each above 2 and close-on-exec */
	int keep;          /* one more descriptor that it inherits, or -1 */
	sigset_t defaults; /* signals to set back to their default */
};

/*
 * Starts a child in a process group of its own, no signal blocked. Where the
 * system can, it gets SIGTERM if we end without a word (kill -9). -1 with
 * errno, that of exec included.
 */
pid_t os_spawn(const struct os_spawn *s);

/* Keeps others of this user, and core files, from our memory: for when a key is in it. Costs nothing to call again. */
void os_private(void);

/*
 * Memory shared with processes forked later, zeroed; NULL if there is none.
 * Never given back.
 */
void *os_shared(size_t n);

/* Closes all descriptors but two of them (-1: none). */
void os_close_others(int keep, int keep_too);

/* Reserves room on the disk for size bytes of a file, whose length stays. Where there is no way to: 0. -1 with errno. */
int os_reserve(int fd, off_t size);

/* Return the columns of the terminal fd; 0 or less: it does not say. */
int os_columns(int fd);

/* Tells this boot of the machine from others: text of at most 63 bytes, empty where there is no way to tell. */
void os_boot(char out[64]);

/* Descriptors to wait for, each with a context. Remove one before it is closed. */
struct os_watch {
	int fd; /* of the system's own set, or -1 */
	struct pollfd *fds;
	void **ctx;
	size_t n, cap;
};
struct os_event {
	void *ctx;
};
int os_watch_init(struct os_watch *w); /* -1 with errno */
int os_watch_add(struct os_watch *w, int fd, short events, void *ctx);
void os_watch_remove(struct os_watch *w, int fd);

/*
 * poll(2) on fds and on the set: at most `timeout` ms. Fills in fds' revents
 * and returns how many of the set's (at most max) have news.
 */
size_t os_watch_wait(struct os_watch *w, struct pollfd *fds, nfds_t n, int timeout, struct os_event *out, size_t max);
void os_watch_free(struct os_watch *w);

#endif
