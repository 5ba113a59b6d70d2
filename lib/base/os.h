/*
 * Platform layer for what POSIX.1-2008 lacks. Each function uses the native
 * call where there is one, and plain POSIX otherwise.
 */
#ifndef TC_BASE_OS_H
#define TC_BASE_OS_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/* Make a pipe, both ends close-on-exec. Return 0, or -1 with errno. */
int os_pipe(int fd[2]);

/* Fill in n random bytes, at most 256, from the system. Return 0, or -1 with errno. */
int os_random(void *to, size_t n);

/*
 * Close `first` and all descriptors above it. Async-signal-safe: may be called
 * between fork and exec.
 */
void os_close_from(int first);

/*
 * Open a second, non-blocking description of the read end of a pipe that
 * others share. Return -1 with errno where the system cannot.
 */
int os_reopen(int fd);

/* A child to start. All borrowed. */
struct os_spawn {
	const char *path; /* no search */
	char *const *argv, *const *envp;
	int fd[3];                       /* become its 0, 1 and 2; each above 2 and close-on-exec */
	int keep;                        /* one more descriptor to inherit, or -1 */
	int (*prepare)(const void *ctx); /* called before exec, async-signal-safe, or NULL; an errno
					    it returns is os_spawn()'s */
	const void *ctx;
	sigset_t defaults; /* signals to set back to their default */
};

/*
 * Start a child in a process group of its own with no signal blocked. On Linux
 * it gets SIGTERM if this process dies (PR_SET_PDEATHSIG). Return its pid, or
 * -1 with errno, that of exec included.
 */
pid_t os_spawn(const struct os_spawn *s);

/*
 * Protect this process's memory from core files and, where the system can,
 * from other processes of the same user: for when a secret is in it. Repeated
 * calls are cheap.
 */
void os_private(void);

/*
 * Return how many objects that take `each` descriptors may exist: `most`, or
 * what RLIMIT_NOFILE (raised as far as possible) allows with `apart` kept for
 * everything else; at least 2.
 */
size_t os_files_most(size_t most, size_t each, size_t apart);

/* Return zeroed memory that is shared with processes forked later, or NULL. It is never freed. */
void *os_shared(size_t n);

/* Close all descriptors but two (-1: none). Async-signal-safe. */
void os_close_others(int keep, int keep_too);

/*
 * Reserve disk space for `size` bytes of a file, whose length does not change.
 * Return 0, also where the system cannot reserve any, or -1 with errno.
 */
int os_reserve(int fd, off_t size);

/* Start writing a file's bytes to the disk, where the system can be asked to. */
void os_write_out(int fd);

/*
 * Rename a file within a directory, if nothing has the new name (EEXIST).
 * Return 0, or -1 with errno: ENOSYS or EINVAL where the system cannot.
 */
int os_rename_new(int dir, const char *from, const char *to);

/* Return the columns of the terminal fd; 0 or less: it does not say. */
int os_columns(int fd);

/*
 * Write text that identifies this boot of the machine, at most 63 bytes; empty
 * where the system has none.
 */
void os_boot(char out[64]);

/*
 * A set of descriptors to wait for, each with a context. Remove a descriptor
 * before it is closed.
 */
struct os_watch {
	int fd; /* of the kernel's set, or -1 */
	struct pollfd *fds;
	void **ctx;
	size_t n, cap;
};
struct os_event {
	void *ctx;
};
int os_watch_init(struct os_watch *w); /* return 0, or -1 with errno */
int os_watch_add(struct os_watch *w, int fd, short events, void *ctx);
void os_watch_remove(struct os_watch *w, int fd);

/*
 * Wait at most `timeout` ms for fds, as poll(2) does, and for the set. Fill in
 * the revents of fds, and return how many events of the set, at most max, were
 * stored in out.
 */
size_t os_watch_wait(struct os_watch *w, struct pollfd *fds, nfds_t n, int timeout,
		     struct os_event *out, size_t max);
void os_watch_free(struct os_watch *w);

#endif
